"""Questions in, numbers with units and intervals out."""
