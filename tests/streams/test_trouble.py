"""Trouble with our own stores: the streams wait until it is over, and go on by themselves."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from sojourn.adapters.sqlite.streams import StreamRows
from sojourn.ports.log import Full
from sojourn.ports.state import Unavailable
from sojourn.runtime import stream_folder, streams, work
from sojourn.runtime.stream_tap import Tap
from sojourn.terms.streams import FolderSettings
from tests.streams.house import House, eventually


@pytest.fixture
def inbox(house: House, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stream_folder, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(stream_folder, "SETTLED_SECONDS", 0.1)
    house.stream("folder", FolderSettings("orders"))
    return house.settings.home / "inbox" / "orders"


def test_a_table_that_cannot_be_written_to_for_a_while_ends_no_stream(house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch):
    full, tries, loops = threading.Event(), [], []
    full.set()
    tell, new_loop = StreamRows.tell, asyncio.new_event_loop

    def told(rows: StreamRows, *said: Any) -> None:
        if full.is_set():
            tries.append(said)
            raise Unavailable("the disk is full")
        tell(rows, *said)

    def noted() -> asyncio.AbstractEventLoop:
        loops.append(new_loop())
        return loops[-1]

    monkeypatch.setattr(StreamRows, "tell", told)
    monkeypatch.setattr(streams.asyncio, "new_event_loop", noted)
    stop = threading.Event()
    looping = threading.Thread(target=work._keep_going, args=(house.settings, "streams", lambda: work.streams(house.settings, stop), stop))
    looping.start()
    try:
        eventually(lambda: len(loops) > 1, say=lambda: tries)
        full.clear()
        eventually(lambda: house.told()["state"] == "live", say=house.told)
        (inbox / "1.csv").write_text("event,userId\nOrder Completed,u-1\n")
        eventually(lambda: len(house.facts()) == 1, say=house.told)
    finally:
        stop.set()
        looping.join(30)
    assert [one.is_closed() for one in loops] == [True] * len(loops), "what was begun before holds nothing open"


def test_what_was_sampled_away_while_the_log_is_full_stays_counted(house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch):
    def flush(_tap: Tap) -> None:
        flushed.append(1)
        raise Full("the disk is full")

    flushed: list[int] = []
    monkeypatch.setattr(streams, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(Tap, "flush", flush)
    with house.running():
        eventually(lambda: len(flushed) > 1)
        (inbox / "1.csv").write_text("event,userId\nOrder Completed,u-1\n")
        eventually(lambda: len(house.facts()) == 1, say=house.told)
