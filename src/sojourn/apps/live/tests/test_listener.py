"""What one stream is told, and how often."""

import asyncio
import threading

import pytest

from sojourn.apps.live.hub import MOST_LISTENERS, MOST_OF_ONE, PAGE_SECONDS, PERSON_SECONDS, Full, Hub, Listener

TOPICS = frozenset({"people", "person:1", "person:2"})


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


class SkippingLoop(asyncio.SelectorEventLoop):
    """Time that would pass in waiting is skipped."""

    def __init__(self):
        super().__init__()
        self._skipped = 0.0
        select = self._selector.select

        def skip(timeout):
            events = select(0)
            self._skipped += 0 if events else timeout
            return events

        self._selector.select = skip

    def time(self):
        return self._skipped


def run_skipping(coroutine):
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(coroutine)


def test_what_changed_before_anybody_asked_is_told_at_once_and_once():
    async def story():
        listener = Listener(1, 1, "s", TOPICS)
        listener.add(frozenset({"person:1", "people"}))
        listener.add(frozenset({"person:1"}))
        assert await listener.next(5) == ["people", "person:1"]
        assert await listener.next(0.05) == []

    run(story())


def test_a_page_is_hinted_at_most_once_a_second_and_its_last_change_is_not_lost():
    async def story():
        listener = Listener(1, 1, "s", TOPICS)
        listener.add(frozenset({"people"}))
        begun = asyncio.get_running_loop().time()
        assert await listener.next(5) == ["people"]
        listener.add(frozenset({"people"}))
        assert await listener.next(5) == ["people"]
        assert asyncio.get_running_loop().time() - begun == pytest.approx(PAGE_SECONDS)

    run_skipping(story())


def test_a_person_is_hinted_while_the_page_rests():
    async def story():
        listener = Listener(1, 1, "s", TOPICS)
        listener.add(TOPICS)
        begun = asyncio.get_running_loop().time()
        assert await listener.next(5) == ["people", "person:1", "person:2"]
        listener.add(frozenset({"people", "person:2"}))
        assert await listener.next(5) == ["person:2"]
        assert asyncio.get_running_loop().time() - begun == pytest.approx(PERSON_SECONDS)

    run_skipping(story())


def test_a_word_from_another_thread_wakes_the_stream():
    async def story():
        listener = Listener(1, 1, "s", TOPICS)
        threading.Thread(target=lambda: listener.tell(frozenset({"person:1"}))).start()
        assert await listener.next(10) == ["person:1"]
        threading.Thread(target=listener.end).start()
        assert await listener.next(10) == []
        assert listener.ended

    run(story())


def test_a_word_after_the_loop_has_closed_harms_nobody():
    async def story():
        return Listener(1, 1, "s", TOPICS)

    run(story()).tell(TOPICS)


def test_there_are_so_many_streams_of_one_user_and_of_all_and_no_more(monkeypatch):
    monkeypatch.setattr(Hub, "_watch", lambda self: None)  # whether anything changes is not asked here

    async def story():
        hub = Hub()
        mine = [Listener(1, 1, "s", TOPICS) for _ in range(MOST_OF_ONE)]
        for listener in mine:
            hub.add(listener)
        with pytest.raises(Full):
            hub.add(Listener(1, 1, "another session", TOPICS))
        for user in range(2, MOST_LISTENERS - MOST_OF_ONE + 2):
            hub.add(Listener(1, user, "s", TOPICS))
        assert len(hub) == MOST_LISTENERS == 500
        with pytest.raises(Full):
            hub.add(Listener(1, 9_999, "s", TOPICS))
        hub.remove(mine[0])
        hub.add(Listener(1, 1, "s", TOPICS))
        hub.close()
        assert all(listener.ended is False for listener in mine[:1])
        with pytest.raises(Full):
            hub.add(Listener(2, 2, "s", TOPICS))

    run(story())
