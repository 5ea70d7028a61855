"""Faults against real processes and real files."""
