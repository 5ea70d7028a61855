"""Posts of social networks: which are kept, and what they become."""

import html
import re
from typing import Any, Final

import msgspec

from sojourn.capture.call import Candidate
from sojourn.capture.decode import from_object
from sojourn.capture.items import read_object
from sojourn.capture.limits import ID_CHARACTERS
from sojourn.capture.streams.sentiment import felt
from sojourn.capture.times import read_time
from sojourn.terms.ids import digest
from sojourn.terms.posts import Post
from sojourn.terms.streams import MENTION
from sojourn.terms.time import to_iso

TEXT: Final = 5_000
"""Characters of a post that are kept."""
Json = dict[str, Any]
_BREAK: Final = re.compile(r"<br\s*/?>|</p>\s*<p[^>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")


class Words:
    """Finds the words that are watched for: whole words, small and large letters alike."""

    def __init__(self, words: tuple[str, ...]) -> None:
        wanted = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<!\w)(?:{wanted})(?!\w)", re.IGNORECASE) if words else None

    def found(self, text: str) -> list[str]:
        """Which of them the text holds, in small letters, each once; one empty word where none is watched for."""
        if self._pattern is None:
            return [""]
        return list(dict.fromkeys(word.lower() for word in self._pattern.findall(text)))


def mention(post: Post, words: Words) -> list[Candidate]:
    """A post as a `Mention` of its author, and what is known of the author; nothing where it holds none of the words.

    `sentiment` runs from -1 to 1 and is left out for texts that are not English: see docs/how-to/watch-social-media.md.
    """
    found = words.found(post.text) or words.found(" ".join(post.tags))
    if not found:
        return []
    who: Json = {
        "anonymousId": f"{post.network}:{post.author}"[:ID_CHARACTERS],
        "context": {"externalIds": [{"id": post.author, "type": post.network, "collection": "users", "encoding": "none"}]},
    }
    said = {
        "network": post.network,
        "text": post.text[:TEXT],
        "sentiment": felt(post.text, post.language),
        "url": post.url,
        "author": post.handle or post.author,
        "language": post.language,
        "reply": post.reply or None,
        "words": [word for word in found if word],
        "tags": list(post.tags),
    }
    props = {name: value for name, value in said.items() if value not in (None, "", [])}
    mark = digest(post.network, post.author, post.id)
    when = to_iso(post.at) if post.at else None
    calls = [from_object({**who, "type": "track", "event": MENTION, "messageId": f"{post.network}-{mark}", "timestamp": when, "properties": props}, b"")]
    traits: Json = {"name": post.name, f"{post.network}_handle": post.handle or post.author, f"{post.network}_followers": post.followers}
    traits = {name: value for name, value in traits.items() if value not in (None, "")}
    # Told once for what it says, so that each post of somebody does not tell it again.
    known = digest(post.network, post.author, post.name, post.handle)
    calls.append(from_object({**who, "type": "identify", "messageId": f"{post.network}-author-{known}", "timestamp": when, "traits": traits}, b""))
    return calls


def mastodon(event: str, data: bytes, host: str) -> Post | None:
    """A public post of Mastodon's streaming API; None for anything else, such as a deletion, a boost or an edit."""
    status = read_object(data) if event == "update" else None
    if not isinstance(status, dict) or status.get("reblog") or status.get("visibility") not in ("public", "unlisted"):
        return None
    account = status.get("account")
    if not isinstance(account, dict) or not _text(status.get("id")) or not _text(account.get("acct")):
        return None
    acct = _text(account["acct"])
    tags = status.get("tags")
    return Post(
        network="mastodon",
        id=_text(status.get("uri")) or _text(status["id"]),
        author=(acct if "@" in acct else f"{acct}@{host}").lower(),
        text=_plain(_text(status.get("content"))),
        url=_link(status.get("url")) or _link(status.get("uri")),
        at=read_time(status.get("created_at")) or 0,
        language=_text(status.get("language")),
        name=_text(account.get("display_name")),
        followers=_number(account.get("followers_count")),
        reply=bool(status.get("in_reply_to_id")),
        tags=tuple(_text(tag.get("name")) for tag in tags if isinstance(tag, dict))[:30] if isinstance(tags, list) else (),
    )


class Jet(msgspec.Struct, frozen=True):
    """An event of Jetstream: where its stream goes on after it (µs since 1970), and the post in it, if it is one."""

    cursor: int
    post: Post | None = None


def jetstream(data: bytes) -> Jet | None:
    """An event of Bluesky's Jetstream; None for what is none."""
    event = read_object(data)
    if not isinstance(event, dict):
        return None
    cursor = _number(event.get("time_us"))
    if cursor is None:
        return None
    did, commit = _text(event.get("did")), event.get("commit")
    if not did or not isinstance(commit, dict) or commit.get("operation") != "create" or commit.get("collection") != "app.bsky.feed.post":
        return Jet(cursor)
    record, key = commit.get("record"), _text(commit.get("rkey"))
    if not isinstance(record, dict) or not key:
        return Jet(cursor)
    languages = record.get("langs")
    post = Post(
        network="bluesky",
        id=key,
        author=did,
        text=_text(record.get("text")),
        url=f"https://bsky.app/profile/{did}/post/{key}",
        at=read_time(record.get("createdAt")) or cursor // 1000,
        language=_text(languages[0]) if isinstance(languages, list) and languages else "",
        reply=isinstance(record.get("reply"), dict),
        tags=_facet_tags(record),
    )
    return Jet(cursor, post)


def _facet_tags(record: Json) -> tuple[str, ...]:
    facets = record.get("facets")
    found: list[str] = []
    for facet in facets[:50] if isinstance(facets, list) else ():
        features = facet.get("features") if isinstance(facet, dict) else None
        found += [_text(one.get("tag")) for one in features[:10] if isinstance(one, dict) and one.get("tag")] if isinstance(features, list) else []
    return tuple(tag for tag in found if tag)


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", text))).strip()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def _link(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else ""
