"""Signature version 4, as S3 wants it: the path is encoded once, and nothing is sent in a body.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, whose examples are the tests.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

_NOTHING: Final = hashlib.sha256(b"").hexdigest()
_METHOD: Final = "AWS4-HMAC-SHA256"


def encoded(key: str) -> str:
    """A key as it stands in a path. Unlike in other addresses, `//` and `..` are letters like any other."""
    return quote(key, safe="/-_.~")


def query(asked: Mapping[str, str]) -> str:
    """The part after the question mark, in the order in which it is signed."""
    return "&".join(sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in asked.items()))


def signed(path: str, asked: str, headers: Mapping[str, str], access_key: str, secret: str, region: str, now: datetime) -> dict[str, str]:
    """The headers of a GET, signed: `path` and `asked` as they are sent, `headers` by small names with the host among them; `now` in UTC."""
    stamp, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"
    whole = {**headers, "x-amz-content-sha256": _NOTHING, "x-amz-date": stamp}
    names = ";".join(sorted(whole))
    request = "\n".join(["GET", path, asked, *(f"{name}:{whole[name].strip()}" for name in sorted(whole)), "", names, _NOTHING])
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join([_METHOD, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return {**whole, "authorization": f"{_METHOD} Credential={access_key}/{scope},SignedHeaders={names},Signature={signature}"}
