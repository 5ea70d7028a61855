"""A timeline folded for reading: behaviour into visits, the rest in lanes beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sojourn.apps.people import deeds
from sojourn.apps.people.deeds import VISIT, Deed, deed
from sojourn.apps.people.listing import NOW
from sojourn.apps.people.moments import Moment, Timeline, order
from sojourn.apps.people.words import money_words, span_words
from sojourn.terms.facts import CART_ABANDONED, CART_RECOVERED, FRICTION_FOUND, INTERVENTION_DECIDED, INTERVENTION_OVERTAKEN, SESSION_ENDED, SESSION_STARTED
from sojourn.terms.person import Person
from sojourn.terms.time import Millis

_TOLD_BY_THE_VISIT: Final = frozenset((SESSION_STARTED, SESSION_ENDED, FRICTION_FOUND))
"""Derived facts that only say what the fold of a visit shows."""
_PAGES: Final = frozenset(("page", "screen"))
_CAUSED: Final = {CART_ABANDONED: 1, CART_RECOVERED: 1, INTERVENTION_DECIDED: 2, INTERVENTION_OVERTAKEN: 2}
"""What the engine concludes of one moment bears one time: the higher came of the lower."""


@dataclass(slots=True)
class Visit:
    """One session: what somebody did at a stretch, newest deed first. Times are milliseconds.

    `partial` says that it began before the stretch that was read, so its counts are at least that.
    """

    session: str
    start: Millis
    end: Millis
    deeds: list[Deed] = field(default_factory=list)
    open: bool = False
    partial: bool = False
    source: str = ""
    device: str = ""
    cart: str = ""
    newest: bool = False
    lane: str = VISIT

    @property
    def at(self) -> Millis:
        """Where it stands on the timeline: at its end."""
        return self.end

    @property
    def pages(self) -> int:
        """Pages and screens looked at."""
        return sum(1 for one in self.deeds if one.moment.kind in _PAGES)

    @property
    def products(self) -> int:
        """Different products looked at or put into the cart."""
        return len(
            {found for one in self.deeds if one.moment.name.startswith("Product ") if (found := deeds.text(one.moment.props, "product_id", "sku", "name"))}
        )

    @property
    def hurts(self) -> int:
        """Moments that hurt."""
        return sum(1 for one in self.deeds if one.hurt)

    @property
    def title(self) -> str:
        """`Visit of 12 min on iPhone from newsletter`."""
        begun = f"Here for {span_words(self.end - self.start)}" if self.open else f"Visit of {span_words(self.end - self.start)}"
        return begun + (f" on {self.device}" if self.device else "") + (f" from {self.source}" if self.source else "")

    @property
    def summary(self) -> str:
        """`8 pages, 3 products, cart 49.90 EUR`; at least the number of events."""
        parts = [
            _counted(self.pages, "page"),
            _counted(self.products, "product"),
            f"cart {self.cart}" if self.cart else "",
            next((one.text[:1].lower() + one.text[1:] for one in self.deeds if one.moment.name == "Order Completed"), ""),
        ]
        return ", ".join(part for part in parts if part) or _counted(len(self.deeds), "event")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing beside the visits: what Sojourn concluded, a message, support and sales, anything else without a session."""

    deed: Deed
    lane: str

    @property
    def at(self) -> Millis:
        """Where it stands on the timeline."""
        return self.deed.moment.at


@dataclass(frozen=True, slots=True)
class Folded:
    """A stretch of the timeline, newest first; `before` is where the older part begins, empty at the end. `facts` is how many were read for it."""

    entries: list[Visit | Entry]
    before: str
    facts: int


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}" if number else ""


def fold(stretch: Timeline, person: Person, now: Millis, lane: str = "") -> Folded:
    """Fold facts, newest first, into visits and entries; of one lane where given.

    A visit that the end of the stretch cuts is left to the next one, whole, unless there would be nothing else to show.
    """
    moments, before = _uncut(stretch)
    opened = person.sessions.open
    here = str(opened.id) if opened is not None and now - opened.last < NOW else ""
    hurt = {str(one.props.get("fact")) for one in stretch.moments if one.name == FRICTION_FOUND and one.derived}
    hurt |= {str(one.fact) for cart in person.carts for one in cart.friction}
    visits: dict[str, Visit] = {}
    entries: list[Visit | Entry] = []
    for one in moments:
        where = deeds.lane(one)
        if where != VISIT:
            if not (one.derived and one.name in _TOLD_BY_THE_VISIT):
                entries.append(Entry(deed(one), where))
            continue
        visit = visits.get(one.session)
        if visit is None:
            visit = visits[one.session] = Visit(one.session, one.at, one.at, open=one.session == here, newest=not visits)
            entries.append(visit)
        visit.start = min(visit.start, one.at)
        visit.device = visit.device or one.device
        visit.deeds.append(deed(one, one.id in hurt))
    _complete(visits, stretch.moments, person, before)
    entries.sort(key=lambda one: (one.at, 0 if isinstance(one, Visit) else _CAUSED.get(one.deed.moment.name, 3)), reverse=True)
    shown = [one for one in entries if not lane or one.lane == lane]
    return Folded(shown, before, len(stretch.moments))


def _uncut(stretch: Timeline) -> tuple[list[Moment], str]:
    """The moments above a visit that the stretch may have cut, and the cursor from which that visit is read whole."""
    if not stretch.before:
        return stretch.moments, ""
    last = next((one.session for one in reversed(stretch.moments) if deeds.lane(one) == VISIT), "")
    first = next((index for index, one in enumerate(stretch.moments) if last and one.session == last and deeds.lane(one) == VISIT), 0)
    if first == 0:
        return stretch.moments, stretch.before
    at, number = order(stretch.moments[first])
    return stretch.moments[:first], f"{at}-{number + 1}"


def _complete(visits: dict[str, Visit], moments: Sequence[Moment], person: Person, before: str) -> None:
    """What a visit is told by from elsewhere: where it came from, the cart it had, and whether it was cut."""
    started: dict[str, dict[str, Any]] = {str(one.props.get("session")): one.props for one in moments if one.derived and one.name == SESSION_STARTED}
    for session, visit in visits.items():
        told = started.get(session)
        visit.source = deeds.text(told, "source") if told else ""
        visit.partial = bool(before) and told is None and visit.deeds[-1].moment is moments[-1]
        carts = [cart for cart in person.carts if not cart.bare and cart.started_at <= visit.end and cart.last_at >= visit.start and cart.value]
        visit.cart = money_words(carts[-1].value, carts[-1].currency) if carts else ""
