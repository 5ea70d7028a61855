"""Contracts: every product behind a port passes the same tests."""
