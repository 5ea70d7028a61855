"""What can go wrong with a bucket, each said with what to do about it."""

import os
import socket
import ssl
from http.client import HTTPException
from typing import Final

from sojourn.terms.streams import BucketSettings


class Unreachable(ConnectionError):
    """Nothing of the bucket can be read now: the address, the key, the network or the server."""


class Withheld(OSError):
    """This object is not given out, or not now; others may be."""


class Vanished(OSError):
    """This object is no longer there."""


class Changed(OSError):
    """This object is no longer what the list said; the next list tells what it is."""


_ALL: Final = {
    "InvalidAccessKeyId": "{host} does not know the access key; type the one it gave you",
    "SignatureDoesNotMatch": "the secret does not belong to the access key; type it again",
    "NoSuchBucket": "there is no bucket named {bucket} at {host}",
    "InvalidBucketName": "{bucket} is no name of a bucket at {host}",
    "RequestTimeTooSkewed": "the clock of this machine and that of {host} differ by more than 15 minutes; set this machine's",
    "SlowDown": "{host} asks for fewer requests",
    "ServiceUnavailable": "{host} asks for fewer requests",
    "ExpiredToken": "the access key is no longer valid; make another one",
    "AccountProblem": "{host} says that the account has a problem",
}
_REGION: Final = (
    "AuthorizationHeaderMalformed",
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationQueryParametersError",
    "IllegalLocationConstraintException",
)


def refused(settings: BucketSettings, host: str, status: int, code: str, message: str, region: str, key: str) -> OSError:
    """What an answer that refuses means. `code`, `message` and `region` are S3's own words, or empty."""
    if code in _ALL:
        return Unreachable(_ALL[code].format(host=host, bucket=settings.bucket))
    if code in _REGION and region and region != settings.region:
        return Unreachable(f"the bucket lies in the region {region[:40]}; enter that instead of {settings.region}")
    if code in _REGION:
        return Unreachable(f"{host} sends elsewhere; enter the address and the region of the bucket itself")
    if key and code == "InvalidObjectState":
        return Withheld(f"{key} lies in an archive; restore it first")
    if key and status == 200:
        return Withheld(f"{host} gives objects only as a whole, not in parts")
    if status in (401, 403) and not settings.access_key:
        return Unreachable(f"{settings.bucket} is not public; enter an access key")
    if key and status == 403:
        return Withheld(f"the key may not read {key}; allow s3:GetObject")
    if status in (401, 403):
        return Unreachable(f"the key may not list {settings.bucket}; allow s3:ListBucket")
    said = " ".join(f"{status} {code} {message}".split())[:120]
    return (Withheld if key else Unreachable)(f"{host} answers {said}")


def why(error: BaseException) -> str:
    """What is wrong with a connection, after the name of the host."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that is not trusted here: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "does not speak TLS there; is the port right?"
    if isinstance(error, TimeoutError):
        return "does not answer"
    if isinstance(error, socket.gaierror):
        return "cannot be found: there is no such name"
    if isinstance(error, HTTPException | ConnectionResetError | BrokenPipeError):
        return "broke off in the middle of an answer"
    number = error.errno if isinstance(error, OSError) else None
    return f"cannot be reached: {os.strerror(number) if number else error}"
