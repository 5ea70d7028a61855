"""What brought somebody: campaign, referrer and landing page, read from a fact."""

from typing import Any, Final

from sojourn.terms.facts import Fact
from sojourn.terms.person import Person, Touch

TEXT_LIMIT: Final = 500
"""Characters kept of a URL or a campaign's name."""
_PAGES: Final = frozenset({"page", "screen"})


def _parts(url: str) -> tuple[str, str]:
    """Host without `www.` in lower case, and path, of an absolute URL; of a bare path, an empty host and the path."""
    _, separator, rest = url.partition("://")
    if not separator:
        return "", (url.partition("?")[0].partition("#")[0])[:TEXT_LIMIT] if url.startswith("/") else ""
    host, _, path = rest.partition("/")
    host = host.partition("?")[0].partition("#")[0].rpartition("@")[2].partition(":")[0].lower()
    return host.removeprefix("www."), ("/" + path.partition("?")[0].partition("#")[0])[:TEXT_LIMIT]


def _text(value: Any) -> str:
    return value[:TEXT_LIMIT] if type(value) is str else ""


def _page(fact: Fact, key: str) -> str:
    """A page property, from the fact itself or from its context."""
    value = fact.props.get(key)
    if type(value) is not str or not value:
        page = fact.context.get("page")
        value = page.get(key) if type(page) is dict else None
    return _text(value)


def entry_path(fact: Fact) -> str:
    """The path of the page a fact was made on, a screen's name, or nothing."""
    path = _page(fact, "path")
    if path:
        return path
    url = _page(fact, "url")
    return _parts(url)[1] if url else fact.name[:TEXT_LIMIT]


def referring_host(fact: Fact) -> str:
    """The host of the referrer where that is another site; empty for moves inside the site."""
    props, page = fact.props, fact.context.get("page")
    if type(page) is not dict:
        page = props
    referrer = props.get("referrer") or page.get("referrer")
    if type(referrer) is not str or not referrer:
        return ""
    url = props.get("url") or page.get("url")
    if type(url) is not str:
        url = ""
    site = url.find("/", 8)
    if site > 0 and referrer.startswith(url[: site + 1]):
        return ""  # the usual move, told without taking the URLs apart
    host = _parts(referrer[:TEXT_LIMIT])[0]
    return "" if host == _parts(url[:TEXT_LIMIT])[0] else host


def origin(fact: Fact) -> str:
    """Where a session came from: the campaign's source, else the referring host, else nothing."""
    campaign = fact.context.get("campaign")
    source = _text(campaign.get("source")) if type(campaign) is dict else ""
    return source or referring_host(fact)


def fold(person: Person, fact: Fact) -> None:
    """Keep the first touch (the earliest page of all) and the last (the latest that a campaign or another site brought)."""
    campaign = fact.context.get("campaign")
    if type(campaign) is not dict:
        if fact.kind not in _PAGES:
            return
        campaign = {}
    first, last, at = person.first_touch, person.last_touch, fact.at
    earliest = first is None or at < first.at
    if not earliest and last is not None:
        if at < last.at:
            return
        if campaign and campaign.get("name") == last.campaign and campaign.get("source") == last.source and campaign.get("medium") == last.medium:
            last.at = at  # SDKs repeat the campaign with every call of a visit
            return
    host = referring_host(fact)
    brought = bool(campaign) or bool(host)
    if earliest:
        person.first_touch = _touch(fact, campaign, host)
    if brought and (last is None or at >= last.at):
        person.last_touch = _touch(fact, campaign, host)  # an object of its own, since it may be changed


def _touch(fact: Fact, campaign: dict[str, Any], host: str) -> Touch:
    return Touch(
        fact.at,
        _text(campaign.get("source")) or host,
        _text(campaign.get("medium")) or ("referral" if host and not campaign else ""),
        _text(campaign.get("name")),
        _page(fact, "referrer") if host else "",
        _page(fact, "url"),
    )


def join(into: Person, other: Person) -> None:
    """The earlier first touch and the later last touch of two people."""
    if into.first_touch is None or (other.first_touch is not None and other.first_touch.at < into.first_touch.at):
        into.first_touch = other.first_touch
    if into.last_touch is None or (other.last_touch is not None and other.last_touch.at > into.last_touch.at):
        into.last_touch = other.last_touch
