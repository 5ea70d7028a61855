"""The form of a mapping: a rule as fields, and fields as a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sojourn.terms.hooks import EXPRESSION_CHARACTERS, PROPERTIES, Rule

PLAIN: Final = ("event", "user_id", "anonymous_id", "email", "message_id", "timestamp", "each")
SPARE: Final = 3
"""Empty rows below those that are filled in."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of properties or traits."""

    place: int
    name: str
    expression: str
    trouble: str


def read_rule(posted: Mapping[str, str]) -> Rule:
    """The rule in the fields of a form; empty rows are left out."""
    fields = {field: posted.get(field, "").strip()[: EXPRESSION_CHARACTERS + 1] for field in PLAIN}
    return Rule(topic=posted.get("topic", "").strip()[:100], properties=_pairs(posted, "properties"), traits=_pairs(posted, "traits"), **fields)


def _pairs(posted: Mapping[str, str], kind: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for place in range(PROPERTIES + SPARE):
        name = posted.get(f"{kind}_name_{place}", "").strip()[:300]
        expression = posted.get(f"{kind}_is_{place}", "").strip()[: EXPRESSION_CHARACTERS + 1]
        if name or expression:
            pairs.append((name, expression))
    return tuple(pairs)


def rows(rule: Rule, kind: str, troubles: Mapping[str, str]) -> list[Row]:
    """The rows of a form: those of the rule, and empty ones below."""
    pairs: tuple[tuple[str, str], ...] = getattr(rule, kind)
    filled = [Row(place, name, expression, troubles.get(f"{kind}.{place}", "")) for place, (name, expression) in enumerate(pairs)]
    return filled + [Row(place, "", "", "") for place in range(len(filled), min(len(filled) + SPARE, PROPERTIES + SPARE))]
