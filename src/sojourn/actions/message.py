"""The message: RFC 5322 bytes with the headers a careful sender sets."""

import re
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

import msgspec

from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis, to_datetime

LONGEST_SUBJECT: Final = 200
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_UNFIT: Final = re.compile(r"[\s<>(),;:\"\\\[\]\x00-\x1f\x7f]")
_BARE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


class Letter(msgspec.Struct, frozen=True):
    """What a message is made of."""

    intent: str
    from_name: str
    from_email: str
    to: str
    subject: str
    text: str
    html: str
    at: Millis  # the decision; the Date of every attempt
    reply_to: str = ""
    unsubscribe_url: str = ""  # set for bulk messages
    unsubscribe_mail: str = ""
    bulk: bool = True


def one_line(text: str, limit: int = LONGEST_SUBJECT) -> str:
    """A header's text: without line breaks, control and direction marks, at most `limit` characters."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())[:limit].rstrip()


def message_id(intent: str, domain: str) -> str:
    """The Message-ID of an intent, the same for every attempt."""
    return f"<{intent}@{domain}>"


def assemble(letter: Letter) -> bytes:
    """The whole message, text and HTML as alternatives. Errors: Refusal(BAD_VALUE) where an address cannot stand in a header."""
    message = EmailMessage(policy=SMTP)
    message["To"] = _address(letter.to)
    if letter.reply_to:
        message["Reply-To"] = _address(letter.reply_to)
    message["Date"] = format_datetime(to_datetime(letter.at).replace(microsecond=0))
    message["Message-ID"] = message_id(letter.intent, letter.from_email.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    if letter.bulk:
        message["Precedence"] = "bulk"
    message.set_content(_sane(letter.text), cte="quoted-printable")
    message.add_alternative(_sane(letter.html), subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{letter.intent[:40]}")
    return _unsubscribe_headers(letter) + _named_headers(letter) + message.as_bytes()


def _named_headers(letter: Letter) -> bytes:
    """From and Subject, encoded by hand (RFC 2047): the header folding of the standard library can lose a blank between two encoded words."""
    name = _phrase(one_line(letter.from_name, 100))
    address = str(_address(letter.from_email))
    sender = f"{name}\r\n <{address}>" if name else address
    return f"From: {sender}\r\nSubject: {_words(one_line(letter.subject), 'Subject')}\r\n".encode("ascii")


def _words(text: str, header: str) -> str:
    return text if text.isascii() and "=?" not in text else Header(text, "utf-8", maxlinelen=75, header_name=header).encode(linesep="\r\n")


def _phrase(name: str) -> str:
    """A display name: bare, quoted, or encoded."""
    if not name.isascii() or "=?" in name:
        return _words(name, "From")
    if _BARE.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unsubscribe_headers(letter: Letter) -> bytes:
    """RFC 2369 and RFC 8058, written by hand: the header folding of the standard library would break long addresses apart."""
    if not letter.unsubscribe_url:
        return b""
    ways = [f"<{letter.unsubscribe_url}>"]
    if letter.unsubscribe_mail:
        ways.append(f"<mailto:{quote(letter.unsubscribe_mail, safe='@.+-_')}?subject=unsubscribe%20{quote(letter.intent, safe='')}>")
    listed = ",\r\n ".join(ways)
    if not listed.isascii() or any(ord(c) < 32 for c in listed.replace("\r\n ", "")):
        raise Refusal(Code.BAD_VALUE, "the unsubscribe link holds characters that cannot stand in a header; check SOJOURN_PUBLIC_URL")
    return f"List-Unsubscribe: {listed}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode("ascii")


def _address(text: str) -> Address:
    """An address for a header; the domain in its ASCII form."""
    local, _, domain = text.rpartition("@")
    if not local or not domain or _UNFIT.search(text):
        raise Refusal(Code.BAD_VALUE, f"{text[:100]!r} is no email address")
    try:
        return Address(username=local, domain=domain.encode("idna").decode("ascii"))
    except (ValueError, IndexError) as error:
        raise Refusal(Code.BAD_VALUE, f"{text!r} is no email address: {error}") from error


def _sane(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
