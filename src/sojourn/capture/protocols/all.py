"""The protocols that the front door speaks, in the order in which a path is looked for."""

from typing import Final

from sojourn.capture.protocols import Protocol
from sojourn.capture.protocols.posthog import POSTHOG
from sojourn.capture.protocols.rudder import RUDDER
from sojourn.capture.protocols.segment import SEGMENT

PROTOCOLS: Final[tuple[Protocol, ...]] = (SEGMENT, RUDDER, POSTHOG)
