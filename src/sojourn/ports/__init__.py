"""One file per hole in the wall: what the rooms need of the outside, said in their own words. No logic."""
