"""One simulated world: clients, front, engine, courier and relay taking turns as a seed says, dying at every seam, and coming back."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

import msgspec

from sojourn.actions.courier import Courier, Desk, Watermark
from sojourn.actions.mail_settings import MailSettings
from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.intents import MemoryIntents
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.memory.state import MemoryState
from sojourn.capture.call import Call, Candidate, Opened
from sojourn.capture.intake import Intake, Names
from sojourn.engine.defaults import default_rules
from sojourn.ports.channel import Envelope
from sojourn.ports.directory import KeyHolder
from sojourn.ports.state import Taken
from sojourn.runtime.engine_loop import EngineLoop
from sojourn.runtime.relay import item, relay_once
from sojourn.terms import facts
from sojourn.terms.effects import Intent
from sojourn.terms.facts import NO_SOURCE, Arrival, Fact, Kind
from sojourn.terms.time import HOUR, MINUTE, SECOND, Millis
from tests.simulation.seams import INTENTS_CALLS, LOG_CALLS, STATE_CALLS, Crash, Fuse, Fused, Server
from tests.simulation.shoppers import SPAN, Sent, script

WORKSPACE: Final = 1
HOLDER: Final = KeyHolder(WORKSPACE, 7, "website")
START: Final[Millis] = 1_772_409_600_000
"""2026-03-02T00:00:00Z."""
MAIL: Final = MailSettings(WORKSPACE, bytes(32), "https://hello.shop.example", from_email="hello@shop.example", cart_url="https://shop.example/cart")
CRASH_CHANCE: Final = 0.03
_CALM_STEPS: Final = 300
"""More than any sound world needs. With a protection off an engine may never come to rest."""


class Broken(AssertionError):
    """A promise that did not hold, by its short name."""

    def __init__(self, promise: str, detail: str) -> None:
        super().__init__(f"{promise}: {detail}")
        self.promise = promise


class Protections(msgspec.Struct, frozen=True):
    """What keeps the promises. A control arm switches one off and must then see a promise break."""

    deduplication: bool = True
    compare_and_set: bool = True
    handing_over: bool = True
    watermark: bool = True


class World:
    """A seed's world. `live()` runs it to its end; then look at log, state, intents and server."""

    def __init__(self, seed: int, protections: Protections | None = None) -> None:
        self.rng = Random(seed)
        self.on = protections or Protections()
        self.fuse = Fuse(self.rng, CRASH_CHANCE)
        self.clock = SettableClock(START)
        self.log: Any = MemoryLog(self.clock) if self.on.deduplication else Forgetful(self.clock)
        self.state = MemoryState() if self.on.compare_and_set else Careless()
        self.intents = MemoryIntents(self.state) if self.on.handing_over else Rash(self.state)
        self.server = Server(self.rng, self.fuse, self._look)
        self.shoppers, self.script = script(self.rng, START + MINUTE)
        self.rules = default_rules(
            holdout=self.rng.choice((0.0, 0.1, 0.5)), quiet_hours=None, currency="EUR", cap_count=self.rng.choice((1, 3, 9)), automations=self._automations()
        )
        self.acknowledged: set[str] = set()
        self.suppressed: set[str] = set()
        self.seen_fresh: list[Intent] = []
        self._unsent = list(self.script)
        self._again: list[Sent] = []
        self._zombies: list[Callable[[], object]] = []
        self._serial = 0
        self._log = Fused(self.log, self.fuse, "log", LOG_CALLS)
        self._state = Fused(self.state, self.fuse, "state", STATE_CALLS)
        self._intents = Fused(self.intents, self.fuse, "intents", INTENTS_CALLS)
        rules = Fact(Kind.CONTROL, facts.RULES_PUBLISHED, START, "rules-1", props={"version": 1, "rules": msgspec.to_builtins(self.rules)})
        self.log.append([Arrival(WORKSPACE, NO_SOURCE, [item(WORKSPACE, msgspec.msgpack.encode(rules))])])
        self.engine = self._new_engine()
        self.courier: Courier | None = None

    def _automations(self) -> tuple[Any, ...]:
        delay = self.rng.choice((0, 10 * MINUTE, 40 * MINUTE))
        return tuple(msgspec.structs.replace(automation, delay=delay) for automation in default_rules().automations)

    # -- turns

    def live(self) -> None:
        """Everything the seed says, then a calm end in which all that is left is done."""
        end = START + SPAN + 2 * HOUR
        while self.clock.now() < end or self._unsent or self._again:
            self.clock.advance(self.rng.choice((1, 5 * SECOND, MINUTE, 4 * MINUTE, 15 * MINUTE)))
            for _ in range(self.rng.randint(1, 4)):
                self._turn(self.rng.choice(_TURNS))
        self.fuse.calm = self.server.calm = True
        for _ in range(50):
            self.clock.advance(HOUR)
            for turn in (World._deliver, World._engine, World._relay, World._courier, World._relay, World._engine):
                self._turn(turn)
        self._turn(World._engine)

    def _turn(self, turn: "Callable[[World], None]") -> None:
        try:
            turn(self)
        except Crash:
            self._die(turn)
        except Taken:
            # A process that was thought dead, or the one that took its place, finds out and begins afresh.
            self._die(turn)

    def _die(self, turn: "Callable[[World], None]") -> None:
        if turn in (World._engine, World._tick):
            self.engine = self._new_engine()
        elif turn is World._courier:
            self.courier = None

    def _supersede(self) -> None:
        """Somebody starts a second engine or courier and takes the first for dead, which it is not."""
        if self.rng.random() < 0.5:
            self._zombies.append(self.engine.run_once)
            self.engine = self._new_engine()
        elif self.courier is not None:
            self._zombies.append(self.courier.run_once)
            self.courier = None

    def _deliver(self) -> None:
        """A client sends what is due, in batches of its own; without an answer it sends the same again later."""
        due = [sent for sent in self._unsent if sent.at <= self.clock.now()][: self.rng.randint(1, 6)] or self._again[: self.rng.randint(0, 3)]
        if not due:
            return
        self.rng.shuffle(due)
        self._log.append([arrival([sent.event for sent in due], self.clock.now())])
        self.acknowledged.update(sent.event["messageId"] for sent in due)
        for sent in due:
            if sent in self._unsent:
                self._unsent.remove(sent)
                if self.rng.random() < 0.2:
                    self._again.append(sent)  # acknowledged, but the client did not hear it
            elif sent in self._again:
                self._again.remove(sent)

    def _engine(self) -> None:
        self.engine.batch_facts = self.rng.choice((1, 2, 7, 1_000))
        for _ in range(_CALM_STEPS if self.fuse.calm else 1):
            if not self.engine.run_once():
                return

    def _tick(self) -> None:
        self._log.tick()

    def _relay(self) -> None:
        relay_once(self._intents, self._log, limit=self.rng.choice((1, 3, 1_000)))

    def _courier(self) -> None:
        if self.courier is None:
            watermark = Watermark(self.log.head if self.on.watermark else lambda: 0, lambda: self.state.progress().position)
            desk = Desk(lambda _: self.rules, lambda _: MAIL)
            self.courier = Courier(self._intents, self.server, Plain(), self.clock, desk, watermark, self._rest, patience_seconds=0.05)
        self.courier.run_once()

    def _zombie(self) -> None:
        """A process that only seemed dead does a step."""
        if self._zombies:
            zombie = self._zombies.pop(self.rng.randrange(len(self._zombies)))
            try:
                zombie()
            except (Crash, Taken):
                return
            self._zombies.append(zombie)

    def _unsubscribe(self) -> None:
        """Somebody presses the button of a mail they got."""
        if not self.server.taken or self.rng.random() < 0.7:
            return
        envelope = self.rng.choice(self.server.taken)
        found = self.intents.get(envelope.intent)
        assert found is not None
        self.intents.suppress(WORKSPACE, envelope.recipient, f"stream:{found[0].purpose}", "unsubscribed", self.clock.now())
        self.suppressed.add(envelope.recipient)
        self._control(facts.UNSUBSCRIBED, person=found[0].person, channel="email", purpose=found[0].purpose, intent=envelope.intent)

    # -- parts

    def _new_engine(self) -> EngineLoop:
        return EngineLoop(self._log, self._state, self.clock, lambda: [WORKSPACE], people_at_hand=self.rng.choice((2, 10_000)))

    def _rest(self, _: float) -> None:
        """While the courier waits for the engine, the engine goes on."""
        for turn in (World._engine, World._engine, World._relay):
            self._turn(turn)

    def _control(self, name: str, **props: Any) -> None:
        self._serial += 1
        self.intents.leave(WORKSPACE, Fact(Kind.CONTROL, name, self.clock.now(), f"house-{self._serial}", props=props))

    def _look(self, envelope: Envelope) -> None:
        """What must hold at the moment a message is given away."""
        found = self.intents.get(envelope.intent)
        assert found is not None
        intent, state = found
        if envelope.recipient in self.suppressed:
            raise Broken("nobody is mailed who unsubscribed", envelope.recipient)
        if state == "held_out":
            raise Broken("nobody is mailed who was held out", envelope.intent)
        cart = intent.data["cart_id"]
        known = [fact for record in self.log.read(0, 1_000_000, 1_000_000) for fact in record.facts if fact.props.get("cart_id") == cart]
        person = self.state.people(WORKSPACE, [intent.person])[intent.person]
        theirs = {*person.identifiers, *person.shared}
        # What a device that nobody has linked yet does with the same cart is not known to be this person's.
        known = [fact for fact in known if {f"user_id:{fact.user_id}", f"anonymous_id:{fact.anonymous_id}"} & theirs]
        last = max(known, key=lambda fact: (fact.at, fact.name == "Order Completed"))
        if last.name == "Order Completed":
            raise Broken("nobody is mailed whose order was on the log before the hand-over", f"cart {cart}, order {last.props['order_id']}")


