"""What we do to people: compose, guard, hand over, read back the outcome."""
