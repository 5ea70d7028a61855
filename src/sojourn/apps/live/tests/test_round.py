"""Whom one round of the hub tells what."""

import asyncio

import pytest

from sojourn.apps.live import hub
from sojourn.apps.live.hub import Listener, _Round
from sojourn.apps.live.look import Changes


class Looked:
    """Finds what a test says."""

    def __init__(self) -> None:
        self.found = Changes()
        self.watched: dict[int, set[int]] = {}

    def look(self, watched):
        self.watched = watched
        return self.found


@pytest.fixture
def looked(monkeypatch):
    looker = Looked()
    monkeypatch.setattr(hub, "Looker", lambda: looker)
    return looker


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


async def told(listener: Listener) -> list[str]:
    return await listener.next(0.05)


def test_each_hears_of_their_own_workspace_and_people(looked):
    async def story():
        here = Listener(1, 1, "s", frozenset({"people", "carts", "person:5", "sources", "source:3", "health"}))
        there = Listener(2, 2, "s", frozenset({"people", "person:5", "sources"}))
        one = _Round(afresh=False)
        one.look([here, there])
        assert looked.watched == {1: {5}, 2: {5}}
        assert (await told(here), await told(there)) == ([], [])
        looked.found = Changes(written=True, workspaces=frozenset({1}), people=frozenset({(1, 5)}))
        one.look([here, there])
        assert await told(here) == ["carts", "people", "person:5", "source:3", "sources"]
        assert await told(there) == ["sources"]

    run(story())


def test_where_it_may_have_been_anybody_every_workspace_looks_again(looked):
    async def story():
        there = Listener(2, 2, "s", frozenset({"people", "person:5"}))
        one = _Round(afresh=False)
        looked.found = Changes(written=True, everywhere=True)
        one.look([there])
        assert await told(there) == ["people"]

    run(story())


def test_what_may_have_been_missed_is_told_once_and_only_when_it_is_watched(looked):
    async def story():
        listener = Listener(1, 1, "s", frozenset({"people", "person:5"}), first=frozenset({"person:5"}))
        assert await told(listener) == []
        one = _Round(afresh=False)
        one.look([listener])
        assert await told(listener) == ["person:5"]
        one.look([listener])
        assert await told(listener) == []

    run(story())


def test_after_trouble_everybody_looks_at_everything_once(looked):
    async def story():
        listener = Listener(1, 1, "s", frozenset({"people", "person:5"}))
        one = _Round(afresh=True)
        one.look([listener])
        assert await told(listener) == ["people", "person:5"]
        late = Listener(1, 1, "s", frozenset({"people"}))
        one.look([listener, late])
        assert (await told(listener), await told(late)) == ([], [])

    run(story())


def test_what_ages_by_itself_is_hinted_by_the_clock(looked, monkeypatch):
    async def story():
        listener = Listener(1, 1, "s", frozenset({"home", "health", "people"}))
        one = _Round(afresh=False)
        one.look([listener])
        monkeypatch.setattr(hub, "TICKING", {"home": 0.0, "health": 1_000.0})
        one.look([listener])
        assert await told(listener) == ["home"]

    run(story())


def test_who_is_no_longer_signed_in_hears_no_more(looked, monkeypatch):
    async def story():
        listeners = [Listener(1, number, f"s-{number}", frozenset({"people"})) for number in (1, 2)]
        monkeypatch.setattr(hub, "SESSIONS_SECONDS", 0.0)
        monkeypatch.setattr(hub, "signed_in", lambda asked: {one for one in asked if one[0] == "s-2"})
        _Round(afresh=False).look(listeners)
        await told(listeners[0])
        assert [one.ended for one in listeners] == [True, False]

    run(story())
