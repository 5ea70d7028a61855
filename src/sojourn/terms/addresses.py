"""Email addresses: the one spelling under which an address is suppressed, and the key that stands for it."""

import hmac
from contextlib import suppress
from typing import Final

_RESERVED: Final = (".example", ".test", ".invalid", ".localhost", ".example.com", ".example.net", ".example.org")
"""Names that are nobody's and never will be (RFC 2606, RFC 6761)."""


def canonical_address(address: str) -> str:
    """Local part as given, domain in lower case as A-labels (IDNA 2003), without a final dot; a text without @ as it is, stripped."""
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return domain
    domain = domain.rstrip(".").lower()
    with suppress(UnicodeError):  # no host name: suppressing its plain spelling still stops what is sent to that spelling
        domain = domain.encode("idna").decode("ascii").lower()
    return f"{local}@{domain}"


def is_reserved(address: str) -> bool:
    """Whether the address is at a name kept for examples and tests, at which nobody can get mail."""
    return f".{canonical_address(address).rpartition('@')[2]}".endswith(_RESERVED)


def suppression_key(salt: bytes, address: str) -> str:
    """Hex HMAC-SHA256 of the canonical address under the workspace's salt: it outlives the person's erasure and tells nobody the address."""
    return hmac.new(salt, canonical_address(address).encode("utf-8", "surrogatepass"), "sha256").hexdigest()
