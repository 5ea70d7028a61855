"""Sessions by event time: gaps, late facts, imports, timers, merges."""

from sojourn.engine.tests.tape import NOON, Tape
from sojourn.terms.ids import fact_id
from sojourn.terms.time import DAY, HOUR, MINUTE, SECOND


def first(position):
    return fact_id(position, 0)


def sessions_of(tape):
    return [resolved.session for resolved in tape.work.resolved]


def test_a_rest_of_exactly_the_gap_still_belongs_to_the_session():
    tape = Tape()
    tape.page(anon="a", at=NOON)
    tape.page(anon="a", at=NOON + 30 * MINUTE)
    ann = tape.page(anon="a", at=NOON + 60 * MINUTE + 1)
    assert sessions_of(tape) == [first(1), first(1), first(3)]
    assert (ann.sessions.count, ann.sessions.total_ms) == (2, 30 * MINUTE)


def test_a_session_tells_when_it_starts_and_ends_and_what_was_in_it():
    tape = Tape()
    landing = {"url": "https://shop.test/sale?x=1", "referrer": "https://www.search.test/q"}
    tape.page(anon="a", at=NOON, props=landing)
    tape.track("Product Viewed", anon="a", at=NOON + MINUTE)
    tape.page(anon="a", at=NOON + 2 * MINUTE, props={"path": "/cart"})
    tape.wait(33 * MINUTE)
    [started], [ended] = tape.derived("Session Started"), tape.derived("Session Ended")
    assert (started.at, started.props) == (NOON, {"session": first(1), "entry": "/sale", "source": "search.test"})
    assert ended.at == NOON + 2 * MINUTE
    assert ended.props == {"session": first(1), "duration_ms": 2 * MINUTE, "facts": 3, "pages": 2, "entry": "/sale", "source": "search.test"}


def test_the_timer_waits_for_the_gap_to_be_over_and_not_longer():
    tape = Tape()
    tape.page(anon="a", at=NOON)
    tape.wait(30 * MINUTE)
    assert tape.derived("Session Ended") == []
    tape.wait(1)
    assert len(tape.derived("Session Ended")) == 1


def test_a_campaign_in_the_middle_does_not_split_a_session():
    tape = Tape()
    tape.page(anon="a")
    tape.page(anon="a", context={"campaign": {"source": "newsletter"}})
    assert sessions_of(tape) == [first(1), first(1)]


def test_midnight_does_not_split_a_session():
    tape = Tape()
    tape.page(anon="a", at=NOON + 12 * HOUR - MINUTE)
    assert tape.page(anon="a", at=NOON + 12 * HOUR + MINUTE).sessions.count == 1


def test_a_late_fact_inside_the_open_session_is_counted_there_and_may_move_its_start():
    tape = Tape()
    tape.page(anon="a", at=NOON, props={"path": "/second"})
    ann = tape.page(anon="a", at=NOON - 10 * MINUTE, recorded=NOON + SECOND, props={"path": "/first"})
    assert (ann.sessions.count, ann.sessions.open.start, ann.sessions.open.last) == (1, NOON - 10 * MINUTE, NOON)
    assert (ann.sessions.open.entry, ann.sessions.open.facts) == ("/first", 2)


def test_a_late_fact_joins_the_session_closed_last_and_lengthens_it():
    tape = Tape()
    tape.page(anon="a", at=NOON)
    tape.page(anon="a", at=NOON + 2 * HOUR)
    ann = tape.page(anon="a", at=NOON + 5 * MINUTE, recorded=NOON + 2 * HOUR + SECOND)
    assert sessions_of(tape) == [first(1), first(2), first(1)]
    assert (ann.sessions.total_ms, ann.sessions.last_closed.facts, ann.sessions.late) == (5 * MINUTE, 2, 0)
    assert len(tape.derived("Session Ended")) == 1


def test_a_fact_older_than_all_that_is_known_belongs_to_no_session_and_is_counted():
    tape = Tape()
    tape.page(anon="a", at=NOON)
    ann = tape.page(anon="a", at=NOON - DAY, recorded=NOON + SECOND)
    assert sessions_of(tape) == [first(1), 0]
    assert (ann.sessions.count, ann.sessions.late) == (1, 1)


def test_a_fact_that_was_slow_to_arrive_opens_its_session_again():
    tape = Tape()
    tape.page(anon="a", at=NOON)
    tape.wait(31 * MINUTE)
    ann = tape.page(anon="a", at=NOON + 29 * MINUTE, recorded=NOON + 32 * MINUTE)
    assert sessions_of(tape) == [first(1), first(1)]
    assert (ann.sessions.count, ann.sessions.open.id, ann.sessions.last_closed) == (1, first(1), None)
    tape.wait(2 * HOUR)
    assert [ended.props["duration_ms"] for ended in tape.derived("Session Ended")] == [0, 29 * MINUTE]
    assert len({ended.message_id for ended in tape.derived("Session Ended")}) == 2
    assert ann.sessions.total_ms == 29 * MINUTE


def test_imported_history_makes_the_sessions_it_had():
    tape = Tape()
    old = NOON - 100 * DAY
    for minutes in (0, 10, 20, 100, 110):
        tape.page(anon="a", at=old + minutes * MINUTE, recorded=tape.now + SECOND, historical=True)
    tape.wait(HOUR)
    [ann] = tape.people
    assert sessions_of(tape) == [first(1)] * 3 + [first(4)] * 2
    assert (ann.sessions.count, ann.sessions.total_ms, ann.sessions.late) == (2, 30 * MINUTE, 0)
    assert [ended.props["duration_ms"] for ended in tape.derived("Session Ended")] == [20 * MINUTE, 10 * MINUTE]


def test_what_happens_to_somebody_starts_no_session():
    tape = Tape()
    ann = tape.track("Email Delivered", user="ann")
    assert (ann.sessions.count, sessions_of(tape)) == (0, [0])
    tape.page(user="ann")
    tape.track("Order Refunded", user="ann", props={"order_id": "1"})
    assert sessions_of(tape)[1:] == [first(2), first(2)]


def test_two_people_who_turn_out_to_be_one_have_one_session_where_theirs_touch():
    tape = Tape()
    tape.page(anon="phone", at=NOON)
    tape.page(anon="laptop", user="ann", at=NOON + 5 * MINUTE)
    ann = tape.identify(anon="phone", user="ann", at=NOON + 6 * MINUTE)
    assert (ann.sessions.count, ann.sessions.open.id, ann.sessions.open.facts) == (1, first(1), 3)
    tape.wait(HOUR)
    assert [ended.props["duration_ms"] for ended in tape.derived("Session Ended")] == [6 * MINUTE]


def test_of_two_open_sessions_that_do_not_touch_the_older_is_closed():
    tape = Tape()
    tape.page(user="ann", at=NOON)
    tape.page(anon="phone", at=NOON + 40 * MINUTE, recorded=NOON + SECOND)
    ann = tape.identify(anon="phone", user="ann", at=NOON + 41 * MINUTE, recorded=NOON + 2 * SECOND)
    assert (ann.sessions.count, ann.sessions.open.id, ann.sessions.last_closed.id) == (2, first(2), first(1))
    assert len(tape.derived("Session Ended")) == 1


def test_the_timer_of_a_session_survives_a_merge():
    tape = Tape()
    tape.page(anon="phone", at=NOON)
    tape.identify(anon="phone", user="ann", at=NOON + MINUTE)
    tape.wait(40 * MINUTE)
    assert [ended.props["duration_ms"] for ended in tape.derived("Session Ended")] == [MINUTE]
    assert tape.people[0].due is None
