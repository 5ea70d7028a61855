"""What the demo shop says about its goods, what sending them costs, and which coupons it knows."""

from typing import Any, Final, NamedTuple

from sojourn.apps.demo.shop import CURRENCY, Product

NAME: Final = "Lumen & Oak"


class More(NamedTuple):
    """What a product's page says beside its name; `grams` is what it weighs in its box."""

    grams: int
    line: str
    text: str
    made_of: str


_MORE: Final[dict[str, More]] = {
    "la-1": More(1_400, "A small pool of warm light", "An arm that stays where you leave it, a shade that keeps the light on the page.", "Steel, linen cord"),
    "la-2": More(2_600, "For desks that are worked at", "Dims without flicker, remembers how bright it was, and opens with one screwdriver.", "Aluminium, oak"),
    "la-3": More(7_800, "Birch, bent by steam", "Stands in a corner and lights the whole of it. The shade is paper on a birch frame.", "Birch, paper"),
    "la-4": More(350, "Clips to a shelf or a bed", "A reading light the size of a fist, with a clip that does not let go.", "Steel, felt"),
    "la-5": More(1_100, "Candle or bulb, indoors or out", "A lantern after those on Baltic fishing boats, with a door that closes in wind.", "Brass, glass"),
    "ki-1": More(2_900, "Gets better every year", "Poured in one piece, seasoned with linseed oil, ready for the stove and the fire.", "Cast iron"),
    "ki-2": More(380, "Twenty centimetres, one edge", "Forged by hand, thin behind the edge, and kept sharp by us for life.", "Carbon steel, walnut"),
    "ki-3": More(1_900, "Bread that stays bread", "Solid oak with a lid that is a cutting board, and just enough air.", "Oak"),
    "ki-4": More(1_050, "Whistles in a low voice", "Pours without a drip and fits two large cups.", "Enamelled steel"),
    "ki-5": More(180, "Six spoons on one ring", "From a pinch to a tablespoon, with the amounts stamped where they do not wear off.", "Stainless steel"),
    "ou-1": More(620, "For rain from the side", "Waxed cotton that breathes, with a hood that turns with your head.", "Waxed cotton"),
    "ou-2": More(160, "Two pairs, four dry days", "Merino at the foot, linen at the shin; no seam where the boot presses.", "Merino, linen"),
    "ou-3": More(980, "A day's worth of everything", "Twenty litres, two pockets, one buckle. Rolls shut against the rain.", "Canvas, leather"),
    "ou-4": More(310, "Keeps tea hot until four", "Three quarters of a litre between two walls of steel.", "Stainless steel"),
    "ou-5": More(1_150, "Grip on wet granite", "A sole that can be replaced, and a shape for feet rather than for shelves.", "Leather, rubber"),
    "bo-1": More(640, "Three flours, forty loaves", "How to bake bread when you have more patience than time.", "312 pages, thread-sewn"),
    "bo-2": More(420, "Small forests underfoot", "A hundred mosses and where to kneel down for them.", "224 pages, thread-sewn"),
    "bo-3": More(390, "Glue, thread, screws", "What can be mended at the kitchen table, and what had better not be.", "196 pages, thread-sewn"),
    "bo-4": More(880, "Gardens that do less", "Twelve gardens that look after themselves, with plans.", "280 pages, thread-sewn"),
    "bo-5": More(450, "Hulls under five metres", "A year among people who build boats in sheds.", "240 pages, thread-sewn"),
    "ga-1": More(290, "Cuts clean, closes quietly", "Every part can be had by itself, from the spring to the blade.", "Carbon steel, ash"),
    "ga-2": More(1_600, "Nine litres, well balanced", "Carries as well full as empty, with a rose of brass.", "Galvanised steel"),
    "ga-3": More(420, "From radish to runner bean", "Twelve sorts that keep their seed, in the order in which to sow them.", "Seeds, tin"),
    "ga-4": More(5_400, "Folds flat, sits well", "A chair for the one sunny hour, with a back of bent ash.", "Ash, canvas"),
    "ga-5": More(1_300, "For tits and tree sparrows", "A door of 32 millimetres, a roof that comes off for cleaning.", "Larch"),
}
SOLD_OUT: Final = ("ga-5",)
"""Says so on its own page."""
LAST_ONE: Final = ("ki-3",)
"""Can be put into a cart, and is gone by the time the cart is looked at."""

FREE_FROM: Final = 25_000
"""Cents from which the normal tariff costs nothing in Germany and Austria."""


class Country(NamedTuple):
    """Where the shop sends to: cents for a parcel and for each further kilogram, days, and what a postcode looks like there."""

    name: str
    base: int
    kilogram: int
    days: int
    postcode: str  # a pattern of JavaScript and Python alike
    example: str


COUNTRIES: Final[dict[str, Country]] = {
    "DE": Country("Germany", 490, 60, 2, r"\d{5}", "10115"),
    "AT": Country("Austria", 690, 90, 3, r"\d{4}", "1010"),
    "NL": Country("Netherlands", 690, 90, 3, r"\d{4} ?[A-Za-z]{2}", "1012 AB"),
    "FR": Country("France", 890, 120, 4, r"\d{5}", "75001"),
    "CH": Country("Switzerland", 1690, 220, 6, r"\d{4}", "8001"),
    "GB": Country("United Kingdom", 1490, 190, 7, r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}", "SW1A 1AA"),
    "US": Country("United States", 2990, 480, 12, r"\d{5}(-\d{4})?", "10001"),
}
EXPRESS: Final = 990
"""Cents on top for a parcel that is there the next working day, within Europe."""
HIGH_TARIFF: Final = 3
"""What the director's high tariff multiplies shipping by."""

COUPONS: Final[dict[str, tuple[str, str]]] = {
    "WELCOME10": ("ten_percent", "10 % off your goods."),
    "SAVE10": ("", "SAVE10 ended on Sunday."),
    "SUMMER": ("", "SUMMER is for orders from 200 EUR."),
}
"""A code, and what it does; where it does nothing, the sentence says why."""


def postage(country: str, grams: int, worth: int, high: bool = False) -> int:
    """Cents that sending costs by the normal way: what the shop's script computes too. Errors: KeyError for a country it does not send to."""
    place = COUNTRIES[country]
    if high:
        return (place.base + place.kilogram * max(0, -(-grams // 1000) - 1)) * HIGH_TARIFF
    if worth >= FREE_FROM and country in ("DE", "AT"):
        return 0
    return place.base + place.kilogram * max(0, -(-grams // 1000) - 1)


def more(product: Product) -> More:
    """What a product's page says."""
    return _MORE[product.id]


def goods_of(product: Product) -> dict[str, Any]:
    """A product as the shop's script reads it; its price in cents, its weight in grams."""
    return {
        "name": product.name,
        "price": product.price,
        "category": product.category,
        "brand": product.brand,
        "grams": _MORE[product.id].grams,
        "gone": product.id in SOLD_OUT or product.id in LAST_ONE,
    }


def tariff() -> dict[str, Any]:
    """What sending costs, as the shop's script reads it."""
    return {
        "countries": {code: place._asdict() for code, place in COUNTRIES.items()},
        "free_from": FREE_FROM,
        "express": EXPRESS,
        "high": HIGH_TARIFF,
        "currency": CURRENCY,
        "coupons": {code: {"kind": kind, "words": words} for code, (kind, words) in COUPONS.items()},
    }
