"""The closed list of a workspace's settings: what each means, how its text is read, and where it goes."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from sojourn.terms.money import MAX_MINOR, currency_of, to_amount, to_minor
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import DAY, SECOND, QuietHours, format_duration, parse_duration, zone

NO_CAP = 1_000_000
"""`cap=off` is a cap nobody reaches."""

Texts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Preference:
    """One setting. `put` writes its value into the RuleBook; without it the value lives in the workspace's own settings as `read` made it text.

    `read` takes what a person typed and gives the value. Errors: ValueError whose text names the forms it takes.
    `show` gives the text in force, which `read` takes again.
    """

    key: str
    group: str
    label: str
    meaning: str
    forms: str
    default: str
    read: Callable[[str, RuleBook], Any]
    put: Callable[[RuleBook, Any], RuleBook] | None = None
    show: Callable[[RuleBook], str] | None = None
    choices: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """What the choices are called on pages, in their order."""


def _duration(low: int, high: int) -> Callable[[str, RuleBook], int]:
    def read(text: str, _book: RuleBook) -> int:
        ms = parse_duration(text)
        if not low <= ms <= high:
            raise ValueError(f"{text.strip()} is outside {format_duration(low)} to {format_duration(high)}")
        return ms

    return read


def _share(text: str, _book: RuleBook) -> float:
    compact = text.strip()
    try:
        number = Decimal(compact.removesuffix("%").strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is no share; write it like 0.1 or 10%") from None
    share = number / 100 if compact.endswith("%") else number
    if not share.is_finite() or not 0 <= share <= 1:
        raise ValueError(f"{text!r} is no share between 0 and 1; write it like 0.1 or 10%")
    return float(round(share, 6))


def _zone(text: str, _book: RuleBook) -> str:
    name = text.strip()
    if not name or zone(name) is None:
        raise ValueError(f"{text!r} is no IANA time zone; write it like Europe/Berlin or UTC")
    return name


def _zones(text: str, book: RuleBook) -> tuple[str, ...]:
    return tuple(_zone(part, book) for part in text.split(",") if part.strip())


def _currency(text: str, _book: RuleBook) -> str:
    code = currency_of(text)
    if not code:
        raise ValueError(f"{text!r} is no currency; write its ISO 4217 code, like EUR or USD")
    return code


def _quiet(text: str, _book: RuleBook) -> QuietHours | None:
    return QuietHours.parse(text)


def _cap(text: str, _book: RuleBook) -> tuple[int, int]:
    compact = text.strip().lower()
    if compact == "off":
        return NO_CAP, 7 * DAY
    count, slash, window = compact.partition("/")
    if not slash or not count.strip().isdigit() or not 1 <= int(count) < NO_CAP:
        raise ValueError(f"{text!r} is no cap; write messages/time like 3/7d, or off")
    ms = parse_duration(window)
    if not SECOND <= ms <= 365 * DAY:
        raise ValueError(f"{text!r}: the time must be between 1s and 365d")
    return int(count), ms


def _choice(*choices: str) -> Callable[[str, RuleBook], str]:
    def read(text: str, _book: RuleBook) -> str:
        chosen = text.strip().lower()
        if chosen not in choices:
            raise ValueError(f"{text!r} is none of {', '.join(choices)}")
        return chosen

    return read


def _amount(text: str, book: RuleBook) -> int:
    minor = to_minor(text, book.currency)
    if minor is None or not 0 <= minor <= MAX_MINOR:
        raise ValueError(f"{text!r} is no amount; write it in {book.currency} like 20 or 19.90")
    return minor


def _words(text: str, _book: RuleBook) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _line(limit: int) -> Callable[[str, RuleBook], str]:
    def read(text: str, _book: RuleBook) -> str:
        plain = text.strip()
        if len(plain) > limit:
            raise ValueError(f"longer than {limit} characters")
        if any(ord(c) < 32 or 0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069 for c in plain):
            raise ValueError("holds line breaks or control characters; write it on one line")
        return plain

    return read


def _email(text: str, _book: RuleBook) -> str:
    plain = text.strip()
    if plain:
        try:
            validate_email(plain)
        except ValidationError:
            raise ValueError(f"{text!r} is no email address; write it like shop@example.com") from None
    return plain


def _address(text: str, _book: RuleBook) -> str:
    plain = text.strip()
    if plain and (urlsplit(plain).scheme not in ("http", "https") or not urlsplit(plain).hostname or any(c.isspace() for c in plain)):
        raise ValueError(f"{text!r} is no web address; write it like https://shop.example/cart")
    return plain


def _field(name: str) -> Callable[[RuleBook, Any], RuleBook]:
    def put(book: RuleBook, value: Any) -> RuleBook:
        return msgspec.structs.replace(book, **{name: value})

    return put


def _automations(name: str) -> Callable[[RuleBook, Any], RuleBook]:
    def put(book: RuleBook, value: Any) -> RuleBook:
        return msgspec.structs.replace(book, automations=tuple(msgspec.structs.replace(one, **{name: value}) for one in book.automations))

    return put


def _of_automations(name: str, default: Any) -> Callable[[RuleBook], Any]:
    def get(book: RuleBook) -> Any:
        return getattr(book.automations[0], name) if book.automations else default

    return get


def _chosen(
    key: str,
    group: str,
    label: str,
    meaning: str,
    default: str,
    options: dict[str, str],
    put: Callable[[RuleBook, Any], RuleBook] | None = None,
    show: Callable[[RuleBook], str] | None = None,
) -> Preference:
    """A setting that takes one of a few words; `options`: the word and what it is called on pages."""
    return Preference(key, group, label, meaning, " or ".join(options), default, _choice(*options), put, show, tuple(options), tuple(options.values()))


_delay, _least, _on = _of_automations("delay", 0), _of_automations("min_value", 0), _of_automations("enabled", True)
_CARTS, _SENDING, _BROWSER, _MAIL, _PLACE = "Carts and sessions", "When to write", "Browser snippet", "Mail", "Workspace"

PREFERENCES: tuple[Preference, ...] = (
    Preference(
        "timezone",
        _PLACE,
        "Time zone",
        "Times on pages, and quiet hours for people whose own zone is unknown.",
        "an IANA zone such as Europe/Berlin",
        "UTC",
        _zone,
        _field("timezone"),
        lambda book: book.timezone,
    ),
    Preference(
        "currency",
        _PLACE,
        "Currency",
        "Taken where an event names none.",
        "an ISO 4217 code such as EUR",
        "USD",
        _currency,
        _field("currency"),
        lambda book: book.currency,
    ),
    _chosen(
        "first_steps",
        _PLACE,
        "First steps on Home",
        "The checklist that leads through the first hour.",
        "shown",
        {"shown": "Shown", "hidden": "Hidden"},
    ),
    Preference(
        "cart_gap",
        _CARTS,
        "A cart counts as abandoned after",
        "Rest without any activity, in event time.",
        "a duration such as 30m, from 1s to 30d",
        "30m",
        _duration(SECOND, 30 * DAY),
        _field("cart_gap"),
        lambda book: format_duration(book.cart_gap),
    ),
    Preference(
        "session_gap",
        _CARTS,
        "A session ends after",
        "Rest without any event, in event time.",
        "a duration such as 30m, from 1s to 1d",
        "30m",
        _duration(SECOND, DAY),
        _field("session_gap"),
        lambda book: format_duration(book.session_gap),
    ),
    Preference(
        "max_age",
        _CARTS,
        "Older events fire nothing",
        "What happened longer ago than this updates portraits, but sends no message.",
        "a duration such as 24h, from 1m to 30d",
        "1d",
        _duration(60 * SECOND, 30 * DAY),
        _field("max_age"),
        lambda book: format_duration(book.max_age),
    ),
    Preference(
        "attribution_window",
        _CARTS,
        "An order counts for a message within",
        "Time from the message to the order.",
        "a duration such as 7d, from 1m to 90d",
        "7d",
        _duration(60 * SECOND, 90 * DAY),
        _field("attribution_window"),
        lambda book: format_duration(book.attribution_window),
    ),
    Preference(
        "blocked_values",
        _CARTS,
        "Ids that identify nobody",
        "Beside the built-in ones such as null, undefined and guest.",
        "values separated by commas",
        "",
        _words,
        _field("blocked_values"),
        lambda book: ", ".join(book.blocked_values),
    ),
    _chosen(
        "automation",
        _SENDING,
        "Automations",
        "Off: carts are still watched and explained, but nobody is written to.",
        "on",
        {"on": "On", "off": "Off"},
        lambda book, value: _automations("enabled")(book, value == "on"),
        lambda book: "on" if _on(book) else "off",
    ),
    Preference(
        "message_delay",
        _SENDING,
        "Wait before writing",
        "Time between abandonment and the message; an order in between cancels it.",
        "a duration such as 0s or 1h, up to 7d",
        "0s",
        _duration(0, 7 * DAY),
        _automations("delay"),
        lambda book: format_duration(_delay(book)),
    ),
    Preference(
        "min_value",
        _SENDING,
        "Smallest cart worth a message",
        "In the workspace's currency; smaller carts are left alone, with that reason.",
        "an amount such as 20 or 19.90",
        "0",
        _amount,
        _automations("min_value"),
        lambda book: str(to_amount(_least(book), book.currency)),
    ),
    Preference(
        "holdout",
        _SENDING,
        "Held back at random",
        "This share gets no message, so that the effect of the others can be told from chance.",
        "a share such as 0.1 or 10%",
        "10%",
        _share,
        _field("holdout"),
        lambda book: f"{Decimal(str(book.holdout)) * 100:f}".rstrip("0").rstrip(".") + "%" if book.holdout else "0%",
    ),
    Preference(
        "quiet_hours",
        _SENDING,
        "Quiet hours",
        "Nobody is written to in these hours of their own day.",
        "21:00-08:00, or off",
        "off",
        _quiet,
        _field("quiet_hours"),
        lambda book: str(book.quiet_hours) if book.quiet_hours else "off",
    ),
    Preference(
        "unknown_zones",
        _SENDING,
        "Zones of people we cannot place",
        "Where somebody's zone is unknown, it must be outside quiet hours in these zones as well as in yours.",
        "IANA zones separated by commas",
        "",
        _zones,
        _field("unknown_zone_span"),
        lambda book: ", ".join(book.unknown_zone_span),
    ),
    Preference(
        "cap",
        _SENDING,
        "Most messages to one person",
        "Counted over all their devices and merged records.",
        "messages/time such as 3/7d, or off",
        "3/7d",
        _cap,
        lambda book, value: msgspec.structs.replace(book, cap_count=value[0], cap_window=value[1]),
        lambda book: "off" if book.cap_count >= NO_CAP else f"{book.cap_count}/{format_duration(book.cap_window)}",
    ),
    _chosen(
        "consent",
        _SENDING,
        "Consent",
        "Whether automations write to people who said neither yes nor no.",
        "opt_out",
        {"opt_out": "Write unless they said no", "opt_in": "Write only to those who said yes"},
        _field("consent"),
        lambda book: book.consent,
    ),
    _chosen(
        "browser_consent",
        _BROWSER,
        "Visitors of your website",
        "Where they are asked first, the browser snippet stores and sends nothing until your consent banner calls sojourn.consent().",
        "implied",
        {"implied": "Record from the first page", "ask_first": "Ask first, then record"},
    ),
    _chosen(
        "bots",
        _BROWSER,
        "Crawlers on your website",
        "What search engines, AI crawlers and link previews set off. Left out, it is counted and kept out of portraits.",
        "drop",
        {"drop": "Leave them out", "keep": "Keep them"},
    ),
    _chosen(
        "refused_consent",
        _BROWSER,
        "Events of visitors who refused",
        "Events that say themselves that analytics was refused. Left out, they are counted, and nothing of them is kept.",
        "drop",
        {"drop": "Leave them out", "keep": "Keep them"},
    ),
    _chosen(
        "paused",
        _MAIL,
        "Pause all mail",
        "On: nothing leaves the house; messages wait until they expire.",
        "off",
        {"on": "On: nothing leaves the house", "off": "Off: mail goes out"},
    ),
    Preference("from_name", _MAIL, "From, name", "Who the mail is from. Empty: the workspace's name.", "one line, up to 100 characters", "", _line(100)),
    Preference("from_email", _MAIL, "From, address", "On a domain you own.", "an email address", "", _email),
    Preference("reply_to", _MAIL, "Answers go to", "Empty: to the sender's address.", "an email address", "", _email),
    Preference(
        "postal_address",
        _MAIL,
        "Postal address",
        "Stands at the foot of each mail; the law of most countries wants it.",
        "one line, up to 300 characters",
        "",
        _line(300),
    ),
    Preference(
        "free_shipping_code",
        _MAIL,
        "Code for free shipping",
        "Printed in the free-shipping mail where your shop needs a code for it.",
        "one line, up to 50 characters",
        "",
        _line(50),
    ),
    Preference("cart_url", _MAIL, "Address of the cart", "Where a mail leads back to when the cart itself brought no address.", "a web address", "", _address),
)
BY_KEY = {one.key: one for one in PREFERENCES}


def text_of(preference: Preference, book: RuleBook, kept: Texts) -> str:
    """The text in force."""
    return preference.show(book) if preference.show else str(kept.get(preference.key, preference.default))


def settings_reference() -> tuple[Preference, ...]:
    """All settings, for the docs."""
    return PREFERENCES
