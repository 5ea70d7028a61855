"""kill -9 of the work process in the middle of files and objects of each format: nothing is lost, nothing is doubled, and nothing is fired."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import duckdb
import pytest

from sojourn.terms.facts import Flag
from sojourn.terms.streams import BucketSettings, FolderSettings
from tests.streams.dying import BATCH_LINES, PART_BYTES, Work
from tests.streams.house import House, eventually
from tests.streams.s3 import KEY, REGION, S3, SECRET

LINES: Final = 250
AT: Final = "2025-06-01T10:00:00Z"
FORMATS: Final = ("1.jsonl", "2.csv", "3.csv.gz", "4.parquet")


def files(folder: Path) -> dict[str, bytes]:
    """One file of each format with carts that would be written to about if they were left now, each line without a messageId."""
    folder.mkdir()

    def rows(number: int) -> list[tuple[str, str, str, str, float]]:
        return [(f"u-{number}-{line}", f"u-{number}-{line}@example.com", f"c-{number}-{line}", "p", 9.5) for line in range(LINES)]

    props = ("cart_id", "product_id", "price")
    lines = [
        {"event": "Product Added", "userId": u, "timestamp": AT, "context": {"traits": {"email": e}}, "properties": dict(zip(props, rest, strict=True))}
        for u, e, *rest in rows(1)
    ]
    (folder / "1.jsonl").write_text("".join(json.dumps({"type": "track", **line}) + "\n" for line in lines))
    for name, number in (("2.csv", 2), ("3.csv.gz", 3)):
        text = "event,userId,timestamp,context.traits.email,cart_id,product_id,price\n" + "".join(
            f"Product Added,{u},{AT},{e},{c},{p},{x}\n" for u, e, c, p, x in rows(number)
        )
        (folder / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    with duckdb.connect() as db:
        db.execute(
            'CREATE TABLE t (event VARCHAR, user_id VARCHAR, timestamp VARCHAR, "context.traits.email" VARCHAR,'
            " cart_id VARCHAR, product_id VARCHAR, price DOUBLE)"
        )
        db.executemany(f"INSERT INTO t VALUES ('Product Added', ?, '{AT}', ?, ?, ?, ?)", rows(4))
        db.execute(f"COPY t TO '{folder}/4.parquet' (FORMAT parquet)")
    return {name: (folder / name).read_bytes() for name in FORMATS}


def asked(house: House, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(house.settings.database_path, timeout=10)) as db:
        return db.execute(sql).fetchall()


def nothing_lost_nothing_doubled_nothing_fired(house: House) -> None:
    facts = house.facts()
    assert sorted(str(fact.props["cart_id"]) for fact in facts) == sorted(f"c-{number}-{line}" for number in (1, 2, 3, 4) for line in range(LINES))
    assert all(fact.flags & int(Flag.HISTORICAL) for fact in facts)
    # The engine has seen all of them and found each cart left; it decided nothing about any.
    assert asked(house, "SELECT state, historical, outcome, count(*) FROM people_episode GROUP BY 1, 2, 3") == [("abandoned", 1, "", 4 * LINES)]
    assert asked(house, "SELECT count(*) FROM people_intent") == [(0,)]


def left(house: House) -> bool:
    return asked(house, "SELECT count(*) FROM people_episode WHERE state = 'abandoned'") == [(4 * LINES,)]


@pytest.fixture
def made(tmp_path: Path) -> dict[str, bytes]:
    return files(tmp_path / "made")


def test_a_folder_is_brought_in_once_however_often_work_dies(house: House, made: dict[str, bytes]):
    house.stream("folder", FolderSettings("carts"))
    inbox = house.settings.home / "inbox" / "carts"
    inbox.mkdir(parents=True)
    for name, data in made.items():
        (inbox / name).write_bytes(data)
        (inbox / f"{name}.done").touch()
    with Work(house.settings.home) as work:
        work.dies("append", 2)
        # The end of the first file is not told: it is looked through again, three batches of duplicates, before the second one is cut short.
        work.dies("end", 1)
        work.dies("append", 5)
        # Each run finishes a file and cuts the next one short.
        work.dies("append", 4)
        work.dies("append", 4)
        work.lives()
        eventually(lambda: len(json.loads(house.told()["cursor"] or "{}")) == len(FORMATS), 60, say=work.said)
        eventually(lambda: left(house), 60, say=work.said)
        work.ends()
    nothing_lost_nothing_doubled_nothing_fired(house)
    # It went on where it was: of each file the batch that was not remembered came twice, and the whole of that whose end was not.
    assert house.counts() == {"duplicate": len(FORMATS) * BATCH_LINES + LINES}


def test_a_bucket_is_brought_in_once_however_often_work_dies(house: House, made: dict[str, bytes]):
    with S3() as s3, Work(house.settings.home) as work:
        for name, data in made.items():
            s3.put(f"carts/{name}", data)
        house.stream("bucket", BucketSettings("shop", REGION, s3.url, "carts/", KEY, SECRET))
        for place, _ in enumerate(FORMATS):
            work.dies("part", 1)
            work.dies("append", 2)
            if place == 0:
                work.dies("end", 1)
        work.lives()
        eventually(lambda: asked(house, "SELECT count(*) FROM streams_object") == [(len(FORMATS),)], 60, say=work.said)
        eventually(lambda: left(house), 60, say=work.said)
        work.ends()
        nothing_lost_nothing_doubled_nothing_fired(house)
        assert house.counts() == {"duplicate": len(FORMATS) * BATCH_LINES + LINES}
        for key, (data, _) in s3.objects.items():
            spans = [f"bytes={start}-{min(start + PART_BYTES, len(data)) - 1}" for start in range(0, len(data), PART_BYTES)]
            assert s3.got(key) == spans, "each part is fetched once"
            assert len(spans) > 1
    assert not [path for path in (house.settings.home / "buckets").rglob("*") if path.is_file()]
