"""What other apps may ask of sources."""

from sojourn.apps.sources.actions import create_source, set_enabled
from sojourn.apps.sources.debugger import newest_visitor
from sojourn.apps.sources.queries import SourceLine, list_sources

__all__ = ["SourceLine", "create_source", "list_sources", "newest_visitor", "set_enabled"]
