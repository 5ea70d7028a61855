"""How pages reach capture: what came in, and what a mapping makes of it. The runtime says how."""

from collections.abc import Callable
from typing import Final

from sojourn.terms.hooks import Hook, HookCall, Previewed, Rule
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis

Heard = Callable[[int, int, Millis], list[HookCall]]
"""(workspace, source, now) -> the newest calls, the newest first."""
Preview = Callable[[Hook, str, bytes, Millis], Previewed]
"""(webhook with the rules to try, topic, body, now) -> what the call would become."""
Problems = Callable[[Rule], dict[str, str]]
"""What is wrong with a rule's expressions, by field."""

_NOT_HERE: Final = "This process cannot reach capture; open the page on the main address of Sojourn."
_heard: Heard | None = None
_preview: Preview | None = None
_problems: Problems | None = None


def connect(heard: Heard | None, preview: Preview | None, problems: Problems | None) -> None:
    """Say how capture is reached; `heard` is None where this process captures nothing."""
    global _heard, _preview, _problems
    _heard, _preview, _problems = heard, preview, problems


def listens() -> bool:
    """Whether this process knows what came in."""
    return _heard is not None


def heard(workspace: int, source: int, now: Millis) -> list[HookCall]:
    """The newest calls of a webhook; none where this process captures nothing."""
    return _heard(workspace, source, now) if _heard is not None else []


def preview(hook: Hook, topic: str, body: bytes, now: Millis) -> Previewed:
    """What a call would become."""
    return _preview(hook, topic, body, now) if _preview is not None else Previewed(problems=(_NOT_HERE,))


def problems(rule: Rule) -> dict[str, str]:
    """What is wrong with a rule's expressions. Errors: NOT_READY."""
    if _problems is None:
        raise Refusal(Code.NOT_READY, _NOT_HERE)
    return _problems(rule)
