"""Bluesky's Jetstream: a WebSocket of JSON events that goes on from a cursor.

Source: https://github.com/bluesky-social/jetstream (README).
"""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlencode

import websockets
from websockets.asyncio.client import connect

POSTS: Final = "app.bsky.feed.post"
LONGEST: Final = 1 << 20
CONNECT_SECONDS: Final = 15.0


async def listen(url: str, cursor: int) -> AsyncIterator[bytes]:
    """Events of posts, from those after `cursor` on (µs since 1970; 0 begins with now). The first is empty: the connection stands.

    Errors: ConnectionError with what went wrong; ends where the server ends it.
    """
    asked = {"wantedCollections": POSTS, **({"cursor": str(cursor)} if cursor else {})}
    address = f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"
    try:
        async with connect(address, max_size=LONGEST, open_timeout=CONNECT_SECONDS, ping_interval=20, ping_timeout=20, user_agent_header="Sojourn") as socket:
            yield b""
            async for message in socket:
                yield message.encode() if isinstance(message, str) else message
    except (websockets.WebSocketException, TimeoutError) as error:
        raise ConnectionError(f"the Jetstream server says: {error or 'no answer'}") from error
