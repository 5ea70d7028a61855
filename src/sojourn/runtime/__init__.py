"""The only room with all the keys: settings, wiring, loops, Django project, command line, telemetry, supervisor."""
