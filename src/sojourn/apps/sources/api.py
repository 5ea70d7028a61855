"""What other apps may ask of sources."""

from sojourn.apps.sources.actions import create_source, set_enabled
from sojourn.apps.sources.debugger import Newest, masked, newest_told, newest_visitor, payload_text
from sojourn.apps.sources.origins import Origin
from sojourn.apps.sources.origins import register as register_origins
from sojourn.apps.sources.queries import SourceLine, aside_count, list_sources, quarantined, waiting_for

__all__ = [
    "Newest",
    "Origin",
    "SourceLine",
    "aside_count",
    "create_source",
    "list_sources",
    "masked",
    "newest_told",
    "newest_visitor",
    "payload_text",
    "quarantined",
    "register_origins",
    "set_enabled",
    "waiting_for",
]
