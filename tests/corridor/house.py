"""The whole corridor in one process: the real capture application, engine loop, courier and relay, on stores in memory and a clock that a test sets."""

from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

import msgspec

from sojourn.actions.compose import Composer
from sojourn.actions.courier import Courier, Desk, Watermark
from sojourn.actions.links import verify_click, verify_unsubscribe
from sojourn.actions.mail_settings import MailSettings
from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.directory import MemoryDirectory
from sojourn.adapters.memory.intents import MemoryIntents
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.memory.state import MemoryState
from sojourn.capture.receiver import CaptureApp
from sojourn.engine.defaults import default_rules
from sojourn.ports.channel import Envelope, HandedOver
from sojourn.ports.directory import KeyHolder
from sojourn.ports.state import Progress
from sojourn.runtime.engine_loop import EngineLoop
from sojourn.runtime.relay import item, relay_once
from sojourn.terms import facts
from sojourn.terms.effects import Commit
from sojourn.terms.facts import NO_SOURCE, Arrival, Fact, Kind
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis
from tests.corridor.asgi import Caller

WORKSPACE: Final = 1
KEY: Final = "wk_website"
SALT: Final = bytes(range(32))
PUBLIC_URL: Final = "https://hello.shop.example"
_STEPS: Final = 10_000


class Corridor:
    """Everything between an event and a mail. Time stands still until `until` or `now` moves it.

    `state.on_commit`, `channel.on_taken` and `on_rest` are called with what happens, at the moment it happens.
    """

    def __init__(self, at: Millis, rules: RuleBook | None = None, mail: dict[str, Any] | None = None, batch_facts: int = 5_000) -> None:
        self.clock = SettableClock(at)
        self.log = MemoryLog(self.clock)
        self.state = Watched()
        self.directory = MemoryDirectory()
        self.keys: dict[str, int] = {}
        self.mail_settings = MailSettings(
            WORKSPACE, SALT, PUBLIC_URL, from_name="The shop", from_email="hello@shop.example", **{"cart_url": "https://shop.example/cart", **(mail or {})}
        )
        self.channel = Sink()
        self.intents = MemoryIntents(self.state.inner, SALT)
        self.rules = rules or default_rules(holdout=0.0, quiet_hours=None, currency="EUR")
        self.capture = Caller(CaptureApp(self.log, self.directory, self.clock))
        self.engine = EngineLoop(self.log, self.state, self.clock, lambda: [WORKSPACE], batch_facts=batch_facts)
        self.composer = Composer()
        desk = Desk(lambda _: self.rules, lambda _: self.mail_settings)
        watermark = Watermark(self.log.head, lambda: self.engine.progress.position)
        self.courier = Courier(self.intents, self.channel, self.composer, self.clock, desk, watermark, patience_seconds=0.0)
        self.engine_held = False
        self.on_rest: Callable[[], None] = lambda: None
        self._control = 0
        self.add_source(KEY)
        self.publish(self.rules)

    # -- what comes in

    def add_source(self, key: str) -> int:
        """A source with that write key; its number."""
        if key not in self.keys:
            self.keys[key] = len(self.keys) + 1
            self.directory.put(key, KeyHolder(WORKSPACE, self.keys[key], key.removeprefix("wk_")))
        return self.keys[key]

    def send(self, event: dict[str, Any], key: str = KEY, path: str | None = None) -> tuple[int, Any]:
        """Hand a call in through the front door, as an SDK does."""
        return self.capture.post(path or f"/v1/{event['type']}", event, key)

    def control(self, name: str, **props: Any) -> None:
        """Put a fact of the house on the log, as the relay does with what apps left in the outbox."""
        self._control += 1
        fact = Fact(Kind.CONTROL, name, self.clock.now(), f"house-{self._control}", props=props)
        self.log.append([Arrival(WORKSPACE, NO_SOURCE, [item(WORKSPACE, msgspec.msgpack.encode(fact))])])

    def publish(self, rules: RuleBook) -> None:
        """Publish these rules, as the settings page does."""
        self.rules = rules
        self.control(facts.RULES_PUBLISHED, version=rules.version, rules=msgspec.to_builtins(rules))

    def unsubscribe(self, address: str) -> None:
        """Press the one-click button of the last mail to that address."""
        token = header_link(self.last_mail(address))
        asked = verify_unsubscribe(lambda _: SALT, token.rpartition("/u/")[2])
        assert asked is not None, token
        self.intents.suppress(asked.workspace, asked.address, f"stream:{asked.purpose}", "unsubscribed", self.clock.now())
        self.control(facts.UNSUBSCRIBED, person=asked.person, channel="email", purpose=asked.purpose, intent=asked.intent)

    def click(self, address: str) -> str:
        """Follow the cart's link of the last mail to that address; where it leads."""
        link = cart_link(self.last_mail(address))
        click = verify_click(lambda _: SALT, link.rpartition("/l/")[2])
        assert click is not None, link
        self.control(facts.MESSAGE_CLICKED, person=click.person, intent=click.intent, channel="email", url=click.url)
        return click.url

    def pause(self, paused: bool) -> None:
        """Pause all messages, or go on."""
        self.mail_settings = msgspec.structs.replace(self.mail_settings, paused=paused)

    # -- time

    def settle(self) -> None:
        """Let everything happen that can happen at this instant."""
        for _ in range(_STEPS):
            moved = 0
            if not self.engine_held:
                moved += relay_once(self.intents, self.log)
                moved += self.engine.catch_up()
            moved += self.courier.run_once()
            if not moved:
                self.on_rest()
                return
        raise AssertionError("the corridor does not come to rest")

    def until(self, at: Millis) -> None:
        """Let time go on to that instant; everything that becomes due on the way happens at its own time."""
        for _ in range(_STEPS):
            self.settle()
            waiting = [when for when in (self._next_timer(), self.intents.next_ready()) if when is not None and when > self.clock.now()]
            if not waiting or min(waiting) > at:
                self.clock.set(max(at, self.clock.now()))
                self.settle()
                return
            self.clock.set(min(waiting))
        raise AssertionError("time does not go on")

    def _next_timer(self) -> Millis | None:
        due = None if self.engine_held else self.state.next_due()
        return None if due is None else due + 1

    # -- what goes out

    def mails(self) -> list[EmailMessage]:
        """All messages the other side took, oldest first."""
        return [parsed(envelope.raw) for envelope in self.channel.taken]

    def last_mail(self, address: str) -> EmailMessage:
        """The newest message to that address."""
        return next(parsed(envelope.raw) for envelope in reversed(self.channel.taken) if envelope.recipient == address)

    def close(self) -> None:
        """Let go of threads, loops and the renderer's process."""
        self.composer.close()
        self.capture.run(self.capture.app.close())  # type: ignore[attr-defined]  # it is the capture application
        self.capture.close()


