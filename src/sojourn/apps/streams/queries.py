"""What can be read of streams."""

from dataclasses import dataclass

import msgspec
from django.conf import settings

from sojourn.apps.streams.models import Stream
from sojourn.terms.seals import Unsealable
from sojourn.terms.streams import KINDS, LIVE, SETTINGS, TROUBLE, Seen, Settings, Tally, with_secret
from sojourn.terms.time import Millis

ICONS = {"mqtt": "cpu", "mastodon": "message-circle", "bluesky": "message-circle", "folder": "folder", "bucket": "bucket"}
_DOTS = {LIVE: "good", TROUBLE: "bad"}


@dataclass(frozen=True, slots=True)
class StreamLine:
    """A stream with how it is. `tally` counts since the stream was made; `seen` are its newest messages, the newest first."""

    id: int
    name: str
    kind: str
    kind_title: str
    icon: str
    source: int
    enabled: bool
    state: str
    dot: str
    words: str
    told_at: Millis
    tally: Tally
    seen: list[Seen]


def list_streams(workspace: int) -> list[StreamLine]:
    """All streams of a workspace, the oldest first."""
    return [line(stream) for stream in Stream.objects.filter(workspace_id=workspace).order_by("pk")]


def settings_of(stream: Stream) -> Settings:
    """The settings of a stream; without its password where that cannot be read."""
    return with_secret(_kept(stream), _opened)


def readable(stream: Stream) -> bool:
    """Whether its password can be read, or it has none."""
    try:
        with_secret(_kept(stream), settings.SEAL.open)
    except Unsealable:
        return False
    return True


def _kept(stream: Stream) -> Settings:
    return msgspec.json.decode(stream.settings, type=SETTINGS[stream.kind])


def _opened(kept: str) -> str:
    try:
        return str(settings.SEAL.open(kept))
    except Unsealable:
        return ""


def line(stream: Stream) -> StreamLine:
    """How a stream is."""
    return StreamLine(
        id=stream.pk,
        name=stream.name,
        kind=stream.kind,
        kind_title=KINDS.get(stream.kind, stream.kind),
        icon=ICONS.get(stream.kind, "plug"),
        source=stream.source_id,
        enabled=stream.enabled,
        state=stream.state if stream.enabled else "off",
        dot=_DOTS.get(stream.state, "warn") if stream.enabled else "off",
        words=_words(stream),
        told_at=stream.told_at,
        tally=msgspec.json.decode(stream.tally, type=Tally),
        seen=msgspec.json.decode(stream.seen, type=list[Seen])[::-1],
    )


def _words(stream: Stream) -> str:
    if not stream.enabled:
        return "Switched off."
    if stream.trouble:
        return stream.trouble
    return "Listening." if stream.state == LIVE else "Connecting; this takes a few seconds."
