"""The flat hash table behaves like a dict with an expiry, and takes little room."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.adapters.sqlite.keys import SeenKeys, synthetic_key
from sojourn.terms.time import DAY

LARGEST = 2**64 - 1
MIX = 0x9E3779B97F4A7C15
# Few keys, many of them of one shard and one place, so that they collide and come again.
KEYS = st.one_of(st.sampled_from([0, 1, LARGEST]), st.integers(0, 40).map(lambda n: n << 12 | 5), st.integers(0, 40).map(lambda n: (7 * n) << 12 | 5))
CONTENTS = st.sampled_from([0, 1 << 10, 2 << 10, LARGEST])


class Plain:
    """The same with a dict."""

    def __init__(self) -> None:
        self.keys: dict[int, tuple[int, int]] = {}

    def put(self, key: int, content: int, at: int) -> int | None:
        noted = self.get(key, at)
        if noted is None:
            self.keys[key or 1] = (content & ~1023, at)
        return noted

    def get(self, key: int, at: int) -> int | None:
        content, then = self.keys.get(key or 1, (0, -100 * DAY))
        return content if at // DAY - then // DAY <= 28 else None

    def forget(self, key: int) -> None:
        self.keys.pop(key or 1, None)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["put", "put", "put", "get", "forget", "days"]), KEYS, CONTENTS), max_size=200))
def test_it_is_a_dict_with_an_expiry(steps: list[tuple[str, int, int]]) -> None:
    flat, plain, at = SeenKeys(), Plain(), 1_767_225_600_000
    for verb, key, content in steps:
        if verb == "put":
            assert flat.put(key, content, at) == plain.put(key, content, at)
        elif verb == "get":
            assert flat.get(key, at) == plain.get(key, at)
        elif verb == "forget":
            flat.forget(key)
            plain.forget(key)
        else:
            at += key % 30 * DAY
    for key in plain.keys:
        assert flat.get(key, at) == plain.get(key, at)


def test_many_keys_are_all_found_again_in_at_most_30_bytes_each() -> None:
    seen = SeenKeys()
    keys = [n * MIX & LARGEST for n in range(1, 200_001)]
    assert [seen.put(key, key, 0) for key in keys] == [None] * 200_000
    assert all(seen.put(key, 7, 0) == key & ~1023 for key in keys)
    assert len(seen) == 200_000
    assert seen.memory_bytes() / 200_000 <= 30


def test_expired_keys_leave_the_table_when_it_needs_the_room() -> None:
    seen = SeenKeys()
    for day in range(200):
        for n in range(1_000):
            seen.put((day * 1_000 + n + 1) * MIX & LARGEST, 0, day * DAY)
    assert 29_000 <= len(seen) <= 70_000


def test_content_is_the_same_but_for_its_lowest_ten_bits() -> None:
    assert SeenKeys.same(5 << 10, 5 << 10 | 1023)
    assert not SeenKeys.same(5 << 10, 6 << 10)


def test_a_synthetic_key_follows_both_and_is_a_key() -> None:
    made = {synthetic_key(key, content) for key in range(1, 30) for content in range(30)}
    assert all(0 < key <= LARGEST for key in made)
    assert synthetic_key(5, 1) != synthetic_key(5, 2) != synthetic_key(6, 2)
    assert synthetic_key(7, 0) == 7  # content 0 is only noted under 7 itself if it came first
