"""Crawlers, told by their user agent with the list of crawler-user-agents.

Left out of it are browsers that test tools drive and HTTP libraries: the first are a team's own tests, the second its own servers sending for its site.
"""

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

AGENT_CHARACTERS: Final = 512
"""What is looked at of a user agent."""
KEPT: Final = 4_096
"""User agents whose answer is remembered."""
NOT_BOTS: Final = frozenset(("browser-automation", "http-library"))
_GRAM: Final = 3
_LITERAL: Final = re.compile(r"(?:[\w !,;:@'/-]|\\[^\w])+")
_ESCAPED: Final = re.compile(r"\\(.)")


class Crawlers:
    """The list, made ready once: literal names by their first three characters, the few real expressions as one."""

    def __init__(self, patterns: list[str]) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        others = []
        for pattern in patterns:
            name = _ESCAPED.sub(r"\1", pattern)
            if _LITERAL.fullmatch(pattern) and len(name) >= _GRAM:
                start = name[:_GRAM]
                self._names[start] = (*self._names.get(start, ()), name)
            else:
                others.append(pattern)
        self._others = re.compile("|".join(f"(?:{pattern})" for pattern in others) or r"(?!)")

    def knows(self, agent: str) -> bool:
        """Whether any pattern of the list is found in this user agent."""
        names = self._names
        for place in range(len(agent) - _GRAM + 1):
            found = names.get(agent[place : place + _GRAM])
            if found is not None and any(agent.startswith(name, place) for name in found):
                return True
        return self._others.search(agent) is not None


@lru_cache(maxsize=1)
def crawlers() -> Crawlers:
    """The list of the installed package; some 10 ms the first time."""
    listed = json.loads(files("crawleruseragents").joinpath("crawler-user-agents.json").read_bytes())
    return Crawlers([one["pattern"] for one in listed if NOT_BOTS.isdisjoint(one.get("tags", ()))])


_answers: dict[str, bool] = {}


def is_bot(agent: str) -> bool:
    """Whether this user agent is a crawler's. Remembered for thousands of them: shops see the same few hundred again and again."""
    if len(agent) > AGENT_CHARACTERS:
        agent = agent[:AGENT_CHARACTERS]
    known = _answers.get(agent)
    if known is None:
        known = crawlers().knows(agent)
        if len(_answers) >= KEPT:
            _answers.clear()
        _answers[agent] = known
    return known
