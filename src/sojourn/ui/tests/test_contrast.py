"""The colours that meet on a page can be told apart, in every theme (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[4] / "frontend/ui/css/tokens.css"
BLOCK = re.compile(r'(:root(?:\[data-theme="(\w+)"\])?) \{(.*?)\}', re.DOTALL)
COLOUR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
BACKS = ("surface", "ground", "raised", "sunken", "hover")
MEANINGS = ("good", "warn", "bad", "info", "accent")
THEMES = ("light", "dark", "contrast on light", "contrast on dark")

TEXT = [(ink, back) for ink in ("ink", "soft", "muted") for back in BACKS]
TEXT += [("accent", back) for back in ("surface", "ground", "raised", "hover")] + [
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    ("surface", "bad"),
]
TEXT += [(meaning, f"{meaning}-soft") for meaning in MEANINGS] + [(meaning, "surface") for meaning in MEANINGS]
TEXT += [("ink", f"{meaning}-soft") for meaning in MEANINGS] + [("soft", "accent-soft"), ("muted", "accent-soft")]
SHAPES = [("control", back) for back in ("surface", "raised")] + [(meaning, "surface") for meaning in MEANINGS]


def themes() -> dict[str, dict[str, str]]:
    """Theme to token to colour; high contrast stands on what the others set."""
    sheets = {found[1]: {name: (light, dark) for name, light, dark in COLOUR.findall(found[2])} for found in _blocks()}
    plain, high = sheets[""], sheets[""] | sheets["contrast"]
    return {
        "light": {name: pair[0] for name, pair in plain.items()},
        "dark": {name: pair[1] for name, pair in plain.items()},
        "contrast on light": {name: pair[0] for name, pair in high.items()},
        "contrast on dark": {name: pair[1] for name, pair in high.items()},
    }


def _blocks() -> list[tuple[str, str, str]]:
    plain = TOKENS.read_text().partition("@media")[0]
    return [found for found in BLOCK.findall(plain) if "light-dark" in found[2]]


def light(colour: str) -> float:
    """Relative luminance by WCAG."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_that_of_the_standard():
    assert round(ratio("#000000", "#ffffff"), 2) == 21
    assert round(ratio("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_what_it_stands_on(theme):
    colours = themes()[theme]
    assert {(ink, back): round(ratio(colours[ink], colours[back]), 2) for ink, back in TEXT if ratio(colours[ink], colours[back]) < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_edges_of_fields_and_states_can_be_seen(theme):
    colours = themes()[theme]
    assert {(line, back): round(ratio(colours[line], colours[back]), 2) for line, back in SHAPES if ratio(colours[line], colours[back]) < 3} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_each_cause_can_be_seen(theme):
    colours = themes()[theme]
    causes = [name for name in colours if name.startswith("cause-")]
    assert len(causes) == 11
    assert {name: round(ratio(colours[name], colours["surface"]), 2) for name in causes if ratio(colours[name], colours["surface"]) < 3} == {}


@pytest.mark.parametrize("theme", ["contrast on light", "contrast on dark"])
def test_high_contrast_reaches_seven_to_one_for_what_is_read(theme):
    colours = themes()[theme]
    pairs = [(ink, back) for ink in ("ink", "soft", "muted") for back in BACKS] + [(meaning, "surface") for meaning in MEANINGS]
    assert {pair: round(ratio(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs if ratio(colours[pair[0]], colours[pair[1]]) < 7} == {}
