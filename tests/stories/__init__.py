"""Stories: facts in, effects out, in words a marketer can read."""
