"""Bounds of JSON values: how deep, how many keys, how long the keys; and making texts and numbers safe to keep."""

import re
from typing import Any, Final

from sojourn.capture.limits import DEPTH, KEY_CHARACTERS, PROPERTIES
from sojourn.capture.traffic import give_way
from sojourn.terms.outcomes import Reason

_UNSAFE: Final = re.compile("[\x00\ud800-\udfff]")
_LOW, _HIGH = -(2**63), 2**63
_NOT_BRACKETS: Final = bytes(b for b in range(256) if b not in b"[]{}")
_SAME_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_GLANCE: Final = 4_096
_OPENS: Final = 0x5B
_SHORT_RUNS: Final = re.compile(rb'(?:.{0,256}")*+', re.DOTALL)
"""From quote to quote as far as no two are further apart than a key may be long."""


class OutOfBounds(Exception):
    """A value breaks a limit; `reason` says which."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def openers(body: bytes) -> int:
    """How many brackets open, strings included: an upper bound of the nesting that costs next to nothing."""
    return body.count(b"{") + body.count(b"[")


def needs_care(body: bytes) -> bool:
    """Whether a body may hold NUL or a key longer than 256 characters; False is certain."""
    if b"\\" not in body:
        return has_long_key(body)
    return b"\\u0000" in body or has_long_key(body)


def has_long_key(body: bytes) -> bool:
    """Whether a key of the body may be longer than 256 characters; False is certain.

    Looks at every 256th byte or so only, going from quote to quote.
    """
    if b"\\" in body:
        body = body.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    at = 0
    while True:
        at = _SHORT_RUNS.match(body, at).end()  # type: ignore[union-attr]  # matches the empty text at least
        at = body.find(b'"', at) + 1
        if not at:
            return False
        if body[at : at + 32].lstrip()[:1] in (b":", b""):
            return True


def exact_depth(body: bytes, limit: int) -> int:
    """How deep a JSON text nests, `limit` + 1 where it is more. Linear: innermost pairs are removed round by round."""
    text = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    rest = b"".join(text.split(b'"')[::2]).translate(_SAME_BRACKETS, _NOT_BRACKETS)
    if _opens_deeper(rest, limit):
        return limit + 1
    depth = 0
    while rest and depth <= limit:
        shorter = rest.replace(b"[]", b"")
        if len(shorter) == len(rest):
            break  # unbalanced: not JSON, which the decoder says better
        rest = shorter
        depth += 1
    return depth


def _opens_deeper(brackets: bytes, limit: int) -> bool:
    """Whether the first few thousand brackets of a balanced text already go deeper: what is deep is mostly deep at once, and then costs hardly anything."""
    if brackets.count(b"[") * 2 != len(brackets):
        return False
    depth = 0
    for mark in brackets[:_GLANCE]:
        depth += 1 if mark == _OPENS else -1
        if depth > limit:
            return True
    return False


def safe_text(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD; the same object where there are none."""
    return _UNSAFE.sub("\ufffd", text) if _UNSAFE.search(text) else text


def clean(value: Any, room: int = DEPTH) -> Any:
    """A decoded value with texts made safe and whole numbers beyond 64 bits turned into text. Errors: OutOfBounds for any limit.

    Returns an equal value where nothing was to do.
    """
    kind = type(value)
    if kind is str:
        return safe_text(value)
    if kind is int:
        return value if _LOW <= value < _HIGH else str(value)
    if kind is not dict and kind is not list:
        return value
    if not room:
        raise OutOfBounds(Reason.TOO_DEEP, f"nested deeper than {DEPTH} levels")
    give_way()
    if kind is list:
        return [clean(part, room - 1) for part in value]
    if len(value) > PROPERTIES:
        raise OutOfBounds(Reason.TOO_MANY_PROPERTIES, f"more than {PROPERTIES} keys in one object")
    out = {}
    for key, part in value.items():
        if len(key) > KEY_CHARACTERS:
            raise OutOfBounds(Reason.KEY_TOO_LONG, f"the key {safe_text(key[:40])}… is longer than {KEY_CHARACTERS} characters")
        out[safe_text(key)] = clean(part, room - 1)
    return out
