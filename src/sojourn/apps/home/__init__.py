"""Home: the workspace at a glance, live."""
