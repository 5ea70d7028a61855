"""What lies in a cart and what it costs: reading products and amounts out of facts. Money is in minor units of the episode's currency."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from sojourn.terms.episodes import CartItem, Episode
from sojourn.terms.money import MAX_MINOR, Minor, currency_of, to_minor
from sojourn.terms.time import Millis

ITEMS_KEPT: Final = 100
REMOVALS_KEPT: Final = 20
MOST_PIECES: Final = 1_000_000
TEXT_LIMIT: Final = 300
LINK_LIMIT: Final = 2_000

Props = Mapping[str, Any]
_AMOUNTS: Final = (float, int, str)
_minor: Final = lru_cache(maxsize=65536, typed=True)(to_minor)  # a shop's prices are few and come again


def text(value: object, limit: int = TEXT_LIMIT) -> str:
    """A text or number as text cut at `limit` characters; empty for everything else."""
    if isinstance(value, str):
        return value[:limit]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:limit]
    return ""


def link(value: object) -> str:
    """An http or https address of at most 2,000 characters, else empty."""
    if isinstance(value, str) and len(value) <= LINK_LIMIT and value[:8].lower().startswith(("http://", "https://")):
        return value
    return ""


def product_of(props: Props) -> str:
    """What names a product: product_id, else sku, else its name; empty where there is none."""
    return text(props.get("product_id")) or text(props.get("id")) or text(props.get("sku")) or text(props.get("name"))


def products_in(props: Props) -> list[str]:
    """The products a fact speaks of: its list, else itself."""
    listed = props.get("products")
    if isinstance(listed, list):
        return [name for entry in listed[:ITEMS_KEPT] if isinstance(entry, dict) and (name := product_of(entry))]
    name = text(props.get("product_id")) or text(props.get("sku"))
    return [name] if name else []


def quantity_of(props: Props) -> int:
    """A whole number of pieces from 0 to a million; 1 where nothing readable is said."""
    value = props.get("quantity")
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 8 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_PIECES:
        return 1
    return int(value)


def amount(episode: Episode, props: Props, *names: str) -> Minor | None:
    """The first of these amounts that can be read, in minor units, not below 0; None where the fact is in another currency than the cart."""
    for name in names:
        if name in props:
            said = props.get("currency")
            if said is not None and said != episode.currency and episode.currency and currency_of(said, episode.currency) != episode.currency:
                return None
            value = props[name]
            minor = _minor(value, episode.currency) if type(value) in _AMOUNTS else None
            if minor is not None and minor >= 0:
                return minor
    return None


def settle_currency(episode: Episode, props: Props, default: str, whole: bool) -> None:
    """The cart's currency is the first one said; a fact that lists the whole cart may change it, and then all amounts begin anew."""
    said = currency_of(props.get("currency"))
    if not said and isinstance(listed := props.get("products"), list):
        said = next((code for entry in listed[:ITEMS_KEPT] if isinstance(entry, dict) and (code := currency_of(entry.get("currency")))), "")
    if not episode.currency:
        episode.currency = said or default
    elif said and said != episode.currency and whole:
        episode.currency = said
        episode.shipping = episode.fees = None
        episode.value = 0
        for item in episode.items:
            item.price = None


def read_item(episode: Episode, props: Props) -> CartItem | None:
    """One product as it lies in the cart; None where nothing names it."""
    product = product_of(props)
    if not product:
        return None
    return CartItem(
        product=product,
        quantity=quantity_of(props),
        price=amount(episode, props, "price"),
        name=text(props.get("name")),
        category=text(props.get("category")),
        brand=text(props.get("brand")),
        url=link(props.get("url")),
        image=link(props.get("image_url")) or link(props.get("image")),
    )


def add(episode: Episode, props: Props, at: Millis) -> None:
    """Put a product in. What was added before the cart was last listed is in that list already; what was taken out later stays out."""
    item = read_item(episode, props)
    if item is None or item.quantity == 0 or at < episode.items_at or at <= episode.removed.get(item.product, at - 1):
        return
    for held in episode.items:
        if held.product == item.product:
            held.quantity = min(MOST_PIECES, held.quantity + item.quantity)
            _renew(held, item)
            break
    else:
        if len(episode.items) < ITEMS_KEPT:
            episode.items.append(item)
    revalue(episode)


def remove(episode: Episode, props: Props, at: Millis) -> bool:
    """Take a product out, all of it where no smaller quantity is said; whether the cart held it."""
    product = product_of(props)
    held = next((item for item in episode.items if item.product == product), None)
    if held is None or at < episode.items_at:
        return False
    taken = quantity_of(props) if props.get("quantity") is not None else held.quantity
    if taken < held.quantity:
        held.quantity -= taken
    else:
        episode.items.remove(held)
        episode.removed[product] = at
        if len(episode.removed) > REMOVALS_KEPT:
            del episode.removed[next(iter(episode.removed))]
    revalue(episode)
    return True


def replace(episode: Episode, listed: list[Any], at: Millis) -> None:
    """Take the cart as one fact lists it, unless a later fact listed it already. Products listed twice are added up."""
    if at < episode.items_at:
        return
    known = {item.product: item for item in episode.items}
    items: dict[str, CartItem] = {}
    for entry in listed[:ITEMS_KEPT]:
        item = read_item(episode, entry) if isinstance(entry, dict) else None
        if item is None or item.quantity == 0:
            continue
        if item.product in items:
            items[item.product].quantity = min(MOST_PIECES, items[item.product].quantity + item.quantity)
        else:
            items[item.product] = item
            if item.product in known:
                _complete(item, known[item.product])
    episode.items = list(items.values())
    episode.items_at = at
    revalue(episode)


def revalue(episode: Episode) -> None:
    """The value is the sum of the items where every one of them has a price; else it stays as last said."""
    total = 0
    for item in episode.items:
        if item.price is None:
            return
        total += item.price * item.quantity
    episode.value = min(total, MAX_MINOR)


def _renew(held: CartItem, item: CartItem) -> None:
    """The newer description wins where it says something."""
    held.price = item.price if item.price is not None else held.price
    held.name = item.name or held.name
    held.category = item.category or held.category
    held.brand = item.brand or held.brand
    held.url = item.url or held.url
    held.image = item.image or held.image


def _complete(item: CartItem, known: CartItem) -> None:
    """Fill in what a shorter listing leaves out."""
    item.price = item.price if item.price is not None else known.price
    item.name = item.name or known.name
    item.category = item.category or known.category
    item.brand = item.brand or known.brand
    item.url = item.url or known.url
    item.image = item.image or known.image
