"""Secrets that have to be read again, such as a webhook's: encrypted, so that whoever has the database alone has none of them."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

MARK: Final = "sealed:"
"""What a sealed text begins with. One without it is from before there were seals."""
UNREADABLE: Final = "was sealed by another installation and cannot be read; enter it again, or bring back the file `secret` that belongs to this database"
"""Says what to do where something is `Unsealable`; goes on after what it is."""


class Unsealable(Exception):
    """A sealed text that this secret does not open, or that was changed."""


class Seal:
    """Seals texts with the secret of an installation, by Fernet: AES-128-CBC and HMAC-SHA-256 under a key that is derived from it.

    Sealed twice, the same text looks different.
    """

    def __init__(self, secret: bytes) -> None:
        """`secret` has to be hard to guess: nothing is added to it."""
        self._key = urlsafe_b64encode(sha256(b"sojourn seals\0" + secret).digest())

    def close(self, text: str) -> str:
        """The text sealed; an empty one stays empty, so that it can be told whether there is one."""
        # Not above: an installation without such secrets need not load it.
        from cryptography.fernet import Fernet

        return MARK + Fernet(self._key).encrypt(text.encode()).decode() if text else ""

    def open(self, kept: str) -> str:
        """What was sealed; a text without the mark comes back as it is. Errors: Unsealable."""
        if not kept.startswith(MARK):
            return kept
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(self._key).decrypt(kept.removeprefix(MARK)).decode()
        except (InvalidToken, ValueError):  # ValueError: letters that no token has
            raise Unsealable from None
