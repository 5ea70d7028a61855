"""Why somebody did or did not get a message, in words."""
