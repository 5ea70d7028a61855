"""Sessions in the database. One that cannot be prolonged now, as on a full disk, is not: the page is shown all the same."""

import structlog
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError

log = structlog.get_logger("pages")


class SessionStore(db.SessionStore):
    """Django's own, but for trouble with the file: there Django would say that the session was deleted."""

    def save(self, must_create: bool = False) -> None:
        """Keep it. Errors: UpdateError where it was deleted meanwhile, OperationalError where a new one cannot be kept."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if not isinstance(error.__context__, OperationalError):
                raise
            log.warning("a session cannot be prolonged now", error=str(error.__context__))
