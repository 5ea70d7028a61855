"""Telemetry: structured logs on standard error, and the figures behind /metrics."""

import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog


def set_up_logs(log_format: str, level: int = logging.INFO) -> None:
    """Log to standard error, as text or as one JSON object a line. Nothing logged holds keys or people's data: ids and counts only."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info if log_format == "json" else _keep,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", Unbreakable(sys.stderr))),
        cache_logger_on_first_use=True,
    )


class Unbreakable:
    """A text file to write to, whose failing stops nobody: a full disk, or a file that was closed, must not end the loop that wants to tell about it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write, or leave it."""
        with contextlib.suppress(OSError, ValueError):
            return self._file.write(text)
        return 0

    def flush(self) -> None:
        """Flush, or leave it for the next time."""
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()


def _keep(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
