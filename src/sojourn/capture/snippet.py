"""The browser snippet: the built file behind the settings of a write key, as browsers and caches want it."""

import gzip
import re
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import msgspec

from sojourn.capture.answers import Headers
from sojourn.capture.call import Refused
from sojourn.capture.keys import holder
from sojourn.ports.directory import Directory, KeyHolder

PATH: Final = "/sojourn.js"
_SEGMENTS: Final = re.compile(r"/analytics\.js/v1/([^/]{1,256})/analytics(?:\.min)?\.js")
"""Where Segment's loader looks for its script, so that a page changes only the host."""
BUILT: Final = Path(__file__).parent / "built" / "sojourn.js"
MAX_AGE_SECONDS: Final = 300
"""How long browsers keep the snippet; a workspace's rule of consent reaches every page within it."""
_KEPT: Final = 1_000

Answer = tuple[int, Headers, bytes]


class _Made(msgspec.Struct, frozen=True):
    etag: bytes
    plain: bytes
    zipped: bytes


class Snippet:
    """Serves the snippet; one per process."""

    def __init__(self, directory: Directory, built: Path = BUILT) -> None:
        self._directory = directory
        self._built = built
        self._made: dict[tuple[str, bool, int], _Made] = {}

    def handles(self, path: str) -> bool:
        """Whether this path is the snippet's."""
        return path == PATH or _SEGMENTS.fullmatch(path) is not None

    def serve(self, path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
        """The script for the key in `?key=` or in the path. What is wrong with a key stands in the console of the page: a script must not break it."""
        match = _SEGMENTS.fullmatch(path)
        key = match[1] if match else _key(query)
        if not key:
            return _complaint("the snippet's address lacks its write key; add ?key= and the key of a source")
        try:
            found = holder(self._directory, key, from_browser=True)
        except Refused as refused:
            return _complaint(refused.message)
        try:
            made = self._make(key, found)
        except FileNotFoundError:
            return _complaint("the snippet has not been built on the server; run there: make assets")
        asked = dict(headers)
        fields: Headers = [
            (b"etag", made.etag),
            (b"cache-control", b"public, max-age=%d" % MAX_AGE_SECONDS),
            (b"vary", b"Accept-Encoding"),
            *_OPEN,
        ]
        if made.etag in (tag.strip().removeprefix(b"W/") for tag in asked.get(b"if-none-match", b"").split(b",")):
            return 304, fields, b""
        body = made.plain
        if re.search(rb"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", asked.get(b"accept-encoding", b"")):
            body = made.zipped
            fields.append((b"content-encoding", b"gzip"))
        return 200, [*fields, _SCRIPT, (b"content-length", b"%d" % len(body))], body

    def _make(self, key: str, found: KeyHolder) -> _Made:
        """Errors: FileNotFoundError where the snippet is not built."""
        version = self._built.stat().st_mtime_ns
        made = self._made.get((key, found.consent_first, version))
        if made is None:
            settings = {"key": key, "ask": found.consent_first}
            plain = b"window.sojournSettings=" + msgspec.json.encode(settings) + b";\n" + self._built.read_bytes()
            made = _Made(b'"' + blake2b(plain, digest_size=12).hexdigest().encode() + b'"', plain, gzip.compress(plain, 9, mtime=0))
            if len(self._made) >= _KEPT:
                self._made.clear()
            self._made[key, found.consent_first, version] = made
        return made


_SCRIPT: Final = (b"content-type", b"text/javascript; charset=utf-8")
# Pages of every origin load it, also isolated ones, and may measure how long it took.
_OPEN: Final[Headers] = [
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"timing-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
]


def _key(query: bytes) -> str:
    fields = parse_qs(query[:4096].decode("latin-1"), max_num_fields=50) if query.count(b"&") < 50 else {}
    return (fields.get("key") or fields.get("writeKey") or [""])[0].strip()


def _complaint(sentence: str) -> Answer:
    """A script that says in the console what is wrong. Status 200: browsers run no other."""
    body = b"console.error(" + msgspec.json.encode(f"Sojourn: {sentence}") + b");\n"
    return 200, [_SCRIPT, (b"cache-control", b"no-store"), *_OPEN, (b"content-length", b"%d" % len(body))], body
