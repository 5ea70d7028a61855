"""Sessions: stretches of activity by event time, parted by a rest longer than the workspace's gap."""

from typing import Any, Final

from sojourn.engine.touches import entry_path, origin
from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import SESSION_ENDED, SESSION_STARTED, Fact
from sojourn.terms.ids import FactId
from sojourn.terms.person import OpenSession, Person, Sessions
from sojourn.terms.time import Millis

NO_SESSION: Final[FactId] = 0

PASSIVE: Final = frozenset(
    {
        *("Email Sent", "Email Delivered", "Email Opened", "Email Bounced", "Email Marked as Spam"),
        *("Message Sent", "Message Delivered", "Message Opened", "Message Bounced", "Message Complained", "Message Skipped"),
        *("Push Notification Received", "Push Notification Bounced", "SMS Sent", "SMS Delivered", "SMS Failed"),
        *("Order Updated", "Order Refunded", "Order Cancelled", "Unsubscribed", "Consent Changed"),
        *("Ticket Replied", "Ticket Solved", "Ticket Reopened", "Deal Created", "Deal Stage Changed", "Deal Won", "Deal Lost", "Contact Updated"),
        *("Task Done", "Call Logged", "Reading", "Device Fault", "Mention"),
    },
)
"""What happens to somebody without their being there: belongs to a session that is open, but starts none."""

_PAGES: Final = frozenset({"page", "screen"})


def fold(work: Working, person: Person, fact: Fact, moment: Moment) -> FactId:
    """Put one fact into a person's sessions; close the open one if it rested longer than `rules.session_gap`. The session's id, 0 for none.

    Units: event time, UTC; a rest of exactly the gap still belongs to the session (as in Segment and GA4).
    Errors: none. A fact older than the open session belongs to the one closed last if it lies within the gap around it, else it is counted in `late`.
    Source: docs/explanation/sessions.md
    """
    state = person.sessions
    current = state.open
    gap = work.rules.session_gap
    at = fact.at
    if current is not None:
        if at > current.last + gap:
            if fact.name in PASSIVE:
                return NO_SESSION
            _close(work, person, current)
        elif at >= current.start - gap:
            if at > current.last and fact.kind not in _PAGES:  # the usual case of `_extend`
                current.last = at
                current.facts += 1
                current.seen = moment.at
            else:
                _extend(current, fact, moment)
            return current.id
        else:
            return _late(state, fact, moment, gap)
    closed = state.last_closed
    if closed is not None and at <= closed.last + gap:
        if at > closed.last:
            return _reopen(state, closed, fact, moment)
        return _late(state, fact, moment, gap)
    if fact.name in PASSIVE:
        return NO_SESSION
    state.count += 1
    page = fact.kind in _PAGES
    started = OpenSession(moment.id, at, at, 1, 1 if page else 0, entry_path(fact) if page else "", origin(fact), moment.at)
    state.open = started
    work.derive(person, at, SESSION_STARTED, (moment.id,), {"session": moment.id, "entry": started.entry, "source": started.source})
    return moment.id


def fire(work: Working, person: Person, due: Millis) -> None:
    """Close the open session if it has rested for the gap at `due`."""
    current = person.sessions.open
    if current is not None and due >= end_of(current, work.rules.session_gap):
        _close(work, person, current)


def join(work: Working, into: Person, other: Person) -> None:
    """Put two people's sessions together. Open sessions that touch become one; of two that do not, the older is closed."""
    mine, theirs = into.sessions, other.sessions
    mine.count += theirs.count
    mine.total_ms += theirs.total_ms
    mine.late += theirs.late
    closed = [session for session in (mine.last_closed, theirs.last_closed) if session is not None]
    mine.last_closed = max(closed, key=_recency) if closed else None
    both = sorted((session for session in (mine.open, theirs.open) if session is not None), key=_recency)
    if len(both) < 2:
        mine.open = both[0] if both else None
        return
    older, newer = both
    if newer.start - older.last > work.rules.session_gap:
        mine.open = older
        _close(work, into, older)
        mine.open = newer
        return
    mine.count -= 1
    first, second = sorted(both, key=lambda session: (session.start, session.id))
    mine.open = OpenSession(
        id=first.id,
        start=first.start,
        last=newer.last,
        facts=first.facts + second.facts,
        pages=first.pages + second.pages,
        entry=first.entry or second.entry,
        source=first.source or second.source,
        seen=max(first.seen, second.seen),
        ended=first.ended + second.ended,
    )


def _recency(session: OpenSession) -> tuple[Millis, FactId]:
    return session.last, session.id


def end_of(session: OpenSession, gap: Millis) -> Millis:
    """When a session ends if nothing comes. An import tells an old session fact by fact, seconds apart: the gap is also waited for in record time."""
    return max(session.last, session.seen) + gap


def _extend(session: OpenSession, fact: Fact, moment: Moment) -> None:
    at = fact.at
    if fact.kind in _PAGES:
        session.pages += 1
        if not session.entry or at < session.start:
            session.entry = entry_path(fact)
    if at > session.last:
        session.last = at
    elif at < session.start:
        session.start = at
    session.facts += 1
    session.seen = moment.at


def _reopen(state: Sessions, closed: OpenSession, fact: Fact, moment: Moment) -> FactId:
    """The session had not rested for the gap after all: this fact was only slow to arrive. It goes on, and its end will be told again."""
    state.last_closed = None
    state.open = closed
    state.total_ms -= closed.last - closed.start
    _extend(closed, fact, moment)
    return closed.id


def _late(state: Sessions, fact: Fact, moment: Moment, gap: Millis) -> FactId:
    """A fact of the past: into the session closed last if it belongs there, which then lasted longer than was told when it ended."""
    closed = state.last_closed
    if closed is None or not closed.start - gap <= fact.at <= closed.last + gap:
        state.late += 1
        return NO_SESSION
    before = closed.last - closed.start
    _extend(closed, fact, moment)
    state.total_ms += closed.last - closed.start - before
    return closed.id


def _close(work: Working, person: Person, session: OpenSession) -> None:
    state = person.sessions
    state.open = None
    duration = session.last - session.start
    state.total_ms += duration
    if state.last_closed is None or _recency(state.last_closed) < _recency(session):
        state.last_closed = session
    props: dict[str, Any] = {
        "session": session.id,
        "duration_ms": duration,
        "facts": session.facts,
        "pages": session.pages,
        "entry": session.entry,
        "source": session.source,
    }
    work.derive(person, session.last, SESSION_ENDED, (session.id, session.ended), props)
    session.ended += 1
