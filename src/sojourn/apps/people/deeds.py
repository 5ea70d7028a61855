"""What somebody did, fact by fact, in the words a person uses for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from sojourn.apps.people.moments import Moment
from sojourn.apps.people.words import cause_words, money_words
from sojourn.terms.facts import CART_ABANDONED, CART_RECOVERED, INTERVENTION_DECIDED, INTERVENTION_OVERTAKEN, PEOPLE_MERGED
from sojourn.terms.money import currency_of, to_minor

Props = dict[str, Any]

VISIT, CONCLUDED, MESSAGE, SUPPORT, OTHER = "visit", "concluded", "message", "support", "other"
LANES: Final = {VISIT: "Visits", CONCLUDED: "Conclusions", MESSAGE: "Messages", SUPPORT: "Support and sales", OTHER: "Other"}
_SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of a timeline: an icon's name, a sentence, and the fact behind it. `hurt` marks a moment that hurt."""

    icon: str
    text: str
    moment: Moment
    hurt: bool = False


def lane(moment: Moment) -> str:
    """Where on the timeline a fact stands: in a visit, or in a lane of its own."""
    first = moment.name.partition(" ")[0]
    if moment.derived:
        return CONCLUDED
    if first in ("Message", "Email", "SMS", "Push") or moment.name == "Unsubscribed":
        return MESSAGE
    if first in ("Ticket", "Survey", "Deal", "Task", "Call", "Review", "Mention", "Contact"):
        return SUPPORT
    return VISIT if moment.session != "0" else OTHER


def deed(moment: Moment, hurt: bool = False) -> Deed:
    """A fact in words; one that is not known by name keeps its own."""
    icon, say = _SAY.get(moment.name) or _SAY.get(moment.kind) or ("point", _itself)
    return Deed(icon, say(moment), moment, hurt)


def text(props: Props, *names: str) -> str:
    """The first of these that is text or a number, at most 120 characters."""
    for name in names:
        found = props.get(name)
        if isinstance(found, str) and found.strip():
            return found.strip()[:_SHOWN]
        if isinstance(found, int | float) and not isinstance(found, bool):
            return f"{found:g}"
    return ""


def amount(props: Props, *names: str) -> str:
    """The first of these that is an amount, as money."""
    currency = currency_of(props.get("currency"))
    for name in names:
        minor = to_minor(props.get(name), currency) if name in props else None
        if minor is not None:
            return money_words(minor, currency)
    return ""


def path_of(moment: Moment) -> str:
    """The path of the page a fact was made on; empty where it is not known."""
    said = text(moment.props, "path")
    if said:
        return said
    try:
        return urlsplit(moment.url).path[:_SHOWN] if moment.url else ""
    except ValueError:
        return ""


def _itself(moment: Moment) -> str:
    return moment.name[:_SHOWN]


def _page(moment: Moment) -> str:
    title, path = text(moment.props, "title") or (moment.name if moment.name not in ("page", "screen") else ""), path_of(moment)
    if title and path and title != path:
        return f"Looked at {title} ({path})"
    return f"Looked at {title or path or 'a page'}"


def _identify(moment: Moment) -> str:
    said = [name.replace("_", " ") for name in moment.traits][:6]
    return f"Said who they are: {', '.join(said)}" if said else "Said who they are"


def _product(before: str, after: str = "") -> Callable[[Moment], str]:
    def say(moment: Moment) -> str:
        named = text(moment.props, "name", "product_id", "sku") or "a product"
        price = amount(moment.props, "price")
        return f"{before} {named}{f' {after}' if after else ''}{f', {price}' if price else ''}"

    return say


def _with(before: str, *names: str, missing: str = "") -> Callable[[Moment], str]:
    """A sentence that ends in a value; without the value it is `missing`, or ends before it."""

    def say(moment: Moment) -> str:
        found = text(moment.props, *names)
        return f"{before} {found}" if found else missing or before

    return say


