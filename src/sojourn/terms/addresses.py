"""Email addresses: the one spelling under which an address is suppressed, and the key that stands for it."""

import hmac
from contextlib import suppress


def canonical_address(address: str) -> str:
    """Local part as given, domain in lower case as A-labels (IDNA 2003), without a final dot; a text without @ as it is, stripped."""
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return domain
    domain = domain.rstrip(".").lower()
    with suppress(UnicodeError):  # no host name: suppressing its plain spelling still stops what is sent to that spelling
        domain = domain.encode("idna").decode("ascii").lower()
    return f"{local}@{domain}"


def suppression_key(salt: bytes, address: str) -> str:
    """Hex HMAC-SHA256 of the canonical address under the workspace's salt: it outlives the person's erasure and tells nobody the address."""
    return hmac.new(salt, canonical_address(address).encode("utf-8", "surrogatepass"), "sha256").hexdigest()
