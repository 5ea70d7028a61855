"""What the readers of webhooks share: whom a payload names, and how a vendor's values become ours."""

from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

from sojourn.capture.limits import ID_CHARACTERS, MESSAGE_ID_CHARACTERS
from sojourn.capture.protocols.wording import Json, number, some
from sojourn.terms.time import SECOND, to_iso

PRODUCTS: Final = 250
"""Lines of one order that are kept; `clean` sets aside what is larger than the limits of an event all the same."""
_OWN_IDS: Final = {"userId": "user", "user_id": "user", "anonymousId": "anonymous", "anonymous_id": "anonymous"}


def text(value: Any) -> str:
    """An id or a name as text; empty for anything that is neither text nor a whole number."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def obj(value: Any) -> Json:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Json]:
    """The objects of a list, at most 250."""
    return [one for one in value[:PRODUCTS] if isinstance(one, dict)] if isinstance(value, list) else []


def short(said: str, limit: int) -> str:
    """The text, or where it is too long its beginning with a digest of the whole."""
    if len(said) <= limit:
        return said
    return f"{said[: limit - 25]}~{blake2b(said.encode('utf-8', 'replace'), digest_size=12).hexdigest()}"


def epoch(seconds: Any) -> str | None:
    """Seconds since 1970 as ISO 8601; None for what is no time."""
    return to_iso(seconds * SECOND) if isinstance(seconds, int) and 0 <= seconds < 253_402_300_800 else None


def plain(amount: Decimal) -> int | float:
    """An amount as a JSON number: whole where it is whole."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def scalars(value: Json) -> Json:
    """The texts, numbers and truth values of an object, at most 100: what can be asked for later without knowing the vendor."""
    found = {key: part for key, part in value.items() if isinstance(part, str | int | float) and part != ""}
    return dict(list(found.items())[:100])


def name_of(*objects_: Json) -> Json:
    """First and last name, from the first object that holds one."""
    for one in objects_:
        first, last = text(one.get("first_name")), text(one.get("last_name"))
        if first or last:
            return some(firstName=first, lastName=last)
    return {}


@dataclass(slots=True)
class Who:
    """Whom a payload names. `vendor` and `id` make an anonymous id of our own, so that two vendors' customers are one person by email, never two users.

    `links` are further ids (type, value) that later calls will name them by.
    """

    vendor: str
    id: str = ""
    user: str = ""
    anonymous: str = ""
    traits: Json = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()

    def own_ids(self, *given: Any) -> "Who":
        """Take in the house's own ids that a shop put into a vendor's free fields: an object, or a list of {name|key, value}."""
        for one in given:
            pairs = list(one.items()) if isinstance(one, dict) else [(part.get("name") or part.get("key"), part.get("value")) for part in objects(one)]
            for key, value in pairs:
                kind = _OWN_IDS.get(key) if isinstance(key, str) else None
                if kind is not None and text(value):
                    setattr(self, kind, text(value))
        return self

    @property
    def known(self) -> bool:
        """Whether anybody is named."""
        return bool(self.id or self.user or self.anonymous or self.traits.get("email") or self.links)

    def ids(self) -> Json:
        """The fields of a call that say who. A guest is known by a digest of the email address, the same each time."""
        anonymous = self.anonymous
        if not anonymous and self.id:
            anonymous = f"{self.vendor}:{self.id}"
        elif not anonymous and not self.user:
            said = text(self.traits.get("email")).lower() or "".join(self.links[0] if self.links else ())
            anonymous = f"{self.vendor}:guest:{blake2b(said.encode('utf-8', 'replace'), digest_size=9).hexdigest()}"
        return some(userId=self.user, anonymousId=short(anonymous, ID_CHARACTERS))

    def context(self) -> Json:
        """What goes into a call's context: the address the person can be known by, and the further ids."""
        context: Json = {}
        traits = some(email=self.traits.get("email"), phone=self.traits.get("phone"))
        if traits:
            context["traits"] = traits
        ids = [(f"{self.vendor}_customer", self.id), *self.links]
        found = [{"type": kind, "id": short(value, ID_CHARACTERS), "collection": "users", "encoding": "none"} for kind, value in ids if value]
        return {**context, "externalIds": found} if found else context


@dataclass(slots=True)
class Told:
    """One call of a vendor: its topic, when it happened, whom it names, and the id under which its events count once."""

    vendor: str
    topic: str
    mark: str
    at: str | None
    who: Who

    def track(self, event: str, props: Json, suffix: str = "", at: str | None = None) -> Json:
        """A track call."""
        return self._call({"type": "track", "event": event, "properties": props}, suffix or event, at)

    def identify(self) -> list[Json]:
        """An identify call with what is known of the person; none where nothing is."""
        traits = {key: value for key, value in self.who.traits.items() if value not in (None, "")}
        return [self._call({"type": "identify", "traits": traits}, "identify", None)] if traits and self.who.known else []

    def raw(self, name: str, payload: Json) -> list[Json] | None:
        """What fits nowhere, under the vendor's own name; None where it names nobody."""
        return [self.track(name[:200], scalars(payload))] if self.who.known else None

    def _call(self, fields: Json, suffix: str, at: str | None) -> Json:
        context = {**self.who.context(), "webhook": {"vendor": self.vendor, "topic": self.topic}}
        number_ = short(f"{self.mark}:{suffix}", MESSAGE_ID_CHARACTERS)
        return {**fields, **self.who.ids(), "messageId": number_, "timestamp": at or self.at, "context": context}


def amounts(**fields: Any) -> Json:
    """Amounts that came as decimal text, as numbers."""
    return some(**{key: number(value) for key, value in fields.items()})
