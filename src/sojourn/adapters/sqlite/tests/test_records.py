"""Records survive the way to bytes and back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.adapters.sqlite.records import EMPTY_BODY, checksum, pack_body, read_row
from sojourn.ports.log import Damaged
from sojourn.terms.facts import Fact, Quarantine, Record

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(SCALARS, lambda values: st.lists(values) | st.dictionaries(st.text(), values), max_leaves=5)
FACTS = st.lists(st.builds(Fact, kind=st.just("track"), name=st.text(), at=st.integers(0, 2**53), message_id=st.text(), props=st.dictionaries(st.text(), JSON)))
ASIDE = st.lists(st.builds(Quarantine, st.text(), st.binary(), st.text()))


@given(FACTS, st.dictionaries(st.text(), st.integers(0, 2**40)), ASIDE)
def test_what_is_joined_reads_back_equal(facts: list[Fact], counts: dict[str, int], aside: list[Quarantine]) -> None:
    body = pack_body([msgspec.msgpack.encode(fact) for fact in facts], counts, aside)
    row = (9, 5, 1, 7, b"", body, checksum(9, 5, 1, 7, b"", body))
    assert read_row(row) == Record(9, 5, 1, 7, facts, counts, aside)


def test_an_empty_record_is_three_bytes_and_a_mark() -> None:
    assert pack_body([], {}, []) == EMPTY_BODY


@given(st.integers(0, 8 * 200 - 1))
def test_any_flipped_bit_is_noticed(bit: int) -> None:
    body = bytearray(pack_body([], {}, [Quarantine("r", b"x" * 190, "")]))
    crc = checksum(9, 5, 1, 7, b"", bytes(body))
    body[bit // 8 % len(body)] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        read_row((9, 5, 1, 7, b"", bytes(body), crc))
