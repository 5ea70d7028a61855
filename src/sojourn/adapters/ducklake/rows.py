"""Rows as the lake's table has them: to a line of JSON on the way in, from a tuple on the way out."""

from collections.abc import Iterable
from math import isfinite
from typing import Any, Final

import msgspec

from sojourn.ports.lake import Row
from sojourn.terms.facts import Fact, Flag
from sojourn.terms.money import currency_of, exponent

COLUMNS: Final[dict[str, str]] = {
    "workspace": "BIGINT",
    "person": "BIGINT",
    "happened_at": "BIGINT",
    "id": "BIGINT",
    "session": "BIGINT",
    "source": "BIGINT",
    "recorded_at": "BIGINT",
    "kind": "VARCHAR",
    "name": "VARCHAR",
    "message_id": "VARCHAR",
    "anonymous_id": "VARCHAR",
    "user_id": "VARCHAR",
    "link": "VARCHAR",
    "flags": "INTEGER",
    "value": "DOUBLE",
    "currency": "VARCHAR",
    "props": "VARCHAR",
    "rest": "VARCHAR",
}
"""Columns of a line and their types as DuckDB reads them; times are milliseconds, JSON is text inside JSON, so that no number passes through a double."""

LINE_LIMIT_BYTES: Final = 8 << 20
"""An event has at most 1 MiB; as JSON inside JSON it takes at most four times as much."""

SELECTED: Final = """
    workspace, id, person, session, source, epoch_ms(recorded_at),
    kind, name, epoch_ms(happened_at), message_id, anonymous_id, user_id, link, flags, props, rest
"""
"""The columns `row` reads, in its order."""

_DERIVED: Final = int(Flag.DERIVED)
_VALUE_KEYS: Final = ("value", "revenue", "total")


class _Line(msgspec.Struct, frozen=True, gc=False):
    workspace: int
    person: int
    happened_at: int
    id: int
    session: int
    source: int
    recorded_at: int
    kind: str
    name: str
    message_id: str
    anonymous_id: str | None
    user_id: str | None
    link: str | None
    flags: int
    value: float | None
    currency: str | None
    props: str
    rest: str


_encoder: Final = msgspec.json.Encoder()
_decode: Final = msgspec.json.Decoder().decode


def lines(rows: Iterable[Row]) -> Iterable[bytes]:
    """Each row as one line of JSON, ready for DuckDB's reader."""
    encode = _encoder.encode
    for row in rows:
        fact = row.fact
        props = fact.props
        rest = {name: part for name, part in (("traits", fact.traits), ("context", fact.context), ("raw", fact.raw)) if part}
        yield encode(
            _Line(
                row.workspace,
                row.person,
                fact.at,
                row.id,
                row.session,
                row.source,
                row.recorded_at,
                fact.kind,
                fact.name,
                fact.message_id,
                fact.anonymous_id,
                fact.user_id,
                fact.link,
                fact.flags,
                _value(props, bool(fact.flags & _DERIVED)),
                _currency(props),
                encode(props).decode(),
                encode(rest).decode(),
            )
        )


def row(found: tuple[Any, ...]) -> Row:
    """The row of one tuple of `SELECTED`."""
    workspace, number, person, session, source, recorded_at, kind, name, at, message_id, anonymous_id, user_id, link, flags, props, rest = found
    parts = _decode(rest)
    return Row(
        workspace=workspace,
        id=number,
        person=person,
        session=session,
        source=source,
        recorded_at=recorded_at,
        fact=Fact(
            kind=kind,
            name=name,
            at=at,
            message_id=message_id,
            anonymous_id=anonymous_id,
            user_id=user_id,
            props=_decode(props),
            traits=parts.get("traits", {}),
            context=parts.get("context", {}),
            link=link,
            flags=flags,
            raw=parts.get("raw", {}),
        ),
    )


def _value(props: dict[str, Any], derived: bool) -> float | None:
    """The amount of a fact in major units, for sums: the first of value, revenue, total that is a number a double can hold."""
    for key in _VALUE_KEYS:
        found = props.get(key)
        if isinstance(found, int | float) and not isinstance(found, bool):
            try:
                amount = float(found)
            except OverflowError:
                return None
            if derived:  # what the engine says about money is in minor units
                amount /= 10 ** exponent(_currency(props) or "")
            return amount if isfinite(amount) else None
    return None


def _currency(props: dict[str, Any]) -> str | None:
    """The currency as a code of three capitals; None where it is none."""
    return currency_of(props.get("currency")) or None
