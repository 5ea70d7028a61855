"""The command palette: go anywhere, find anybody."""
