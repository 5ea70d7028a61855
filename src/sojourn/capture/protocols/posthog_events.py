"""One PostHog event as calls: its own names become ours, what fits nowhere is kept as it came."""

import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final

from sojourn.capture.call import Candidate
from sojourn.capture.decode import from_object
from sojourn.capture.protocols.posthog_surveys import surveyed
from sojourn.capture.protocols.wording import POOR, first, page_speed, some
from sojourn.terms.catalogue import canonical
from sojourn.terms.outcomes import Dropped, Reason
from sojourn.terms.time import DAY

Json = dict[str, Any]

_SENT: Final = 1_000_000_000_000
_LONGEST_OFFSET: Final = 28 * DAY

_ELEMENT: Final = re.compile(r'(?P<tag>[a-zA-Z][\w\-]*)[^:;"]*:?(?P<rest>(?:[^;"]|"(?:[^"\\]|\\.)*")*);?')
_ATTRIBUTE: Final = re.compile(r'([\w\-$]+)="((?:[^"\\]|\\.)*)"')
_CAMPAIGN: Final = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_content": "content", "utm_term": "term"}
# Marks that advertisers put into addresses; browsers send each of them, mostly null, with every event.
_CLICK_IDS: Final = tuple(
    "gclid gclsrc dclid gbraid wbraid fbclid msclkid twclid li_fat_id igshid ttclid rdt_cid epik qclid sccid oppref bfcid irclid _kx gad_source mc_cid".split()
)
_PAGE: Final = {"$current_url": "url", "$pathname": "path", "$referrer": "referrer", "$title": "title", "title": "title"}
# Beside these, properties whose name begins with $ go to `posthog` in the fact's raw part, so that a portrait is not drowned in them.
_KEPT: Final = ("$group_", "$el_text", "$event_type", "$survey_response")
# Clients on people's own devices. Until somebody signs in they send an id that they made themselves; only their later versions say that it is one.
_DEVICES: Final = ("js", "posthog-js-lite", "posthog-react-native", "posthog-ios", "posthog-android", "posthog-flutter", "posthog-unity")
_SELF_MADE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_ANY_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def calls_of(event: Json, item: bytes, sdk: str = "") -> list[Candidate]:
    """The calls that an event stands for, the event itself first; a list of one Dropped where it is none.

    `sdk` is "name/version" where the request says it for all of its events.
    """
    props = event.get("properties")
    if props is not None and not isinstance(props, dict):
        return [Dropped(Reason.BAD_SHAPE, "properties must be an object")]
    props = {**_lifted(event, sdk), **(props or {})}
    name = event.get("event")
    if name is None and ("$set" in event or "$set_once" in event):
        name, event, props = "$set", *_nameless(event, props)
    if not isinstance(name, str) or not name.strip():
        return [Dropped(Reason.NO_EVENT_NAME, "an event needs `event`")]
    seen = _Event(name.strip(), event, props)
    shapes = _SPECIAL.get(seen.name, _track)(seen)
    if seen.name not in _NO_TRAITS:
        shapes += _set(seen)
    return [from_object(shape, item) for shape in shapes]


def _nameless(event: Json, props: Json) -> tuple[Json, Json]:
    """Traits as old browser clients send them to /engage: as an event without a name, whose ids stand beside it, with the browser among the traits."""
    ids: Json = {name: event[name] for name in ("$device_id", "$user_id") if name in event}
    plain = {part: {key: value for key, value in _object(event.get(part)).items() if key[:1] != "$"} for part in ("$set", "$set_once")}
    return {**event, **plain}, {**ids, **props}


def _lifted(event: Json, sdk: str) -> Json:
    """What the second generation says beside the properties, under the names that the first has for it among them."""
    library, _, version = sdk.partition("/")
    options = {f"${name}": value for name, value in _object(event.get("options")).items()}
    return {**options, **some(**{"$lib": library, "$lib_version": version, "$session_id": event.get("session_id"), "$window_id": event.get("window_id")})}


