"""The two arms of each cause, as people were drawn, and what comparing them gives."""

import msgspec
from django.db.models import BooleanField, Count, F, Q, Sum
from django.db.models.expressions import RawSQL

from sojourn.apps.people.kept import Kept, kept
from sojourn.apps.people.models import EpisodeRow, RulesRow
from sojourn.apps.people.totals import BOUGHT
from sojourn.measure.api import NO_ONE, Arm, LiftTable, lift_so_far
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import DAY, Millis

SEND = "send"
HOLD_OUT = "hold_out"
_DRAWN = Q(RawSQL("NOT (people_episode.arm = '')", (), BooleanField()))
"""Word for word what the partial index says: with a value bound to a parameter SQLite looks at each row all the same."""


def lift_table(workspace: int, now: Millis, days: int = 90) -> Kept[LiftTable]:
    """What messages do so far, in total and by cause: people first drawn for in the last days, written to against held back.

    Converted: bought the cart they were drawn for within the attribution window of the rules in force. The cause is the one that was decided on. At very
    many people up to a minute old.
    """
    found = arms(workspace, now, days)
    return Kept(lift_so_far(found.value), found.as_of)


def arms(workspace: int, now: Millis, days: int = 90) -> Kept[dict[str, tuple[Arm, Arm]]]:
    """By the cause decided on: those to be written to, and those held out; everybody counts once, by their first draw, whatever happened afterwards."""
    window = _window(workspace)
    cells = kept(f"arms-{workspace}-{days}-{window}", now, lambda: _cells(workspace, now - days * DAY, now, window))
    found: dict[str, dict[str, Arm]] = {}
    for cause, arm, one in cells.value:
        mine = found.setdefault(cause, {})
        mine[arm] = mine.get(arm, NO_ONE) + one
    return Kept({cause: (one.get(SEND, NO_ONE), one.get(HOLD_OUT, NO_ONE)) for cause, one in found.items()}, cells.as_of)


def _window(workspace: int) -> Millis:
    body = RulesRow.objects.filter(workspace_id=workspace).values_list("body", flat=True).first()
    book = msgspec.msgpack.decode(bytes(body), type=RuleBook) if body else RuleBook()
    return book.attribution_window


def _cells(workspace: int, since: Millis, now: Millis, window: Millis) -> list[tuple[str, str, Arm]]:
    """Parts of arms as (cause, arm, part)."""
    # The time stands in an expression, so that SQLite goes along the index in which the arms stand together instead of gathering and sorting.
    rows = EpisodeRow.objects.filter(_DRAWN, workspace_id=workspace).annotate(drawn=F("decided_at") + 0).filter(drawn__gte=since).order_by()
    still = Count("pk", filter=Q(decided_at__gt=now - window))
    drawn = rows.values_list("arm", "decided_cause", "state").annotate(n=Count("pk"), open=still)
    cells = [(cause, arm, Arm(n, 0, {}, still_open)) for arm, cause, _, n, still_open in drawn]
    in_time = rows.filter(state__in=BOUGHT, at__lte=F("decided_at") + window)
    # Whoever has bought has no window open any more.
    converted = in_time.values_list("arm", "decided_cause", "state", "currency").annotate(n=Count("pk"), open=still, r=Sum("revenue"))
    return cells + [(cause, arm, Arm(0, n, {currency: r} if r else {}, -was_open)) for arm, cause, _, currency, n, was_open, r in converted]
