"""What `make check` looks at beside types, style and walls: docs that are complete and true, templates that compile, files that name no machine."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
ADR = re.compile(r"^# (\d{4}) \S")
PARTS = ("**Context", "**Decision", "**Because", "**Costs", "**Revisit when")
FOREIGN = re.compile(r"(pypi\.org|pythonhosted|registry\.npmjs|deb\.debian|/root/|/home/[a-z]+/)")
"""Registry hosts and paths of somebody's machine have no place in a tracked file."""


def main() -> int:
    """Print what is wrong; 1 where anything is."""
    found = [*stale_reference(), *unmeant(), *broken_links(), *unlisted_pages(), *odd_decisions(), *foreign_names(), *templates(), *missing_migrations()]
    for line in found:
        sys.stderr.write(line + "\n")
    if not found:
        sys.stdout.write("docs, templates and migrations are complete\n")
    return 1 if found else 0


def stale_reference() -> Iterator[str]:
    """Generated pages that are not what the code says."""
    from sojourn.runtime.bootstrap import setup_django
    from sojourn.runtime.reference import FOLDER, pages

    setup_django()
    for name, text in pages().items():
        path = FOLDER / name
        if not path.exists() or path.read_text() != text:
            yield f"docs/reference/{name} is stale; run: make docs"


def unmeant() -> Iterator[str]:
    """Reasons without a meaning."""
    from sojourn.apps.messages.words import REASON
    from sojourn.terms.effects import Why
    from sojourn.terms.outcomes import MEANING, Reason

    yield from (f"terms/outcomes.py: {reason} has no meaning" for reason in Reason if reason not in MEANING)
    yield from (f"apps/messages/words.py: {why} has no meaning" for why in Why if why not in REASON)


def _pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def broken_links() -> Iterator[str]:
    """Relative links in the docs that lead nowhere."""
    for page in _pages():
        for target in LINK.findall(page.read_text()):
            if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: the link {target} leads nowhere"


def unlisted_pages() -> Iterator[str]:
    """Pages that the table of contents does not lead to; decisions are listed by their folder."""
    docs = ROOT / "docs"
    listed = set(LINK.findall((docs / "README.md").read_text()))
    pages = sorted(str(page.relative_to(docs)) for page in docs.rglob("*.md"))
    yield from (f"docs/README.md does not list {page}" for page in pages if page not in listed and page != "README.md" and not page.startswith("adr/"))


def odd_decisions() -> Iterator[str]:
    """Decision records whose number, title or parts are off."""
    seen: dict[str, str] = {}
    for page in sorted((ROOT / "docs" / "adr").glob("*.md")):
        text = page.read_text()
        match = ADR.match(text)
        if match is None or match[1] != page.name[:4]:
            yield f"docs/adr/{page.name} must begin with '# {page.name[:4]} ' and its decision"
        if page.name[:4] in seen:
            yield f"docs/adr/{page.name} has the number of {seen[page.name[:4]]}"
        seen[page.name[:4]] = page.name
        yield from (f"docs/adr/{page.name} lacks {part}" for part in PARTS if part not in text)


def foreign_names() -> Iterator[str]:
    """Tracked files that name a registry host or a path of a machine."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if not name or path == Path(__file__) or not path.is_file():
            continue
        match = FOREIGN.search(path.read_text(errors="ignore"))
        if match is not None:
            yield f"{name} names {match[1]}"


def templates() -> Iterator[str]:
    """Page templates that do not compile, message templates that do not render."""
    from django.template import TemplateSyntaxError
    from django.template.loader import get_template

    for folder in sorted((ROOT / "src").rglob("templates")):
        for path in sorted(folder.rglob("*.html")):
            try:
                get_template(str(path.relative_to(folder)))
            except TemplateSyntaxError as error:
                yield f"{path.relative_to(ROOT)}: {error}"


def missing_migrations() -> Iterator[str]:
    """Models that have moved on from their migrations."""
    from django.core.management import call_command

    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    except SystemExit:
        yield "models have changed without a migration; run: python -m sojourn.runtime.manage makemigrations"


if __name__ == "__main__":
    sys.exit(main())
