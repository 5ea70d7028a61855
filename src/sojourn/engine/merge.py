"""Two people become one: every part of the portrait is put together by its own rule."""

from sojourn.engine import carts, decide, portrait, sessions
from sojourn.engine.working import Working
from sojourn.terms.person import Person
from sojourn.terms.time import Millis


def join(work: Working, winner: Person, loser: Person, at: Millis) -> None:
    """Put all that is known of `loser` into `winner`, who is the older of the two. The identifiers' entries are re-pointed by the caller.

    Units: `at` is event time, milliseconds. Errors: none.
    """
    assert winner.id < loser.id, "the older person stays"
    sessions.join(work, winner, loser)
    portrait.join(work, winner, loser)
    carts.join(work, winner, loser)
    decide.join(work, winner, loser)
    winner.identifiers += (key for key in loser.identifiers if key not in winner.identifiers)
    shared = [*winner.shared, *(key for key in loser.shared if key not in winner.shared)]
    winner.shared = [key for key in shared if key not in winner.identifiers]
    winner.merged += (loser.id, *loser.merged)
    if loser.links_day == winner.links_day:
        winner.links_new += loser.links_new
    elif loser.links_day > winner.links_day:
        winner.links_day, winner.links_new = loser.links_day, loser.links_new
    work.merge(winner, loser)
    work.arm(winner, loser.due)
