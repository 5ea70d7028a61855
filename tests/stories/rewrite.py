"""Rewrites the effects block of every story (or of those named): `make stories`. The diff is reviewed like code."""

import sys

from tests.stories.runner import tell
from tests.stories.shorthand import read, stories, with_effects


def main(names: list[str]) -> int:
    """Rewrite; how many stories changed."""
    changed = 0
    for path in stories():
        if names and path.stem not in names:
            continue
        old = path.read_text("utf-8")
        new = with_effects(old, tell(read(path)))
        if new != old:
            path.write_text(new, "utf-8")
            changed += 1
            print(f"changed: {path.name}")
    print(f"{changed} of {len(stories())} stories changed.")
    return changed


if __name__ == "__main__":
    main(sys.argv[1:])
