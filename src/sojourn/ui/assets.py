"""Addresses of static files that change with their content, without a collecting step."""

from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@lru_cache(maxsize=256)
def version(name: str) -> str:
    """Eight hex digits of the file's content; empty where there is no such file."""
    found = finders.find(name)
    return blake2b(Path(found).read_bytes(), digest_size=4).hexdigest() if found else ""


class VersionedStorage(StaticFilesStorage):
    """Adds `?v=<digest>`, so that browsers may keep a file for a year and still see a new one at once."""

    def url(self, name: str | None) -> str:
        """The file's address with its version."""
        plain: str = super().url(name)
        mark = version(name or "")
        return f"{plain}?v={mark}" if mark else plain
