"""Cart episodes: one attempt to buy, from its first product to an order, to abandonment, or to an empty cart."""

from collections.abc import Callable
from typing import Any, Final

from sojourn.engine import cart_items, cart_join, cart_life, cart_match, evidence, friction, orders
from sojourn.engine.cart_items import amount, product_of, text
from sojourn.engine.cart_match import BOUGHT
from sojourn.engine.working import Moment, Working
from sojourn.terms.episodes import Episode, EpisodeState, Friction
from sojourn.terms.facts import FRICTION_FOUND, Fact, Kind
from sojourn.terms.ids import FactId
from sojourn.terms.money import Minor, currency_of
from sojourn.terms.person import Person
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import DAY, Millis

OPEN_KEPT: Final = 20
_FEE_NAMES: Final = ("fees", "fee", "surcharge", "handling", "service_fee", "payment_fee")
_FEES: Final = frozenset((*_FEE_NAMES, "tax"))
_TRACK: Final = str(Kind.TRACK)
_VIEWS: Final = (str(Kind.PAGE), str(Kind.SCREEN))
FRICTION_KEPT: Final = 40
PRODUCT_ADDED, PRODUCT_REMOVED, CART_VIEWED, CHECKOUT_STARTED = "Product Added", "Product Removed", "Cart Viewed", "Checkout Started"
STEP_VIEWED, STEP_COMPLETED, PAYMENT_INFO = "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered"
FIELD_ERROR, BACK_TRACKED, OUT_OF_STOCK, COUPON_DENIED = "Form Field Error", "Back Tracked", "Out Of Stock Shown", "Coupon Denied"


