"""Runs a story through the whole corridor and tells its effects."""

from email.message import EmailMessage
from typing import Any, Final

import msgspec

from sojourn.ports.channel import Envelope, HandedOver
from sojourn.terms import facts
from sojourn.terms.effects import Commit
from sojourn.terms.facts import Kind
from sojourn.terms.ids import PersonId
from sojourn.terms.person import Person
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import DAY, Millis, QuietHours, parse_duration, to_datetime
from tests.corridor.house import KEY, WORKSPACE, Corridor, parsed
from tests.stories import words
from tests.stories.shorthand import CALLS, FIRST_DAY, Act, Story, acts, call, instant

REPLIES: Final = {"250": ("accepted", 250), "451": ("retry", 451), "550": ("failed", 550), "lost": ("unknown", 0)}


def tell(story: Story) -> str:
    """The effects block of a story, as the corridor says it."""
    lines = acts(story.facts)
    first = next((act.at for act in lines if act.at is not None), instant("00:00", FIRST_DAY))
    teller = Teller(first - first % DAY)
    try:
        for act in lines:
            teller.do(act)
        return teller.told()
    finally:
        teller.house.close()


class Teller:
    """A story as it unfolds: the corridor, and the lines told so far."""

    def __init__(self, at: Millis) -> None:
        self.house = Corridor(at)
        self.lines: list[str] = []
        self.key = KEY
        self._day = to_datetime(at).date()
        self._calls = 0
        self._read = 0
        self._names: words.Names = {}
        self._counts: dict[str, int] = {}
        self.house.state.on_commit = self._committed
        self.house.channel.on_taken = self._taken
        self.house.on_rest = self._outcomes

    # -- acts

    def do(self, act: Act) -> None:
        """Let time go on to the act's instant, then do it, then let the corridor come to rest."""
        if act.at is not None:
            self.house.until(act.at)
        if act.verb in CALLS:
            self._call(act)
        elif act.verb != "tick":
            _VERBS[act.verb](self, *act.words)
        self.house.settle()

    def _call(self, act: Act, path: str | None = None) -> None:
        self._calls += 1
        event = call(act, self.house.clock.now(), f"m{self._calls}")
        status, answer = self.house.send(event, self.key, path)
        if status != 200 or answer.get("results"):
            self._say(f"answered          {status} {answer.get('reason') or answer.get('results')}")

    def source(self, name: str) -> None:
        self.key = f"wk_{name}"
        self.house.add_source(self.key)

    def set(self, key: str, value: str) -> None:
        if key in ("cart_url", "from_email"):
            self.house.mail_settings = msgspec.structs.replace(self.house.mail_settings, **{key: value})
            return
        rules = msgspec.structs.replace(self.house.rules, version=self.house.rules.version + 1)
        name, _, source = key.partition("@")
        if source and name == "cart_gap":
            gaps = {**rules.cart_gaps, str(self.house.add_source(f"wk_{source}")): parse_duration(value)}
            self.house.publish(msgspec.structs.replace(rules, cart_gaps=gaps))
            return
        self.house.publish(_changed(rules, key, value))

    def historical(self, verb: str, *rest: str) -> None:
        day = to_datetime(self.house.clock.now()).date().isoformat()
        act = Act(None, verb, rest, "", day)
        self._calls += 1
        event = call(act, self.house.clock.now(), f"m{self._calls}")
        self.house.send({"batch": [event]}, self.key, "/v1/import")

    def hold(self, _: str) -> None:
        self.house.engine_held = True

    def go(self, _: str) -> None:
        self.house.engine_held = False

    def unsubscribe(self, address: str) -> None:
        self.house.unsubscribe(address)

    def click(self, address: str) -> None:
        self.house.click(address)

    def consent(self, address: str, answer: str) -> None:
        person = self._by_address(address)
        self.house.control(facts.CONSENT_CHANGED, person=person.id, channel="email", purpose="marketing", granted=answer == "yes", text_version="1")

    def mailserver(self, reply: str, enhanced: str = "") -> None:
        outcome, code = REPLIES[reply]
        self.house.channel.reply = HandedOver(outcome, code, enhanced)

    def pause(self) -> None:
        self.house.pause(True)

    def resume(self) -> None:
        self.house.pause(False)

    def erase(self, user: str) -> None:
        person = next(person for person in self._everybody() if f"user_id:{user}" in person.identifiers)
        self._say(f"erased            {words.label(person)}")
        self.house.control(facts.PERSON_ERASED, person=person.id)

    # -- what is told

    def _say(self, line: str, at: Millis | None = None) -> None:
        now = at if at is not None else self.house.clock.now()
        day = to_datetime(now).date()
        if day != self._day:
            self.lines.append(f"day {day.isoformat()}")
            self._day = day
        self.lines.append(f"{words.clock(now)} {line}")

    def _committed(self, commit: Commit) -> None:
        for person in commit.people:
            self._names[person.id] = words.label(person)
        for derived in commit.derived:
            line = words.derived(derived, self._name(derived.person))
            if line is not None:
                self._say(line)
        for cancel in commit.cancels:
            found = self.house.intents.get(cancel.intent)
            self._say(words.cancelled(cancel, self._name(found[0].person) if found else "somebody"))
        for (_, reason), number in commit.counts.items():
            self._counts[reason] = self._counts.get(reason, 0) + number

    def _name(self, person: PersonId) -> str:
        return self._names.get(person, "somebody")

    def _taken(self, envelope: Envelope) -> None:
        mail = parsed(envelope.raw)
        found = self.house.intents.get(envelope.intent)
        assert found is not None
        self._say(f"mail              {found[0].template} to {envelope.recipient}: {_subject(mail)}")

    def _outcomes(self) -> None:
        for record in self.house.log.read(self._read, 100_000, 1_000_000):
            self._read = record.position
            for fact in record.facts:
                line = words.outcome(fact, self._name(fact.props.get("person", 0))) if fact.kind == Kind.CONTROL else None
                if line is not None:
                    self._say(line)

    def told(self) -> str:
        """The whole block."""
        people = [words.person(person) for person in self._everybody()]
        extra = [line for line in (words.arms(self._arms()), words.counts(self._counts)) if line is not None]
        return "".join(f"{line}\n" for line in [*self.lines, *people, *extra])

    def _everybody(self) -> list[Person]:
        state = self.house.state
        return [state.people(WORKSPACE, [number])[number] for workspace, number in state.everybody() if workspace == WORKSPACE]

    def _by_address(self, address: str) -> Person:
        return next(person for person in self._everybody() if "email" in person.traits and person.traits["email"].value == address)

    def _arms(self) -> dict[str, int]:
        states: dict[str, int] = {}
        for commit in self.house.state.commits:
            for intent in commit.intents:
                states[intent.state] = states.get(intent.state, 0) + 1
        return states


