"""Tracker scripts under the addresses where their vendors' snippets look for them, so that a page changes only the host."""

import gzip
import re
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from sojourn.capture.answers import Headers

BUILT: Final = Path(__file__).parent / "built"
MAX_AGE_SECONDS: Final = 300
"""How long browsers keep a script; what a workspace changes reaches every page within it."""
_UMAMI: Final = ("/script.js", "/umami.js")
_MATOMO: Final = re.compile(r"(?:/[\w.\-]{1,60}){0,3}/(?:matomo|piwik)\.js")
_PLAUSIBLE: Final = re.compile(r"/js/(?:(?:script|plausible)(?:\.[a-z-]{1,30}){0,12}|pa-[\w-]{1,100})\.js")
_POSTHOG: Final = re.compile(r"/static/(?:(\d[\w.\-]{0,40})/)?([a-z\d-]{1,60}(?:\.full)?(?:\.no-external|\.es5)?)\.js|/array/[^/]{1,200}/(array)\.js")

Answer = tuple[int, Headers, bytes]


class Script(msgspec.Struct, frozen=True):
    """A script as it is sent."""

    etag: bytes
    plain: bytes
    zipped: bytes


def packed(plain: bytes) -> Script:
    """Zipped, with its digest."""
    return Script(b'"' + blake2b(plain, digest_size=12).hexdigest().encode() + b'"', plain, gzip.compress(plain, 9, mtime=0))


def answer(script: Script, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
    """The script as a browser that sends these headers takes it, or that it has not changed."""
    asked = dict(headers)
    fields: Headers = [
        (b"etag", script.etag),
        (b"cache-control", b"public, max-age=%d" % MAX_AGE_SECONDS),
        (b"vary", b"Accept-Encoding"),
        *_OPEN,
    ]
    if script.etag in (tag.strip().removeprefix(b"W/") for tag in asked.get(b"if-none-match", b"").split(b",")):
        return 304, fields, b""
    body = script.plain
    if re.search(rb"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", asked.get(b"accept-encoding", b"")):
        body = script.zipped
        fields.append((b"content-encoding", b"gzip"))
    return 200, [*fields, _SCRIPT, (b"content-length", b"%d" % len(body))], body


def complaint(sentence: str) -> Answer:
    """A script that says in the console what is wrong, and breaks no page. Status 200: browsers run no other."""
    body = b"console.error(" + msgspec.json.encode(f"Sojourn: {sentence}") + b");\n"
    return 200, [_SCRIPT, (b"cache-control", b"no-store"), *_OPEN, (b"content-length", b"%d" % len(body))], body


def find(path: str, built: Path = BUILT) -> Path | None:
    """The file of the script at this address; None where no vendor has one there, or where another version than ours is asked for by name."""
    if path in _UMAMI:
        return built / "umami.js"
    if _MATOMO.fullmatch(path):
        return built / "matomo.js"
    if _PLAUSIBLE.fullmatch(path):
        return built / "plausible.js"
    match = _POSTHOG.fullmatch(path)
    if match is None:
        return None
    folder = built / "posthog"
    file = folder / f"{match[2] or match[3]}.js"
    if match[1]:
        return file if match[1] == _version(folder) and file.is_file() else None
    return file if file.name == "array.js" or file.is_file() else None


def serve(file: Path, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
    """A script that was found."""
    try:
        return answer(_read(file, file.stat().st_mtime_ns), headers)
    except FileNotFoundError:
        return complaint("this script has not been built on the server; run there: make assets")


@cache
def _read(file: Path, _changed_at: int) -> Script:
    return packed(file.read_bytes())


def _version(folder: Path) -> str:
    """Of the client in this folder; empty where it is not built."""
    file = folder / "version.txt"
    return file.read_text().strip() if file.is_file() else ""


_SCRIPT: Final = (b"content-type", b"text/javascript; charset=utf-8")
# Pages of every origin load it, also isolated ones, and may measure how long it took.
_OPEN: Final[Headers] = [
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"timing-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
]
