"""What a source is. It decides which set-up instructions are shown first, and nothing else."""

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
