"""Listening to social networks: posts that hold a word, or carry a hashtag, become mentions of their authors."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from sojourn.capture.streams import posts
from sojourn.capture.streams.posts import Words
from sojourn.runtime.stream_tap import Tap
from sojourn.terms.posts import Post
from sojourn.terms.streams import LIVE, BlueskySettings, MastodonSettings

REWIND_MICROSECONDS: Final = 5_000_000
"""Jetstream orders events by when it saw them; a few seconds again cost nothing, since each post counts once."""


async def mastodon(tap: Tap) -> None:
    """One connection for each hashtag, or one for the public timeline. Ends when one of them does. Errors: ConnectionError, Full."""
    settings = tap.stream.settings
    assert isinstance(settings, MastodonSettings), "a Mastodon server's settings"
    try:
        async with asyncio.TaskGroup() as group:
            for tag in settings.tags or ("",):
                group.create_task(_timeline(tap, settings, tag))
    except ExceptionGroup as several:
        raise several.exceptions[0] from None


async def _timeline(tap: Tap, settings: MastodonSettings, tag: str) -> None:
    from sojourn.adapters.social.mastodon import listen

    words = Words(settings.words)
    host = urlsplit(settings.url).hostname or ""
    async for event, data in listen(settings.url, settings.token, tag):
        if event == "open":
            tap.is_(LIVE)
            continue
        post = posts.mastodon(event, data, host)
        if post is not None:
            _take(tap, post, words)
    raise ConnectionError(f"{host} ended the stream")


async def bluesky(tap: Tap) -> None:
    """Follow Jetstream from where it was left. Errors: ConnectionError, Full."""
    from sojourn.adapters.social.jetstream import listen

    settings = tap.stream.settings
    assert isinstance(settings, BlueskySettings), "a Jetstream server's settings"
    words = Words(settings.words)
    cursor = int(tap.stream.cursor) if tap.stream.cursor.isdigit() else 0
    async for data in listen(settings.url, max(0, cursor - REWIND_MICROSECONDS)):
        if not data:
            tap.is_(LIVE)
            continue
        event = posts.jetstream(data)
        if event is None:
            continue
        if event.post is not None:
            _take(tap, event.post, words)
        # Behind what is durable, never ahead of it.
        tap.stream.cursor = str(max(event.cursor, cursor))
        tap.tell()


def _take(tap: Tap, post: Post, words: Words) -> None:
    tap.stream.tally.received += 1
    calls = posts.mention(post, words)
    if not calls:
        tap.stream.tally.passed_over += 1
        return
    verdicts = tap.take(calls)
    tap.saw(post.handle or post.author, post.text, verdicts[0])
    tap.tell()
