"""Mentions from servers that speak Mastodon's and Bluesky's protocols: who said it, how it sounds, and nothing lost or doubled by a reconnect."""

from collections.abc import Iterator
from typing import Any

import pytest

from sojourn.terms.streams import BlueskySettings, MastodonSettings
from tests.streams.house import House, eventually
from tests.streams.social import Jetstream, Mastodon


@pytest.fixture
def mastodon() -> Iterator[Mastodon]:
    with Mastodon() as server:
        yield server


@pytest.fixture
def jetstream() -> Iterator[Jetstream]:
    with Jetstream() as server:
        yield server


def live(house: House) -> None:
    eventually(lambda: house.told()["state"] == "live", say=house.told)


def status(number: int, content: str, **more: Any) -> dict[str, Any]:
    account = {"id": "9", "acct": "Ann@art.example", "display_name": "Ann Ruß", "followers_count": 120}
    return {
        "id": str(number), "uri": f"https://art.example/users/ann/statuses/{number}", "url": f"https://art.example/@ann/{number}", "content": content,
        "created_at": "2026-01-01T10:00:00.000Z", "visibility": "public", "language": "en", "account": account, "tags": [{"name": "hellblick"}], **more,
    }  # fmt: skip


def created(number: int, text: str, operation: str = "create", collection: str = "app.bsky.feed.post") -> dict[str, Any]:
    record = {"$type": collection, "text": text, "langs": ["en"], "createdAt": "2026-01-01T10:00:00.000Z"}
    commit = {"rev": "r", "operation": operation, "collection": collection, "rkey": f"k{number}", "cid": "c", "record": record}
    return {"did": "did:plc:ann", "time_us": 1_767_261_600_000_000 + number * 10_000_000, "kind": "commit", "commit": commit}


def test_a_post_with_the_hashtag_becomes_a_mention_of_its_author(house: House, mastodon: Mastodon):
    house.stream("mastodon", MastodonSettings(mastodon.url, "right", ("hellblick",)))
    with house.running():
        live(house)
        mastodon.tell(status(1, "<p>The lamp is wonderful &amp; bright!<br>Größe passt. <a href='x'>#hellblick</a></p>"), "hellblick")
        mastodon.tell(status(1, "the same post once more"), "hellblick", event="status.update")
        mastodon.tell(status(2, "A boost", reblog={"id": "1"}), "hellblick")
        mastodon.tell(status(3, "Private", visibility="private"), "hellblick")
        mastodon.tell(status(4, "Broke after a week, awful"), "hellblick")
        eventually(lambda: house.told()["tally"]["kept"] == 3, say=house.told)
    said, who, again = house.facts()
    assert mastodon.asked == ["/api/v1/streaming/hashtag?tag=hellblick"]
    assert (said.name, said.anonymous_id, said.at) == ("Mention", "mastodon:ann@art.example", 1_767_261_600_000)
    assert said.props["text"] == "The lamp is wonderful & bright!\nGröße passt. #hellblick"
    assert {name: said.props[name] for name in ("network", "url", "author", "language", "tags")} == {
        "network": "mastodon", "url": "https://art.example/@ann/1", "author": "ann@art.example", "language": "en", "tags": ["hellblick"],
    }  # fmt: skip
    assert said.props["sentiment"] > 0.5
    assert again.props["sentiment"] < -0.5
    assert said.context["externalIds"] == [{"id": "ann@art.example", "type": "mastodon", "collection": "users", "encoding": "none"}]
    assert (who.kind, who.traits) == ("identify", {"name": "Ann Ruß", "mastodon_handle": "ann@art.example", "mastodon_followers": 120})


def test_a_public_timeline_is_searched_for_whole_words(house: House, mastodon: Mastodon):
    house.stream("mastodon", MastodonSettings(mastodon.url, "right", (), ("Hellblick",)))
    with house.running():
        live(house)
        mastodon.tell(status(1, "Hellblickfang is another word", tags=[]))
        mastodon.tell(status(2, "I asked HELLBLICK today", tags=[]))
        eventually(lambda: house.told()["tally"]["received"] == 2, say=house.told)
    assert mastodon.asked == ["/api/v1/streaming/public"]
    assert [fact.props.get("text") for fact in house.facts() if fact.name == "Mention"] == ["I asked HELLBLICK today"]
    assert house.told()["tally"]["passed_over"] == 1


