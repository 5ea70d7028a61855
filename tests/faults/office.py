"""What members do, each click in a process that may be killed: python -m tests.faults.office VERB ARGUMENT…

Lines on standard input are clicks: how many milliseconds it lives, or `end` to let it finish. Each is answered by a line: its exit code, or what killed it.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence

from sojourn.runtime.cli.common import load_django
from sojourn.runtime.clock import SystemClock
from sojourn.runtime.settings import read
from sojourn.runtime.wiring import House
from sojourn.terms.refusals import Refusal

WORKSPACE = 1


def drive_all(source: str, reason: str) -> None:
    """Everything a source has set aside for a reason goes through capture again."""
    from sojourn.apps.sources import redrive
    from sojourn.runtime import redrive as door

    door.connect(House(read()))
    redrive.drive_all(WORKSPACE, int(source), reason, "test", SystemClock().now())


def erase(identifier: str) -> None:
    """A person is forgotten."""
    from sojourn.apps.people import corrections

    state = House(read()).state()
    found = state.identifiers(WORKSPACE, [identifier])
    assert found
    for person in state.people(WORKSPACE, [entry.person for entry in found.values()]).values():
        corrections.erase(WORKSPACE, person, "test", SystemClock().now())


def publish(key: str, *values: str) -> None:
    """A setting that decisions rest on takes these values, one after the other."""
    from sojourn.apps.workspace import actions

    for value in values:
        actions.set_setting(WORKSPACE, key, value, "test", SystemClock().now())


def start_demo(shoppers: str, days: str) -> None:
    """A demo without a present."""
    from sojourn.apps.demo import actions

    actions.start(WORKSPACE, "test", SystemClock().now(), shoppers=int(shoppers), days=int(days), live=False)


def remove_demo() -> None:
    """It goes."""
    from sojourn.apps.demo import actions

    actions.remove(WORKSPACE, "test", SystemClock().now())


VERBS: dict[str, Callable[..., None]] = {verb.__name__: verb for verb in (drive_all, erase, publish, start_demo, remove_demo)}


def main() -> None:
    """Click for each line."""
    load_django()
    print("ready", flush=True)
    for line in sys.stdin:
        lives, verb, *arguments = line.split()
        child = os.fork()
        if child == 0:
            if lives != "end":
                signal.setitimer(signal.ITIMER_REAL, int(lives) / 1_000)  # nobody waits for SIGALRM here, so it ends a process as surely as -9
            sys.exit(_click(VERBS[verb], arguments))  # an error of ours is told on standard error, and counts 1
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _click(verb: Callable[..., None], arguments: Sequence[str]) -> int:
    try:
        verb(*arguments)
    except Refusal as refusal:
        print(refusal.message, file=sys.stderr, flush=True)
        return 3
    return 0


if __name__ == "__main__":
    main()
