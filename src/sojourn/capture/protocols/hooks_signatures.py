"""Signatures of webhooks: whether whoever sent a body knew the secret, by each vendor's published way. Comparisons take the same time whatever differs."""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Final

from sojourn.terms.hooks import GENERIC, META, SHOPIFY, STANDARD, STRIPE, TYPEFORM, WOOCOMMERCE, Hook
from sojourn.terms.time import SECOND, Millis

TOLERANCE_SECONDS: Final = 300
"""How far a signed time may lie from ours, both ways."""
SIGNATURES: Final = 10
"""Signatures of one call that are looked at; a vendor sends two while a secret changes."""

Headers = Mapping[bytes, bytes]


def trouble(hook: Hook, headers: Headers, body: bytes, now: Millis) -> str:
    """Why a call is not believed, in words for whoever set it up; empty where its signature is right.

    Source: the vendors' documentation, see docs/how-to/receive-webhooks.md
    """
    if not hook.secret:
        return "" if hook.kind == GENERIC else "this webhook has no secret yet"
    check = _CHECKS.get(hook.kind)
    return "this kind of webhook is not known" if check is None else check(hook.secret, headers, body, now)


def _sha256(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _same(said: bytes, right: bytes) -> bool:
    return hmac.compare_digest(said.strip(), right)


def _any_same(said: list[bytes], right: bytes) -> bool:
    """Whether one of them is right; all are looked at, so that time tells nothing."""
    return sum(_same(one, right) for one in said) > 0


def _of_body(header: bytes, prefix: bytes, encode: Callable[[bytes], bytes]) -> Callable[[str, Headers, bytes, Millis], str]:
    """The common way: one header with the HMAC-SHA256 of the body."""

    def check(secret: str, headers: Headers, body: bytes, _now: Millis) -> str:
        said = headers.get(header, b"")
        if not said:
            return f"the header {header.decode()} is missing"
        right = prefix + encode(_sha256(secret.encode(), body))
        return "" if _same(said, right) else f"{header.decode()} does not fit the body and the secret"

    return check


def _in_time(text: bytes, now: Millis) -> bool:
    return text.isdigit() and len(text) <= 12 and abs(int(text) * SECOND - now) <= TOLERANCE_SECONDS * SECOND


def _stripe(secret: str, headers: Headers, body: bytes, now: Millis) -> str:
    """`t=<seconds>,v1=<hex>[,v1=<hex>]`: HMAC of `<t>.<body>`."""
    pairs = [part.strip().partition(b"=") for part in headers.get(b"stripe-signature", b"")[:4096].split(b",")]
    at = next((value for name, _, value in pairs if name == b"t"), b"")
    said = [value for name, _, value in pairs if name == b"v1"][:SIGNATURES]
    if not at or not said:
        return "the header stripe-signature is missing or holds no t and v1"
    right = _sha256(secret.encode(), at + b"." + body).hex().encode()
    if not _any_same(said, right):
        return "stripe-signature does not fit the body and the secret"
    return "" if _in_time(at, now) else "the call was signed more than 5 minutes ago, or its time lies ahead: check the clocks"


def _standard(secret: str, headers: Headers, body: bytes, now: Millis) -> str:
    """`v1,<base64>` separated by spaces: HMAC of `<id>.<timestamp>.<body>`. The secret is `whsec_` and base64."""
    number = headers.get(b"webhook-id") or headers.get(b"svix-id", b"")
    at = headers.get(b"webhook-timestamp") or headers.get(b"svix-timestamp", b"")
    listed = (headers.get(b"webhook-signature") or headers.get(b"svix-signature", b""))[:4096].split()
    said = [one[3:] for one in listed if one.startswith(b"v1,")][:SIGNATURES]
    if not number or not at or not said:
        return "webhook-id, webhook-timestamp or webhook-signature with v1 is missing"
    key = standard_key(secret)
    if key is None:
        return "the secret is not whsec_ and base64"
    right = b64encode(_sha256(key, b".".join((number, at, body))))
    if not _any_same(said, right):
        return "webhook-signature does not fit the body and the secret"
    return "" if _in_time(at, now) else "the call was signed more than 5 minutes ago, or its time lies ahead: check the clocks"


def standard_key(secret: str) -> bytes | None:
    """The key in a secret of Standard Webhooks; None where it holds none."""
    text = secret.strip().removeprefix("whsec_")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _generic(secret: str, headers: Headers, body: bytes, now: Millis) -> str:
    """The secret itself as Bearer token or X-Webhook-Secret, or `sha256=<hex>` of the body as GitHub sends it."""
    if b"x-hub-signature-256" in headers:
        return _HUB(secret, headers, body, now)
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    said = headers.get(b"x-webhook-secret", b"") or (value if scheme.lower() == b"bearer" else b"")
    if not said:
        return "x-webhook-secret, a Bearer token or x-hub-signature-256 is missing"
    return "" if _same(said, secret.encode()) else "the secret that was sent is another one"


def _hex(digest: bytes) -> bytes:
    return digest.hex().encode()


_HUB: Final = _of_body(b"x-hub-signature-256", b"sha256=", _hex)
_CHECKS: Final[dict[str, Callable[[str, Headers, bytes, Millis], str]]] = {
    SHOPIFY: _of_body(b"x-shopify-hmac-sha256", b"", b64encode),
    WOOCOMMERCE: _of_body(b"x-wc-webhook-signature", b"", b64encode),
    TYPEFORM: _of_body(b"typeform-signature", b"sha256=", b64encode),
    META: _HUB,
    STRIPE: _stripe,
    STANDARD: _standard,
    GENERIC: _generic,
}
