"""A bucket, read only: its list page by page, and parts of its objects. Two requests of S3 are all that is needed.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and API_GetObject.html,
and docs/adr/0111-buckets-are-read-by-two-requests-of-our-own.md
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Final, NamedTuple
from urllib.parse import unquote_plus, urlsplit
from xml.etree import ElementTree as ET

from sojourn.adapters.s3 import signing
from sojourn.adapters.s3.trouble import Changed, Unreachable, Vanished, Withheld, refused, why
from sojourn.terms.streams import BucketSettings, endpoint, in_own_network

SILENT_SECONDS: Final = 20.0
"""Without a byte for so long, and while connecting, the other side is given up."""
LIST_BYTES: Final = 16 << 20
"""A page of a list holds a thousand keys of a kilobyte at most."""
_SAID_BYTES: Final = 64 << 10
_CHANGED: Final = "changed "


class Found(NamedTuple):
    """An object of the list. Its ETag changes with its content; a server that has none is asked when it was changed."""

    key: str
    size: int
    etag: str


class Bucket:
    """Talks over one connection, from one thread; `close` may be called from another and ends what is under way. Errors: see trouble.py."""

    def __init__(self, settings: BucketSettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._now = now
        parts = urlsplit(endpoint(settings))
        self._secure = parts.scheme == "https"
        host = parts.hostname or ""
        self._host = host if settings.path_style else f"{settings.bucket}.{host}"
        self._port = parts.port or (443 if self._secure else 80)
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self._netloc = shown if parts.port is None or parts.port == (443 if self._secure else 80) else f"{shown}:{parts.port}"
        self._root = f"{parts.path.rstrip('/')}/{settings.bucket}" if settings.path_style else parts.path.rstrip("/")
        self._connection: HTTPConnection | None = None
        self._closed = False

    def pages(self) -> Iterator[list[Found]]:
        """All objects whose key begins with the prefix, a thousand at a time, in the order of their keys."""
        token = ""
        while True:
            # Encoded, because XML has no way to write some letters that a key may have.
            asked = {"list-type": "2", "encoding-type": "url", "prefix": self._settings.prefix, **({"continuation-token": token} if token else {})}
            found, following = self._page(self._get("", asked, {}, LIST_BYTES))
            yield found
            if not following:
                return
            if following == token:
                raise Unreachable(f"{self._netloc} gives the same page of the list again and again")
            token = following

    def part(self, found: Found, start: int, length: int) -> bytes:
        """Bytes of an object, as it was when it was listed. Errors: Vanished, Changed and those of all requests."""
        last = min(start + length, found.size) - 1
        headers = {"range": f"bytes={start}-{last}", **({} if found.etag.startswith(_CHANGED) else {"if-match": f'"{_bare(found.etag)}"'})}
        part = self._get(found.key, {}, headers, last - start + 1)
        if len(part) != last - start + 1:
            raise Changed(f"{found.key} has another size than the list said")
        return part

    def close(self) -> None:
        """Hang up."""
        self._closed = True
        self._hang_up()

    def _get(self, key: str, asked: dict[str, str], headers: dict[str, str], most: int) -> bytes:
        try:
            answer, body = self._ask(key, asked, headers, most)
        except (HTTPException, ConnectionResetError, BrokenPipeError):
            # A connection that rested may have been ended by the other side meanwhile; a new one tells.
            try:
                answer, body = self._ask(key, asked, headers, most)
            except (HTTPException, ConnectionResetError, BrokenPipeError) as error:
                raise (Withheld if key else Unreachable)(f"{self._netloc} {why(error)}") from error
        mark = headers.get("if-match", "")
        if mark and answer.status in (200, 206) and _bare(answer.getheader("ETag", mark)) != _bare(mark):
            raise Changed(f"{key} was changed meanwhile")  # not every server heeds the condition
        if answer.status == 206 or (answer.status == 200 and headers.get("range", "bytes=0-").startswith("bytes=0-")):
            return body
        raise self._trouble(answer, body, key)

    def _ask(self, key: str, asked: dict[str, str], headers: dict[str, str], most: int) -> tuple[HTTPResponse, bytes]:
        path, query = f"{self._root}/{signing.encoded(key)}" if key else self._root or "/", signing.query(asked)
        try:
            connection = self._connection = self._connection or self._connected()
            connection.putrequest("GET", f"{path}?{query}" if query else path, skip_host=True, skip_accept_encoding=True)
            for name, value in self._signed(path, query, {"host": self._netloc, **headers}).items():
                connection.putheader(name, value)
            connection.putheader("User-Agent", "Sojourn")
            connection.endheaders()
            answer = connection.getresponse()
            most = most if answer.status in (200, 206) else _SAID_BYTES
            body = answer.read(most)
            if len(body) < most and answer.length:
                raise IncompleteRead(body, answer.length)
        except Unreachable:
            raise
        except (OSError, HTTPException) as error:
            self._hang_up()
            if isinstance(error, HTTPException | ConnectionResetError | BrokenPipeError):
                raise
            raise Unreachable(f"{self._netloc} {why(error)}") from error
        if not answer.isclosed():
            self._hang_up()  # it says more than was asked for
        return answer, body

    def _signed(self, path: str, query: str, headers: dict[str, str]) -> dict[str, str]:
        kept = self._settings
        return signing.signed(path, query, headers, kept.access_key, kept.secret, kept.region, self._now()) if kept.access_key else headers

    def _trouble(self, answer: HTTPResponse, body: bytes, key: str) -> OSError:
        said = _xml(body)
        code = said.findtext("{*}Code", "") if said is not None else ""
        code = code or {301: "PermanentRedirect", 307: "TemporaryRedirect", 412: "PreconditionFailed"}.get(answer.status, "")
        if key and (code in ("NoSuchKey", "NoSuchVersion") or (answer.status == 404 and not code)):
            return Vanished(f"{key} is no longer there")
        if key and code in ("PreconditionFailed", "InvalidRange"):
            return Changed(f"{key} was changed meanwhile")
        region = (said.findtext("{*}Region", "") if said is not None else "") or answer.getheader("x-amz-bucket-region", "")
        message = said.findtext("{*}Message", "") if said is not None else ""
        return refused(self._settings, self._netloc, answer.status, code, message, region, key)

    def _page(self, body: bytes) -> tuple[list[Found], str]:
        root = _xml(body)
        if root is None or not root.tag.endswith("ListBucketResult"):
            raise Unreachable(f"{self._netloc} answers, but not as S3 does; is the address right?")
        plain = unquote_plus if root.findtext("{*}EncodingType", "") == "url" else str
        found = []
        for item in root.iterfind("{*}Contents"):
            size = item.findtext("{*}Size", "")
            mark = item.findtext("{*}ETag", "") or f"{_CHANGED}{item.findtext('{*}LastModified', '')}"
            found.append(Found(plain(item.findtext("{*}Key", "")), int(size) if size.isdigit() else 0, mark))
        more = root.findtext("{*}IsTruncated", "") == "true"
        return found, root.findtext("{*}NextContinuationToken", "") if more else ""

    def _connected(self) -> HTTPConnection:
        if self._closed:
            raise Unreachable("hung up")
        if self._secure:
            made: HTTPConnection = HTTPSConnection(self._host, self._port, timeout=SILENT_SECONDS, context=ssl.create_default_context())
        else:
            # The address that was looked at is the one that is called.
            made = HTTPConnection(_own(self._host, self._port), self._port, timeout=SILENT_SECONDS)
        made.connect()
        return made

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for an answer
            connection.close()


def _bare(etag: str) -> str:
    """An ETag without its quotes, which some servers leave out of lists, and without the mark that proxies add."""
    return etag.removeprefix("W/").strip('"')


def _own(host: str, port: int) -> str:
    """An address of the host, which must lie in a network of one's own. Errors: Unreachable, OSError."""
    addresses = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(in_own_network(address) for address in addresses):
        raise Unreachable(f"{host} lies outside of your own network, where the key must not travel unencrypted: use https://")
    return addresses[0]


def _xml(body: bytes) -> ET.Element | None:
    """What the server says; None for what is no XML in UTF-8, or declares entities, as S3 never does."""
    try:
        # Text is read as UTF-8 whatever it calls itself, unless NULs make it look like UTF-16: then it would declare in letters that are not looked for.
        text = body.decode()
        return None if "\0" in text or "<!DOCTYPE" in text else ET.fromstring(text)  # noqa: S314  # it declares nothing
    except (UnicodeDecodeError, ET.ParseError):
        return None
