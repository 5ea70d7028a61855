"""The only rooms that name other people's products."""
