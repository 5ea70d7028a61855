"""The pure fold: same log in, same bytes out."""
