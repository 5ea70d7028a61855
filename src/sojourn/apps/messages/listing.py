"""The page of messages: what was asked for in its address, how many there are of each kind, and the rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.http import urlencode

from sojourn.apps.messages.words import GROUPS, SKIPPED, reason_short, reason_words, state_words
from sojourn.apps.people import api as people
from sojourn.terms.time import DAY, Millis
from sojourn.ui.periods import DEFAULT_PERIOD, PERIODS

Unreasoned = ("", "fits")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. `show` is a group of words.GROUPS, `skipped`, or empty for all messages; `days` a key of PERIODS."""

    show: str = ""
    reason: str = ""
    automation: str = ""
    cause: str = ""
    days: str = DEFAULT_PERIOD

    def since(self, now: Millis) -> Millis:
        """When the period began."""
        return now - PERIODS[self.days][1] * DAY

    def link(self, **changes: str) -> str:
        """The query of the page with something else chosen; what is empty or usual is left out."""
        chosen = {key: getattr(self, key) for key in ("show", "reason", "automation", "cause", "days")} | changes
        kept = {key: value for key, value in chosen.items() if value and not (key == "days" and value == DEFAULT_PERIOD)}
        return "?" + urlencode(kept)


def asked(query: Any) -> Asked:
    """Read an address; what it cannot mean is left out."""
    show, days = query.get("show", ""), query.get("days", "")
    # The address of an older page, `?state=accepted`, still leads somewhere.
    state = query.get("state", "")
    group = next((key for key, (_, states) in GROUPS.items() if state and state in states), "")
    return Asked(
        show=show if show in GROUPS or show == SKIPPED else group,
        reason=query.get("reason", "")[:40],
        automation=query.get("automation", "")[:100],
        cause=query.get("cause", "")[:40],
        days=days if days in PERIODS else DEFAULT_PERIOD,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to narrow the list: its name, how many there are with everything else as chosen, and where it leads."""

    key: str
    name: str
    number: int
    link: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of a period by everything the list can be narrowed by. `as_of` is when they were counted, milliseconds."""

    groups: list[Choice]
    reasons: list[Choice]
    causes: list[Choice]
    automations: list[Choice]
    sent: int
    held_out: int
    waiting: int
    stopped: int
    skipped: int
    decided: int
    as_of: Millis


def counts(workspace: int, ask: Asked, now: Millis) -> Counts:
    """Two questions to the database, whatever is chosen: everything else is adding up. Where they take long, figures are up to a minute old."""
    counted = people.kept(f"message-rows-{workspace}-{ask.days}", now, lambda: _rows(workspace, ask.since(now)))
    rows = counted.value
    total = {key: sum(row.number for row in rows if row.show == key) for key in (*GROUPS, SKIPPED)}
    return Counts(
        groups=_choices(rows, ask, "show", [*GROUPS, SKIPPED], _group_name, skip=("reason",)),
        reasons=_choices([row for row in rows if row.reason not in Unreasoned and row.reason != row.show], ask, "reason", None, reason_words),
        causes=_choices(rows, ask, "cause", None, people.cause_words),
        automations=_choices([row for row in rows if row.automation], ask, "automation", None, str),
        decided=sum(total.values()),
        as_of=counted.as_of,
        **total,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    show: str
    reason: str
    automation: str
    cause: str
    number: int


def _rows(workspace: int, since: Millis) -> list[_Row]:
    messages = people.group_messages(workspace, people.Sought(since=since))
    rows = [_Row(_group(one.state), one.reason, one.automation, one.cause, one.messages) for one in messages]
    return rows + [_Row(SKIPPED, one.reason, "", one.cause, one.carts) for one in people.group_skips(workspace, since)]


def _group(state: str) -> str:
    return next((key for key, (_, states) in GROUPS.items() if state in states), "stopped")


def _group_name(key: str) -> str:
    return "Not written to" if key == SKIPPED else GROUPS[key][0]


def _choices(rows: list[_Row], ask: Asked, key: str, order: Iterable[str] | None, name: Callable[[str], str], skip: tuple[str, ...] = ()) -> list[Choice]:
    """The values of one key with how many each would leave; those in `skip` are taken back when another is chosen, since they belong to it."""
    others = [one for one in ("show", "reason", "automation", "cause") if one != key and one not in skip and getattr(ask, one)]
    numbers: dict[str, int] = {}
    for row in rows:
        if all(getattr(row, one) == getattr(ask, one) for one in others if not (one == "automation" and row.show == SKIPPED)):
            numbers[getattr(row, key)] = numbers.get(getattr(row, key), 0) + row.number
    chosen = getattr(ask, key)
    keys = list(order) if order is not None else sorted(numbers, key=lambda one: (-numbers[one], one))
    if chosen and chosen not in keys:
        keys.append(chosen)
    plain = replace(ask, **dict.fromkeys(skip, ""))
    return [Choice(one, name(one), numbers.get(one, 0), plain.link(**{key: "" if one == chosen else one}), one == chosen) for one in keys if one]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list: a message, or a decision not to write."""

    at: Millis
    person: int
    person_name: str
    message: str
    template: str
    automation: str
    cause: str
    state: str
    state_name: str
    why: str
    brief: str
    episode: int
    value: int | None
    currency: str


def lines(workspace: int, ask: Asked, now: Millis, after: str) -> tuple[list[Line], str]:
    """One page of rows, the newest decision first; with where the next begins, empty at the end."""
    since = ask.since(now)
    if ask.show == SKIPPED:
        skips, cursor = people.find_skips(workspace, since, reason=ask.reason, cause=ask.cause, after=after)
        return [_of_skip(one) for one in skips], cursor
    states = GROUPS[ask.show][1] if ask.show else ()
    sought = people.Sought(tuple(map(str, states)), ask.reason, ask.automation, ask.cause, since)
    found, cursor = people.find_messages(workspace, sought, after)
    return [_of_message(one) for one in found], cursor


def _of_message(one: people.Message) -> Line:
    told = one.reason if one.reason not in (*Unreasoned, one.state) else ""
    return Line(
        at=one.decided_at,
        person=one.person,
        person_name=one.person_name,
        message=one.id,
        template=one.template,
        automation=one.automation,
        cause=one.cause,
        state=one.state,
        state_name=state_words(one.state)[0],
        why=reason_words(told),
        brief=reason_short(told),
        episode=one.episode,
        value=None,
        currency="",
    )


def _of_skip(one: people.Skip) -> Line:
    return Line(
        at=one.at,
        person=one.person,
        person_name=one.person_name,
        message="",
        template="",
        automation="",
        cause=one.cause,
        state=SKIPPED,
        state_name="Not written to",
        why=reason_words(one.reason),
        brief=reason_short(one.reason),
        episode=one.episode,
        value=one.value,
        currency=one.currency,
    )
