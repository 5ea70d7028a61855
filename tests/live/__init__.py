"""Live pages over real processes: what happens in the shop is seen on an open page."""
