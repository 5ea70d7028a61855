"""Tests of the app messages."""
