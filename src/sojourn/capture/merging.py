"""RudderStack's `merge` call, which says that two identifiers are one person, in calls that everybody has."""

from hashlib import blake2b
from typing import Any, Final

Json = dict[str, Any]
_USER: Final = frozenset(("user_id", "userid", "userId"))
_DEVICE: Final = frozenset(("anonymous_id", "anonymousid", "anonymousId"))
_TRAIT: Final = {"mobile": "phone"}


def is_merge(value: Json) -> bool:
    """Whether this is such a call; in a batch it says so by its type."""
    return value.get("type") == "merge" or ("type" not in value and "mergeProperties" in value)


def merged(value: Json) -> Json:
    """The call that links both: an alias of two user ids, else an identify call; where neither is an id, under one made from both.

    What is no list of two pairs stays as it is, and is refused for its type.
    """
    pairs = value.get("mergeProperties")
    if not isinstance(pairs, list) or len(pairs) != 2 or not all(map(_is_pair, pairs)):
        return value
    rest = {key: part for key, part in value.items() if key not in ("type", "mergeProperties")}
    users = [pair["value"] for pair in pairs if pair["type"] in _USER]
    devices = [pair["value"] for pair in pairs if pair["type"] in _DEVICE]
    traits = {_TRAIT.get(str(pair["type"]), str(pair["type"])): pair["value"] for pair in pairs if pair["type"] not in _USER | _DEVICE}
    if len(users) == 2 or len(devices) == 2:
        one, other = users or devices
        return {**rest, "type": "alias", "userId": one, "previousId": other}
    ids = {**({"userId": users[0]} if users else {}), **({"anonymousId": devices[0]} if devices else {})}
    if not ids and not rest.get("userId") and not rest.get("anonymousId"):
        said = repr(sorted((str(pair["type"]), str(pair["value"])) for pair in pairs))
        ids = {"anonymousId": "merge-" + blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest()}
    return {**rest, **ids, "type": "identify", "traits": {**_object(rest.get("traits")), **traits}}


def _is_pair(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str) and bool(value["type"]) and bool(value.get("value"))


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
