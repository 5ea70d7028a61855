"""Tests that cross rooms: stories, laws of the whole corridor, simulation, faults."""
