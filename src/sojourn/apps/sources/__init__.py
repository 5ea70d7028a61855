"""Sources and their write keys; what came in, what was dropped and why."""
