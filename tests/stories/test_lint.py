"""Stories are whole: each says what happens, and together they show every reason and every template."""

import re
from pathlib import Path
from typing import Final

import pytest

from sojourn.engine.defaults import ABANDONED_CART
from sojourn.terms.effects import Why
from tests.stories.shorthand import acts, read, stories, with_effects

NOT_TOLD: Final = {
    Why.HISTORY: "imported or late carts get no decision at all (import-fires-nothing, events-from-yesterday); the reason stands in `sojourn why`",
    Why.BAD_ADDRESS: "an address that is none never becomes a trait (bad-address), so the decision finds none; the reason is for ids set by a secret key",
    Why.RECOVERED: "decisions are taken at the instant of the abandonment; the guard is a second wall behind it",
}
"""Reasons that no story can show, and why."""

_REASON: Final = re.compile(r"(?:nothing,|taken back +\S+:|message skipped +\S+:|hold out,|suppressed:) (\w+)")


def test_every_reason_is_shown_by_a_story_or_listed_with_why_not() -> None:
    effects = "".join(read(path).effects for path in stories())
    told = set(_REASON.findall(effects)) | ({"fits"} if "send " in effects else set())
    missing = {str(why) for why in Why} - told - {str(why) for why in NOT_TOLD}
    assert missing == set()
    assert {str(why) for why in NOT_TOLD} & told == set(), "these are told now; take them off the list"


def test_every_default_template_is_sent_in_a_story() -> None:
    effects = "".join(read(path).effects for path in stories())
    assert {template for template in ABANDONED_CART.templates.values() if f"mail              {template} to " not in effects} == set()


@pytest.mark.parametrize("path", stories(), ids=lambda path: path.stem)
def test_a_story_has_words_facts_and_effects(path: Path) -> None:
    story = read(path)
    assert story.effects.strip()
    assert story.title.strip()
    assert len(acts(story.facts)) >= 2
    told = path.read_text("utf-8").partition("```")[0].partition("\n")[2].strip()
    assert len(told.split()) >= 8, "say in a sentence or two what happens"


def test_rewriting_a_story_changes_its_effects_only() -> None:
    text = "# A\n\nB\n\n```facts\ntick 10:00\n```\n\n```effects\nold\n```\n\nC\n"
    assert with_effects(text, "new\n") == text.replace("old", "new")
