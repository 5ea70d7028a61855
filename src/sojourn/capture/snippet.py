"""The browser snippet: the built file behind the settings of a write key, as browsers and caches want it."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import msgspec

from sojourn.capture import scripts
from sojourn.capture.call import Refused
from sojourn.capture.keys import holder
from sojourn.capture.scripts import Answer, Script, complaint
from sojourn.ports.directory import Directory, KeyHolder

PATH: Final = "/sojourn.js"
_SEGMENTS: Final = re.compile(r"/analytics\.js/v1/([^/]{1,256})/analytics(?:\.min)?\.js")
"""Where Segment's loader looks for its script, so that a page changes only the host."""
BUILT: Final = scripts.BUILT / "sojourn.js"
_KEPT: Final = 1_000


class Snippet:
    """Serves the snippet; one per process."""

    def __init__(self, directory: Directory, built: Path = BUILT) -> None:
        self._directory = directory
        self._built = built
        self._made: dict[tuple[str, bool, int], Script] = {}

    def handles(self, path: str) -> bool:
        """Whether this path is the snippet's."""
        return path == PATH or _SEGMENTS.fullmatch(path) is not None

    def serve(self, path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
        """The script for the key in `?key=` or in the path. What is wrong with a key stands in the console of the page: a script must not break it."""
        match = _SEGMENTS.fullmatch(path)
        key = match[1] if match else _key(query)
        if not key:
            return complaint("the snippet's address lacks its write key; add ?key= and the key of a source")
        try:
            found = holder(self._directory, key, from_browser=True)
        except Refused as refused:
            return complaint(refused.message)
        try:
            made = self._make(key, found)
        except FileNotFoundError:
            return complaint("the snippet has not been built on the server; run there: make assets")
        return scripts.answer(made, headers)

    def _make(self, key: str, found: KeyHolder) -> Script:
        """Errors: FileNotFoundError where the snippet is not built."""
        version = self._built.stat().st_mtime_ns
        made = self._made.get((key, found.consent_first, version))
        if made is None:
            settings = {"key": key, "ask": found.consent_first}
            plain = b"window.sojournSettings=" + msgspec.json.encode(settings) + b";\n" + self._built.read_bytes()
            made = scripts.packed(plain)
            if len(self._made) >= _KEPT:
                self._made.clear()
            self._made[key, found.consent_first, version] = made
        return made


def _key(query: bytes) -> str:
    fields = parse_qs(query[:4096].decode("latin-1"), max_num_fields=50) if query.count(b"&") < 50 else {}
    return (fields.get("key") or fields.get("writeKey") or [""])[0].strip()
