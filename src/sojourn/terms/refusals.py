"""Refusals: what a person or program is told when something cannot be done, and what to do instead."""

from enum import StrEnum


class Code(StrEnum):
    """Closed list of refusal codes; stable, so that programs may branch on them."""

    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    BAD_VALUE = "bad_value"
    CONFLICT = "conflict"
    NOT_READY = "not_ready"
    DAMAGED = "damaged"


class Refusal(Exception):
    """A request that cannot be met: a code for programs and a sentence for people."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
