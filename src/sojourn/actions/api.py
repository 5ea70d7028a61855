"""What the apps may use of the actions: mail settings, links, and the look of a message."""

from sojourn.actions.compose import template_names
from sojourn.actions.links import Cart, Click, Unsubscribe, is_web_address, verify_cart, verify_click, verify_unsubscribe
from sojourn.actions.mail_settings import MailSettings

__all__ = [
    "Cart",
    "Click",
    "MailSettings",
    "Unsubscribe",
    "is_web_address",
    "template_names",
    "verify_cart",
    "verify_click",
    "verify_unsubscribe",
]