def fold(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """Put one fact into a person's carts.

    Units: event time, UTC; a rest of exactly the gap (`RuleBook.cart_gap_after`) still belongs to the cart, one millisecond more is abandonment.
    Errors: none. A fact older than the cart's last activity adds to what is known of the cart and moves no time.
    Source: docs/explanation/cart-episodes.md
    """
    kind = fact.kind
    if kind == _TRACK:
        handle = _HANDLERS.get(fact.name)
        if handle is not None:
            handle(work, person, fact, moment)
    elif person.carts and kind in _VIEWS:
        _page(work, person, fact, moment)


def fire(work: Working, person: Person, due: Millis) -> None:
    """Count as abandoned what has rested too long at `due`; each cart at its own time."""
    cart_life.fire(work, person, due)


def due(person: Person, rules: RuleBook) -> Millis | None:
    """When the first of the person's open carts counts as abandoned if nothing comes; None where none is open."""
    first: Millis | None = None
    for episode in person.carts:
        when = episode.due
        if when is not None and (first is None or when < first):
            first = when
    return first


def join(work: Working, into: Person, other: Person) -> None:
    """Put the carts of two people together who turn out to be one; timers keep their times.

    Carts with an id in common are one cart. So are the two carts without an id, because a person has one such cart: what was put in as a guest is
    taken over at sign-in. An order that came without a cart finds the cart the other side had. Decisions of a cart that became another are told so.
    """
    for episode, why, at, late in cart_join.join(into, other):
        cart_life.tell_ended(work, (into, other), episode, why, at, late)
    for bought in cart_join.orders_without_cart(into):
        cart = cart_match.for_order(into, {"products": [{"product_id": item.product} for item in bought.items]}, bought.keys, bought.ended_at or bought.last_at)
        if cart is not None:
            cart_life.count(into, str(bought.state), -1)
            into.carts.remove(bought)
            cart_match.take_keys(cart, bought.keys)
            cart_life.end(work, into, cart, bought.ended_at or bought.last_at, bought.order, bought.revenue, (into, other))
    cart_life.trim(into)


# -- what facts do


def _cart(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """Product Added or Removed, Cart Viewed, Checkout Started: these open a cart, take it up again, and change what lies in it."""
    cart_life.expire(work, person, fact.at)
    props = fact.props
    keys = cart_match.keys_in(props)
    episode = cart_match.find(person, keys, cart_items.products_in(props), fact.at, work.rules.cart_gap_after(moment.source))
    if episode is None:
        if not _opens(fact) or sum(1 for held in person.carts if held.due is not None) >= OPEN_KEPT:
            return
        episode = cart_life.begin(work, person, fact, moment)
    cart_match.take_keys(episode, keys)
    listed = props.get("products") if fact.name in (CART_VIEWED, CHECKOUT_STARTED) else None
    cart_items.settle_currency(episode, props, work.rules.currency, whole=isinstance(listed, list))
    taken_out = False
    if episode.state not in BOUGHT or episode.bare:
        if fact.name == PRODUCT_ADDED:
            cart_items.add(episode, props, fact.at)
        elif fact.name == PRODUCT_REMOVED:
            taken_out = cart_items.remove(episode, props, fact.at)
        elif isinstance(listed, list) and (listed or fact.name == CART_VIEWED):
            taken_out = not listed and fact.at >= episode.items_at
            cart_items.replace(episode, listed, fact.at)
    if taken_out and fact.name == PRODUCT_REMOVED and (evidence.rank(episode.reached) > 0 or "shipping" in episode.marks):
        evidence.mark(episode, "removed_after_total", moment.id, fact.at, {"product": product_of(props)})
    if fact.name != PRODUCT_REMOVED:
        _way_back(episode, fact, props)
    if fact.name == CHECKOUT_STARTED:
        _costs(episode, fact, moment)
        _step(work, person, episode, fact, moment, evidence.CHECKOUT)
    elif fact.name == CART_VIEWED:
        _said_value(episode, props)
        _step(work, person, episode, fact, moment, evidence.CART)
    if taken_out and not episode.items and cart_life.may_end(episode, fact.at):
        cart_life.touch(work, person, episode, fact.at, moment)
        cart_life.empty(person, episode, fact.at)
    elif episode.state != EpisodeState.EMPTIED or (fact.name != PRODUCT_REMOVED and episode.items):
        cart_life.touch(work, person, episode, fact.at, moment)


def _checkout(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """What is met on the way through a checkout: steps, costs, coupons, payment, walls. None of it opens a cart by itself."""
    cart_life.expire(work, person, fact.at)
    props = fact.props
    keys = cart_match.keys_in(props)
    episode = cart_match.find(person, keys, cart_items.products_in(props), fact.at, work.rules.cart_gap_after(moment.source))
    merely_shown = fact.name in _ALSO_ON_PRODUCT_PAGES and episode is not None and episode.due is None and not cart_match.shares_key(episode, keys)
    if merely_shown:
        episode = _just_left(person, fact.at)
    if episode is not None:
        cart_match.take_keys(episode, keys)
        cart_items.settle_currency(episode, props, work.rules.currency, whole=False)
        _note_checkout(work, person, episode, fact, moment)
        if merely_shown:
            cart_life.explain(work, episode)
        elif episode.state != EpisodeState.EMPTIED:
            cart_life.touch(work, person, episode, fact.at, moment)
    if fact.name in friction.KINDS:
        product = text(props.get("product_id")) if fact.name == OUT_OF_STOCK else ""
        elsewhere = episode is not None and product and not cart_match.overlap(episode, [product])
        _hurt(work, person, None if elsewhere else episode, fact, moment)


def _note_checkout(work: Working, person: Person, episode: Episode, fact: Fact, moment: Moment) -> None:
    props = fact.props
    match fact.name:
        case "Shipping Cost Shown":
            _costs(episode, fact, moment)
        case "Checkout Step Viewed" | "Checkout Step Completed":
            said = text(props.get("step_name")) or text(props.get("name")) or text(props.get("step")) or evidence.CHECKOUT
            _costs(episode, fact, moment)
            _step(work, person, episode, fact, moment, evidence.step_name(said))
        case "Payment Info Entered":
            evidence.mark(episode, "payment_info", moment.id, fact.at)
            _step(work, person, episode, fact, moment, evidence.PAYMENT)
        case "Payment Failed":
            _step(work, person, episode, fact, moment, evidence.PAYMENT)
        case "Coupon Entered" | "Coupon Applied" | "Coupon Denied":
            seen = {"coupon": text(props.get("coupon_id")) or text(props.get("coupon_name")), "reason": text(props.get("reason"))}
            evidence.mark(episode, fact.name.lower().replace(" ", "_"), moment.id, fact.at, seen)
        case "Delivery Time Shown":
            days = props.get("days")
            if isinstance(days, int | float) and not isinstance(days, bool) and 0 <= days <= 1_000:
                evidence.mark(episode, "delivery", moment.id, fact.at, {"days": days})
        case _:
            pass


def _order(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """An order ends the cart it was for. One without a cart we saw becomes an episode of its own, so that the cart's late facts find it."""
    props = fact.props
    order = orders.order_of(fact)
    if any(episode.order == order for episode in person.carts):
        return
    cart_life.expire(work, person, fact.at)
    keys = cart_match.keys_in(props)
    episode = cart_match.for_order(person, props, keys, fact.at)
    if episode is None:
        episode = cart_life.begin(work, person, fact, moment)
        episode.bare = True
        cart_items.settle_currency(episode, props, work.rules.currency, whole=True)
        listed = props.get("products")
        cart_items.replace(episode, listed if isinstance(listed, list) else [], fact.at)
    cart_match.take_keys(episode, keys)
    episode.historical = episode.historical and not moment.live
    currency = currency_of(props.get("currency"), episode.currency or work.rules.currency)
    cart_life.end(work, person, episode, fact.at, order, orders.amount(props, currency) or 0)


def _browse(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """Looking around with a cart in hand: the cart does not rest, and what is looked at may say why it is left. It takes up no cart that was left."""
    carts = _still_open(work, person, fact.at)
    if not carts:
        return
    newest = carts[-1]
    props = fact.props
    if fact.name in _LOOKING:
        evidence.looked_at(newest, fact, moment.id)
    elif fact.name in _SAVING:
        evidence.mark(newest, "saved_for_later", moment.id, fact.at)
    elif fact.name == "Products Searched":
        if evidence.page_kind("/" + text(props.get("query"))) == "coupon_page":
            evidence.mark(newest, "coupon_page", moment.id, fact.at)
    elif evidence.sorted_by_price(props):
        evidence.mark(newest, "price_sorted", moment.id, fact.at)
    for episode in carts:
        cart_life.linger(work, episode, fact.at, moment)


def _page(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """A page view: pages of the cart and checkout are steps (and take a left cart up again), some others are evidence, all show that somebody is there."""
    path = friction.page_of(fact) or text(fact.props.get("url"))
    kind = evidence.page_kind(path) if path else ""
    carts = _still_open(work, person, fact.at)
    if kind.startswith("step:"):
        episode = cart_match.find(person, cart_match.keys_in(fact.props), [], fact.at, work.rules.cart_gap_after(moment.source))
        if episode is None or episode.state == EpisodeState.EMPTIED:
            return
        _step(work, person, episode, fact, moment, kind[5:])
        _way_back(episode, fact, {})
        cart_life.touch(work, person, episode, fact.at, moment)
        return
    if carts and kind:
        evidence.mark(carts[-1], kind, moment.id, fact.at, {"path": path[:200]})
    for episode in carts:
        cart_life.linger(work, episode, fact.at, moment)


def _friction(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """A moment that hurt: kept with the cart that is open, counted for the person, and told as a derived fact when it is worth telling."""
    episode: Episode | None = None
    if person.carts:
        cart_life.expire(work, person, fact.at)
        carts = cart_match.open_carts(person)
        if carts:
            named = [cart for cart in carts if cart_match.shares_key(cart, cart_match.keys_in(fact.props))]
            episode = (named or carts)[-1]
        else:
            episode = _just_left(person, fact.at)
    _hurt(work, person, episode, fact, moment)
    if episode is not None and episode.due is not None:
        cart_life.linger(work, episode, fact.at, moment)


def _hurt(work: Working, person: Person, episode: Episode | None, fact: Fact, moment: Moment) -> None:
    detail = friction.judge(fact)
    if detail is None:
        return
    person.friction[fact.name] = person.friction.get(fact.name, 0) + 1
    times = 2
    if episode is not None:
        _keep_friction(episode, fact.name, fact.at, detail, moment.id)
        if fact.name != COUPON_DENIED:  # marked with its coupon already
            marked = evidence.mark(episode, fact.name, moment.id, fact.at, {"detail": detail, "page": friction.page_of(fact)})
            times = marked.count if marked is not None else 2
        if episode.state == EpisodeState.ABANDONED:
            cart_life.explain(work, episode)
    elif fact.name == FIELD_ERROR:
        times = person.days.get(fact.at // DAY, {}).get(FIELD_ERROR, 0)
    if fact.name == FIELD_ERROR and times < 2:
        return  # one correction is how forms work; the second is friction
    _tell_friction(work, person, episode, fact.name, fact.at, friction.page_of(fact), detail, moment.id)


def _still_open(work: Working, person: Person, at: Millis) -> list[Episode]:
    """The person's carts that are open once those that had rested too long by `at` are left; the one with the latest activity last."""
    found = cart_match.open_carts(person)
    for episode in found:
        if episode.due is not None and episode.due < at:
            cart_life.fire(work, person, at - 1)
            return cart_match.open_carts(person)
    return found


def _opens(fact: Fact) -> bool:
    if fact.name == PRODUCT_ADDED:
        return bool(product_of(fact.props)) and cart_items.quantity_of(fact.props) > 0
    return fact.name == CHECKOUT_STARTED or (fact.name == CART_VIEWED and bool(cart_items.products_in(fact.props)) and "products" in fact.props)


# -- reading facts


def _step(work: Working, person: Person, episode: Episode, fact: Fact, moment: Moment, name: str) -> None:
    before = evidence.enter(episode, name, fact.at, completed=fact.name == STEP_COMPLETED)
    if before and episode.state == EpisodeState.OPEN:
        detail = f"{before}: {name}"
        evidence.mark(episode, BACK_TRACKED, moment.id, fact.at, {"detail": detail})
        _keep_friction(episode, BACK_TRACKED, fact.at, detail, moment.id)
        person.friction[BACK_TRACKED] = person.friction.get(BACK_TRACKED, 0) + 1
        _tell_friction(work, person, episode, BACK_TRACKED, fact.at, friction.page_of(fact), detail, moment.id)


def _costs(episode: Episode, fact: Fact, moment: Moment) -> None:
    """Shipping and other costs as shown by this fact, unless a later one has shown them already."""
    props = fact.props
    if fact.name == CHECKOUT_STARTED:
        _said_value(episode, props)
    elif not episode.value:
        episode.value = amount(episode, props, "value", "subtotal") or 0
    shown = episode.marks.get("shipping")
    if shown is None or fact.at >= shown.last_at:
        shipping = amount(episode, props, "shipping", "shipping_cost", "cost") if fact.name == "Shipping Cost Shown" else amount(episode, props, "shipping")
        if shipping is not None:
            episode.shipping = shipping
            evidence.mark(episode, "shipping", moment.id, fact.at)
    fees = _fees(episode, props)
    if fees is not None:
        episode.fees = fees
        if fees:
            evidence.mark(episode, "fees", moment.id, fact.at)


def _said_value(episode: Episode, props: dict[str, Any]) -> None:
    said = amount(episode, props, "value", "subtotal", "revenue")
    if said is not None:
        episode.value = said


def _fees(episode: Episode, props: dict[str, Any]) -> Minor | None:
    """Costs beside price and shipping. Tax counts where the total shows that it comes on top (in much of the world it is in the price)."""
    if _FEES.isdisjoint(props):
        return None
    parts = [found for name in _FEE_NAMES if (found := amount(episode, props, name)) is not None]
    tax, total = amount(episode, props, "tax"), amount(episode, props, "total")
    if tax is not None and total is not None and total >= episode.value + (episode.shipping or 0) + tax + sum(parts) > episode.value + (episode.shipping or 0):
        parts.append(tax)
    return sum(parts) if parts else None


def _way_back(episode: Episode, fact: Fact, props: dict[str, Any]) -> None:
    """Where the cart can be gone back to: as the shop says, else the page of the cart."""
    said = cart_items.link(props.get("cart_url")) or cart_items.link(props.get("checkout_url"))
    if said:
        episode.url, episode.url_said = said, True
        return
    if fact.name == PRODUCT_ADDED or episode.url_said:
        return
    page = fact.context.get("page")
    found = cart_items.link(fact.props.get("url")) or (cart_items.link(page.get("url")) if isinstance(page, dict) else "")
    if found and (not episode.url or fact.name != CART_VIEWED):
        episode.url = found


def _just_left(person: Person, at: Millis) -> Episode | None:
    """The left cart to whose time something belongs that is told late."""
    for episode in reversed(person.carts):
        if episode.state == EpisodeState.ABANDONED and episode.started_at <= at <= (episode.ended_at or 0):
            return episode
    return None


def _keep_friction(episode: Episode, kind: str, at: Millis, detail: str, number: FactId) -> None:
    if len(episode.friction) < FRICTION_KEPT:
        episode.friction.append(Friction(number, at, kind, detail))


def _tell_friction(work: Working, person: Person, episode: Episode | None, kind: str, at: Millis, page: str, detail: str, number: FactId) -> None:
    props = {"kind": kind, "page": page, "detail": detail, "episode": episode.id if episode is not None else 0, "fact": number}
    work.derive(person, at, FRICTION_FOUND, (number, kind), props)


_ALSO_ON_PRODUCT_PAGES: Final = frozenset(("Shipping Cost Shown", "Delivery Time Shown", OUT_OF_STOCK))
"""These take up a cart that was left only where they name it."""
_LOOKING: Final = frozenset(("Product Viewed", "Product Clicked"))
_SAVING: Final = frozenset(("Product Added to Wishlist", "Cart Shared", "Product Shared", "Product Saved", "Products Compared"))
_Handler = Callable[[Working, Person, Fact, Moment], None]
_HANDLERS: Final[dict[str, _Handler]] = {
    **dict.fromkeys((PRODUCT_ADDED, PRODUCT_REMOVED, CART_VIEWED, CHECKOUT_STARTED), _cart),
    **dict.fromkeys((STEP_VIEWED, STEP_COMPLETED, PAYMENT_INFO, "Shipping Cost Shown", "Delivery Time Shown"), _checkout),
    **dict.fromkeys(("Coupon Entered", "Coupon Applied", COUPON_DENIED), _checkout),
    **dict.fromkeys(("Payment Failed", "Account Required Shown", OUT_OF_STOCK), _checkout),
    **dict.fromkeys(("Product Viewed", "Product Clicked", "Product List Viewed", "Product List Filtered", "Products Searched", "Link Clicked"), _browse),
    **dict.fromkeys(sorted(_SAVING), _browse),
    **dict.fromkeys(("Rage Click", "Dead Click", FIELD_ERROR, "Form Abandoned", "Error Shown", "Request Failed", "Page Slow"), _friction),
    **dict.fromkeys((BACK_TRACKED, "Search Without Result"), _friction),
    "Order Completed": _order,
}
