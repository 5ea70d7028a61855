"""Tests of the app workspace."""
