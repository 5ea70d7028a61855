"""The catalogue: names of facts that the house understands, by family, and what other vocabularies call them.

Names and properties follow Segment's specs where these have one. What is not in here is kept and queryable all the same.
"""

import re
from typing import Final

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "behaviour": (
        "Page Left", "Link Clicked", "Button Clicked", "Element Clicked", "Products Searched", "Product List Viewed", "Product List Filtered",
        "Product Viewed", "Product Clicked", "Promotion Viewed", "Promotion Clicked", "File Downloaded", "Form Submitted", "Field Changed",
        "Video Playback Started", "Web Vitals Measured",
        "Signed Up", "Signed In", "Signed Out",
    ),
    "cart and checkout": (
        "Product Added", "Product Removed", "Cart Viewed", "Product Added to Wishlist", "Product Removed from Wishlist", "Checkout Started",
        "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered", "Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed",
        "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Shipping Cost Shown", "Delivery Time Shown", "Out Of Stock Shown",
        "Payment Failed", "Account Required Shown",
    ),
    "friction": (
        "Rage Click", "Dead Click", "Form Field Error", "Form Abandoned", "Error Shown", "Request Failed", "Page Slow", "Back Tracked",
        "Search Without Result",
    ),
    "messages": (
        "Message Sent", "Message Delivered", "Message Bounced", "Message Opened", "Message Clicked", "Message Complained", "Message Received",
        "Unsubscribed", "Consent Changed",
    ),
    "feedback, support, sales": (
        "Survey Shown", "Survey Answered", "Survey Dismissed", "Ticket Opened", "Ticket Replied", "Ticket Reopened", "Ticket Solved", "Contact Updated",
        "Deal Created", "Deal Stage Changed", "Deal Won", "Deal Lost", "Task Done", "Call Logged",
    ),
    "devices and the world": (
        "Reading", "Device Fault", "Mention", "Review Posted",
    ),
}  # fmt: skip
"""Families and their names, in the order in which the docs list them."""

NAMES: Final = frozenset(name for names in FAMILIES.values() for name in names)

# Google Analytics' recommended e-commerce events, which shops of every kind send through whatever they have, and what Snowplow's and Matomo's guides call them.
_OTHER: Final = {
    "view_item": "Product Viewed",
    "view_item_list": "Product List Viewed",
    "select_item": "Product Clicked",
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "add_to_basket": "Product Added",
    "remove_from_basket": "Product Removed",
    "add_to_bag": "Product Added",
    "remove_from_bag": "Product Removed",
    "added_to_cart": "Product Added",
    "removed_from_cart": "Product Removed",
    "view_cart": "Cart Viewed",
    "begin_checkout": "Checkout Started",
    "add_shipping_info": "Checkout Step Completed",
    "add_payment_info": "Payment Info Entered",
    "purchase": "Order Completed",
    "refund": "Order Refunded",
    "add_to_wishlist": "Product Added to Wishlist",
    "search": "Products Searched",
    "sign_up": "Signed Up",
    "login": "Signed In",
    "file_download": "File Downloaded",
}
_BETWEEN: Final = re.compile(r"[^a-z0-9]+")


def _folded(name: str) -> str:
    return _BETWEEN.sub("", name.lower())


_BY_FOLDED: Final = {_folded(name): name for name in NAMES} | {_folded(name): ours for name, ours in _OTHER.items()}


def canonical(name: str) -> str:
    """The catalogue's name for what others write as `order_completed`, `com.shop.order.completed` or `purchase`; the name itself for anything else.

    A dotted name is known by its last four, three or two parts, in that order.
    """
    whole = _BY_FOLDED.get(_folded(name))
    if whole is not None or "." not in name:
        return whole or name
    parts = name.split(".")
    for taken in (4, 3, 2):
        found = _BY_FOLDED.get(_folded("".join(parts[-taken:])))
        if found is not None:
            return found
    return name
