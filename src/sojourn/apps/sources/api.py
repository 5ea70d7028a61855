"""What other apps may ask of sources."""

from sojourn.apps.sources.queries import SourceLine, list_sources

__all__ = ["SourceLine", "list_sources"]
