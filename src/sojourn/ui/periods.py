"""The periods that pages of figures and lists can be asked for."""

PERIODS: dict[str, tuple[str, int]] = {
    "1": ("Last 24 hours", 1),
    "7": ("Last 7 days", 7),
    "30": ("Last 30 days", 30),
    "90": ("Last 90 days", 90),
    "all": ("Since the beginning", 20_000),
}
"""What a period is called, and its days, by what stands for it in an address."""

DEFAULT_PERIOD = "30"
