"""The two arms of each cause, as people were drawn, and what comparing them gives."""

import msgspec
from django.db.models import BooleanField, Case, Count, F, Q, Sum, Value, When

from sojourn.apps.people.kept import kept
from sojourn.apps.people.models import EpisodeRow, RulesRow
from sojourn.apps.people.totals import BOUGHT
from sojourn.measure.api import NO_ONE, Arm, LiftTable, lift_so_far
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import DAY, Millis

SEND = "send"
HOLD_OUT = "hold_out"


def lift_table(workspace: int, now: Millis, days: int = 90) -> LiftTable:
    """What messages do so far, in total and by cause: people first drawn for in the last days, written to against held back.

    Converted: bought the cart they were drawn for within the attribution window of the rules in force. The cause is the one that was decided on. At very
    many people up to a minute old.
    """
    return lift_so_far(arms(workspace, now, days))


def arms(workspace: int, now: Millis, days: int = 90) -> dict[str, tuple[Arm, Arm]]:
    """By the cause decided on: those to be written to, and those held out; everybody counts once, by their first draw, whatever happened afterwards."""
    window = _window(workspace)
    cells = kept(f"arms-{workspace}-{days}-{window}", now, lambda: _cells(workspace, now - days * DAY, now, window)).value
    found: dict[str, dict[str, Arm]] = {}
    for cause, arm, currency, bought, n, is_open, revenue in cells:
        mine = found.setdefault(cause, {})
        money = {currency: revenue} if bought and revenue else {}
        mine[arm] = mine.get(arm, NO_ONE) + Arm(n, n if bought else 0, money, n if is_open else 0)
    return {cause: (one.get(SEND, NO_ONE), one.get(HOLD_OUT, NO_ONE)) for cause, one in found.items()}


def _window(workspace: int) -> Millis:
    body = RulesRow.objects.filter(workspace_id=workspace).values_list("body", flat=True).first()
    book = msgspec.msgpack.decode(bytes(body), type=RuleBook) if body else RuleBook()
    return book.attribution_window


def _cells(workspace: int, since: Millis, now: Millis, window: Millis) -> list[tuple[str, str, str, bool, int, bool, int]]:
    """Rows of (cause, arm, currency, bought in time, people, window still open, revenue)."""
    in_time = Q(state__in=BOUGHT, at__lte=F("decided_at") + window)
    rows = EpisodeRow.objects.filter(workspace_id=workspace, decided_at__gte=since).exclude(arm="")
    marked = rows.order_by().annotate(
        bought=Case(When(in_time, then=Value(True)), default=Value(False), output_field=BooleanField()),
        still=Case(When(in_time, then=Value(False)), When(decided_at__gt=now - window, then=Value(True)), default=Value(False), output_field=BooleanField()),
    )
    groups = marked.values_list("decided_cause", "arm", "currency", "bought", "still").annotate(n=Count("pk"), r=Sum("revenue"))
    return [(cause, arm, currency, bought, n, still, revenue) for cause, arm, currency, bought, still, n, revenue in groups]
