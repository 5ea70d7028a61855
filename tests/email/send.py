"""A courier as a process of its own: sends what is due, and ends when nothing is. Exit code 3: another courier has taken over.

Arguments: database file, SMTP port, and `unprotected` for the control arm, whose hand-over leaves no mark before the first byte goes out.
"""

import sys
from pathlib import Path

import msgspec

from sojourn.actions.compose import Composer
from sojourn.actions.courier import Courier, Desk, Watermark
from sojourn.actions.tests.samples import AT, MAIL
from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.smtp.channel import Server, SmtpChannel
from sojourn.adapters.sqlite.intents import SqliteIntents
from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.state import Taken
from sojourn.terms.rules import RuleBook


class Unprotected(SqliteIntents):
    """Judges, but does not write down that the hand-over begins."""

    def begin(self, epoch, claim, now, cap_window, judge):
        return judge(claim)


def main(path, port, *flags):
    state = open_state(Path(path))
    intents = (Unprotected if "unprotected" in flags else SqliteIntents)(Path(path))
    rules = msgspec.msgpack.decode(state.rules(1), type=RuleBook)
    channel = SmtpChannel(Server("127.0.0.1", int(port), "smtp+plain", final_seconds=20, helo="test"))
    composer = Composer()
    desk = Desk(rules=lambda _: rules, mail=lambda _: MAIL)
    courier = Courier(intents, channel, composer, SettableClock(AT), desk, Watermark(lambda: 1, lambda: state.progress().position))
    print("ready", flush=True)
    try:
        while courier.run_once():
            pass
    except Taken:
        return 3
    finally:
        composer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
