"""Rows of a table as calls: what the columns of a CSV file, or the fields of a contact, mean in Segment's words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sojourn.terms.ids import digest

_FIELDS: Final = {
    "type": "type",
    "event": "event",
    "event_name": "event",
    "name": "name",
    "category": "category",
    "timestamp": "timestamp",
    "time": "timestamp",
    "happened_at": "timestamp",
    "message_id": "messageId",
    "anonymous_id": "anonymousId",
    "user_id": "userId",
    "group_id": "groupId",
    "previous_id": "previousId",
}
"""Columns by their name in lower case with underscores; `userId` and `User ID` are the same column."""

_GROUPS: Final = {"properties": "properties", "props": "properties", "traits": "traits", "context": "context"}
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?")
_STAYS_TEXT: Final = re.compile(r"(?:^|_)(?:id|sku|zip|postcode|postal_code|phone|code|number)$", re.IGNORECASE)
_TABLE_CONTACT: Final = ("userId", "anonymousId", "messageId", "timestamp")


def columns(header: Sequence[str]) -> list[tuple[str, ...]]:
    """Where the value of each column goes in a call: ("userId",), ("properties", "price"), ("context", "page", "url").

    Errors: ValueError that says what is wrong with the header.
    """
    places = [_place(name.strip()) for name in header]
    seen: set[tuple[str, ...]] = set()
    for name, place in zip(header, places, strict=True):
        if place in seen:
            raise ValueError(f"two columns mean {'.'.join(place)}; the second is {name!r}")
        seen.add(place)
    return places


def event(places: Sequence[tuple[str, ...]], cells: Sequence[str]) -> dict[str, Any]:
    """One row as a call. An empty cell says nothing; a column of no known meaning is a property, or a trait of an identify call."""
    call: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for place, cell in zip(places, cells, strict=True):
        if cell == "":
            continue
        if place[0] == "":
            other[place[1]] = _value(place[1], cell)
        elif len(place) == 1:
            call[place[0]] = cell
        else:
            _put(call, place, _value(place[-1], cell))
    return _whole(call, other)


def typed_event(places: Sequence[tuple[str, ...]], values: Sequence[Any]) -> dict[str, Any]:
    """One row of a table that has types as a call, as `event` does; a column `properties`, `traits` or `context` may hold the whole object."""
    call: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for place, value in zip(places, values, strict=True):
        if value is None or value == "":
            continue
        group = _GROUPS.get(place[1].lower()) if place[0] == "" and isinstance(value, dict) else None
        if group is not None:
            call[group] = {**value, **call.get(group, {})}
        elif place[0] == "":
            other[place[1]] = value
        else:
            _put(call, place, value)
    return _whole(call, other)


def _whole(call: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The call with its type and what stood in columns of no known meaning."""
    call.setdefault("type", "track" if "event" in call else "identify")
    if other:
        group = "traits" if call["type"] in ("identify", "group") else "properties"
        call[group] = {**other, **call.get(group, {})}
    return call


def contact(row: Mapping[str, Any]) -> dict[str, Any]:
    """A contact as an identify call: ids where they belong, everything else a trait. One known by email alone gets an anonymous id made from it."""
    call: dict[str, Any] = {"type": "identify"}
    traits: dict[str, Any] = {}
    for name, value in row.items():
        field = _FIELDS.get(_plain(name), "")
        if name == "traits" and isinstance(value, dict):
            traits |= value
        elif name == "context" and isinstance(value, dict):
            call["context"] = value
        elif field in _TABLE_CONTACT:
            call[field] = value
        elif field != "type" and value not in ("", None):
            traits[name.strip().removeprefix("traits.")] = value
    email = next((value for name, value in traits.items() if name.lower() == "email" and isinstance(value, str)), "").strip().lower()
    if email:
        traits = {name: value for name, value in traits.items() if name.lower() != "email"} | {"email": email}
    if email and not call.get("userId") and not call.get("anonymousId"):
        call["anonymousId"] = f"contact-{digest('contact', email)}"
    call["traits"] = traits
    return call


def table_contact(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """A contact from a row of a table."""
    return contact({name: _value(name, cell) for name, cell in zip(header, cells, strict=True) if cell != ""})


def _plain(name: str) -> str:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.strip())
    return re.sub(r"[\s\-]+", "_", spaced).lower()


def _place(name: str) -> tuple[str, ...]:
    if not name:
        raise ValueError("a column has no name; the first line must name all columns")
    first, dot, rest = name.partition(".")
    group = _GROUPS.get(first.lower())
    if group and dot and rest:
        return (group, *rest.split(".")) if group == "context" else (group, rest)
    field = _FIELDS.get(_plain(name))
    return (field,) if field else ("", name)


def _value(name: str, cell: str) -> Any:
    """A cell as a number or a truth value where it reads like one, and its column does not hold ids."""
    if cell in ("true", "false", "TRUE", "FALSE"):
        return cell.lower() == "true"
    if _NUMBER.fullmatch(cell) and not _STAYS_TEXT.search(_plain(name)):
        return float(cell) if "." in cell else int(cell)
    return cell


def _put(call: dict[str, Any], place: Sequence[str], value: Any) -> None:
    here = call
    for part in place[:-1]:
        inner = here.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # "context.page" and "context.page.url" in one table: the first one stands
        here = inner
    here.setdefault(place[-1], value)
