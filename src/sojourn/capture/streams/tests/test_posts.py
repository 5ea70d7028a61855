"""How posts sound, and what hostile servers may send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.capture.streams import posts
from sojourn.capture.streams.posts import Words, mention
from sojourn.capture.streams.sentiment import felt, score
from sojourn.terms.posts import Post

SAID = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
STATUS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("id", "uri", "url", "account", "content", "tags", "visibility", "created_at", "language", "reblog"), SAID)
)


@pytest.mark.parametrize(
    ("text", "feels"),
    [("I love it", 1), ("not good", -1), ("not bad at all", 1), ("good, but it broke after a week", -1), ("GREAT shop!!!", 1), ("👎", -1),
     ("worst service ever", -1),
     ("it never worked", -1), ("don’t like it", -1)],
)  # fmt: skip
def test_a_text_sounds_good_or_bad(text, feels):
    assert score(text) * feels > 0


def test_how_strong_it_is_said_counts():
    assert score("very good") > score("good") > score("somewhat good")
    assert score("good!!") > score("good")
    assert score("This is a lamp") is None
    assert -1 <= score("awful " * 900) < -0.99


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Love it!", True), ("Not bad at all", True), ("Customer service is non-existent, awful", True), ("A great café and the best cake", True),
        ("I don’t like it", True), ("👍", True),
        ("Die Lampe ist hell und schnell da, bin super zufrieden", False), ("Hell in der Nacht", False), ("Lieferung fast pünktlich", False),
        ("Top Lampe, gerne wieder", False), ("Très bon service, top, je suis ravi", False), ("Muy bien, top, lo recomiendo a todos", False),
        ("Fantastico, la lampada è top", False), ("de lamp is fast kapot", False), ("素晴らしい製品です love", False), ("Отличная лампа, top", False),
    ],
)  # fmt: skip
def test_where_no_language_is_told_small_words_and_letters_decide(text, english):
    assert felt(text) == (score(text) if english else None)
    assert score(text) is not None
    assert felt(text, "en-GB") == score(text), "what is told stands"
    assert felt(text, "de") is None


def test_a_text_that_is_not_english_gets_no_number():
    calls = mention(Post("bluesky", "1", "did:x", "Die Lampe ist fine", "https://x", language="de"), Words(("lampe",)))
    assert "sentiment" not in calls[0].properties


@given(STATUS, SAID)
def test_no_server_makes_trouble(status: dict, other: object):
    posts.mastodon("update", json.dumps({**status, "visibility": "public", "account": {"acct": "a"}, "id": "1"}).encode(), "h")
    posts.mastodon("update", json.dumps(status).encode(), "h")
    posts.jetstream(
        json.dumps({"time_us": 5, "did": "d", "commit": {"operation": "create", "collection": "app.bsky.feed.post", "rkey": "k", "record": other}}).encode()
    )
    posts.jetstream(json.dumps(other).encode())
