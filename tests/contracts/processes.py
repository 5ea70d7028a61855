"""Small programs that the tests run as processes of their own: python -m ….processes VERB PATH ARGUMENT…"""

import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sojourn.adapters.sqlite.intents import open_intents
from sojourn.adapters.sqlite.log import open_log
from sojourn.ports.intents import Settlement, Verdict
from sojourn.ports.log import Full
from sojourn.ports.state import Taken
from sojourn.terms.facts import Arrival
from sojourn.terms.time import DAY

from .makers import START, arrival, item


class SystemTime:
    def now(self) -> int:
        return int(time.time() * 1000)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def append(path: Path, *message_ids: str) -> None:
    """Append each messageId as an arrival of its own; says each that is acknowledged as new."""
    log = open_log(path, SystemTime())
    for message_id in message_ids:
        (done,) = log.append([arrival(message_id)])
        say(message_id if done.kept else f"duplicate {message_id}")
    log.close()


def append_for_ever(path: Path, name: str) -> None:
    """Append until killed, three facts an arrival; says each record that is acknowledged."""
    log = open_log(path, SystemTime())
    number = 0
    while True:
        log.append([arrival(*(f"{name}-{number}-{part}" for part in range(3)))])
        say(f"{name}-{number}")
        number += 1


def append_past_the_limit(path: Path) -> None:
    """Run into a file size limit, lift it, and go on; says what happened to each append."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    log = open_log(path, SystemTime())
    log.append([arrival("before")])
    wal = path.with_name(path.name + "-wal")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 10_000, hard))
    for attempt in range(3):
        try:
            log.append([Arrival(1, 7, [item("large", text="x" * 50_000)])])
            say("kept")
        except Full:
            say(f"full, head {log.head()}")
        if attempt == 1:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    say(f"head {log.head()}, verified {log.verify()}")
    log.close()


def courier(path: Path) -> None:
    """Hand over one intent at a time until none is left, fighting for the epoch where another takes it; says each that went out."""
    intents = open_intents(path)
    epoch = intents.start_epoch(START)
    while intents.next_ready() is not None:
        try:
            claims = intents.claim(epoch, START, lambda _: DAY, 1)
        except Taken:
            epoch = intents.start_epoch(START)
            continue
        for claim in claims:
            if intents.begin(epoch, claim, START, DAY, lambda _: Verdict(True)).go:
                say(claim.intent.id)
                intents.settle(epoch, claim.intent.id, START, Settlement("accepted"), None)
    intents.close()


def begin_and_hang(path: Path) -> None:
    """Begin one intent, say so, and wait to be killed."""
    intents = open_intents(path)
    epoch = intents.start_epoch(START)
    (claim,) = intents.claim(epoch, START, lambda _: DAY, 1)
    intents.begin(epoch, claim, START, DAY, lambda _: Verdict(True))
    say(claim.intent.id)
    signal.pause()


VERBS: dict[str, Callable[..., None]] = {
    "append": append,
    "append_for_ever": append_for_ever,
    "append_past_the_limit": append_past_the_limit,
    "courier": courier,
    "begin_and_hang": begin_and_hang,
}

if __name__ == "__main__":
    VERBS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
