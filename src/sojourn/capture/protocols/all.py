"""The protocols that the front door speaks, in the order in which a path is looked for."""

from typing import Final

from sojourn.capture.protocols import Protocol
from sojourn.capture.protocols.cloudevents import CLOUDEVENTS
from sojourn.capture.protocols.hooks import HOOKS
from sojourn.capture.protocols.matomo import MATOMO
from sojourn.capture.protocols.pixel import PIXEL
from sojourn.capture.protocols.plausible import PLAUSIBLE
from sojourn.capture.protocols.posthog import POSTHOG
from sojourn.capture.protocols.rudder import RUDDER
from sojourn.capture.protocols.segment import SEGMENT
from sojourn.capture.protocols.snowplow import SNOWPLOW
from sojourn.capture.protocols.umami import UMAMI

PROTOCOLS: Final[tuple[Protocol, ...]] = (SEGMENT, RUDDER, POSTHOG, SNOWPLOW, MATOMO, PLAUSIBLE, UMAMI, CLOUDEVENTS, PIXEL, HOOKS)
