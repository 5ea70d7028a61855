"""Protocols: one file per vendor's way of sending events, each turning its requests into the calls of `capture.call`.

A protocol is a `Protocol` value. The receiver does everything else: keys, limits, CORS, encodings, durability, answers.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sojourn.capture.call import Opened


class Request(msgspec.Struct, frozen=True, gc=False):
    """What a protocol sees of a request. `body` is inflated; header names are lower case."""

    method: str
    path: str  # without a trailing slash
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes
    scheme: str = "http"


class Route(msgspec.Struct, frozen=True):
    """A path that takes events.

    `open` turns a request into calls and raises Refused where it cannot be read at all; `kind` is what every call there is, where the path says it.
    """

    open: Callable[[Request], Opened]
    kind: str = ""
    historical: bool = False
    methods: frozenset[str] = frozenset(("POST",))


class Document(msgspec.Struct, frozen=True):
    """Something a client fetches before it sends: whose key it asks for, and how the document is made."""

    key: str
    make: Callable[[Request], Any]  # JSON


class Protocol(msgspec.Struct, frozen=True):
    """One vendor's way of sending events."""

    name: str
    routes: Mapping[str, Route]
    document: Callable[[str], Document | None] = lambda _: None
