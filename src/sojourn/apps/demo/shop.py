"""The shop that does not exist: what it sells, what shipping costs there, and who comes by. Everything is made up."""

from typing import Final, NamedTuple

ADDRESS: Final = "https://shop.example"
CURRENCY: Final = "EUR"


class Product(NamedTuple):
    """One thing the shop sells; `price` in cents."""

    id: str
    name: str
    category: str
    brand: str
    price: int


_RANGE: Final[tuple[tuple[str, tuple[tuple[str, str, int], ...]], ...]] = (
    ("Lamps", (
        ("Reading lamp Lund", "Hellblick", 6900), ("Desk lamp Kontor", "Hellblick", 11900), ("Floor lamp Birk", "Nordhaus", 18900),
        ("Clip lamp Mini", "Nordhaus", 2490), ("Lantern Ostsee", "Strandgut", 3900),
    )),
    ("Kitchen", (
        ("Cast iron pan 26", "Herdfeuer", 7900), ("Chef's knife 20", "Herdfeuer", 12900), ("Bread box Eiche", "Nordhaus", 5490),
        ("Tea kettle Rund", "Strandgut", 4490), ("Measuring spoons", "Herdfeuer", 990),
    )),
    ("Outdoor", (
        ("Rain jacket Fjell", "Wetterfest", 14900), ("Hiking socks, two pairs", "Wetterfest", 1990), ("Daypack 20 l", "Wetterfest", 8900),
        ("Steel bottle", "Strandgut", 2490), ("Trail shoes Grat", "Wetterfest", 13900),
    )),
    ("Books", (
        ("Bread, slowly", "Papierboot", 2800), ("A field guide to moss", "Papierboot", 2200), ("Repairing things", "Papierboot", 1900),
        ("The quiet garden", "Papierboot", 3200), ("Small boats", "Papierboot", 2450),
    )),
    ("Garden", (
        ("Secateurs", "Gruenwerk", 3490), ("Watering can 9 l", "Gruenwerk", 2990), ("Seed box, spring", "Gruenwerk", 1690),
        ("Folding chair", "Strandgut", 5900), ("Bird house", "Nordhaus", 2690),
    )),
)  # fmt: skip

CATALOGUE: Final = tuple(
    Product(f"{category[:2].lower()}-{place}", name, category, brand, price)
    for category, products in _RANGE
    for place, (name, brand, price) in enumerate(products, 1)
)
FIRST_NAMES: Final = tuple("Ada Ben Clara David Elif Finn Greta Hugo Ines Jonas Kaya Leo Mina Nils Olga Paul Rosa Sami Tilda Umut Vera Yara".split())
LAST_NAMES: Final = tuple("Adler Baum Castell Dorn Engel Falk Gruber Hartwig Jansen Kraus Lindner Moreau Novak Otte Peters Rossi Sommer Vogel".split())
PLACES: Final = (("DE", "de-DE", "Europe/Berlin"), ("DE", "de-DE", "Europe/Berlin"), ("AT", "de-AT", "Europe/Vienna"), ("NL", "nl-NL", "Europe/Amsterdam"),
                 ("FR", "fr-FR", "Europe/Paris"), ("GB", "en-GB", "Europe/London"))  # fmt: skip
BROWSERS: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
)
CAMPAIGNS: Final = (None, None, None, ("newsletter", "email", "november"), ("search", "cpc", "brand"), ("social", "paid", "lamps"))
