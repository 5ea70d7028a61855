"""The closed list of limits at the front door; docs/reference/capture-http.md shows them and a test compares."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

BODY_BYTES: Final = 20 * MIB
"""A body, both as it comes over the wire and inflated."""
GZIP_RATIO: Final = 100
"""How many times a body may inflate, above `GZIP_RATIO_FLOOR`."""
GZIP_RATIO_FLOOR: Final = MIB
"""Below this inflated size the ratio is not looked at: a small and very regular body is no bomb."""
INFLATED_AT_ONCE: Final = 8 * KIB
"""Packed bodies larger than this are inflated by another thread."""
GZIP_MEMBERS: Final = 8
"""Gzip members in one body; more is a slow loop with little output."""
EVENT_BYTES: Final = MIB
BATCH_EVENTS: Final = 10_000
DEPTH: Final = 32
"""Levels of nesting inside properties, traits or context; deeper is set aside."""
DEPTH_READ: Final = 128
"""Levels beyond which an event is not even set aside but refused."""
PROPERTIES: Final = 1_000
"""Keys of one object anywhere in an event."""
KEY_CHARACTERS: Final = 256
ID_CHARACTERS: Final = 255
MESSAGE_ID_CHARACTERS: Final = 100
EVENT_NAME_CHARACTERS: Final = 200
TRAITS_BYTES: Final = 64 * KIB
QUARANTINE_BYTES: Final = 64 * KIB
"""What is kept of an event that is set aside."""
SAFE_INTEGER: Final = 2**53
"""Whole numbers as ids lie below it: above, clients that hold numbers as doubles confuse two ids."""

EVENT_NAMES: Final = 5_000
"""Different event names of one workspace, since the process started."""
EVENT_NAMES_BURST: Final = 1_000
"""A request that brings more names than this beyond `EVENT_NAMES` is refused whole; fewer are dropped one by one."""

BODY_SECONDS: Final = 10.0
"""A body must be complete after this time."""
BODY_RATE: Final = KIB
"""Bytes a second a dripping body must reach after `BODY_GRACE_SECONDS`."""
BODY_GRACE_SECONDS: Final = 2.0
BODY_SILENCE_SECONDS: Final = 5.0
"""A body that stopped this long before the deadline is shorter than it promised, not slow."""

QUEUE_ARRIVALS: Final = 5_000
"""Requests that may wait for a commit; beyond it senders are asked to come back."""
QUEUE_BYTES: Final = 64 * MIB
COMMIT_FACTS: Final = 20_000
"""Facts in one commit at most, so that nobody waits long behind a flood."""
RETRY_AFTER_SECONDS: Final = 2
"""What senders are told when the log or the queue is full."""
FLUSH_SECONDS: Final = 1.0
"""How often counts of requests that left nothing else are put on the log at most."""

LARGE_BYTES: Final = 128 * KIB
"""Bodies larger than this are taken in one after the other, so that small ones never wait for many of them."""
LANE_BYTES: Final = 128 * MIB
"""Such bodies, inflated, that may wait for each other; beyond it senders are asked to come back, since a few bytes on the wire can stand for many here."""
CALLS_AT_ONCE: Final = 100
"""Calls of one body taken in without looking after other requests in between."""
CALLS_BETWEEN: Final = 25
"""Of a body with more calls: so many before others are looked after, a millisecond or so."""
HELD_ANSWERS: Final = 1_000
"""Answers to bad requests that are held back at most; beyond it they are given at once and the connection is closed."""
HELD_SECONDS: Final = 8.0
"""The longest an answer is held back: less than clients wait for one."""
