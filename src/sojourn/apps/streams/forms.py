"""What is typed to make or change a stream: read, checked, and shown again without its secrets."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.streams import (
    BLUESKY,
    BUCKET,
    DEVICE_FAULT,
    FOLDER,
    JETSTREAM,
    MASTODON,
    MQTT,
    READING,
    BlueskySettings,
    BucketSettings,
    FolderSettings,
    MastodonSettings,
    MqttSettings,
    Settings,
    Threshold,
    Topic,
    in_own_network,
    pattern_trouble,
)

HIDDEN: Final = "••••••"
"""Stands for a secret that is kept; given back it means the one before."""
MOST_LINES: Final = 100
LONGEST: Final = 2_000
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_FOLDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RANGE: Final = re.compile(r"([^\s<>]{1,100})(?:\s*<\s*(-?\d+(?:\.\d+)?))?(?:\s*>\s*(-?\d+(?:\.\d+)?))?(?:\s+(fault))?")
_ARROW: Final = re.compile(r"\s*(?:=>|->|→)\s*")

Typed = Mapping[str, str]
FRESH: Final[dict[str, dict[str, str]]] = {
    MQTT: {
        "url": "", "topics": f"devices/{{device}}/fault => {DEVICE_FAULT}\ndevices/{{device}}/{{metric}} => {READING}", "identifier": "device", "version": "5",
        "every": "60", "at_least": "3600", "band": "", "thresholds": "",
    },
    MASTODON: {"url": "", "token": "", "tags": "", "words": ""},
    BLUESKY: {"url": JETSTREAM, "words": ""},
    FOLDER: {"folder": "", "holds": "events"},
    BUCKET: {"bucket": "", "region": "", "url": "", "prefix": "", "key": "", "secret": "", "style": "path", "http": "", "holds": "events"},
}  # fmt: skip
"""Kind -> what its form holds at first."""


def read(kind: str, typed: Typed, before: Settings | None = None) -> Settings:
    """The settings that were typed; `before` gives the secrets that are shown as dots. Errors: BAD_VALUE."""
    reader = _READERS.get(kind)
    if reader is None:
        raise Refusal(Code.BAD_VALUE, f"A stream is one of {', '.join(_READERS)}.")
    if any(len(value) > LONGEST * 10 for value in typed.values()):
        raise Refusal(Code.BAD_VALUE, "That is too long.")
    return reader(typed, before)


def shown(settings: Settings) -> dict[str, str]:
    """Settings as the form shows them."""
    if isinstance(settings, MqttSettings):
        return {
            "url": _hidden(settings.url), "topics": "\n".join(f"{topic.pattern} => {topic.event}" for topic in settings.topics),
            "identifier": settings.identifier, "version": str(settings.version), "every": f"{settings.every_seconds:g}",
            "at_least": f"{settings.at_least_seconds:g}", "band": f"{settings.dead_band:g}" if settings.dead_band else "",
            "thresholds": "\n".join(map(_range_text, settings.thresholds)),
        }  # fmt: skip
    if isinstance(settings, MastodonSettings):
        return {
            "url": settings.url,
            "token": HIDDEN if settings.token else "",
            "tags": " ".join(f"#{tag}" for tag in settings.tags),
            "words": "\n".join(settings.words),
        }
    if isinstance(settings, BlueskySettings):
        return {"url": settings.url, "words": "\n".join(settings.words)}
    if isinstance(settings, BucketSettings):
        return {
            "bucket": settings.bucket, "region": settings.region, "url": settings.url, "prefix": settings.prefix, "key": settings.access_key,
            "secret": HIDDEN if settings.secret else "", "style": "path" if settings.path_style else "host",
            "http": "on" if settings.url.startswith("http:") else "", "holds": "contacts" if settings.contacts else "events",
        }  # fmt: skip
    return {"folder": settings.folder, "holds": "contacts" if settings.contacts else "events"}


def _mqtt(typed: Typed, before: Settings | None) -> MqttSettings:
    url = _address(typed.get("url", ""), ("mqtt", "mqtts"), "mqtts://user:password@broker.example:8883", before.url if isinstance(before, MqttSettings) else "")
    lines = _lines(typed.get("topics", ""))
    topics = []
    for line in lines:
        pattern, event = (*_ARROW.split(line, maxsplit=1), "")[:2]
        trouble = pattern_trouble(pattern)
        if trouble:
            raise Refusal(Code.BAD_VALUE, trouble)
        if len(event) > 200:
            raise Refusal(Code.BAD_VALUE, "An event's name has at most 200 characters.")
        topics.append(Topic(pattern, event or READING))
    if not topics:
        raise Refusal(Code.BAD_VALUE, "Name at least one topic, such as devices/{device}/{metric} => Reading.")
    identifier = typed.get("identifier", "").strip() or "device"
    if not _WORD.fullmatch(identifier) or identifier in ("email", "phone", "user_id", "anonymous_id"):
        raise Refusal(Code.BAD_VALUE, "The type of identifier is one word, such as device or serial, and none of email, phone, user_id, anonymous_id.")
    if typed.get("version") not in ("5", "4"):
        raise Refusal(Code.BAD_VALUE, "The version is 5, or 4 for MQTT 3.1.1.")
    every, at_least, band = (
        _number(typed.get(name, ""), what) for name, what in (("every", "seconds"), ("at_least", "seconds"), ("band", "units of the value"))
    )
    thresholds = tuple(_threshold(line) for line in _lines(typed.get("thresholds", "")))
    return MqttSettings(url, tuple(topics), int(typed["version"]), identifier, every, at_least, band, thresholds)


def _threshold(line: str) -> Threshold:
    found = _RANGE.fullmatch(line)
    low, high = (None if found is None or found[place] is None else float(found[place]) for place in (2, 3))
    if found is None or (low is None and high is None):
        raise Refusal(Code.BAD_VALUE, f"A threshold is written as temperature < 2 > 8 fault; {line[:60]} is not.")
    if low is not None and high is not None and low > high:
        raise Refusal(Code.BAD_VALUE, f"In {line[:60]} the lower bound lies above the upper one.")
    return Threshold(found[1], low, high, found[4] is not None)


def _range_text(threshold: Threshold) -> str:
    low = "" if threshold.low is None else f" < {threshold.low:g}"
    high = "" if threshold.high is None else f" > {threshold.high:g}"
    return f"{threshold.metric}{low}{high}{' fault' if threshold.fault else ''}"


def _mastodon(typed: Typed, before: Settings | None) -> MastodonSettings:
    url = _address(typed.get("url", ""), ("https", "http"), "https://mastodon.social", "")
    token = typed.get("token", "").strip()
    if token == HIDDEN:
        token = before.token if isinstance(before, MastodonSettings) and before.url == url else ""
    if len(token) > 500 or not token.isascii() or any(c.isspace() or not c.isprintable() for c in token):
        raise Refusal(Code.BAD_VALUE, "A token is one word, as the server shows it.")
    tags = tuple(dict.fromkeys(tag.lstrip("#").lower() for tag in typed.get("tags", "").replace(",", " ").split()))
    if any(not tag or len(tag) > 100 or "/" in tag for tag in tags) or len(tags) > 20:
        raise Refusal(Code.BAD_VALUE, "Name at most 20 hashtags, such as #hellblick #lamps.")
    words = _words(typed.get("words", ""))
    if not tags and not words:
        raise Refusal(Code.BAD_VALUE, "Name a hashtag or a word to watch for: the whole public timeline is nobody's mention.")
    return MastodonSettings(url.rstrip("/"), token, tags, words)


def _bluesky(typed: Typed, before: Settings | None) -> BlueskySettings:
    words = _words(typed.get("words", ""))
    if not words:
        raise Refusal(Code.BAD_VALUE, "Name at least one word to watch for, such as your brand's name.")
    return BlueskySettings(words, _address(typed.get("url", "") or JETSTREAM, ("wss", "ws"), JETSTREAM, ""))


def _folder(typed: Typed, before: Settings | None) -> FolderSettings:
    folder = typed.get("folder", "").strip()
    if not _FOLDER.fullmatch(folder):
        raise Refusal(Code.BAD_VALUE, "A folder's name is one word of letters, digits, dots, - and _, such as orders.")
    return FolderSettings(folder, typed.get("holds") == "contacts")


def _bucket(typed: Typed, before: Settings | None) -> BucketSettings:
    bucket, region, url, prefix, key, secret = (typed.get(name, "").strip() for name in ("bucket", "region", "url", "prefix", "key", "secret"))
    if not _BUCKET.fullmatch(bucket):
        raise Refusal(Code.BAD_VALUE, "A bucket's name has 2 to 63 letters, digits, dots and -, such as shop-exports; folders in it belong into the prefix.")
    if not _REGION.fullmatch(region):
        raise Refusal(Code.BAD_VALUE, "Enter the bucket's region, such as eu-central-1; auto at R2, us-east-1 at MinIO unless it was set otherwise.")
    if url:
        url = _unencrypted(_address(url, ("https", "http"), "https://s3.eu-central-1.amazonaws.com", "").rstrip("/"), typed.get("http") == "on")
        if urlsplit(url).username is not None or urlsplit(url).query:
            raise Refusal(Code.BAD_VALUE, "The address is a host's alone; the key and the secret have fields of their own.")
    if len(prefix.encode()) > 900 or not prefix.isprintable():
        raise Refusal(Code.BAD_VALUE, "A prefix is the beginning of the objects' names, such as exports/orders/.")
    same = isinstance(before, BucketSettings) and (before.url, before.region, before.access_key) == (url, region, key)
    if secret == HIDDEN:
        if not same:
            raise Refusal(Code.BAD_VALUE, "Type the secret too when the address, the region or the access key changes.")
        secret = before.secret if isinstance(before, BucketSettings) else ""
    if bool(key) != bool(secret):
        raise Refusal(Code.BAD_VALUE, "An access key has a secret; leave both empty for a public bucket only.")
    if any(len(word) > 500 or not word.isascii() or not word.isprintable() or " " in word for word in (key, secret)):
        raise Refusal(Code.BAD_VALUE, "An access key and its secret are one word each, as the server shows them.")
    return BucketSettings(bucket, region, url, prefix, key, secret, typed.get("style", "path") != "host", typed.get("holds") == "contacts")


def _unencrypted(url: str, wanted: bool) -> str:
    """An address as it is, unless it is unencrypted without that being wanted, or leads out of one's own network."""
    if not url.startswith("http:"):
        return url
    if not wanted:
        raise Refusal(Code.BAD_VALUE, "http:// is not encrypted: write https://, or say that the host is in your own network.")
    address = urlsplit(url).hostname or ""
    try:
        own = in_own_network(address)
    except ValueError:
        return url  # a name; where it leads is looked at when it is called
    if not own:
        raise Refusal(Code.BAD_VALUE, f"{address} lies outside of your own network, where the key must not travel unencrypted: write https://.")
    return url


