"""Filters of the settings pages."""