def test_a_refused_token_is_said_in_words(house: House, mastodon: Mastodon):
    house.stream("mastodon", MastodonSettings(mastodon.url, "wr0ng", ("a",)))
    with house.running():
        eventually(lambda: "refuses the token (401)" in house.told()["trouble"], say=house.told)
    assert "wr0ng" not in house.told()["trouble"]


def test_a_server_that_hangs_up_is_asked_again(house: House, mastodon: Mastodon):
    house.stream("mastodon", MastodonSettings(mastodon.url, "right", ("a", "b")))
    with house.running():
        live(house)
        eventually(lambda: len(mastodon.asked) == 2)
        mastodon.hang_up()
        eventually(lambda: len(mastodon.asked) == 4, say=house.told)
        live(house)


def test_a_post_on_bluesky_becomes_a_mention_and_others_are_passed_over(house: House, jetstream: Jetstream):
    house.stream("bluesky", BlueskySettings(("hellblick", "Hellblick Lamps"), jetstream.url))
    with house.running():
        live(house)
        jetstream.tell(
            created(1, "nothing of that"),
            created(2, "Hellblick lamps are great"),
            created(3, "hellblick", operation="delete"),
            created(4, "hellblick", collection="app.bsky.feed.like"),
            {"kind": "identity", "did": "did:plc:x", "time_us": 1_767_261_700_000_000},
        )
        eventually(lambda: house.told()["cursor"] == "1767261700000000", say=house.told)
    assert [fact.kind for fact in house.facts()] == ["track", "identify"]
    said = house.facts()[0]
    assert (said.name, said.anonymous_id) == ("Mention", "bluesky:did:plc:ann")
    assert said.props == {
        "network": "bluesky", "text": "Hellblick lamps are great", "sentiment": 0.5, "url": "https://bsky.app/profile/did:plc:ann/post/k2",
        "author": "did:plc:ann", "language": "en", "words": ["hellblick lamps"],
    }  # fmt: skip
    assert house.told()["tally"] == {"received": 2, "kept": 2, "duplicates": 0, "sampled": 0, "refused": 0, "passed_over": 1}
    assert jetstream.asked == [{"wantedCollections": ["app.bsky.feed.post"]}]


def test_what_was_posted_while_nobody_listened_comes_by_the_cursor_and_nothing_twice(house: House, jetstream: Jetstream):
    house.stream("bluesky", BlueskySettings(("hellblick",), jetstream.url))
    with house.running():
        live(house)
        jetstream.tell(created(1, "hellblick one"), created(2, "hellblick two"))
        eventually(lambda: house.told()["tally"]["received"] == 2, say=house.told)
    jetstream.tell(created(3, "hellblick three"))
    with house.running():
        eventually(lambda: len([fact for fact in house.facts() if fact.name == "Mention"]) == 3, say=house.told)
    assert [fact.props["text"] for fact in house.facts() if fact.name == "Mention"] == ["hellblick one", "hellblick two", "hellblick three"]
    assert jetstream.asked[1]["cursor"] == [str(1_767_261_620_000_000 - 5_000_000)]


def test_a_stream_that_breaks_goes_on_at_its_cursor(house: House, jetstream: Jetstream):
    house.stream("bluesky", BlueskySettings(("hellblick",), jetstream.url))
    with house.running():
        live(house)
        jetstream.tell(created(1, "hellblick one"))
        eventually(lambda: house.told()["tally"]["received"] == 1, say=house.told)
        jetstream.hang_up()
        eventually(lambda: house.told()["state"] == "trouble", say=house.told)
        jetstream.tell(created(2, "hellblick two"))
        eventually(lambda: len([fact for fact in house.facts() if fact.name == "Mention"]) == 2, say=house.told)
