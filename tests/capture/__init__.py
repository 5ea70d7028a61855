"""The front door against recorded clients and hostile input."""
