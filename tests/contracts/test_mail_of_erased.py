"""Mail in the built-in mailbox goes with the person it was written to."""

from pathlib import Path

from sojourn.adapters.sqlite.connection import connect
from sojourn.adapters.sqlite.mailbox import Mailbox
from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.channel import Envelope
from sojourn.ports.state import Progress
from sojourn.terms.effects import Commit

from .makers import START, intent, person


def test_erasing_a_person_takes_their_mail_out_of_the_mailbox_and_leaves_that_of_others(database: Path) -> None:
    state, mailbox = open_state(database), Mailbox(database)
    ann, ben = intent("ann", of=16384), intent("ben", of=32768)
    first = Commit(1, 1, START, people=[person(16384), person(32768)], intents=[ann, ben])
    state.commit([first], Progress(0, 0), Progress(1, START))
    for number in ("ann", "ben"):
        mailbox.hand_over(Envelope(number, 1, "a@shop.example", f"{number}@mail.example", b"Subject: Cart\r\n\r\nHi", f"<{number}@shop.example>", START))
    state.commit([Commit(1, 2, START, removed=[16384])], Progress(1, START), Progress(2, START))
    reader = connect(database)
    assert reader.execute("SELECT intent FROM mail_mail").fetchall() == [("ben",)]
    for one in (reader, mailbox, state):
        one.close()
