"""What a source is. It decides which set-up instructions are shown first, and nothing else."""

from dataclasses import dataclass
from typing import Final

WEBSITE: Final = "website"
KINDS: Final[dict[str, str]] = {WEBSITE: "Website", "server": "Server", "app": "Mobile app", "other": "Something else"}
"""Kind -> what to call it."""

MEANS: Final[dict[str, str]] = {
    WEBSITE: "A shop or site that people open in a browser.",
    "server": "Your backend: orders, payments, shipments.",
    "app": "An iOS, Android or React Native app.",
    "other": "A till, a sensor, a script: anything that can send HTTP.",
}
ICONS: Final[dict[str, str]] = {WEBSITE: "world", "server": "server", "app": "device-mobile", "other": "plug"}


@dataclass(frozen=True, slots=True)
class Client:
    """A client that can stay as it is: what it calls its key, an example, and how capture names it (`prefix` before a site id; empty for a key as it is)."""

    title: str
    asks: str
    example: str
    prefix: str = ""


CLIENTS: Final[dict[str, Client]] = {
    "segment": Client("Segment", "write key", "a1B2c3D4e5F6g7H8"),
    "rudderstack": Client("RudderStack", "write key", "2Fp0Ad9qnW1"),
    "posthog": Client("PostHog", "project API key", "phc_x7Yq…"),
    "matomo": Client("Matomo", "site id", "1", "matomo:"),
    "plausible": Client("Plausible", "domain or pa-… id", "shop.example", "plausible:"),
    "umami": Client("Umami", "website id", "94db1cb1-74f4-4a40-ad6c-962362670409", "umami:"),
    "snowplow": Client("Snowplow", "app id", "shop", "snowplow:"),
}
"""Kind of client -> what stands in its settings."""
