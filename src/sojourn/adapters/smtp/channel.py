"""Mail over SMTP: one message, one connection, and an honest answer about what became of it."""

import re
import smtplib
import ssl
from contextlib import suppress
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from sojourn.ports.channel import Envelope, HandedOver
from sojourn.terms.refusals import Code, Refusal

PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
STARTTLS, TLS, PLAIN = "smtp", "smtps", "smtp+plain"
_ENHANCED: Final = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")
_QUEUED: Final = re.compile(r"queued as ([^\s>]+)|\bid=?([A-Za-z0-9._-]{6,})", re.IGNORECASE)
_NOT_ABOUT_THE_MESSAGE: Final = (530, 534, 535, 538)  # the server wants to know who we are


class Server(msgspec.Struct, frozen=True):
    """Where mail is handed over, and how long each step may take. `security` is smtp (STARTTLS required), smtps, or smtp+plain."""

    host: str
    port: int
    security: str = STARTTLS
    user: str = ""
    password: str = ""
    command_seconds: float = 60.0
    final_seconds: float = 600.0  # for the reply to the final dot (RFC 5321, 4.5.3.2.6)
    helo: str = ""  # empty: this machine's name

    @classmethod
    def parse(cls, url: str) -> "Server":
        """Read `smtp://user:password@host:587`, `smtps://…` or `smtp+plain://…`. Errors: Refusal(BAD_VALUE)."""
        parts = urlsplit(url)
        try:
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            port = 0
        if parts.scheme not in PORTS or not parts.hostname or not port:
            raise Refusal(Code.BAD_VALUE, "SOJOURN_SMTP must be smtp://user:password@host:587, smtps://host:465 or smtp+plain://host:25")
        return cls(parts.hostname, port, parts.scheme, unquote(parts.username or ""), unquote(parts.password or ""))


class SmtpChannel:
    """Hands messages to an SMTP server.

    Everything before the final dot may be tried again: without it no server may deliver. From the moment the dot may have left, only the server's
    reply says what became of the message; where that is missing the answer is `unknown`.
    """

    name = "email"

    def __init__(self, server: Server, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._context = context or ssl.create_default_context()

    def hand_over(self, envelope: Envelope) -> HandedOver:
        """Give the message away. The outcomes are those of ports.channel.HandedOver; never raises for what the other side does."""
        sender, recipient = _ascii(envelope.sender), _ascii(envelope.recipient)
        if not sender or not recipient:
            return HandedOver("failed", 553, "5.1.3", "the address cannot stand in an SMTP command")
        try:
            smtp = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            return HandedOver("retry", _code(error), detail=f"no connection to the mail server: {_words(error)}")
        try:
            return self._deliver(smtp, sender, recipient, envelope.raw)
        finally:
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        server, seconds = self._server, self._server.command_seconds
        helo = server.helo or None
        smtp = (
            smtplib.SMTP_SSL(server.host, server.port, helo, timeout=seconds, context=self._context)
            if server.security == TLS
            else smtplib.SMTP(server.host, server.port, helo, timeout=seconds)
        )
        try:
            if server.security == STARTTLS:
                smtp.starttls(context=self._context)  # raises where the server does not offer it
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _deliver(self, smtp: smtplib.SMTP, sender: str, recipient: str, raw: bytes) -> HandedOver:
        try:
            for reply in (smtp.mail(sender), smtp.rcpt(recipient)):
                if reply[0] not in (250, 251):
                    return _judged(*reply)
            reply = smtp.docmd("DATA")
            if reply[0] != 354:
                return _judged(*reply) if reply[0] >= 400 else HandedOver("retry", reply[0], detail="the server did not want the message's text")
            smtp.send(_stuffed(raw))
        except (OSError, smtplib.SMTPException) as error:
            return HandedOver("retry", _code(error), detail=f"broken off before the message was complete: {_words(error)}")
        return self._finish(smtp)

    def _finish(self, smtp: smtplib.SMTP) -> HandedOver:
        """Send the final dot and wait for the verdict."""
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._server.final_seconds)
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return HandedOver("unknown", _code(error), detail=f"no answer after the message was complete: {_words(error)}")
        if code == 250:
            with suppress(OSError, smtplib.SMTPException):
                if smtp.sock is not None:
                    smtp.sock.settimeout(min(5.0, self._server.command_seconds))
                smtp.quit()
            found = _QUEUED.search(text.decode("utf-8", "replace"))
            queue_id = next((group for group in found.groups() if group), "") if found else ""
            return HandedOver("accepted", code, _enhanced(text), text.decode("utf-8", "replace")[:500], queue_id[:200])
        if 400 <= code < 600:
            return _judged(code, text)
        return HandedOver("unknown", code, detail=f"an answer that is none: {text.decode('utf-8', 'replace')[:200]}")


def _judged(code: int, text: bytes) -> HandedOver:
    """An explicit answer of the server: 5xx is final, all else may be tried again."""
    final = 500 <= code < 600 and code not in _NOT_ABOUT_THE_MESSAGE
    return HandedOver("failed" if final else "retry", code, _enhanced(text), text.decode("utf-8", "replace")[:500])


def _enhanced(text: bytes) -> str:
    match = _ENHANCED.match(text)
    return match.group(1).decode("ascii") if match else ""


def _stuffed(raw: bytes) -> bytes:
    """CRLF line ends, a CRLF at the end, and a second dot before each line that begins with one."""
    text = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    return re.sub(rb"(?m)^\.", b"..", text if text.endswith(b"\r\n") else text + b"\r\n")


def _ascii(address: str) -> str:
    """The address as it may stand in a command, its domain as A-labels; empty where it may not."""
    local, _, domain = address.rpartition("@")
    if not local or not local.isascii() or any(ord(c) <= 32 or ord(c) == 127 or c in "<>" for c in address):
        return ""
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return ""


def _code(error: BaseException) -> int:
    code = getattr(error, "smtp_code", 0)
    return code if isinstance(code, int) else 0


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
