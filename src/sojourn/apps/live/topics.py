"""What a page may watch: a closed list of topics, and one for each person and source."""

from typing import Final

from sojourn.terms.refusals import Code, Refusal

PERSON: Final = "person:"
SOURCE: Final = "source:"
MOVING: Final = frozenset({"people", "home", "carts", "messages"})
"""Hinted when the engine has committed something of the workspace."""
WRITTEN: Final = frozenset({"sources", "first-run"})
"""Hinted when anybody has written anything, also a colleague on another page; so is each `source:<id>`."""
TICKING: Final[dict[str, float]] = {"home": 15.0, "health": 5.0}
"""Hinted at least every so many seconds: what they show changes by the passing of time alone."""
PAGES: Final = MOVING | WRITTEN | frozenset(TICKING)

MOST_TOPICS: Final = 40
_LONGEST_NUMBER: Final = 19


def parse(text: str) -> frozenset[str]:
    """Topics of a comma-separated text. Errors: BAD_VALUE for none, too many, or one that does not exist."""
    asked = frozenset(part for part in text.split(",") if part)
    if not asked:
        raise Refusal(Code.BAD_VALUE, f"Name what to watch, such as ?topics=people,person:17; there are {_known()}.")
    if len(asked) > MOST_TOPICS:
        raise Refusal(Code.BAD_VALUE, f"One stream watches at most {MOST_TOPICS} topics; {len(asked)} were asked for.")
    for topic in sorted(asked):
        if topic not in PAGES and person_of(topic) is None and not _is_source(topic):
            raise Refusal(Code.BAD_VALUE, f"There is nothing to watch under {topic[:60]!r}; there are {_known()}.")
    return asked


def person_of(topic: str) -> int | None:
    """The person's id of a topic `person:<id>`; None for any other topic."""
    return _number(topic.removeprefix(PERSON)) if topic.startswith(PERSON) else None


def is_written(topic: str) -> bool:
    """Whether the topic follows everything that is written, not only what the engine commits."""
    return topic in WRITTEN or topic.startswith(SOURCE)


def _is_source(topic: str) -> bool:
    return topic.startswith(SOURCE) and _number(topic.removeprefix(SOURCE)) is not None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER and 0 < int(text) < 2**63 else None


def _known() -> str:
    return f"{', '.join(sorted(PAGES))}, person:<id> and source:<id>"
