"""How the house is: loops, lag, sizes, counters."""
