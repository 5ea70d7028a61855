"""The built-in mailbox: takes messages into the table mail_mail, to be looked at where no SMTP server is configured."""

import sqlite3
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path

from sojourn.adapters.sqlite.connection import connect, writing
from sojourn.ports.channel import Envelope, HandedOver

_TAKE = """
INSERT INTO mail_mail (workspace_id, intent, at, sender, recipient, subject, raw)
VALUES (:workspace, :intent, :at, :sender, :recipient, :subject, :raw)
ON CONFLICT (intent) DO NOTHING
"""


class Mailbox:
    """A channel that keeps every message once, however often it is handed over."""

    name = "email"

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    def hand_over(self, envelope: Envelope) -> HandedOver:
        """Keep the message. The answer is `retry` where the file cannot be written now; nothing was kept then."""
        subject = str(BytesHeaderParser(policy=default).parsebytes(envelope.raw)["Subject"] or "")
        row = {
            "workspace": envelope.workspace,
            "intent": envelope.intent,
            "at": envelope.at,
            "sender": envelope.sender,
            "recipient": envelope.recipient,
            "subject": subject[:998],
            "raw": envelope.raw,
        }
        try:
            with writing(self._connection) as connection:
                connection.execute(_TAKE, row)
        except sqlite3.Error as error:
            return HandedOver("retry", detail=f"the mailbox cannot be written: {error}")
        return HandedOver("accepted", 250, queue_id=f"mailbox-{envelope.intent}")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
