"""Answers to "why": an explanation made ready for its page."""

from dataclasses import dataclass

import msgspec

from sojourn.apps.why import hook, words
from sojourn.terms.person import Decision, Person
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis

Text = list[tuple[str, Millis | None]]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as the page lists it: `met` is None for those that were not looked at any more."""

    name: str
    met: bool | None
    text: Text


@dataclass(frozen=True, slots=True)
class Answer:
    """Why, or why not: the verdict, every condition in its order, the values of that moment, and what would have to change."""

    verdict: words.Verdict
    told: hook.Explanation
    summary: Text
    conditions: list[Condition]
    values: list[words.Value]
    change: str
    setting: str
    currency: str
    others: list[Decision]
    chosen: str


def answer(person: Person, automation: str, rules: RuleBook, now: Millis, decision: str = "") -> Answer:
    """Explain the newest cart, or the decision of that id where the person still has it. Errors: NOT_READY."""
    taken = [one for one in person.decisions if one.automation == automation]
    asked = next((one for one in taken if one.id == decision), None)
    told = hook.explain(_only(person, asked) if asked else person, automation, rules, now)
    verdict = words.verdict(told.outcome, told.reason, told.state, told.note)
    chosen = asked.id if asked else next((one.id for one in reversed(taken) if told.outcome != "none" and one.episode == told.episode), "")
    return Answer(
        verdict=verdict,
        told=told,
        summary=words.with_times(told.summary),
        conditions=_conditions(told),
        values=words.values(told.values),
        change=words.change(verdict.reason),
        setting=words.SETTING.get(verdict.reason, ""),
        currency=str(told.values.get("currency") or ""),
        others=list(reversed(taken)),
        chosen=chosen,
    )


def _only(person: Person, decision: Decision) -> Person:
    """The person as far as one decision goes, so that the engine explains that one and not the newest."""
    return msgspec.structs.replace(person, decisions=[decision], carts=[cart for cart in person.carts if cart.id == decision.episode])


def _conditions(told: hook.Explanation) -> list[Condition]:
    looked_at = [Condition(words.NAME.get(check.name, check.name), check.passed, _said(check)) for check in told.checks]
    if told.outcome == "send":
        return looked_at
    return looked_at + [Condition(name, None, []) for name in words.still_to_look_at([check.name for check in told.checks])]


def _said(check: hook.Check) -> Text:
    """The engine's sentence, where it says more than the condition's name does: with a value, or against it."""
    return [] if check.passed and check.name in words.PLAIN else words.with_times(check.text)
