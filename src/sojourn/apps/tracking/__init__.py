"""Tracking plan: which events arrive, what they carry, and what they promised to carry."""
