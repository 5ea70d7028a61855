"""Deflate and Zstandard beside gzip: what second-generation PostHog clients may send, and what would blow up."""

import gzip
import json
import zlib

import pytest
import zstandard

from sojourn.capture.limits import BODY_BYTES
from sojourn.capture.tests.door import Door

ONE = json.dumps({"userId": "u-1", "event": "Viewed", "messageId": "m-1"}).encode()
BARE = zlib.compress(ONE)[2:-4]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(zlib.compress(ONE), "deflate"), (BARE, "deflate"), (zstandard.compress(ONE), "zstd"), (zstandard.compress(ONE), " ZSTD ")],
    ids=["zlib", "bare deflate", "zstd", "capitals"],
)
def test_a_body_in_either_encoding_is_read(body, encoding):
    with Door() as door:
        assert door.post("/v1/track", body, content_encoding=encoding).status == 200
        assert [fact.message_id for fact in door.facts()] == ["m-1"]


def test_a_zstd_frame_that_does_not_say_its_size_is_read():
    packer = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    body = packer.compress(ONE) + packer.flush()
    with Door() as door:
        assert door.post("/v1/track", body, content_encoding="zstd").status == 200
        assert len(door.facts()) == 1


def blocks_of_nothing(count: int) -> bytes:
    """A frame of blocks that stand for 128 KiB in four bytes each, and none of which is the last."""
    return b"\x28\xb5\x2f\xfd\x00\x58" + (((1 << 17) << 3 | 1 << 1).to_bytes(3, "little") + b" ") * count


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (zlib.compress(b" " * (BODY_BYTES + 1)), "deflate", 413),
        (zlib.compress(b" " * (2 << 20)), "deflate", 413),
        (zlib.compress(ONE)[:-5], "deflate", 400),
        (zlib.compress(ONE) + b"x", "deflate", 400),
        (ONE, "deflate", 400),
        (b"", "deflate", 400),
        (zstandard.compress(b" " * (BODY_BYTES + 1)), "zstd", 413),
        (zstandard.compress(b" " * (2 << 20)), "zstd", 413),
        (blocks_of_nothing(100_000), "zstd", 413),
        (zstandard.compress(ONE)[:-3], "zstd", 400),
        (zstandard.compress(ONE) * 2, "zstd", 400),
        (zstandard.compress(ONE) + b"x", "zstd", 400),
        (ONE, "zstd", 400),
        (b"", "zstd", 400),
        (gzip.compress(ONE), "zstd, gzip", 415),
    ],
)
def test_bombs_cuts_and_lies_are_refused_and_the_next_good_one_is_read(body, encoding, status):
    with Door() as door:
        assert door.post("/v1/track", body, content_encoding=encoding).status == status
        assert door.facts() == []
        assert door.post("/v1/track", ONE).status == 200


def test_a_window_of_128_mib_is_not_set_aside_for_a_zstd_body():
    settings = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    wide = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    body = wide.compress(ONE) + wide.flush()
    with Door() as door:
        answer = door.post("/v1/track", body, content_encoding="zstd")
    assert (answer.status, answer.json["code"]) == (400, "bad_encoding")
