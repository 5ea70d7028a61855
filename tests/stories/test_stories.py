"""Every story, told again, gives the effects it says."""

from pathlib import Path

import pytest

from tests.stories.runner import tell
from tests.stories.shorthand import read, stories


@pytest.mark.parametrize("path", stories(), ids=lambda path: path.stem)
def test_the_story_has_the_effects_it_tells(path: Path) -> None:
    story = read(path)
    assert tell(story) == story.effects, f"{path.name} tells otherwise; if that is right: make stories, and look at the diff"
