"""People as staff see them; also declares the tables that the engine owns."""