class _Event:
    """What an event says, sorted: who, when, where, and what is left."""

    def __init__(self, name: str, event: Json, props: Json) -> None:
        self.name = name
        self.event = event
        self.props = props
        self.set = {**_object(props.pop("$set", None)), **_object(event.get("$set"))}
        self.once = {**_object(props.pop("$set_once", None)), **_object(event.get("$set_once"))}
        self.distinct_id = first(event.get("distinct_id"), props.pop("distinct_id", None), event.get("$distinct_id"))
        props.pop("token", None)
        self.library = props.get("$lib")
        self.insert_id, self.time = props.pop("$insert_id", None), props.pop("$time", None)
        self.user_id, self.anonymous_id = self._who()
        self.context, self.rest = _context(props)
        self.base = self._base()

    def _who(self) -> tuple[Any, Any]:
        """(userId, anonymousId). Browsers say which of both a distinct id is; what a server sends is taken for a user's id."""
        props, said = self.props, self.distinct_id
        device = props.pop("$device_id", None)
        identified = props.pop("$is_identified", None)
        user = props.pop("$user_id", None)
        before = props.get("$anon_distinct_id")
        profile = props.get("$process_person_profile", True)
        if before is not None and self.name == "$identify":
            return said, before
        if self.name == "$groupidentify" and (group := self._only_group()) is not None:
            return None, group
        if user is not None or identified is True:
            return said, device if device != said else None
        if identified is False or profile is False or (device is not None and device == said):
            return None, said
        if identified is None and self.looks_made_up():
            return None, said
        return said, device if device != said else None

    def looks_made_up(self) -> bool:
        """Whether an app may have made this id itself, for somebody who has not signed in."""
        said = self.distinct_id
        return self.library in _DEVICES and isinstance(said, str) and _SELF_MADE.fullmatch(said) is not None

    def _only_group(self) -> str | None:
        """The id of nobody under which servers tell what a group is called: some make one of the group's name, some a new one each time."""
        props, said = self.props, self.distinct_id
        nobody = f"${props.get('$group_type')}_{props.get('$group_key')}"
        made_up = self.library == "posthog-python" and isinstance(said, str) and _ANY_UUID.fullmatch(said)
        return nobody if said == nobody or made_up else None

    def _base(self) -> Json:
        event = self.event
        base: Json = {"userId": self.user_id, "anonymousId": self.anonymous_id, "messageId": self._message_id()}
        at = first(event.get("timestamp"), self.time if "offset" not in event else None)
        if at is not None:
            base["timestamp"] = at
        offset = event.get("offset")
        if at is None and isinstance(offset, int | float) and 0 <= offset < _LONGEST_OFFSET:
            # Old browser clients say how long before sending it happened, and no time. Any two times that far apart give the time by our own clock.
            base |= {"timestamp": _SENT - int(offset), "sentAt": _SENT, "posthog_offset": offset}
        if self.context:
            base["context"] = self.context
        return base

    def _message_id(self) -> Any:
        """The event's own id; old clients send none, but a resend of theirs has the same content and time."""
        event = self.event
        own = first(event.get("uuid"), event.get("$insert_id"), self.insert_id, event.get("messageId"))  # the last from older Ruby clients
        at = first(event.get("timestamp"), self.time)
        if own is not None or at is None:
            return own
        said = repr((self.name, self.distinct_id, at, sorted(self.props.items(), key=str), sorted(self.rest.items(), key=str)))
        return "ph-" + blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def call(self, kind: str, suffix: str = "", **fields: Any) -> Json:
        """A call of this event; further ones of the same event have their own id, made from it."""
        base = dict(self.base)
        if suffix and isinstance(base["messageId"], str):
            base["messageId"] += suffix
        shape = {"type": kind, **base, **fields}
        if self.rest and not suffix:
            shape["posthog"] = self.rest
        return shape