class Watched:
    """The state in memory, with every commit kept to be looked at."""

    def __init__(self) -> None:
        self.inner = MemoryState()
        self.commits: list[Commit] = []
        self.on_commit: Callable[[Commit], None] = lambda _: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self, commits: Sequence[Commit], before: Progress, after: Progress) -> None:
        """Commit, then tell."""
        self.inner.commit(commits, before, after)
        for commit in commits:
            self.commits.append(commit)
            self.on_commit(commit)


def parsed(raw: bytes) -> EmailMessage:
    """A message as Python reads it."""
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]  # the default policy makes EmailMessage


def header_link(mail: EmailMessage) -> str:
    """The https address of List-Unsubscribe."""
    return next(part.strip("<> ") for part in str(mail["List-Unsubscribe"]).split(",") if "http" in part)


def cart_link(mail: EmailMessage) -> str:
    """The link back to the cart, from the text part."""
    body = mail.get_body(("plain",))
    assert body is not None
    return next(word.strip("<>()") for word in body.get_content().split() if "/l/" in word)


class Sink:
    """A mail server that says what it is told to say, and keeps what it took; with `unknown` it took the message and the answer is lost."""

    name = "email"

    def __init__(self) -> None:
        self.reply = HandedOver("accepted", 250)
        self.taken: list[Envelope] = []
        self.on_taken: Callable[[Envelope], None] = lambda _: None

    def hand_over(self, envelope: Envelope) -> HandedOver:
        """Take the message, or not."""
        if self.reply.outcome in ("accepted", "unknown"):
            self.taken.append(envelope)
            self.on_taken(envelope)
        return self.reply
