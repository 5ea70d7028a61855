"""A real SMTP server in this process: the truth about which mails left the house."""

import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.faults.processes import free_port


class Sink:
    """Keeps every message it acknowledged, in order. `answer` may be changed while it runs."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.answer: Callable[[], str] = lambda: "250 OK"
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Called by aiosmtpd."""
        answer = self.answer()
        if answer.startswith("250"):
            with self._lock:
                self.raw.append(envelope.content)
        return answer

    @property
    def url(self) -> str:
        """What SOJOURN_SMTP takes."""
        return f"smtp+plain://127.0.0.1:{self._controller.port}"

    def mails(self) -> list[EmailMessage]:
        """What came, parsed."""
        with self._lock:
            return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]  # type: ignore[misc]  # the default policy makes EmailMessage

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
