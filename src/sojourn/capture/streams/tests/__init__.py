"""Tests of what messages of devices and posts mean."""
