"""Tests of what only the SQLite room has."""
