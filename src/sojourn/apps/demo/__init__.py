"""A shop that does not exist, and its shoppers: for the demo, and for trials in which the truth is known."""
