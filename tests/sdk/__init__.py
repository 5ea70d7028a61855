"""Unmodified client SDKs against the real front door: uvicorn, SQLite log, loopback."""
