"""Compose: from an intent and the workspace's mail settings to the bytes of its message."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sojourn.actions.links import Cart, Click, Unsubscribe, cart_url, click_url, is_web_address, unsubscribe_url
from sojourn.actions.mail_settings import MailSettings
from sojourn.actions.message import Letter, assemble, message_id, one_line
from sojourn.actions.renderer import Rendered, Renderer, RenderFailed
from sojourn.ports.channel import Envelope
from sojourn.terms.effects import Intent
from sojourn.terms.messages import BULK
from sojourn.terms.refusals import Refusal

TEMPLATES: Final = Path(__file__).parent / "templates"
OFFERS: Final = {"free_shipping": {"sojourn_offer": "free_shipping"}, "short_checkout": {"sojourn_checkout": "short"}}
"""What a template adds to the link to the cart, for the shop to act on."""


@lru_cache(maxsize=1)
def template_names() -> tuple[str, ...]:
    """All templates there are."""
    return tuple(sorted(folder.name for folder in TEMPLATES.iterdir() if (folder / "body.mjml").is_file()))


@lru_cache(maxsize=64)
def _part(name: str, file: str) -> str:
    return (TEMPLATES / name / file).read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def sources(template: str) -> dict[str, str]:
    """The parts of a template, laid out. Errors: RenderFailed where there is no such template."""
    if template not in template_names():
        raise RenderFailed(f"there is no template {template!r}; there are {', '.join(template_names())}")
    html, text = _part(template, "body.mjml"), _part(template, "body.txt")
    return {
        "subject": _part(template, "subject.liquid").strip(),
        "preheader": _part(template, "preheader.liquid").strip(),
        "html": _part("", "_layout.mjml").replace("[[body]]", html.replace("[[items]]", _part("", "_items.mjml"))),
        "text": _part("", "_layout.txt").replace("[[body]]", text.replace("[[items]]", _part("", "_items.txt").rstrip()).rstrip()),
    }


class Composer:
    """Makes messages. Holds the renderer's child; close it when done."""

    def __init__(self, renderer: Renderer | None = None) -> None:
        self._renderer = renderer or Renderer()

    def render(self, intent: Intent, settings: MailSettings) -> Rendered:
        """The parts of the message. Errors: RenderFailed."""
        return self._renderer.render(sources(intent.template), template_data(intent, settings))

    def compose(self, intent: Intent, settings: MailSettings) -> Envelope:
        """The message, ready to go; the same bytes for every attempt as long as settings and templates stay. Errors: RenderFailed."""
        parts = self.render(intent, settings)
        bulk = intent.kind == BULK
        if not one_line(parts.subject):
            raise RenderFailed(f"the subject of {intent.template!r} came out empty")
        letter = Letter(
            intent=intent.id,
            from_name=settings.from_name,
            from_email=settings.sender,
            to=intent.address,
            subject=parts.subject,
            text=parts.text,
            html=parts.html,
            at=intent.decided_at,
            reply_to=settings.reply_to,
            unsubscribe_url=_unsubscribe(intent, settings) if bulk else "",
            unsubscribe_mail=(settings.reply_to or settings.from_email) if bulk else "",
            bulk=bulk,
        )
        try:
            raw = assemble(letter)
        except (Refusal, ValueError) as error:
            raise RenderFailed(str(error)) from error
        return Envelope(
            intent=intent.id,
            workspace=intent.workspace,
            sender=settings.sender,
            recipient=intent.address,
            raw=raw,
            message_id=message_id(intent.id, settings.sending_domain),
            at=intent.decided_at,
        )

    def close(self) -> None:
        """End the renderer's child."""
        self._renderer.close()


def template_data(intent: Intent, settings: MailSettings) -> dict[str, Any]:
    """Everything a template may use: plain dicts, lists, texts and numbers.

    The cart is gone back to where the shop's events said (see MailSettings.may_link_to), else where the workspace says, else to the page on which it was
    last seen, else to its first product; without any of them there is no link.
    """
    given = intent.data
    items = given.get("items", [])
    told = [given.get("cart_url", ""), settings.cart_url, given.get("page_url", ""), *(item.get("url", "") for item in items)]
    target = next((url for url in told if is_web_address(url) and settings.may_link_to(url)), "")
    return {
        "first_name": given.get("first_name", ""),
        "cause": intent.cause,
        "items": items,
        "more_items": given.get("more_items", 0),
        "item_count": given.get("item_count", 0),
        "value": given.get("value", ""),
        "shipping": given.get("shipping", ""),
        "currency": given.get("currency", ""),
        "offer_code": settings.free_shipping_code if intent.template == "free_shipping" else "",
        "shop": {
            "name": one_line(settings.from_name, 100),
            "postal_address": one_line(settings.postal_address, 300),
            "can_reply": bool(settings.reply_to or settings.from_email),  # no message may ask for a reply that nobody reads
        },
        "links": {
            "cart": _way_back(intent, settings, target) if target else "",
            "unsubscribe": _unsubscribe(intent, settings),
        },
    }


def _way_back(intent: Intent, settings: MailSettings, target: str) -> str:
    cart = Cart(intent.workspace, intent.id, intent.episode, str(intent.data.get("cart_id", "")))
    back = cart_url(target, settings.salt, cart, intent.automation, intent.template, OFFERS.get(intent.template))
    return click_url(settings.public_url, settings.salt, Click(intent.workspace, intent.id, back, intent.person, "cart"))


def _unsubscribe(intent: Intent, settings: MailSettings) -> str:
    what = Unsubscribe(intent.workspace, intent.person, intent.purpose, intent.address, intent.id)
    return unsubscribe_url(settings.public_url, settings.salt, what)
