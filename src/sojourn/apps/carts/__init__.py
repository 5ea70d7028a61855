"""Carts by state and cause, with the money at stake."""
