"""Tests of the app streams."""
