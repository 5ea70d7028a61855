"""What one look at the database finds. The tests write and look on one connection, so each look is told that something was written."""

import msgspec
import pytest
from django.contrib.sessions.models import Session

from sojourn.apps.live import look
from sojourn.apps.live.look import Changes, Looker, signed_in
from sojourn.apps.people.models import HandoverRow, MergedRow, PersonRow, ProgressRow
from sojourn.apps.people.tests.some import ANN, ann, store_ann
from sojourn.apps.workspace.models import Member
from sojourn.apps.workspace.tests.house import browser, build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def always_written(monkeypatch):
    """The number that changes with the commits of others stands still within one connection."""
    numbers = iter(range(1_000))
    monkeypatch.setattr(look, "_version", lambda: next(numbers))


@pytest.fixture
def house():
    return build()


def commit(workspace: int, position: int) -> None:
    """Leave the marks of a batch of the engine that touched this workspace."""
    ProgressRow.objects.update_or_create(id=1, defaults={"position": position, "now": 0})
    HandoverRow.objects.create(workspace_id=workspace, payload=b"")


def change_ann() -> None:
    person = ann()
    person.facts += 1
    PersonRow.objects.filter(pk=ANN).update(body=msgspec.msgpack.encode(person))


def test_the_first_look_finds_nothing_new(house):
    store_ann(house.workspace)
    commit(house.workspace, 7)
    assert Looker().look({house.workspace: {ANN}}) == Changes()


def test_a_commit_moves_its_workspace_and_not_the_house_next_door(house):
    looker = Looker()
    commit(house.workspace, 7)
    looker.look({})
    commit(house.workspace, 8)
    found = looker.look({})
    assert (found.written, found.everywhere, found.workspaces) == (True, False, {house.workspace})
    assert found.touches(house.workspace)
    assert not found.touches(house.next_door)
    assert looker.look({}) == Changes(written=True)


def test_where_the_lake_was_quicker_it_may_have_been_any_workspace(house):
    looker = Looker()
    commit(house.workspace, 7)
    looker.look({})
    commit(house.workspace, 8)
    HandoverRow.objects.all().delete()
    assert looker.look({}).everywhere
    commit(house.workspace, 9)
    assert looker.look({}).touches(house.next_door), "the rows between were not seen"
    commit(house.next_door, 10)
    found = looker.look({})
    assert (found.everywhere, found.workspaces) == (False, {house.next_door})


def test_somebodys_portrait_has_changed_when_its_bytes_have(house):
    store_ann(house.workspace)
    looker = Looker()
    commit(house.workspace, 7)
    looker.look({house.workspace: {ANN}})
    commit(house.workspace, 8)
    assert looker.look({house.workspace: {ANN}}).people == frozenset()
    change_ann()
    commit(house.workspace, 9)
    assert looker.look({house.workspace: {ANN}}).people == {(house.workspace, ANN)}


def test_nobody_is_told_of_a_person_next_door(house):
    store_ann(house.workspace)
    looker = Looker()
    commit(house.workspace, 7)
    looker.look({house.next_door: {ANN}})
    change_ann()
    commit(house.workspace, 8)
    assert looker.look({house.next_door: {ANN}}).people == frozenset()


def test_whoever_became_another_is_watched_as_that_one(house):
    store_ann(house.workspace)
    MergedRow.objects.create(id=5, workspace_id=house.workspace, into=ANN)
    looker = Looker()
    commit(house.workspace, 7)
    looker.look({house.workspace: {5}})
    change_ann()
    commit(house.workspace, 8)
    assert looker.look({house.workspace: {5}}).people == {(house.workspace, 5)}


def test_somebody_who_is_gone_has_changed_once(house):
    store_ann(house.workspace)
    looker = Looker()
    commit(house.workspace, 7)
    looker.look({house.workspace: {ANN}})
    PersonRow.objects.all().delete()
    commit(house.workspace, 8)
    assert looker.look({house.workspace: {ANN}}).people == {(house.workspace, ANN)}
    commit(house.workspace, 9)
    assert looker.look({house.workspace: {ANN}}).people == frozenset()


def test_who_signs_out_or_is_taken_out_is_in_no_longer(house):
    client, other = browser(house.alice), browser(house.bob)
    alice = (client.session.session_key, house.alice.pk, house.workspace)
    bob = (other.session.session_key, house.bob.pk, house.workspace)
    assert signed_in([alice, bob]) == {alice, bob}
    Session.objects.filter(session_key=alice[0]).delete()
    Member.objects.filter(user=house.bob).delete()
    assert signed_in([alice, bob]) == set()


def test_a_membership_counts_only_for_its_own_workspace(house):
    client = browser(house.charlie)
    assert signed_in([(client.session.session_key, house.charlie.pk, house.workspace)]) == set()
