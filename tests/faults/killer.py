"""An engine that dies of some facts, really: python -m tests.faults.killer PROCESSES. Prints how many processes died before one came to rest."""

import os
import resource
import sys
import threading

from sojourn.engine import portrait
from sojourn.engine.working import Moment, Working
from sojourn.runtime.settings import Settings, read
from sojourn.runtime.wiring import House
from sojourn.runtime.work import engine
from sojourn.terms.facts import Fact
from sojourn.terms.person import Person

_whole = portrait.fold


def _deadly(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    match fact.props.get("planted"):
        case "exit":
            os._exit(77)
        case "abort":
            os.abort()
        case "memory":
            bytearray(1 << 62)
        case _:
            _whole(work, person, fact, moment)


def _one_life(settings: Settings) -> None:
    """A work process with an engine: one loop begins again and again after failures, until it has folded all there is."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    portrait.fold = _deadly
    stop, house = threading.Event(), House(settings)
    while not stop.is_set():
        try:
            step = engine(settings, stop)
            while house.state().progress().position < house.log().head():
                step()
            stop.set()
            step()
        except MemoryError:
            continue


def main(most: int) -> int:
    """Start one after the other; the number of deaths."""
    settings = read()
    for deaths in range(most):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _one_life(settings)
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return deaths
    return most


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
