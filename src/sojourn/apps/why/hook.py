"""The hole through which pages ask the engine why; the runtime puts the engine's answer in. Apps never import the engine."""

from collections.abc import Callable
from typing import Any, Protocol

from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis


class Check(Protocol):
    """One condition: its name, whether it was met, and a sentence."""

    @property
    def name(self) -> str: ...
    @property
    def passed(self) -> bool: ...
    @property
    def text(self) -> str: ...


class Explanation(Protocol):
    """Why somebody got, or did not get, a message of an automation; the fields are those of engine.explain.Explanation."""

    @property
    def outcome(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def checks(self) -> tuple[Check, ...]: ...
    @property
    def at(self) -> Millis: ...
    @property
    def rule_version(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def cause(self) -> str: ...
    @property
    def template(self) -> str: ...
    @property
    def intent(self) -> str: ...
    @property
    def episode(self) -> int: ...
    @property
    def values(self) -> dict[str, Any]: ...


Explain = Callable[[Person, str, RuleBook, Millis], Explanation]
_explain: Explain | None = None


def connect(explain: Explain | None) -> None:
    """Say who explains; None takes it away again."""
    global _explain
    _explain = explain


def explain(person: Person, automation: str, rules: RuleBook, now: Millis) -> Explanation:
    """Why, or why not. Errors: NOT_READY where this process was started without the engine's rules of decision."""
    if _explain is None:
        raise Refusal(Code.NOT_READY, "Reasons cannot be shown by this process; open the page on the main address of Sojourn.")
    return _explain(person, automation, rules, now)
