"""Tests of the app sources."""
