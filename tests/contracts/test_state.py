"""The contract of ports/state.py, held by every state."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sojourn.adapters.memory.intents import MemoryIntents
from sojourn.adapters.memory.state import MemoryState
from sojourn.adapters.sqlite.intents import open_intents
from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.intents import Intents
from sojourn.ports.state import Handover, Progress, State, Taken
from sojourn.terms.effects import Cancel, Commit, ConsentRow, Resolved
from sojourn.terms.facts import Derived, Fact, Flag, Quarantine
from sojourn.terms.person import IdentifierEntry
from sojourn.terms.time import DAY

from .makers import START, intent, person

Rooms = tuple[State, Intents]
ZERO = Progress(0, 0)


@pytest.fixture(params=["memory", "sqlite"])
def rooms(request: pytest.FixtureRequest) -> Iterator[Rooms]:
    """The state, and the intents on the same tables."""
    if request.param == "memory":
        memory = MemoryState()
        yield memory, MemoryIntents(memory)
        return
    path: Path = request.getfixturevalue("database")
    state, intents = open_state(path), open_intents(path)
    yield state, intents
    state.close()
    intents.close()


@pytest.fixture
def state(rooms: Rooms) -> State:
    return rooms[0]


def commit(state: State, *commits: Commit, position: int = 0) -> Progress:
    before = state.progress()
    after = Progress(position or before.position + 1, START + before.position + 1)
    state.commit(commits, before, after)
    return after


def work(workspace: int = 1, **parts: object) -> Commit:
    return Commit(workspace=workspace, position=1, now=START + 1, **parts)


def skipped(intents: Intents) -> list[tuple[int, dict[str, object]]]:
    """What waits in the outbox: (workspace, props)."""
    facts = [(workspace, msgspec.msgpack.decode(packed, type=Fact)) for _, workspace, packed in intents.outbox(100)]
    assert {(fact.kind, fact.name, fact.flags) for _, fact in facts} <= {("control", "Message Skipped", Flag.TRUSTED)}
    return [(workspace, fact.props) for workspace, fact in facts]


# -- progress


def test_a_new_state_is_at_the_beginning(state: State) -> None:
    assert state.progress() == ZERO
    assert state.rules(1) is None
    assert state.next_due() is None
    assert state.handovers(0, 10) == []


def test_a_commit_moves_the_progress(state: State) -> None:
    state.commit([], ZERO, Progress(3, START))
    state.commit([], Progress(3, START), Progress(4, START + 5))
    assert state.progress() == Progress(4, START + 5)


def test_a_commit_from_elsewhere_than_the_stored_progress_is_refused_and_changes_nothing(state: State) -> None:
    state.commit([], ZERO, Progress(3, START))
    for stale in (ZERO, Progress(2, START), Progress(3, START - 1), Progress(4, START)):
        with pytest.raises(Taken):
            state.commit([work(people=[person(16384)])], stale, Progress(9, START))
    assert state.progress() == Progress(3, START)
    assert state.people(1, [16384]) == {}


# -- people and identifiers


def test_people_come_back_as_they_went_in(state: State) -> None:
    ann = person(16384, "user_id:ann", "email:ann@example.com", due=START + 5, name="Ann", score=0.1, tags=["a", None])
    commit(state, work(people=[ann]))
    assert state.people(1, [16384, 5]) == {16384: ann}
    assert msgspec.msgpack.encode(state.people(1, [16384])[16384]) == msgspec.msgpack.encode(ann)


def test_a_person_is_replaced_whole(state: State) -> None:
    commit(state, work(people=[person(16384, due=START + 5, name="Ann")]))
    later = person(16384, "user_id:ann")
    commit(state, work(people=[later]))
    assert state.people(1, [16384]) == {16384: later}
    assert state.next_due() is None


def test_what_was_handed_in_may_be_changed_afterwards(state: State) -> None:
    ann = person(16384, name="Ann")
    commit(state, work(people=[ann]))
    ann.traits["name"].value = "Eve"
    assert state.people(1, [16384])[16384].traits["name"].value == "Ann"


def test_workspaces_are_walls(state: State) -> None:
    commit(state, work(1, people=[person(16384)], identifiers={"user_id:ann": IdentifierEntry(16384)}), work(2, rules=b"2"))
    assert state.people(2, [16384]) == {}
    assert state.identifiers(2, ["user_id:ann"]) == {}
    assert state.rules(1) is None
    assert state.rules(2) == b"2"


def test_identifiers_come_back_as_they_went_in_and_go(state: State) -> None:
    entries = {
        "user_id:ann": IdentifierEntry(16384),
        "anonymous_id:shared": IdentifierEntry(16385, shared=[16384, 16386], apart=["user_id:bob"]),
        "user_id:erased": IdentifierEntry(-1),
        'email:"q"\\uß@ü.example': IdentifierEntry(16387),
    }
    commit(state, work(identifiers=dict(entries)))
    assert state.identifiers(1, [*entries, "user_id:nobody"]) == entries
    commit(state, work(identifiers={"user_id:ann": None, "anonymous_id:shared": IdentifierEntry(16385)}))
    assert state.identifiers(1, ["user_id:ann", "anonymous_id:shared"]) == {"anonymous_id:shared": IdentifierEntry(16385)}


def test_many_people_and_identifiers_are_found_at_once(state: State) -> None:
    people = [person(16384 + n) for n in range(5_000)]
    commit(state, work(people=people, identifiers={f"user_id:u{n}": IdentifierEntry(16384 + n) for n in range(5_000)}))
    assert len(state.people(1, [p.id for p in people])) == 5_000
    assert len(state.identifiers(1, [f"user_id:u{n}" for n in range(5_000)])) == 5_000


# -- timers


def test_due_people_are_ordered_by_time_then_id_and_the_boundary_is_open(state: State) -> None:
    commit(state, work(people=[person(n, due=due) for n, due in ((5, 300), (4, 100), (3, 200), (2, 100), (1, None))]), work(2, people=[person(9, due=50)]))
    assert state.due(1, 300, 10) == [(100, 2), (100, 4), (200, 3)]
    assert state.due(1, 301, 2) == [(100, 2), (100, 4)]
    assert state.next_due() == 50


def test_the_next_due_is_found_in_any_workspace(state: State) -> None:
    commit(state, *(work(workspace, people=[person(workspace, due=1_000 - workspace)]) for workspace in (1, 2, 3, 70)))
    assert state.next_due() == 930


# -- merges and erasure


def test_a_merged_person_is_gone_and_known_as_the_winner(state: State) -> None:
    commit(state, work(people=[person(2, "user_id:ann"), person(5, "anonymous_id:a")], identifiers={"anonymous_id:a": IdentifierEntry(5)}))
    commit(state, work(people=[person(2, "user_id:ann", "anonymous_id:a")], gone={5: 2}))
    assert list(state.people(1, [2, 5])) == [2]
    assert (state.canonical(1, 5), state.canonical(1, 2), state.canonical(2, 5)) == (2, 2, 5)
    assert state.identifiers(1, ["anonymous_id:a"]) == {"anonymous_id:a": IdentifierEntry(2)}


def test_a_chain_of_merges_is_one_step_long(state: State) -> None:
    commit(state, work(gone={5: 4}))
    commit(state, work(gone={4: 3, 9: 3}))
    commit(state, work(gone={3: 2}))
    assert [state.canonical(1, n) for n in (5, 4, 9, 3, 2)] == [2, 2, 2, 2, 2]


def test_who_was_parted_by_a_correction_is_a_person_of_their_own_again(state: State) -> None:
    commit(state, work(people=[person(1), person(2)]))
    commit(state, work(people=[person(1)], gone={2: 1}))
    assert state.canonical(1, 2) == 1
    commit(state, work(people=[person(1), person(2)], parted=[2]))
    assert state.canonical(1, 2) == 2
    assert sorted(state.people(1, [1, 2])) == [1, 2]


def test_the_engines_word_on_an_identifier_stands_against_the_merge(state: State) -> None:
    commit(state, work(people=[person(5, "anonymous_id:a")], identifiers={"anonymous_id:a": IdentifierEntry(5)}))
    commit(state, work(gone={5: 2}, identifiers={"anonymous_id:a": IdentifierEntry(7, shared=[2, 7])}))
    assert state.identifiers(1, ["anonymous_id:a"]) == {"anonymous_id:a": IdentifierEntry(7, shared=[2, 7])}


def test_an_erased_person_goes_with_the_identifiers_that_still_lead_there(state: State) -> None:
    entries = {"user_id:ann": IdentifierEntry(2), "anonymous_id:a": IdentifierEntry(2), "anonymous_id:b": IdentifierEntry(3)}
    commit(state, work(people=[person(2, "user_id:ann", "anonymous_id:a", "anonymous_id:b")], identifiers=dict(entries)))
    commit(state, work(removed=[2], identifiers={"user_id:ann": IdentifierEntry(-1)}))
    assert state.people(1, [2]) == {}
    assert state.identifiers(1, entries) == {"user_id:ann": IdentifierEntry(-1), "anonymous_id:b": IdentifierEntry(3)}


# -- intents, as the engine sees them


def test_an_intent_is_inserted_once(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(intents=[intent("i1")]))
    commit(state, work(intents=[intent("i1", template="other")]))
    assert intents.get("i1") == (intent("i1"), "ready")
    assert intents.get("i2") is None


def test_held_out_intents_are_kept_for_counting_and_never_wait(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(intents=[intent("i1", state="held_out")]))
    assert intents.get("i1") == (intent("i1", state="held_out"), "held_out")
    assert intents.next_ready() is None


def test_a_cancel_takes_back_what_waits_and_says_so(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(intents=[intent("i1", of=2)]))
    commit(state, work(cancels=[Cancel("i1", "ordered", START + 7)]))
    assert intents.get("i1") == (intent("i1", of=2, state="cancelled"), "cancelled")
    assert skipped(intents) == [(1, {"intent": "i1", "person": 2, "at": START + 7, "reason": "ordered", "state": "cancelled"})]


def test_an_intent_made_and_cancelled_in_one_batch_is_cancelled(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(intents=[intent("i1")], cancels=[Cancel("i1", "ordered", START)]))
    assert intents.next_ready() is None
    assert len(skipped(intents)) == 1


def test_a_cancel_of_what_is_over_or_held_out_or_elsewhere_does_nothing(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(intents=[intent("i1"), intent("i2", state="held_out")]), work(2, intents=[intent("i3", workspace=2)]))
    commit(state, work(cancels=[Cancel("i1", "ordered", START)]))
    commit(state, work(cancels=[Cancel("i1", "returned", START), Cancel("i2", "ordered", START), Cancel("i3", "ordered", START), Cancel("no", "x", START)]))
    assert [intents.get(i)[1] for i in ("i1", "i2", "i3")] == ["cancelled", "held_out", "ready"]
    assert [props["reason"] for _, props in skipped(intents)] == ["ordered"]


def test_intents_follow_a_merge(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(intents=[intent("i1", of=5)]))
    commit(state, work(gone={5: 2}))
    assert intents.get("i1") == (intent("i1", of=2), "ready")


def test_of_two_intents_for_one_cart_the_older_stands_after_a_merge(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(intents=[intent("b", of=5, decided_at=START), intent("a", of=2, decided_at=START + 1), intent("c", of=5, episode=100)]))
    commit(state, work(gone={5: 2}))
    assert [intents.get(i)[1] for i in "abc"] == ["cancelled", "ready", "ready"]
    assert skipped(intents) == [(1, {"intent": "a", "person": 2, "at": START + 1, "reason": "merged", "state": "cancelled"})]


def test_what_waits_gives_way_to_what_was_already_handed_over(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(intents=[intent("late", of=5, decided_at=START + 1), intent("early", of=2, decided_at=START, ready_at=START + DAY)]))
    epoch = intents.start_epoch(START)
    (claim,) = intents.claim(epoch, START, lambda _: DAY, 10)
    assert claim.intent.id == "late"
    from sojourn.ports.intents import Verdict

    intents.begin(epoch, claim, START, DAY, lambda _: Verdict(True))
    commit(state, work(gone={5: 2}))
    assert [intents.get(i)[1] for i in ("late", "early")] == ["handing_over", "cancelled"]


def test_the_intents_of_an_erased_person_are_taken_back_and_say_nothing_any_more(rooms: Rooms) -> None:
    state, intents = rooms
    commit(state, work(people=[person(2)], intents=[intent("i1", of=2)]))
    commit(state, work(removed=[2]))
    assert intents.get("i1") == (intent("i1", of=2, state="cancelled", address="", data={}), "cancelled")
    assert [props["reason"] for _, props in skipped(intents)] == ["erased"]


# -- what else a batch leaves


def test_a_batch_becomes_a_handover_where_the_lake_has_something_to_take(state: State) -> None:
    resolved = [Resolved(16384, 2, 16384)]
    derived = [Derived(1 << 62, 2, START, "Cart Abandoned", "m", {"value": 1999})]
    commit(state, work(resolved=resolved), work(2, derived=derived), work(3, people=[person(2)]), work(4, gone={5: 2}))
    handovers = state.handovers(0, 10)
    assert [(h.workspace, msgspec.msgpack.decode(h.payload, type=tuple[list[Resolved], list[Derived], dict[int, int]])) for h in handovers] == [
        (1, (resolved, [], {})),
        (2, ([], derived, {})),
        (4, ([], [], {5: 2})),
    ]
    assert [h.sequence for h in handovers] == [1, 2, 3]


def test_released_handovers_are_gone_and_their_numbers_are_never_used_again(state: State) -> None:
    commit(state, work(resolved=[Resolved(1, 1, 1)]), work(2, resolved=[Resolved(2, 2, 2)]))
    state.release(2)
    assert state.handovers(0, 10) == []
    commit(state, work(resolved=[Resolved(3, 3, 3)]))
    assert [(h.sequence, type(h)) for h in state.handovers(2, 10)] == [(3, Handover)]
    assert state.handovers(3, 10) == []


def test_the_newest_rules_are_in_force(state: State) -> None:
    commit(state, work(rules=b"one"))
    commit(state, work())
    assert state.rules(1) == b"one"
    commit(state, work(rules=b"two"))
    assert state.rules(1) == b"two"


def test_consents_counts_and_quarantine_are_written_in_the_same_transaction(rooms: Rooms) -> None:
    state, _ = rooms
    aside = [(3, 7, Quarantine("too_deep", b"{", "33 levels"))]
    consent = ConsentRow(2, "email", "marketing", False, START, 7, "v1")
    parts = {"consents": [consent], "counts": {(7, "kept"): 5, (7, "duplicate"): 1}, "quarantined": aside}
    commit(state, work(**parts))
    commit(state, work(counts={(7, "kept"): 2}))
    with pytest.raises(Taken):
        state.commit([work(**parts)], ZERO, Progress(9, 9))
    day = START // DAY
    if isinstance(state, MemoryState):
        assert state.counts == {(1, 7, day, "kept"): 7, (1, 7, day, "duplicate"): 1}
        assert state.consents == [(1, consent)]
        assert state.quarantined == [(1, 7, 3, START + 1, aside[0][2])]
    else:
        rows = state._database.rows
        assert rows("SELECT * FROM sources_count ORDER BY reason", {}) == [(1, 7, day, "duplicate", 1), (1, 7, day, "kept", 7)]
        assert rows("SELECT person, channel, purpose, granted, at, source_id, text_version, workspace_id FROM people_consent", {}) == [
            (2, "email", "marketing", 0, START, 7, "v1", 1)
        ]
        assert rows("SELECT workspace_id, source_id, position, at, reason, detail, payload FROM sources_quarantined", {}) == [
            (1, 7, 3, START + 1, "too_deep", "33 levels", b"{")
        ]
