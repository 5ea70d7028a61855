"""The flat hash table behaves like a dict with an expiry, and takes little room."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.adapters.sqlite.keys import SeenKeys, pack_entries, pack_entry, synthetic_key
from sojourn.terms.facts import Item
from sojourn.terms.time import DAY

LARGEST = 2**64 - 1
MIX = 0x9E3779B97F4A7C15
# Few keys, many of them of one run and made of few different bytes, so that they collide, come again, and overlap one another.
KEYS = st.one_of(
    st.sampled_from([0, 1, LARGEST]), st.integers(0, 40).map(lambda n: n << 16), st.integers(0, 2**7 - 1).map(lambda n: (n * 0x01010101010101) << 8 & LARGEST)
)
CONTENTS = st.sampled_from([0, 1 << 10, 2 << 10, LARGEST])


class Plain:
    """The same with a dict."""

    def __init__(self) -> None:
        self.keys: dict[int, tuple[int, int]] = {}

    def note(self, key: int, content: int, at: int) -> bool | None:
        noted, then = self.keys.get(key, (0, -100 * DAY))
        if at // DAY - then // DAY <= 28:
            return noted == content
        self.keys[key] = (content, at)
        return None

    def alive(self, at: int) -> int:
        return sum(1 for _, then in self.keys.values() if at // DAY - then // DAY <= 28)


def note(seen: SeenKeys, key: int, content: int, at: int) -> bool | None:
    """None where it was new, else whether the content is the same."""
    known = seen.note(pack_entry(key, content, at), at)
    return known[0][1] if known else None


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["put", "put", "put", "forget", "days"]), KEYS, CONTENTS), max_size=120))
def test_it_is_a_dict_with_an_expiry(steps: list[tuple[str, int, int]]) -> None:
    flat, plain, at = SeenKeys(), Plain(), 1_767_225_600_000
    for verb, key, content in steps:
        if verb == "put":
            assert note(flat, key, content, at) == plain.note(key, content, at)
        elif verb == "forget":
            flat.forget(pack_entry(key, content, at))
            plain.keys.pop(key, None)
        else:
            at += (key >> 16) % 30 * DAY
    note(flat, 5, 0, at)
    plain.note(5, 0, at)
    assert len(flat) == plain.alive(at)


def test_many_keys_are_all_found_again_in_at_most_25_bytes_each() -> None:
    seen = SeenKeys()
    empty = seen.memory_bytes()
    keys = [n * MIX & LARGEST for n in range(1, 400_001)]
    entries = b"".join([pack_entry(key, key, 0) for key in keys])
    assert seen.note(entries, 0) == []
    assert seen.note(entries, 0) == [(n, True) for n in range(400_000)]
    assert len(seen) == 400_000
    assert (seen.memory_bytes() - empty) / 400_000 <= 25


def test_expired_keys_leave_the_table() -> None:
    seen = SeenKeys()
    for day in range(60):
        for n in range(1_000):
            note(seen, (day * 1_000 + n + 1) * MIX & LARGEST, 0, day * DAY)
    assert len(seen) == 29_000


def test_a_day_number_beyond_its_ten_bits_still_expires() -> None:
    seen = SeenKeys()
    note(seen, 1, 0, 1_020 * DAY)
    assert note(seen, 1, 0, 1_048 * DAY) is True
    assert note(seen, 1, 0, 1_049 * DAY) is None


def test_content_is_the_same_but_for_its_lowest_ten_bits() -> None:
    seen = SeenKeys()
    note(seen, 1, 5 << 10, 0)
    assert note(seen, 1, 5 << 10 | 1023, DAY) is True
    assert note(seen, 1, 6 << 10, DAY) is False


def test_entries_that_were_kept_are_known_when_they_are_loaded_again() -> None:
    items = [Item(key, content, b"") for key in (0, 1, LARGEST) for content in (0, LARGEST)]
    seen = SeenKeys()
    seen.load(pack_entries(items[::2], 5 * DAY), 5 * DAY)
    assert seen.note(pack_entries(items, 6 * DAY), 6 * DAY) == [(n, n % 2 == 0) for n in range(6)]


def test_a_synthetic_key_follows_both_and_is_a_key() -> None:
    assert all(0 <= synthetic_key(key, content) <= LARGEST for key in (0, 1, LARGEST) for content in (0, 1, LARGEST))
    assert synthetic_key(5, 1) != synthetic_key(5, 2) != synthetic_key(6, 2)


def test_a_clock_that_was_ahead_for_an_append_that_failed_stops_nothing() -> None:
    seen = SeenKeys()
    ahead = pack_entry(1, 0, 9 * DAY)
    seen.note(ahead, 9 * DAY)
    seen.forget(ahead)
    assert note(seen, 1, 0, 5 * DAY) is None
    assert note(seen, 1, 0, 33 * DAY) is True
    assert note(seen, 1, 0, 34 * DAY) is None