class Plain:
    """A composer that needs no template: what a message says is of no matter here."""

    def compose(self, intent: Intent, settings: MailSettings) -> Envelope:
        """The envelope of an intent."""
        return Envelope(
            intent.id, intent.workspace, settings.sender, intent.address, b"Subject: hello\r\n\r\nhello\r\n", f"<{intent.id}@shop.example>", intent.decided_at
        )


def arrival(events: list[dict[str, Any]], received: Millis) -> Arrival:
    """A batch as capture hands it to the log."""
    calls: list[Candidate] = [msgspec.convert(event, Call) for event in events]
    return Intake(HOLDER, received).take(Opened(calls), Names()).arrival


class Forgetful(MemoryLog):
    """Control arm: a log that does not know what it has seen."""

    def _seen(self, key: int, at: Millis) -> None:
        return None


class Careless(MemoryState):
    """Control arm: a state that takes a batch from whoever comes, wherever they began."""

    def commit(self, commits: Any, before: Any, after: Any) -> None:
        super().commit(commits, self.progress(), after)


class Rash(MemoryIntents):
    """Control arm: a courier that offers again what it may have handed over before it died."""

    def start_epoch(self, now: Millis) -> int:
        for row in self._state.waiting.values():
            if row.state == "handing_over":
                row.state = "claimed"
        return super().start_epoch(now)


_TURNS: Final = (
    World._deliver, World._deliver, World._deliver, World._engine, World._engine, World._engine, World._relay, World._relay,
    World._courier, World._courier, World._tick, World._zombie, World._zombie, World._supersede, World._unsubscribe,
)  # fmt: skip

__all__ = ["WORKSPACE", "Broken", "Protections", "World"]