def _address(text: str, schemes: tuple[str, ...], example: str, before: str) -> str:
    plain = text.strip()
    if HIDDEN in plain and before:
        password = urlsplit(before).password or ""
        plain = plain.replace(HIDDEN, password)
        if _host(plain) != _host(before):
            raise Refusal(Code.BAD_VALUE, "Type the password too when the address changes.")
    if _host(plain) is None or urlsplit(plain).scheme not in schemes or len(plain) > LONGEST or not plain.isprintable() or " " in plain or HIDDEN in plain:
        raise Refusal(Code.BAD_VALUE, f"The address is written as {example}.")
    return plain


def _host(url: str) -> tuple[str, int | None] | None:
    try:
        parts = urlsplit(url)
        return (parts.hostname, parts.port) if parts.hostname else None
    except ValueError:
        return None


def _hidden(url: str) -> str:
    parts = urlsplit(url)
    if not parts.password:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:{HIDDEN}@{host}"))


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise Refusal(Code.BAD_VALUE, f"That are {len(lines)} lines; at most {MOST_LINES} are taken.")
    return lines


def _words(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(_lines(text)))
    if any(not 2 <= len(word) <= 100 for word in words):
        raise Refusal(Code.BAD_VALUE, "A word to watch for has 2 to 100 characters; write one a line.")
    return words


def _number(text: str, what: str) -> float:
    plain = text.strip() or "0"
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", plain):
        raise Refusal(Code.BAD_VALUE, f"{plain[:40]} is not a number of {what}, such as 60 or 0.5.")
    return float(plain)


_READERS: Final[dict[str, Callable[[Typed, Settings | None], Settings]]] = {
    MQTT: _mqtt,
    MASTODON: _mastodon,
    BLUESKY: _bluesky,
    FOLDER: _folder,
    BUCKET: _bucket,
}
