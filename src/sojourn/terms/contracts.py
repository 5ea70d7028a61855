"""Contracts: JSON Schemas that say what the properties of an event must look like."""

from functools import lru_cache
from typing import Any, Final

import jsonschema_rs
import msgspec

LONGEST: Final = 16 * 1024
"""Bytes of one contract."""
_DETAIL: Final = 300


def flaw(body: str) -> str:
    """Why this text is no contract; empty where it is one. Nothing is fetched, so a contract stands by itself."""
    if len(body.encode("utf-8", "replace")) > LONGEST:
        return f"A contract has at most {LONGEST:,} bytes."
    try:
        schema = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        return f"This is not JSON yet: {error}"
    if type(schema) is not dict:
        return "A contract is one JSON object: {…}."
    try:
        _validator(schema)
    except (ValueError, TypeError, RecursionError, jsonschema_rs.ReferencingError) as error:
        return f"This is no JSON Schema that can be used here: {str(error).partition(chr(10))[0][:_DETAIL]}"
    return ""


def breach(body: str, props: Any) -> str:
    """Where and how these properties break a contract; empty where they keep it, or where the contract cannot be read."""
    contract = _read(body)
    if contract is None:
        return ""
    try:
        if contract.is_valid(props):
            return ""
        error = next(iter(contract.iter_errors(props)))
    except (ValueError, TypeError) as unfit:  # such as whole numbers beyond 64 bits, which the validator does not know
        return f"cannot be checked: {unfit}"[:_DETAIL]
    place = ".".join(str(part) for part in error.instance_path)
    return f"{place + ': ' if place else ''}{error.message}"[:_DETAIL]


@lru_cache(maxsize=1_024)
def _read(body: str) -> Any:
    return None if flaw(body) else _validator(msgspec.json.decode(body))


def _validator(schema: dict[str, Any]) -> Any:
    """A validator that reaches no network and no file, and whose expressions take linear time."""
    return jsonschema_rs.validator_for(schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True)
