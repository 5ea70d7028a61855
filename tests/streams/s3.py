"""A local server that speaks S3: lists in pages, serves ranges, and checks each signature (version 4) as Amazon's documentation says."""

import hashlib
import hmac
import re
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, quote, quote_plus, unquote
from xml.sax.saxutils import escape

KEY, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-test-1"
_AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")
Fault = Callable[[str, str, str], str]
"""(method, key, range) -> what goes wrong with this request: a code of S3, "cut", "slow", "no part", "deaf" (to conditions), "redirect", or nothing."""
_STATUS = {
    "AccessDenied": 403, "SignatureDoesNotMatch": 403, "InvalidAccessKeyId": 403, "RequestTimeTooSkewed": 403, "InvalidObjectState": 403,
    "AuthorizationHeaderMalformed": 400, "NoSuchBucket": 404, "NoSuchKey": 404, "PreconditionFailed": 412, "InvalidRange": 416,
    "SlowDown": 503, "InternalError": 500,
}  # fmt: skip


class S3:
    """One bucket on loopback. `objects` is what it holds; `asked` the requests that came: method, key or "", range or query."""

    def __init__(self, bucket: str = "shop", certificate: tuple[Path, Path] | None = None) -> None:
        self.bucket = bucket
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.page = 1_000
        self.fault: Fault = lambda *_: ""
        self.go_on = threading.Event()
        """What is slow waits for it."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"house": self}))
        self._server.daemon_threads = True
        self._scheme = "http" if certificate is None else "https"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def put(self, key: str, data: bytes | str, etag: str = "") -> str:
        """An object, whole at once as S3 has it; its ETag."""
        raw = data.encode() if isinstance(data, str) else data
        mark = etag or f'"{hashlib.md5(raw, usedforsecurity=False).hexdigest()}"'
        self.objects[key] = (raw, mark)
        return mark

    def got(self, key: str) -> list[str]:
        """The ranges that were asked of an object."""
        return [span for method, asked, span in self.asked if method == "GET" and asked == key]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._thread.join(20)
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    house: S3

    def log_message(self, *args: object) -> None: ...

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        before = self.headers.get("Host", "").partition(".127.")
        bucket, key = (before[0], unquote(path)[1:]) if before[1] else unquote(path)[1:].partition("/")[::2]
        asked = dict(parse_qsl(query, keep_blank_values=True))
        span = self.headers.get("Range", "")
        wrong = self._unsigned(path, query)
        self.house.asked.append((self.command, key, span or query))
        if wrong:
            return self._refuse(wrong)
        if bucket != self.house.bucket:
            return self._refuse("NoSuchBucket")
        fault = self.house.fault(self.command, key, span)
        if fault in _STATUS:
            return self._refuse(fault)
        if fault == "redirect":
            return self._send(307, b"", Location="http://127.0.0.1:1/")
        return self._object(key, span, fault) if key else self._list(asked, fault)

    do_HEAD = do_GET

    def _unsigned(self, path: str, query: str) -> str:
        """What is wrong with the signature; empty where nothing is."""
        found = _AUTHORIZATION.fullmatch(self.headers.get("Authorization", ""))
        if found is None:
            return "AccessDenied"
        key, day, region, names, signature = found.groups()
        if key != KEY:
            return "InvalidAccessKeyId"
        if region != REGION:
            return "AuthorizationHeaderMalformed"
        stamp = self.headers.get("X-Amz-Date", "")
        when = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if not stamp.startswith(day) or abs((datetime.now(UTC) - when).total_seconds()) > 900:
            return "RequestTimeTooSkewed"
        signed = names.split(";")
        if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed) or signed != sorted(signed):
            return "SignatureDoesNotMatch"
        pairs = sorted((quote(name, "-_.~"), quote(value, "-_.~")) for name, value in parse_qsl(query, keep_blank_values=True))
        lines = [
            self.command, quote(unquote(path), "/-_.~"), "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{' '.join(self.headers.get(name, '').split())}" for name in signed), "", names, self.headers["X-Amz-Content-Sha256"],
        ]  # fmt: skip
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, f"{day}/{region}/s3/aws4_request", hashlib.sha256("\n".join(lines).encode()).hexdigest()])
        secret = b"AWS4" + SECRET.encode()
        for part in (day, region, "s3", "aws4_request"):
            secret = hmac.digest(secret, part.encode(), "sha256")
        return "" if hmac.compare_digest(hmac.digest(secret, text.encode(), "sha256").hex(), signature) else "SignatureDoesNotMatch"

    def _refuse(self, code: str) -> None:
        said = f"<Message>{code} it is</Message>" + (f"<Region>{REGION}</Region>" if code == "AuthorizationHeaderMalformed" else "")
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>{said}<RequestId>1</RequestId></Error>'.encode()
        self._send(_STATUS[code], body, Content_Type="application/xml")

    def _list(self, asked: dict[str, str], fault: str) -> None:
        """ListObjectsV2: keys in order, so many a page."""
        keys = sorted(key for key in list(self.house.objects) if key.startswith(asked.get("prefix", "")))
        after = max(bytes.fromhex(asked.get("continuation-token", "")).decode(), asked.get("start-after", ""))
        keys = [key for key in keys if key > after]
        page = keys[: min(self.house.page, int(asked.get("max-keys", "1000")))]
        held = [(key, *self.house.objects[key]) for key in page]
        url = asked.get("encoding-type") == "url"
        items = "".join(
            f"<Contents><Key>{quote_plus(key, '/') if url else escape(key)}</Key><LastModified>2026-01-01T10:00:00.000Z</LastModified>"
            f"<ETag>{escape(mark)}</ETag><Size>{len(data)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for key, data, mark in held
        )
        more = len(keys) > len(page)
        token = f"<NextContinuationToken>{page[-1].encode().hex()}</NextContinuationToken>" if more else ""
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{self.house.bucket}</Name>'
            f"{'<EncodingType>url</EncodingType>' if url else ''}<KeyCount>{len(page)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{token}{items}</ListBucketResult>"
        ).encode()
        self._send(200, body, fault, Content_Type="application/xml")

    def _object(self, key: str, span: str, fault: str) -> None:
        if key not in self.house.objects:
            return self._refuse("NoSuchKey")
        data, mark = self.house.objects[key]
        if self.headers.get("If-Match", mark) != mark and fault != "deaf":
            return self._refuse("PreconditionFailed")
        headers = {"ETag": mark, "Last_Modified": format_datetime(datetime(2026, 1, 1, 10, tzinfo=UTC), usegmt=True), "Accept_Ranges": "bytes"}
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", span)
        if found is None or fault == "no part":
            return self._send(200, data, fault, **headers)
        first, last = int(found[1]), min(int(found[2] or len(data)), len(data) - 1)
        if first >= len(data):
            return self._refuse("InvalidRange")
        return self._send(206, data[first : last + 1], fault, Content_Range=f"bytes {first}-{last}/{len(data)}", **headers)

    def _send(self, status: int, body: bytes, fault: str = "", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        if fault == "slow":
            self.wfile.write(body[:1])
            self.wfile.flush()
            self.house.go_on.wait(60)
            self.wfile.write(body[1:])
            return
        self.wfile.write(body)