def _quoted(before: str, *names: str, missing: str) -> Callable[[Moment], str]:
    """A sentence that ends in what stood on the thing, in quotes."""

    def say(moment: Moment) -> str:
        found = text(moment.props, *names)
        return f"{before} “{found}”" if found else missing

    return say


def _money(before: str, *names: str) -> Callable[[Moment], str]:
    def say(moment: Moment) -> str:
        found = amount(moment.props, *names)
        return f"{before}, {found}" if found else before

    return say


def _hurt(before: str, *names: str) -> Callable[[Moment], str]:
    """A moment that hurt, and what exactly, as far as the fact says."""

    def say(moment: Moment) -> str:
        parts = list(dict.fromkeys(part for name in names if (part := text(moment.props, name))))
        return f"{before}: {', '.join(parts)}" if parts else before

    return say


def _slow(moment: Moment) -> str:
    took, metric = moment.props.get("value_ms"), text(moment.props, "metric")
    if not isinstance(took, int | float) or isinstance(took, bool):
        return "Waited for a slow page"
    return f"Waited {took / 1000:.1f} s for a page{f' ({metric})' if metric else ''}"


def _shipping(moment: Moment) -> str:
    cost = amount(moment.props, "shipping", "shipping_cost", "cost")
    return f"Saw shipping of {cost}" if cost else "Saw the shipping cost"


def _delivery(moment: Moment) -> str:
    days = text(moment.props, "days")
    return f"Saw a delivery time of {days} day{'' if days == '1' else 's'}" if days else "Saw the delivery time"


def _abandoned(moment: Moment) -> str:
    props = moment.props
    value = money_words(props.get("value"), currency_of(props.get("currency")))
    causes = props.get("causes")
    first = causes[0] if isinstance(causes, list) and causes and isinstance(causes[0], dict) else {}
    share = first.get("probability")
    because = f": {cause_words(str(first.get('cause')))}, {share * 100:.0f} % likely" if isinstance(share, int | float) else ""
    return f"Left a cart{f' of {value}' if value else ''} behind{because}"


def _recovered(moment: Moment) -> str:
    value = money_words(moment.props.get("revenue"), currency_of(moment.props.get("currency")))
    return f"Came back to the cart and ordered{f', {value}' if value else ''}"


def _decided(moment: Moment) -> str:
    props = moment.props
    outcome, template, reason = text(props, "outcome"), text(props, "template"), text(props, "reason")
    if outcome == "send":
        return f"Decided to write: {template.replace('_', ' ')}" if template else "Decided to write"
    if outcome == "hold_out":
        return "Held back at random, so that the effect of the others can be measured"
    return f"Decided not to write: {reason.replace('_', ' ')}" if reason else "Decided not to write"


def _consent(moment: Moment) -> str:
    about = " ".join(part for part in (text(moment.props, "channel"), text(moment.props, "purpose")) if part) or "messages"
    return f"Said {'yes' if moment.props.get('granted') is True else 'no'} to {about}"


