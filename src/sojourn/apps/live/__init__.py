"""Hints to open pages that something changed, over server-sent events."""
