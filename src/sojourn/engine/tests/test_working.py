"""The working set."""

from sojourn.engine.working import Reader, Working
from sojourn.terms.person import Person
from sojourn.terms.rules import RuleBook


def test_somebody_erased_in_a_batch_is_not_brought_back_from_the_stored_state():
    stored = Person(id=16384, identifiers=["user_id:ann"])
    work = Working(1, RuleBook(), Reader(lambda _: None, lambda _: stored, lambda person: person))
    assert work.person(16384) is stored
    work.remove(stored)
    assert work.person(16384) is None
    assert work.finish(1).removed == [16384]
