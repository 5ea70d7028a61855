"""The stream as a browser meets it, over ASGI."""

import asyncio
from dataclasses import replace

import pytest

from sojourn.apps.live import door
from sojourn.apps.live.door import TICKET, LiveDoor, Ticket
from sojourn.apps.live.hub import Hub

HEADERS = [(b"content-type", b"text/event-stream"), (b"content-length", b"9"), (b"x-frame-options", b"DENY")]
GOOD = Ticket(workspace=1, user=1, session="s", topics=frozenset({"people", "person:1"}), seconds=60, first=frozenset())


@pytest.fixture(autouse=True)
def no_thread(monkeypatch):
    """Nobody looks at a database here; the tests tell the listeners themselves."""
    monkeypatch.setattr(Hub, "_watch", lambda self: None)


class Browser:
    """One request, with what came back."""

    def __init__(self, app: LiveDoor, path: str = "/live/", method: str = "GET") -> None:
        self.scope = {"type": "http", "path": path, "method": method, "headers": []}
        self.got: asyncio.Queue[dict] = asyncio.Queue()
        self.leaving = asyncio.Event()
        self.asked = False
        self.reads = asyncio.Event()
        self.reads.set()
        self.task = asyncio.ensure_future(app(self.scope, self.receive, self.send))

    async def receive(self):
        if self.asked:
            await self.leaving.wait()
            return {"type": "http.disconnect"}
        self.asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message):
        await self.reads.wait()
        self.got.put_nowait(message)

    async def next(self) -> dict:
        return await asyncio.wait_for(self.got.get(), 10)

    async def text(self) -> str:
        return (await self.next()).get("body", b"").decode()


def django(ticket: Ticket | None, status: int = 200):
    """What stands behind the door: answers, and leaves a ticket for whom it lets in."""

    async def app(scope, receive, send):
        await receive()
        if ticket is not None:
            scope[TICKET] = ticket
        await send({"type": "http.response.start", "status": status, "headers": HEADERS})
        await send({"type": "http.response.body", "body": b"from pages"})

    return app


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


def only(app: LiveDoor):
    (listener,) = app.hub._present()  # the hub has no other way to name who listens
    return listener


def test_a_stream_begins_with_the_headers_of_pages_and_tells_what_changed():
    async def story():
        app = LiveDoor(django(GOOD))
        browser = Browser(app)
        start = await browser.next()
        assert start["status"] == 200
        assert start["headers"] == [HEADERS[0], HEADERS[2], (b"x-accel-buffering", b"no")]
        assert await browser.text() == "retry: 2000\nid: on\n\n"
        only(app).tell(frozenset({"person:1", "people"}))
        assert await browser.text() == "event: hint\ndata: people\n\nevent: hint\ndata: person:1\n\n"
        browser.leaving.set()
        await asyncio.wait_for(browser.task, 5)
        assert len(app.hub) == 0

    run(story())


def test_who_is_not_let_in_gets_the_answer_of_the_pages():
    async def story():
        for browser in (Browser(LiveDoor(django(None, 302))), Browser(LiveDoor(django(None)), path="/people/"), Browser(LiveDoor(django(GOOD)), method="HEAD")):
            await browser.task
            assert (await browser.next())["headers"] == HEADERS
            assert await browser.text() == "from pages"

    run(story())


def test_beyond_the_streams_there_may_be_one_is_told_when_to_come_again(monkeypatch):
    monkeypatch.setattr("sojourn.apps.live.hub.MOST_LISTENERS", 1)

    async def story():
        app = LiveDoor(django(GOOD))
        first = Browser(app)
        await first.next()
        second = Browser(app)
        start = await second.next()
        assert start["status"] == 503
        assert (b"retry-after", b"10") in start["headers"]
        first.leaving.set()
        await asyncio.gather(first.task, second.task)

    run(story())


def test_a_quiet_stream_shows_that_it_lives(monkeypatch):
    monkeypatch.setattr(door, "HEARTBEAT_SECONDS", 0.01)

    async def story():
        browser = Browser(LiveDoor(django(GOOD)))
        await browser.next()
        await browser.next()
        assert await browser.text() == ": still here\n\n"
        browser.leaving.set()
        await browser.task

    run(story())


def test_a_stream_ends_with_the_session_it_was_let_in_by():
    async def story():
        browser = Browser(LiveDoor(django(replace(GOOD, seconds=0.05))))
        await asyncio.wait_for(browser.task, 10)
        messages = [await browser.next() for _ in range(browser.got.qsize())]
        assert messages[-1] == {"type": "http.response.body", "body": b""}

    run(story())


def test_when_the_server_stops_every_stream_ends_at_once_and_no_other_begins():
    async def story():
        app = LiveDoor(django(GOOD))
        browsers = [Browser(app) for _ in range(3)]
        for browser in browsers:
            await browser.next()
        app.close()
        await asyncio.gather(*(browser.task for browser in browsers))
        late = Browser(app)
        assert (await late.next())["status"] == 503
        await late.task

    run(story())


def test_who_does_not_read_is_cut(monkeypatch):
    monkeypatch.setattr(door, "SLOW_SECONDS", 0.05)

    async def story():
        app = LiveDoor(django(GOOD))
        browser = Browser(app)
        await browser.next()
        await browser.next()
        browser.reads.clear()
        only(app).tell(frozenset({"people"}))
        await asyncio.wait_for(browser.task, 10)
        assert len(app.hub) == 0

    run(story())
