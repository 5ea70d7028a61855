"""Made-up rows and numbers for the gallery: what each component shows when it is empty, full, or has too much."""

from dataclasses import dataclass

from sojourn.terms.episodes import cause_words
from sojourn.ui.charts import Chart

CAUSES = (
    "shipping_cost",
    "other_fees",
    "delivery_time",
    "forced_account",
    "confusing_checkout",
    "payment_trouble",
    "technical_trouble",
    "total_price",
    "out_of_stock",
    "comparing",
    "unknown",
)
STATES = ("open", "abandoned", "recovered", "ordered", "ready", "accepted", "held_out", "unknown", "failed", "kept", "quarantined", "dropped")
TOKENS = ("ground", "surface", "raised", "sunken", "hover", "ink", "soft", "muted", "line", "line-strong", "control", "accent", "good", "warn", "bad", "info")
ICONS = (
    "home",
    "users",
    "shopping-cart",
    "send",
    "inbox",
    "zoom-question",
    "plug-connected",
    "heart-rate-monitor",
    "settings",
    "search",
    "bolt",
    "truck",
    "credit-card-off",
    "bug",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the specimen table."""

    id: int
    name: str
    email: str
    state: str
    cause: str
    cents: int
    orders: int
    seen: int


NAMES = (
    "Ann Aldous",
    "Ben Okafor",
    "Cleo Marini",
    "Dora Lindqvist",
    "Emil Novák",
    "Farah Haddad",
    "Gus Petersen",
    "Hana Sato",
    "Ivo Kovač",
    "",
    "Jun Park",
    "Kim O’Neill",
)


def rows(query: str = "", state: str = "", now: int = 0) -> list[Row]:
    """Twelve people; those whose name or email holds the query, and with that state."""
    made = []
    for at, name in enumerate(NAMES):
        email = f"{name.split()[0].lower()}@example.com" if name else ""
        kept = Row(at + 1, name or f"Visitor {at + 1}", email, STATES[at % 4], CAUSES[at % len(CAUSES)], 1290 + at * 1733, at % 5, now - at * at * 47_000)
        if query.lower() in f"{kept.name} {kept.email}".lower() and state in ("", kept.state):
            made.append(kept)
    return made


DAYS = tuple(f"{day} Nov" for day in range(1, 31))
LEFT = (38, 41, 35, 29, 47, 52, 49, 40, 37, 44, 39, 31, 50, 57, 55, 43, 46, 48, 41, 36, 58, 61, 57, 49, 45, 52, 47, 38, 62, 66)
BACK = (6, 7, 5, 6, 9, 8, 11, 7, 6, 9, 8, 7, 12, 11, 13, 9, 10, 12, 8, 9, 15, 14, 13, 12, 11, 14, 12, 10, 17, 18)
SHARES = (31, 6, 9, 12, 11, 7, 5, 8, 3, 4, 4)
NAMES_OF = {
    "shipping_cost": "Shipping cost",
    "confusing_checkout": "Confusing checkout",
    "forced_account": "Had to make an account",
    "payment_trouble": "Payment trouble",
}


def charts() -> list[Chart]:
    """One of each kind."""
    times = [f"14:{minute:02}" for minute in range(60)]
    few = tuple(NAMES_OF)
    return [
        Chart(
            "line",
            "Carts left behind and won back",
            "carts",
            "by day, 1 to 30 November",
            DAYS,
            (("left behind", LEFT), ("won back", BACK)),
            tones=("warn", "good"),
        ),
        Chart(
            "area",
            "Events",
            "events a minute",
            "last 60 minutes",
            times,
            (("events", [20 + (minute * 37) % 23 + minute // 4 for minute in range(60)]),),
            size="low",
        ),
        Chart(
            "line",
            "Share of carts won back",
            "%",
            "by day, 1 to 30 November, band: 95 % interval",
            DAYS,
            (("won back", [round(100 * back / left, 1) for back, left in zip(BACK, LEFT, strict=True)]),),
            low=[round(100 * back / left - 8, 1) for back, left in zip(BACK, LEFT, strict=True)],
            high=[round(100 * back / left + 9, 1) for back, left in zip(BACK, LEFT, strict=True)],
            decimals=1,
        ),
        Chart(
            "bar",
            "Carts left behind",
            "carts",
            "last 30 days",
            [cause_words(one) for one in CAUSES],
            (("carts", SHARES),),
            causes=CAUSES,
            across="Cause",
            size="tall",
        ),
        Chart(
            "stacked",
            "Money at stake by cause",
            "EUR",
            "by day, 17 to 30 November",
            DAYS[16:],
            [(NAMES_OF[one], [(value * (at + 3)) * 7 for value in LEFT[16:]]) for at, one in enumerate(few)],
            causes=few,
        ),
        Chart(
            "interval",
            "Effect of a message",
            "points",
            "last 60 days, 95 % interval",
            list(NAMES_OF.values()),
            (("difference", (6.2, 3.1, 1.4, -0.8)),),
            low=(2.9, -0.6, -2.5, -5.0),
            high=(9.6, 6.7, 5.3, 3.4),
            causes=few,
            across="Cause",
            note="A line that crosses zero has not shown an effect either way.",
            decimals=1,
        ),
        Chart(
            "donut",
            "What was done",
            "carts",
            "last 30 days",
            ("written to", "held back at random", "not written to"),
            (("carts", (912, 101, 288)),),
            across="What",
        ),
        Chart("bar", "Nothing measured yet", "carts", "last 30 days", (), (("carts", ()),), across="Cause", size="low"),
    ]


SPARK = Chart("spark", "Events", "events a minute", "last 30 minutes", [str(minute) for minute in range(30)], (("events", LEFT),))