def _context(props: Json) -> tuple[Json, Json]:
    """The context in Segment's words, and what PostHog adds beside it; both are taken out of the properties."""
    take = props.pop
    page = {ours: found for theirs, ours in _PAGE.items() if (found := take(theirs, None) if theirs[0] == "$" else None) not in (None, "")}
    campaign = {ours: found for theirs, ours in _CAMPAIGN.items() if (found := take(theirs, None)) not in (None, "")}
    campaign |= {click: found for click in _CLICK_IDS if (found := take(click, None)) is not None}
    if page.get("referrer") == "$direct":
        del page["referrer"]
    context: Json = {
        "page": page,
        "campaign": campaign,
        "library": some(name=take("$lib", None), version=take("$lib_version", None)),
        "os": some(name=take("$os", None), version=take("$os_version", None)),
        "device": some(type=take("$device_type", None), name=take("$device", None), manufacturer=take("$device_manufacturer", None)),
        "screen": some(width=take("$screen_width", None), height=take("$screen_height", None)),
        "app": some(name=take("$app_name", None), version=take("$app_version", None), build=take("$app_build", None)),
        "network": some(carrier=take("$network_carrier", None), wifi=take("$network_wifi", None)),
        "userAgent": take("$raw_user_agent", None),
        "locale": first(take("$browser_language", None), take("$locale", None)),
        "timezone": take("$timezone", None),
        "ip": take("$ip", None),
        "sessionId": take("$session_id", None),
        "groups": take("$groups", None),
    }
    rest = {key: take(key) for key in [key for key in props if key[:1] == "$" and not key.startswith(_KEPT) and key not in _READ_LATER]}
    return {key: value for key, value in context.items() if value not in (None, {}, "")}, rest


def _track(seen: _Event) -> list[Json]:
    return [seen.call("track", event=canonical(seen.name), properties=seen.props)]


def _pageview(seen: _Event) -> list[Json]:
    page = seen.context.get("page", {})
    title = first(seen.props.pop("title", None), page.get("title"))
    return [seen.call("page", name=title if isinstance(title, str) and len(title) <= 200 else None, properties={**seen.props, **page, **some(title=title)})]


def _screen(seen: _Event) -> list[Json]:
    return [seen.call("screen", name=seen.props.pop("$screen_name", None), properties=seen.props)]


def _page_left(seen: _Event) -> list[Json]:
    seconds, scrolled = seen.rest.get("$prev_pageview_duration"), seen.rest.get("$prev_pageview_max_scroll_percentage")
    return [seen.call("track", event="Page Left", properties={**seen.props, **some(seconds=seconds, scrolled=scrolled)})]


def _identify(seen: _Event) -> list[Json]:
    """Who a device belongs to. Whatever a server sent under the former id is theirs too, which only an alias says."""
    traits = {**_plain_traits(seen.once), **seen.set}
    calls = [seen.call("identify", traits=traits, properties=None)]
    before = seen.props.get("$anon_distinct_id")
    if before is not None and before != seen.distinct_id:
        calls.insert(0, {**seen.call("alias", "-alias", previousId=before), "anonymousId": None})
    if seen.looks_made_up():  # and is not: what this user does from here on looks like nobody's
        calls.append({**seen.call("identify", "-same", traits={}), "anonymousId": seen.distinct_id})
    return calls


def _only_set(seen: _Event) -> list[Json]:
    return [seen.call("identify", traits={**_plain_traits(seen.once), **seen.set})]


def _set(seen: _Event) -> list[Json]:
    """Traits that came along with another event. What browsers set once with each event is the first touch, which is seen from the page itself."""
    return [seen.call("identify", "-set", traits=seen.set)] if seen.set else []


def _alias(seen: _Event) -> list[Json]:
    other = seen.props.get("alias")
    return [{**seen.call("alias", previousId=other), "userId": seen.distinct_id, "anonymousId": None}]


def _group(seen: _Event) -> list[Json]:
    props = seen.props
    traits = {**_object(props.get("$group_set")), **some(group_type=props.get("$group_type"))}
    return [seen.call("group", groupId=props.get("$group_key"), traits=traits)]


def _autocapture(seen: _Event) -> list[Json]:
    """A click on a link is a Link Clicked; other clicks, submits and changes are named for what they are. Texts of fields are not sent by PostHog."""
    element = _element(seen)
    what = seen.props.pop("$event_type", "click")
    name = {"submit": "Form Submitted", "change": "Field Changed"}.get(str(what), "Link Clicked" if element.get("href") else "Element Clicked")
    return [seen.call("track", event=name, properties={**seen.props, **element})]


def _click_trouble(name: str) -> Callable[[_Event], list[Json]]:
    def shape(seen: _Event) -> list[Json]:
        seen.props.pop("$event_type", None)
        element = _element(seen)
        return [seen.call("track", event=name, properties={**seen.props, **element})]

    return shape


