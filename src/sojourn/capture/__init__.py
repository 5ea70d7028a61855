"""The front door: protocols, shields, receivers."""
