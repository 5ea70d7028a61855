"""The contract of ports/channel.py, held by every channel."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sojourn.adapters.memory.channel import MemoryChannel
from sojourn.adapters.smtp.channel import Server, SmtpChannel
from sojourn.adapters.sqlite.mailbox import Mailbox
from sojourn.ports.channel import Channel, Envelope, HandedOver
from tests.email.sink import Sink

RAW = b"Subject: =?utf-8?q?Caf=C3=A9?=\r\nMessage-ID: <i-1@shop.example>\r\n\r\n.\r\nHello\r\n"


def envelope(intent: str = "i-1") -> Envelope:
    return Envelope(intent, 1, "hello@shop.example", "ann@example.com", RAW, f"<{intent}@shop.example>", 1_767_268_800_000)


class Post:
    """A channel and how to look at what it took in: (sender, recipient, raw)."""

    def __init__(self, channel: Channel, kept: Callable[[], list[tuple[str, str, bytes]]]) -> None:
        self.channel, self.kept = channel, kept


def read_mailbox(path: Path) -> list[tuple[str, str, bytes]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT sender, recipient, raw FROM mail_mail ORDER BY id").fetchall()


@pytest.fixture(params=["memory", "mailbox", "smtp"])
def post(request: pytest.FixtureRequest) -> Iterator[Post]:
    if request.param == "memory":
        memory = MemoryChannel()
        yield Post(memory, lambda: [(kept.sender, kept.recipient, kept.raw) for kept in memory.kept])
    elif request.param == "mailbox":
        path: Path = request.getfixturevalue("database")
        with closing(Mailbox(path)) as mailbox:
            yield Post(mailbox, lambda: read_mailbox(path))
    else:
        with Sink() as sink:
            channel = SmtpChannel(Server("127.0.0.1", sink.port, "smtp+plain", helo="test"))
            yield Post(channel, lambda: [(sender, recipients[0], raw) for sender, recipients, raw in sink.messages])


def test_an_accepted_message_is_there_byte_for_byte(post: Post) -> None:
    answer = post.channel.hand_over(envelope())
    assert (answer.outcome, answer.code) == ("accepted", 250)
    assert answer.queue_id
    assert post.kept() == [("hello@shop.example", "ann@example.com", RAW)]


def test_a_channel_is_called_by_the_name_intents_use(post: Post) -> None:
    assert post.channel.name == "email"


@pytest.mark.parametrize("kind", ["memory", "mailbox"])
def test_channels_of_our_own_keep_a_message_once_however_often_it_is_handed_over(kind: str, database: Path) -> None:
    channel: Channel = MemoryChannel() if kind == "memory" else Mailbox(database)
    assert [channel.hand_over(envelope()).outcome for _ in range(2)] == ["accepted", "accepted"]
    assert channel.hand_over(envelope("i-2")).outcome == "accepted"
    kept = len(channel.kept) if isinstance(channel, MemoryChannel) else len(read_mailbox(database))
    assert kept == 2


def test_the_mailbox_keeps_what_a_list_of_mail_shows(database: Path) -> None:
    with closing(Mailbox(database)) as mailbox:
        mailbox.hand_over(envelope())
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT workspace_id, intent, at, subject FROM mail_mail").fetchall() == [(1, "i-1", 1_767_268_800_000, "Café")]


def test_a_mailbox_that_cannot_be_written_asks_to_try_again(tmp_path: Path) -> None:
    with closing(Mailbox(tmp_path / "empty.sqlite")) as mailbox:
        assert mailbox.hand_over(envelope()).outcome == "retry"


def test_the_channel_in_memory_answers_as_told() -> None:
    channel = MemoryChannel(HandedOver("unknown"))
    assert [channel.hand_over(envelope()).outcome for _ in range(2)] == ["unknown", "accepted"]
    assert channel.attempts == ["i-1", "i-1"]
