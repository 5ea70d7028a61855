"""Everything in memory: for tests and simulation."""
