"""What a workspace says about its mail."""

from typing import Final
from urllib.parse import urlsplit

import msgspec


class MailSettings(msgspec.Struct, frozen=True):
    """The mail settings of one workspace, as compose, links and courier need them."""

    workspace: int
    salt: bytes  # 32 random bytes of the workspace: signs links
    public_url: str  # https://… under which recipients reach us; links start with it
    from_name: str = "Your shop"
    from_email: str = ""  # empty: no-reply@ the host of public_url, good for the built-in mailbox only
    reply_to: str = ""
    postal_address: str = ""  # the sender's, printed in every message; the law asks for it in many places
    cart_url: str = ""  # where a cart can be gone back to; once it is set, links lead to its host and hosts below it only
    free_shipping_code: str = ""  # printed in the free-shipping message when the shop needs a code for it
    paused: bool = False

    @property
    def sender(self) -> str:
        """The address mail comes from."""
        host = urlsplit(self.public_url).hostname or FALLBACK_HOST
        return self.from_email or f"no-reply@{host if any(c.isalpha() for c in host) and ':' not in host else FALLBACK_HOST}"

    def may_link_to(self, url: str) -> bool:
        """Whether a message may lead there. Carts' addresses come with events, and anybody may send events with a public write key."""
        home = (urlsplit(self.cart_url).hostname or "").removeprefix("www.")
        host = urlsplit(url).hostname or ""
        return not home or host == home or host.endswith("." + home)

    @property
    def sending_domain(self) -> str:
        """The domain of the sender, which is also that of Message-IDs."""
        return self.sender.rpartition("@")[2]


FALLBACK_HOST: Final = "localhost"
