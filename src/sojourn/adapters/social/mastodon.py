"""Mastodon's streaming API: server-sent events over HTTP.

Source: https://docs.joinmastodon.org/methods/streaming/ and the HTML standard's format of server-sent events.
"""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from typing import Final
from urllib.parse import quote, urlsplit

SILENT_SECONDS: Final = 90.0
"""Mastodon sends a comment every 15 seconds; a connection silent for so long is dead."""
CONNECT_SECONDS: Final = 15.0
LONGEST: Final = 1 << 20
"""Bytes of a line, and of an event."""


async def listen(url: str, token: str, tag: str) -> AsyncIterator[tuple[str, bytes]]:
    """Events of one hashtag, or of the public timeline where `tag` is empty: their name and their data. The first is ("open", b"").

    Errors: ConnectionError with what the server said; ends where the server ends it.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    path = f"{parts.path.rstrip('/')}/api/v1/streaming/" + (f"hashtag?tag={quote(tag, safe='')}" if tag else "public")
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                parts.hostname, parts.port or (443 if secure else 80), ssl=ssl.create_default_context() if secure else None, limit=LONGEST
            )
    except (OSError, TimeoutError) as error:
        raise ConnectionError(f"{parts.hostname} cannot be reached: {_why(error)}") from error
    with closing(writer):
        lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}", "Accept: text/event-stream", "User-Agent: Sojourn", "Connection: close"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await writer.drain()
        try:
            chunked = await _head(reader, parts.hostname or "")
            yield "open", b""
            async for event in _events(_lines(reader, chunked)):
                yield event
        except (asyncio.IncompleteReadError, ValueError, TimeoutError) as error:
            raise ConnectionError(f"{parts.hostname} ended the stream: {type(error).__name__}") from error


def _why(error: OSError) -> str:
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or "no answer"


async def _head(reader: asyncio.StreamReader, host: str) -> bool:
    """Read the answer's head; whether the body comes in chunks. Errors: ConnectionError for any answer but 200."""
    async with asyncio.timeout(CONNECT_SECONDS):
        status = (await reader.readline()).decode("latin-1").strip()
        chunked = False
        while line := (await reader.readline()).strip():
            name, _, value = line.decode("latin-1").partition(":")
            chunked = chunked or (name.lower() == "transfer-encoding" and "chunked" in value.lower())
    code = status.split(" ", 2)[1:2]
    if code in (["401"], ["403"]):
        raise ConnectionError(f"{host} refuses the token ({code[0]}): make one with the scope read:statuses")
    if code != ["200"]:
        raise ConnectionError(f"{host} answered {status[:80] or 'nothing'}")
    return chunked


async def _lines(reader: asyncio.StreamReader, chunked: bool) -> AsyncIterator[bytes]:
    """The body line by line. Errors: TimeoutError where nothing came for too long."""
    rest = b""
    while True:
        async with asyncio.timeout(SILENT_SECONDS):
            part = await _chunk(reader) if chunked else await reader.read(65_536)
        if not part:
            return
        rest += part
        *whole, rest = rest.split(b"\n")
        if len(rest) > LONGEST:
            raise ValueError("a line without an end")
        for line in whole:
            yield line.removesuffix(b"\r")


async def _chunk(reader: asyncio.StreamReader) -> bytes:
    size = int((await reader.readline()).partition(b";")[0].strip() or b"0", 16)
    if not 0 <= size <= LONGEST * 4:
        raise ValueError("a chunk too large")
    part = await reader.readexactly(size)
    with suppress(asyncio.IncompleteReadError):
        await reader.readexactly(2)
    return part


async def _events(lines: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, bytes]]:
    name, data = "message", b""
    async for line in lines:
        if not line:
            if data:
                yield name, data
            name, data = "message", b""
        elif not line.startswith(b":"):
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if field == b"event":
                name = value.decode("utf-8", "replace")
            elif field == b"data":
                data = data + b"\n" + value if data else value
                if len(data) > LONGEST:
                    raise ValueError("an event too large")