_SAY: Final[dict[str, tuple[str, Callable[[Moment], str]]]] = {
    "page": ("file-text", _page),
    "screen": ("device-mobile", _page),
    "identify": ("id", _identify),
    "group": ("users", lambda _moment: "Joined a group"),
    "alias": ("link", lambda _moment: "Got another id"),
    "Products Searched": ("search", _with("Searched for", "query", missing="Searched")),
    "Search Without Result": ("search", _with("Found nothing for", "query", missing="Found nothing")),
    "Product List Viewed": ("list", _with("Looked through", "category", "list_id", missing="Looked through products")),
    "Product List Filtered": ("list", _with("Sorted or filtered", "category", missing="Sorted or filtered products")),
    "Product Viewed": ("eye", _product("Looked at")),
    "Product Clicked": ("eye", _product("Chose")),
    "Product Added": ("shopping-cart", _product("Put", "into the cart")),
    "Product Removed": ("shopping-cart", _product("Took", "out of the cart")),
    "Product Added to Wishlist": ("star", _product("Saved", "for later")),
    "Cart Viewed": ("shopping-cart", _money("Looked at the cart", "value", "total")),
    "Checkout Started": ("credit-card", _money("Started the checkout", "value", "total")),
    "Checkout Step Viewed": ("credit-card", _with("Came to the step", "step", missing="Came to the next step")),
    "Checkout Step Completed": ("check", _with("Finished the step", "step", missing="Finished a step")),
    "Payment Info Entered": ("credit-card", _with("Entered payment details:", "payment_method", missing="Entered payment details")),
    "Shipping Cost Shown": ("truck", _shipping),
    "Delivery Time Shown": ("truck", _delivery),
    "Coupon Entered": ("ticket", _with("Entered coupon", "coupon_id", "coupon_name", missing="Entered a coupon")),
    "Coupon Applied": ("ticket", _with("Got coupon", "coupon_id", "coupon_name", missing="Got a coupon")),
    "Coupon Denied": ("ticket", _with("Was refused coupon", "coupon_id", "coupon_name", missing="Was refused a coupon")),
    "Order Completed": ("receipt", _money("Ordered", "total", "revenue", "value")),
    "Order Cancelled": ("receipt", _with("Cancelled order", "order_id", missing="Cancelled an order")),
    "Order Refunded": ("receipt", _money("Got money back", "total", "refund", "value")),
    "Out Of Stock Shown": ("alert-triangle", _hurt("Met a product that is out of stock", "name", "product_id")),
    "Account Required Shown": ("alert-triangle", lambda _moment: "Was told to make an account"),
    "Payment Failed": ("alert-triangle", _hurt("A payment failed", "reason", "message")),
    "Rage Click": ("alert-triangle", _hurt("Clicked in anger", "text", "label", "selector", "target")),
    "Dead Click": ("alert-triangle", _hurt("Clicked where nothing happened", "text", "label", "selector", "target")),
    "Form Field Error": ("alert-triangle", _hurt("Met a form error", "form", "field", "message")),
    "Form Abandoned": ("alert-triangle", _hurt("Gave up on a form", "form", "last_field")),
    "Error Shown": ("alert-triangle", _hurt("Met an error", "message", "code")),
    "Request Failed": ("alert-triangle", _hurt("A request of the page failed", "status", "url", "path")),
    "Page Slow": ("alert-triangle", _slow),
    "Back Tracked": ("alert-triangle", _hurt("Went back", "from", "to")),
    "Button Clicked": ("pointer", _quoted("Pressed", "text", "label", "name", missing="Pressed a button")),
    "Element Clicked": ("pointer", _quoted("Clicked", "text", "label", "name", "selector", missing="Clicked")),
    "Link Clicked": ("pointer", _quoted("Followed the link", "text", "label", "href", missing="Followed a link")),
    "Consent Changed": ("shield-check", _consent),
    "Unsubscribed": ("mail-off", lambda _moment: "Unsubscribed"),
    "Message Sent": ("mail", lambda _moment: "A message was sent"),
    "Message Delivered": ("mail", lambda _moment: "A message was delivered"),
    "Message Opened": ("mail-opened", lambda _moment: "Opened a message"),
    "Message Clicked": ("mail-opened", _with("Followed a link in a message:", "url", missing="Followed a link in a message")),
    "Message Bounced": ("mail-off", _hurt("A message came back", "reason", "kind")),
    "Message Complained": ("mail-off", lambda _moment: "Marked a message as spam"),
    "Message Skipped": ("mail-off", _hurt("A message was taken back", "reason")),
    "Message Failed": ("mail-off", _hurt("A message could not be sent", "reason", "detail")),
    "Message Unknown": ("mail", lambda _moment: "A message may have been sent: the mail server's answer was lost"),
    CART_ABANDONED: ("shopping-cart-off", _abandoned),
    CART_RECOVERED: ("receipt", _recovered),
    INTERVENTION_DECIDED: ("route", _decided),
    INTERVENTION_OVERTAKEN: ("route", lambda _moment: "A message turned out to be needless: a late event shows it"),
    PEOPLE_MERGED: ("users", lambda _moment: "Two records turned out to be this one person"),
}
