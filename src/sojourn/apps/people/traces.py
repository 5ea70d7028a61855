"""What an identifier has left in the lake: how many facts name it, from when to when, from which source."""

from dataclasses import dataclass

from sojourn.apps.people import lake_hook
from sojourn.ports.lake import Unreachable
from sojourn.terms.ids import ANONYMOUS_ID, USER_ID, IdentifierKey
from sojourn.terms.person import Person
from sojourn.terms.refusals import Refusal
from sojourn.terms.time import Millis


@dataclass(frozen=True, slots=True)
class Trace:
    """Facts that name an identifier. `facts` is 0 where only a trait told it; `source` is the first one's."""

    facts: int
    first: Millis
    last: Millis
    source: int


def traces(workspace: int, person: Person) -> dict[IdentifierKey, Trace]:
    """By identifier, as far as the lake has taken them in; emails and phones by the trait that told them. Empty where the lake cannot be asked now."""
    found: dict[IdentifierKey, Trace] = {}
    for trait in ("email", "phone"):
        told = person.traits.get(trait)
        if told is not None and isinstance(told.value, str):
            found[f"{trait}:{told.value.strip().lower()}"] = Trace(0, told.at, told.at, told.source)
    reader = lake_hook.lake()
    if reader is None:
        return found
    people = ", ".join(str(int(one)) for one in (person.id, *person.merged))
    sql = " UNION ALL ".join(_SQL.format(kind=kind, people=people) for kind in (ANONYMOUS_ID, USER_ID))
    try:
        rows = reader.query(sql, {"workspace": workspace})
    except (Unreachable, Refusal):
        return found
    return found | {key: Trace(facts, first, last, source) for key, facts, first, last, source in rows}


_SQL = """
    SELECT '{kind}:' || {kind}, count(*), min(epoch_ms(happened_at)), max(epoch_ms(happened_at)), arg_min(source, happened_at)
    FROM facts
    WHERE workspace = $workspace
        AND person IN ({people})
        AND {kind} IS NOT NULL
    GROUP BY 1
"""
