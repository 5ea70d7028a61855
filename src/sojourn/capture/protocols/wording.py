"""What protocols share when they put a vendor's fields into our words."""

from math import isfinite
from typing import Any, Final
from urllib.parse import parse_qsl

from sojourn.capture.call import Refused
from sojourn.terms.outcomes import Reason

Json = dict[str, Any]
POOR: Final = {"LCP": 4_000, "INP": 500, "CLS": 0.25, "FCP": 3_000, "TTFB": 1_800}
"""What a poor page is, at the 75th percentile, as Google draws the line (web.dev/articles/vitals)."""


def some(**fields: Any) -> Json:
    """The fields that have a value."""
    return {key: value for key, value in fields.items() if value not in (None, "")}


def first(*values: Any) -> Any:
    """The first of the values that is there."""
    return next((value for value in values if value not in (None, "")), None)


def page_speed(measured: Json) -> list[tuple[str, Json]]:
    """Names and properties of what was measured of a page, by the metrics' lower-case names: a Page Slow for each that is poor, else all of them in one."""
    found = {metric: measured[metric.lower()] for metric in POOR if type(measured.get(metric.lower())) in (int, float)}
    slow = [("Page Slow", {"metric": metric.lower(), "value_ms": value}) for metric, value in found.items() if value > POOR[metric]]
    return slow or [("Web Vitals Measured", {metric.lower(): value for metric, value in found.items()})]


def parameters(text: bytes, most: int) -> dict[str, str]:
    """The fields of a query or form, the last one of each name. Errors: Refused(400) for more than `most`."""
    try:
        return dict(parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most))
    except ValueError:
        raise Refused(400, Reason.BAD_SHAPE, f"more than {most} parameters") from None


def nested(said: dict[str, str]) -> Json:
    """Parameters with dotted names as the objects that these mean: `properties.plan=gold` is a property. Beyond three dots the rest is one name."""
    out: Json = {}
    for name, value in said.items():
        *outer, last = name.split(".", 3)
        place = out
        for part in outer:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            if not isinstance(place.get(last), dict):
                place[last] = value
    return out


def number(value: Any) -> Any:
    """A number that came as text; anything else as it is."""
    if not isinstance(value, str) or not value or len(value) > 40:
        return value
    try:
        found = float(value)
    except ValueError:
        return value
    if not isfinite(found):
        return value
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def identity_call(action: str, said: Json | str) -> Json | None:
    """An identify, alias or group call that a client without such calls sends as an event of that name; None for any other event.

    `said` is what the event carries: an object of traits, or the other id as text.
    """
    fields = said if isinstance(said, dict) else {}
    text = said if isinstance(said, str) else ""
    match action.lower():
        case "identify" if fields:
            return {"type": "identify", "traits": fields}
        case "alias" if text or fields.get("previous_id"):
            return {"type": "alias", "previousId": text or fields["previous_id"]}
        case "group" if text or fields.get("group_id"):
            rest = {key: value for key, value in fields.items() if key != "group_id"}
            return {"type": "group", "groupId": text or fields["group_id"], "traits": rest}
        case _:
            return None