def _subject(mail: EmailMessage) -> str:
    return f"“{mail['Subject']}”"


def _changed(rules: RuleBook, key: str, value: str) -> RuleBook:
    """The rules with one setting changed, in the words of `sojourn settings`."""
    automation = rules.automations[0]
    of_automation: dict[str, Any] = {
        "message_delay": lambda: {"delay": parse_duration(value)},
        "expires_after": lambda: {"expires_after": parse_duration(value)},
        "min_value": lambda: {"min_value": int(value) * 100},
        "automation": lambda: {"enabled": value == "on"},
    }
    if key in of_automation:
        return msgspec.structs.replace(rules, automations=(msgspec.structs.replace(automation, **of_automation[key]()),))
    if key == "cap":
        count, _, window = value.partition("/")
        return msgspec.structs.replace(rules, cap_count=int(count), cap_window=parse_duration(window))
    of_rules: dict[str, Any] = {
        "holdout": float,
        "quiet_hours": QuietHours.parse,
        "consent": str,
        "timezone": str,
        "cart_gap": parse_duration,
    }
    return msgspec.structs.replace(rules, **{key: of_rules[key](value)})


_VERBS: Final[dict[str, Any]] = {
    "source": Teller.source,
    "set": Teller.set,
    "import": Teller.historical,
    "hold": Teller.hold,
    "go": Teller.go,
    "unsubscribe": Teller.unsubscribe,
    "click": Teller.click,
    "consent": Teller.consent,
    "mailserver": Teller.mailserver,
    "pause": Teller.pause,
    "resume": Teller.resume,
    "erase": Teller.erase,
}
