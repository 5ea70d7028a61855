"""Streams: what is listened to outside of HTTP (a broker, a social network, a folder, a bucket), and how it is read."""

import re
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

import msgspec
from msgspec.structs import replace

from sojourn.terms.time import Millis

MQTT, MASTODON, BLUESKY, FOLDER, BUCKET = "mqtt", "mastodon", "bluesky", "folder", "bucket"
KINDS: Final[dict[str, str]] = {MQTT: "MQTT broker", MASTODON: "Mastodon", BLUESKY: "Bluesky", FOLDER: "Watched folder", BUCKET: "S3 bucket"}
"""Kind of a stream -> what to call it."""

READING: Final = "Reading"
DEVICE_FAULT: Final = "Device Fault"
MENTION: Final = "Mention"
MESSAGE_RECEIVED: Final = "Message Received"
JETSTREAM: Final = "wss://jetstream2.us-east.bsky.network/subscribe"

NAME: Final = re.compile(r"\{([a-z_]{1,40})\}")
"""A level of a topic that varies."""

# How a stream is.
CONNECTING, LIVE, TROUBLE, OFF = "connecting", "live", "trouble", "off"


class Topic(msgspec.Struct, frozen=True):
    """Which messages of a broker mean what. `pattern` is a topic with names in braces for its varying levels: `devices/{device}/{metric}`."""

    pattern: str
    event: str = READING


class Threshold(msgspec.Struct, frozen=True):
    """The range a metric should stay in. Leaving it and coming back always makes a fact; leaving it is a `Device Fault` where `fault` says so."""

    metric: str
    low: float | None = None
    high: float | None = None
    fault: bool = False


class MqttSettings(msgspec.Struct, frozen=True):
    """A broker. `identifier` is the type of the identifier that a device's id becomes; `every_seconds` and `dead_band` keep readings that say little away.

    `at_least_seconds` is after how long a reading is kept even though its value did not move.
    """

    url: str  # mqtt://user:password@host:1883, mqtts://…
    topics: tuple[Topic, ...] = ()
    version: int = 5  # 5, or 4 for MQTT 3.1.1
    identifier: str = "device"
    every_seconds: float = 60.0
    at_least_seconds: float = 3600.0
    dead_band: float = 0.0
    thresholds: tuple[Threshold, ...] = ()


class MastodonSettings(msgspec.Struct, frozen=True):
    """A Mastodon server's streams: the hashtags, or without any the public timeline. A post counts where it holds one of `words`."""

    url: str
    token: str = ""
    tags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class BlueskySettings(msgspec.Struct, frozen=True):
    """A Jetstream server. A post counts where it holds one of `words`."""

    words: tuple[str, ...]
    url: str = JETSTREAM


class FolderSettings(msgspec.Struct, frozen=True):
    """A folder under `inbox/` in the home of the installation; what its files hold is events, or contacts."""

    folder: str
    contacts: bool = False


class BucketSettings(msgspec.Struct, frozen=True):
    """A bucket that speaks S3; of its objects those whose key begins with `prefix`. `url` without one is Amazon's for the region.

    `path_style` says that the bucket stands in the path, else it stands before the host. Without a key nothing is signed, for public buckets.
    """

    bucket: str
    region: str
    url: str = ""
    prefix: str = ""
    access_key: str = ""
    secret: str = ""
    path_style: bool = True
    contacts: bool = False


def endpoint(settings: BucketSettings) -> str:
    """The address that a bucket is asked at."""
    return settings.url or f"https://s3.{settings.region}.amazonaws.com"


def in_own_network(address: str) -> bool:
    """Whether an IP address lies in a network of one's own, where the key of a bucket may travel unencrypted. Errors: ValueError for what is no address.

    Link-local ones do not count: clouds tell a machine's own keys there.
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return not (found.is_global or found.is_link_local)


Settings = MqttSettings | MastodonSettings | BlueskySettings | FolderSettings | BucketSettings
SETTINGS: Final[dict[str, type[Settings]]] = {
    MQTT: MqttSettings,
    MASTODON: MastodonSettings,
    BLUESKY: BlueskySettings,
    FOLDER: FolderSettings,
    BUCKET: BucketSettings,
}


_SECRETS: Final[dict[type[Settings], str]] = {MqttSettings: "url", MastodonSettings: "token", BucketSettings: "secret"}
"""The field that is or holds a secret: a broker's address holds its password."""


def with_secret(settings: Settings, turned: Callable[[str], str]) -> Settings:
    """The settings with their secret turned into something else, such as sealed or opened; as they are where they have none."""
    name = _SECRETS.get(type(settings))
    return replace(settings, **{name: turned(getattr(settings, name))}) if name is not None else settings


class Seen(msgspec.Struct, frozen=True):
    """A message or file as the page of a stream shows it: where it came from, its beginning, and what became of it."""

    at: Millis
    where: str
    text: str
    verdict: str


class Tally(msgspec.Struct):
    """What came in since the stream was made, in messages (of a folder: lines), and how many facts that gave."""

    received: int = 0
    kept: int = 0
    duplicates: int = 0
    sampled: int = 0
    refused: int = 0
    passed_over: int = 0  # posts without one of the words


def filters(topics: tuple[Topic, ...]) -> list[str]:
    """What to subscribe to: each once, and none that another one covers, because a broker may send a message once for each that fits."""
    all_ = list(dict.fromkeys(NAME.sub("+", topic.pattern) for topic in topics))
    return [one for one in all_ if not any(other != one and _covers(other.split("/"), one.split("/")) for other in all_)]


def _covers(wide: list[str], narrow: list[str]) -> bool:
    for place, level in enumerate(wide):
        if level == "#":
            return True
        if place >= len(narrow) or narrow[place] == "#" or (level not in ("+", narrow[place])):
            return False
    return len(wide) == len(narrow)


def pattern_trouble(pattern: str) -> str:
    """What is wrong with a topic's pattern, in a sentence; empty where nothing is."""
    bare = NAME.sub("+", pattern)
    if not pattern or len(pattern) > 255 or "\0" in pattern:
        return "A topic has 1 to 255 characters, such as devices/{device}/{metric}."
    if "{" in bare or "}" in bare:
        return f"In {pattern} a name in braces has small letters and _ only, such as {{device}}."
    for level in bare.split("/"):
        if ("+" in level or "#" in level) and len(level) > 1:
            return f"In {pattern} a name in braces, + or # must be a whole level between slashes."
    if "#" in bare[:-1]:
        return f"In {pattern} the # must be the last level."
    return ""
