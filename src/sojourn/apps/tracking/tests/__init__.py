"""Tests of the app tracking."""
