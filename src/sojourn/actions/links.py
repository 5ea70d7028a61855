"""Links in messages: sealed tokens to unsubscribe, to count a click, to bring a cart back. They tell their reader nothing and cannot be forged."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b, sha256
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from sojourn.terms.ids import FactId, PersonId
from sojourn.terms.refusals import Code, Refusal

SaltOf = Callable[[int], bytes | None]
"""The salt of a workspace, None where there is no such workspace."""

LONGEST_TOKEN: Final = 8_192
LONGEST_URL: Final = 4_000
_SEAL: Final = 16


class Unsubscribe(msgspec.Struct, frozen=True, array_like=True):
    """Who asks not to be written to any more, for which purpose, because of which message."""

    workspace: int
    person: PersonId
    purpose: str
    address: str
    intent: str = ""


class Click(msgspec.Struct, frozen=True, array_like=True):
    """Which message a click came from, and where it goes."""

    workspace: int
    intent: str
    url: str
    person: PersonId = 0
    link: str = ""  # which of the message's links: cart, …


class Cart(msgspec.Struct, frozen=True, array_like=True):
    """Which cart a shop is asked to bring back."""

    workspace: int
    intent: str
    episode: FactId
    cart_id: str = ""


def unsubscribe_url(public_url: str, salt: bytes, what: Unsubscribe) -> str:
    """The address of one-click unsubscribing. It never expires."""
    return f"{public_url.rstrip('/')}/u/{_seal(salt, 'unsubscribe', what.workspace, what)}"


def click_url(public_url: str, salt: bytes, what: Click) -> str:
    """The address that counts a click and leads to `what.url`. Errors: Refusal(BAD_VALUE) where that is no http or https address."""
    if not is_web_address(what.url):
        raise Refusal(Code.BAD_VALUE, f"a link in a message must begin with http:// or https://, not {what.url[:60]!r}")
    return f"{public_url.rstrip('/')}/l/{_seal(salt, 'click', what.workspace, what)}"


def cart_url(target: str, salt: bytes, what: Cart, campaign: str, template: str, extra: dict[str, str] | None = None) -> str:
    """The shop's own address with `sojourn_cart` (what to bring back), utm parameters and `extra` in its query; what else the query held stays.

    Errors: Refusal(BAD_VALUE) where the target is no http or https address.
    """
    if not is_web_address(target):
        raise Refusal(Code.BAD_VALUE, f"the cart's address must begin with http:// or https://, not {target[:60]!r}")
    added = {
        "sojourn_cart": _seal(salt, "cart", what.workspace, what),
        "utm_source": "sojourn",
        "utm_medium": "email",
        "utm_campaign": campaign,
        "utm_content": template,
        **(extra or {}),
    }
    parts = urlsplit(target)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in added]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added.items()])))


def verify_unsubscribe(salt_of: SaltOf, token: str) -> Unsubscribe | None:
    """What an unsubscribe token says; None where it is not ours."""
    return _open(salt_of, "unsubscribe", token, Unsubscribe)


def verify_click(salt_of: SaltOf, token: str) -> Click | None:
    """What a click token says; None where it is not ours, or leads anywhere but to http and https."""
    click = _open(salt_of, "click", token, Click)
    return click if click is not None and is_web_address(click.url) else None


def verify_cart(salt_of: SaltOf, token: str) -> Cart | None:
    """What a `sojourn_cart` token says; None where it is not ours."""
    return _open(salt_of, "cart", token, Cart)


def is_web_address(url: str) -> bool:
    """Whether a text is an absolute http or https address with a host, without control characters, blanks or credentials."""
    if not 0 < len(url) <= LONGEST_URL or any(ord(c) <= 32 or ord(c) == 127 or c in '\\"<>' for c in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        return False


# -- sealing: a keyed digest of the content is both its proof and the start of its keystream (deterministic, nothing to store, nothing to expire)

_T = TypeVar("_T", Unsubscribe, Click, Cart)


def _key(salt: bytes, use: str, part: str) -> bytes:
    return hmac.new(salt, f"sojourn {use} {part}".encode(), sha256).digest()


def _proof(salt: bytes, use: str, plain: bytes) -> bytes:
    return hmac.new(_key(salt, use, "proof"), plain, sha256).digest()[:_SEAL]


def _seal(salt: bytes, use: str, workspace: int, what: Any) -> str:
    plain = msgspec.msgpack.encode(what)
    proof = _proof(salt, use, plain)
    packed = proof + _veil(_key(salt, use, "veil"), proof, plain)
    return f"{workspace}.{urlsafe_b64encode(packed).decode().rstrip('=')}"


def _open(salt_of: SaltOf, use: str, token: str, kind: type[_T]) -> _T | None:
    number, _, text = token.partition(".")
    if len(token) > LONGEST_TOKEN or not text.isascii() or not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return None
    salt = salt_of(int(number))
    if salt is None:
        return None
    try:
        packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    proof = packed[:_SEAL]
    plain = _veil(_key(salt, use, "veil"), proof, packed[_SEAL:])
    if not hmac.compare_digest(_proof(salt, use, plain), proof):
        return None
    try:
        found = msgspec.msgpack.decode(plain, type=kind)
    except msgspec.MsgspecError:
        return None
    return found if found.workspace == int(number) else None


def _veil(key: bytes, proof: bytes, text: bytes) -> bytes:
    """Exclusive-or with a keystream that depends on the content's proof; doing it twice gives the text back."""
    stream = b"".join(blake2b(block.to_bytes(4, "big") + proof, key=key, digest_size=64).digest() for block in range((len(text) + 63) // 64))
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))
