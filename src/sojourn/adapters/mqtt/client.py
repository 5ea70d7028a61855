"""Listening to an MQTT broker: messages come in handfuls and are acknowledged only when the caller says so."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import unquote, urlsplit

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

HANDFUL: Final = 500
QUEUED: Final = 20_000
"""Messages waiting here at most. With QoS 1 the broker sends no more than `UNACKNOWLEDGED`; only QoS 0 can flood, and then loses."""
UNACKNOWLEDGED: Final = 1_000
SESSION_SECONDS: Final = 7 * 86_400
CONNECT_SECONDS: Final = 10.0


class _Queue(asyncio.Queue[aiomqtt.Message]):
    """Counts what did not fit."""

    lost = 0

    def put_nowait(self, item: aiomqtt.Message) -> None:
        if self.full():
            self.lost += 1
        super().put_nowait(item)


class Listener:
    """An open session. `next` gives what came, `acknowledge` lets the broker forget it."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self._messages = aiter(client.messages)

    async def next(self) -> list[aiomqtt.Message]:
        """Wait for a message and take what came with it. Errors: ConnectionError."""
        try:
            handful = [await anext(self._messages)]
            while len(self._client.messages) and len(handful) < HANDFUL:
                handful.append(await anext(self._messages))
        except aiomqtt.MqttError as error:
            raise ConnectionError(f"the broker is gone: {error}") from error
        return handful

    def acknowledge(self, handful: list[aiomqtt.Message]) -> None:
        """Tell the broker that these are kept. One that is not told sends them again on the next connection."""
        for message in handful:
            if message.qos:
                self._client._client.ack(message.mid, message.qos)

    def lost(self) -> int:
        """QoS 0 messages that came faster than they could be taken, since the session began."""
        queue = self._client._queue
        return queue.lost if isinstance(queue, _Queue) else 0


@asynccontextmanager
async def listen(url: str, filters: list[str], identifier: str, version: int = 5) -> AsyncIterator[Listener]:
    """Subscribe with QoS 1 in a session that outlives the connection, so that what is sent meanwhile is not lost.

    `url` is mqtt[s]://user:password@host:port. Errors: ConnectionError, with what the broker said.
    """
    try:
        async with _client(url, identifier, version) as client:
            # paho acknowledges by itself as soon as a message is read; ours wait until they are durable.
            for topic in filters:
                options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB) if version == 5 else None
                await (client.subscribe(topic, options=options) if options else client.subscribe(topic, qos=1))
            yield Listener(client)
    except aiomqtt.MqttError as error:
        raise ConnectionError(f"the broker at {_host(url)} says: {error}") from error


def _client(url: str, identifier: str, version: int) -> aiomqtt.Client:
    parts = urlsplit(url)
    secure = parts.scheme == "mqtts"
    properties = None
    if version == 5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        properties.SessionExpiryInterval = SESSION_SECONDS
        properties.ReceiveMaximum = UNACKNOWLEDGED
    client = aiomqtt.Client(
        parts.hostname or "",
        parts.port or (8883 if secure else 1883),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        identifier=identifier,
        protocol=aiomqtt.ProtocolVersion.V5 if version == 5 else aiomqtt.ProtocolVersion.V311,
        clean_session=None if version == 5 else False,
        clean_start=False if version == 5 else 3,
        properties=properties,
        tls_context=ssl.create_default_context() if secure else None,
        timeout=CONNECT_SECONDS,
        keepalive=30,
        queue_type=_Queue,
        max_queued_incoming_messages=QUEUED,
    )
    client._client.manual_ack_set(True)
    return client


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (8883 if parts.scheme == 'mqtts' else 1883)}"
