"""The whole corridor in one process, and the laws that hold over it."""