def _element(seen: _Event) -> Json:
    """The innermost element: tag, label, id, link, form's name. It stands first in a chain, or in the list that older clients send."""
    props = seen.props
    chain = first(props.pop("$elements_chain", None), "")
    listed = props.pop("$elements", None)
    label = props.pop("$el_text", None)
    found = _ELEMENT.match(chain) if isinstance(chain, str) else None
    said: Json = dict(_ATTRIBUTE.findall(found["rest"][:4_000])) if found is not None else {}
    tag = found["tag"] if found is not None else None
    if found is None and isinstance(listed, list) and listed and isinstance(listed[0], dict):
        said = listed[0]
        tag, label = said.get("tag_name"), first(label, said.get("$el_text"))
    href = first(said.get("href"), said.get("attr__href"))
    return some(
        label=first(label, said.get("text"), said.get("attr__aria-label")),
        tag=tag,
        id=first(said.get("attr_id"), said.get("attr__id")),
        href=href,
        url=href,
        name=said.get("attr__name"),
    )


def _exception(seen: _Event) -> list[Json]:
    props = seen.props
    listed = props.pop("$exception_list", None)
    outer = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    message = first(outer.get("value"), props.pop("$exception_message", None))
    kind = first(outer.get("type"), props.pop("$exception_type", None))
    return [seen.call("track", event="Error Shown", properties={**props, **some(message=message, type=kind)}, exceptions=listed)]


def _vitals(seen: _Event) -> list[Json]:
    """A Page Slow for each measure beyond what Google calls poor; otherwise the measures as they are."""
    measured = {metric.lower(): seen.props.pop(f"$web_vitals_{metric}_value", None) for metric in POOR}
    for key in [key for key in seen.props if key.startswith("$web_vitals_")]:
        del seen.props[key]
    return [
        seen.call("track", f"-{said['metric'].upper()}" if number else "", event=name, properties={**seen.props, **said})
        for number, (name, said) in enumerate(page_speed(measured))
    ]


def _flag(seen: _Event) -> list[Json]:
    """Which variant of a flag somebody was given."""
    given = some(flag=seen.rest.get("$feature_flag"), variant=seen.rest.get("$feature_flag_response"))
    return [seen.call("track", event=seen.name, properties={**seen.props, **given})]


def _surveyed(name: str) -> Callable[[_Event], list[Json]]:
    def shape(seen: _Event) -> list[Json]:
        return [
            seen.call("track", f"-{number}" if number else "", event=name, properties=properties)
            for number, properties in enumerate(surveyed(name, seen.props))
        ]

    return shape


_READ_LATER: Final = frozenset(
    "$anon_distinct_id $screen_name $elements_chain $elements $exception_list $exception_message $exception_type $survey_id $survey_name "
    "$survey_questions".split()
) | {f"$web_vitals_{metric}_{part}" for metric in POOR for part in ("value", "event")}
_SPECIAL: Final[dict[str, Callable[[_Event], list[Json]]]] = {
    "$pageview": _pageview,
    "$pageleave": _page_left,
    "$screen": _screen,
    "$identify": _identify,
    "$set": _only_set,
    "$set_once": _only_set,
    "$create_alias": _alias,
    "$groupidentify": _group,
    "$autocapture": _autocapture,
    "$rageclick": _click_trouble("Rage Click"),
    "$dead_click": _click_trouble("Dead Click"),
    "$exception": _exception,
    "$web_vitals": _vitals,
    "$feature_flag_called": _flag,
    "survey shown": _surveyed("Survey Shown"),
    "survey sent": _surveyed("Survey Answered"),
    "survey dismissed": _surveyed("Survey Dismissed"),
}
_NO_TRAITS: Final = frozenset(("$identify", "$set", "$set_once", "$create_alias", "$groupidentify"))


def _plain_traits(once: Json) -> Json:
    """Traits set once, without the touch that browsers add to each event by themselves."""
    return {key: value for key, value in once.items() if key[:1] != "$" and key not in _CAMPAIGN and value is not None and key not in _CLICK_IDS}


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
