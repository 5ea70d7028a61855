"""The hole through which the tracking plan asks the lake; the runtime puts it in."""

from collections.abc import Callable
from typing import Any

from sojourn.ports.lake import Lake, Unreachable
from sojourn.terms.refusals import Code, Refusal

_open: Callable[[], Lake | None] | None = None


def connect(open_lake: Callable[[], Lake | None] | None) -> None:
    """Say how a reader of the lake is had; there may be none yet (None)."""
    global _open
    _open = open_lake


def ask(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of the lake; none where there is no lake yet. Errors: NOT_READY where it cannot be read now."""
    lake = _open() if _open is not None else None
    if lake is None:
        return []
    try:
        return lake.query(sql, parameters)
    except Unreachable:
        raise Refusal(Code.NOT_READY, "History cannot be read at the moment; try again in a few seconds.") from None
