"""Mail to made-up people never leaves, whatever server is set."""

from pathlib import Path

import pytest

from sojourn.adapters.memory.channel import MemoryChannel
from sojourn.adapters.smtp.channel import SmtpChannel
from sojourn.adapters.sqlite.mailbox import Mailbox
from sojourn.ports.channel import Envelope
from sojourn.runtime.channels import PartedMail
from sojourn.runtime.settings import read
from sojourn.runtime.wiring import House


def envelope(recipient: str) -> Envelope:
    return Envelope("i-1", 1, "hello@lamps.internal", recipient, b"Subject: Lamp\r\n\r\nHello\r\n", "<i-1@lamps.internal>", 0)


@pytest.mark.parametrize(("recipient", "leaves"), [("ann@customers.internal", True), ("ann@mail.example", False), ("ann@EXAMPLE.com", False)])
def test_what_is_addressed_to_a_reserved_name_is_kept(recipient: str, leaves: bool) -> None:
    server, kept = MemoryChannel(), MemoryChannel()
    assert PartedMail(server, kept).hand_over(envelope(recipient)).outcome == "accepted"
    assert (len(server.kept), len(kept.kept)) == ((1, 0) if leaves else (0, 1))


def test_with_a_server_there_are_two_ways_and_without_one_the_mailbox_only(tmp_path: Path) -> None:
    (tmp_path / "sojourn.sqlite").touch()
    with_server = House(read({"SOJOURN_HOME": str(tmp_path), "SOJOURN_SMTP": "smtp://mail.internal:587"})).channel()
    assert isinstance(with_server, PartedMail)
    assert (type(with_server._server), type(with_server._kept)) == (SmtpChannel, Mailbox)
    assert isinstance(House(read({"SOJOURN_HOME": str(tmp_path)})).channel(), Mailbox)
