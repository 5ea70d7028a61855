"""One shopper and their carts, for tests: say what happens when, in minutes after noon."""

import msgspec

from sojourn.engine import carts
from sojourn.engine.priors import EVIDENCES
from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import CART_ABANDONED, Fact
from sojourn.terms.person import Person, Trait
from sojourn.terms.rules import Automation, RuleBook
from sojourn.terms.time import MINUTE

NOON = 1_767_614_400_000  # 2026-01-05 12:00 UTC
WEEK = 7 * 24 * 60
MAIL = Automation("abandoned-cart", CART_ABANDONED, {"unknown": "reminder", "shipping_cost": "free_shipping"})
RULES = RuleBook(version=1, evidence=EVIDENCES, automations=(MAIL,), holdout=0.0, currency="EUR", quiet_hours=None)
LAMP = {"product_id": "lamp", "name": "Lamp", "category": "Lamps", "price": 49.9, "currency": "EUR"}
PAN = {"product_id": "pan", "name": "Pan", "category": "Kitchen", "price": 20, "currency": "EUR"}


class Shopper:
    """Ann, of whom we know an address. `says` takes event time; `told` is record time where a fact comes late. Timers fire as the fold fires them."""

    def __init__(self, number=1, rules=RULES, work=None):
        self.work = work or Working(1, rules)
        self.person = Person(id=number, traits={"email": Trait("ann@example.com", NOON, 1, "m")})
        self.work.add(self.person)

    def says(self, minute, event, /, told=None, kind="track", live=True, context=None, source=1, **props):
        at, record_at = NOON + round(minute * MINUTE), NOON + round((minute if told is None else told) * MINUTE)
        self.time_passes_to(record_at)
        self.work.serial = getattr(self.work, "serial", 0) + 1
        number = self.work.serial
        fact = Fact(kind, event, at, f"m{number}", props=props, context=context or {})
        carts.fold(self.work, self.person, fact, Moment(number, record_at, source, live))
        return number

    def sees(self, minute, path, **more):
        return self.says(minute, "Page", kind="page", path=path, url=f"https://shop.example{path}", **more)

    def waits_until(self, minute):
        self.time_passes_to(NOON + round(minute * MINUTE))

    def time_passes_to(self, now):
        """A timer fires before the first record whose time is later than it."""
        while (due := carts.due(self.person, self.work.rules)) is not None and due < now:
            carts.fire(self.work, self.person, due)
        self.work.now = max(self.work.now, now)

    @property
    def carts(self):
        return self.person.carts

    @property
    def cart(self):
        [episode] = self.person.carts
        return episode

    def derived(self, name=None):
        return [fact for fact in self.work.derived if name is None or fact.name == name]

    def states(self):
        return [(str(episode.state), episode.key) for episode in self.person.carts]

    def reasons(self):
        return [(decision.outcome, decision.reason, decision.state) for decision in self.person.decisions]

    def copy(self):
        return msgspec.msgpack.encode(self.person)


def minutes(at):
    """An instant as minutes after noon."""
    return (at - NOON) / MINUTE
