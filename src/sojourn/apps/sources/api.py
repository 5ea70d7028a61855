"""What other apps may ask of sources."""

from sojourn.apps.sources.actions import create_source, set_enabled
from sojourn.apps.sources.debugger import masked, newest_visitor, payload_text
from sojourn.apps.sources.queries import SourceLine, list_sources, quarantined

__all__ = ["SourceLine", "create_source", "list_sources", "masked", "newest_visitor", "payload_text", "quarantined", "set_enabled"]
