"""Template tags of the app carts."""
