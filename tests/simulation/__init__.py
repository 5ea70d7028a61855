"""Seeded simulation of the corridor with duplicates, disorder and crashes."""
