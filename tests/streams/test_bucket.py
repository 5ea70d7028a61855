"""A watched bucket: the same files as in a folder, fetched in parts, once, as history that fires nothing, and each trouble said in words."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from errno import ENOSPC
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from sojourn.adapters.s3 import bucket as s3_bucket
from sojourn.adapters.s3.bucket import Bucket
from sojourn.adapters.s3.trouble import Changed, Unreachable, Withheld
from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.state import Progress
from sojourn.runtime import stream_bucket, stream_files
from sojourn.terms.effects import Commit, Removal
from sojourn.terms.facts import Flag
from sojourn.terms.streams import BucketSettings
from tests.streams.house import SOURCE, House, eventually
from tests.streams.s3 import KEY, REGION, S3, SECRET
from tests.streams.test_mqtt_tls import certificate

HISTORICAL = int(Flag.HISTORICAL)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_bucket, "LOOK_SECONDS", 0.05)


@pytest.fixture
def s3() -> Iterator[S3]:
    with S3() as server:
        yield server


def settings(s3: S3, **other: object) -> BucketSettings:
    return msgspec.structs.replace(BucketSettings("shop", REGION, s3.url, "in/", KEY, SECRET), **other)


def order(number: int) -> str:
    return json.dumps({"type": "track", "event": "Order Completed", "userId": f"u-{number}", "properties": {"order_id": f"o-{number}"}}) + "\n"


def ids(house: House) -> list[str]:
    return [str(fact.props["order_id"]) for fact in house.facts()]


def read(house: House) -> dict[str, str]:
    """The objects that were read, and what became of them."""
    with closing(sqlite3.connect(house.settings.database_path, timeout=10)) as db:
        return dict(db.execute("SELECT key, verdict FROM streams_object"))


def fetched(house: House) -> list[Path]:
    """What lies of the bucket on our disk."""
    return [path for path in (house.settings.home / "buckets").rglob("*") if path.is_file()]


def test_objects_in_each_form_become_facts_of_the_past(house: House, s3: S3, tmp_path: Path):
    s3.page = 2
    s3.put("in/1.jsonl", order(1))
    s3.put("in/2024/größe +%20&.csv", "event,userId,timestamp,order_id,total\nOrder Completed,u-2,2025-06-01T10:00:00Z,o-2,12.50\n")
    s3.put("in//3.csv.gz", gzip.compress(b"event;userId;order_id\nOrder Completed;u-3;o-3\n"))
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT 'Order Completed' AS event, 4 AS user_id, 'o-4' AS order_id) TO '{tmp_path}/4.parquet' (FORMAT parquet)")
    s3.put("in/4.parquet", (tmp_path / "4.parquet").read_bytes())
    for key, what in {"in/": "", "in/notes.txt": "hello", "in/.hidden.jsonl": order(5), "other/6.jsonl": order(6), "in/empty.csv": ""}.items():
        s3.put(key, what)
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: len(read(house)) == 4, say=house.told)
        eventually(lambda: house.told()["state"] == "live", say=house.told)
        looks = len(s3.asked)
        eventually(lambda: len(s3.asked) > looks + 8, say=lambda: s3.asked)
    assert sorted(ids(house)) == ["o-1", "o-2", "o-3", "o-4"]
    assert all(fact.flags & HISTORICAL for fact in house.facts())
    assert read(house) == dict.fromkeys(["in/1.jsonl", "in/2024/größe +%20&.csv", "in//3.csv.gz", "in/4.parquet"], "1 kept")
    assert [len(s3.got(key)) for key in read(house)] == [1, 1, 1, 1], "nothing is fetched a second time"
    assert house.told()["tally"]["kept"] == 4
    assert fetched(house) == []
    assert {key for key in s3.objects if key.startswith("in/.")} == {"in/.hidden.jsonl"}, "nothing is written into the bucket"


def test_an_object_with_another_etag_is_another_one(house: House, s3: S3):
    lines = [json.dumps({**json.loads(order(n)), "messageId": f"m-{n}"}) + "\n" for n in (1, 2)]
    s3.put("in/a.jsonl", lines[0])
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: len(read(house)) == 1, say=house.told)
    with house.running():
        s3.put("in/a.jsonl", "".join(lines))
        eventually(lambda: len(house.facts()) == 2, say=house.told)
        eventually(lambda: read(house) == {"in/a.jsonl": "1 kept, 1 were there already"}, say=house.told)
    assert ids(house) == ["o-1", "o-2"]


def test_a_large_object_is_fetched_in_parts_and_goes_on_where_it_was_cut(house: House, s3: S3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_bucket, "PART_BYTES", 1_000)
    whole = "".join(order(n) for n in range(60))
    s3.put("in/a.jsonl", whole)
    s3.fault = lambda _method, _key, span: "cut" if span == "bytes=3000-3999" else ""
    monkeypatch.setattr(stream_bucket, "AGAIN_SECONDS", 0.0)
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: "broke off in the middle" in house.told()["trouble"], say=house.told)
        assert house.told()["state"] == "trouble"
        s3.put("in/b.jsonl", order(99))
        eventually(lambda: "in/b.jsonl" in read(house), say=house.told)
    with house.running():
        s3.fault = lambda *_: ""
        eventually(lambda: "in/a.jsonl" in read(house), say=house.told)
        eventually(lambda: house.told()["state"] == "live", say=house.told)
    spans = [span for place, span in enumerate(s3.got("in/a.jsonl")) if span not in s3.got("in/a.jsonl")[:place]]
    assert spans == [f"bytes={start}-{min(start + 999, len(whole) - 1)}" for start in range(0, len(whole), 1_000)]
    assert [s3.got("in/a.jsonl").count(span) for span in spans[:3]] == [1, 1, 1], "what was fetched is not fetched again"
    assert sorted(ids(house)) == sorted([*(f"o-{n}" for n in range(60)), "o-99"])


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"access_key": "other"}, "does not know the access key; type the one it gave you"),
        ({"secret": "other"}, "the secret does not belong to the access key; type it again"),
        ({"region": "us-east-1"}, "the bucket lies in the region eu-test-1; enter that instead of us-east-1"),
        ({"bucket": "nope"}, "there is no bucket named nope at 127.0.0.1:"),
        ({"access_key": "", "secret": ""}, "shop is not public; enter an access key"),
        ({"url": "http://127.0.0.1:1"}, "127.0.0.1:1 cannot be reached: Connection refused"),
        ({"url": "https://nowhere.invalid"}, "nowhere.invalid cannot be found: there is no such name"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(s3: S3, other: dict[str, str], says: str):
    with pytest.raises(Unreachable) as raised:
        next(Bucket(settings(s3, **other)).pages())
    assert says in str(raised.value)


@pytest.mark.parametrize("host", ["8.8.8.8", "169.254.169.254", "2001:4860:4860::8888", "::ffff:8.8.8.8", "::ffff:169.254.169.254"])
def test_a_key_does_not_leave_one_s_own_network_unencrypted(host: str):
    with pytest.raises(Unreachable, match=r"lies outside of your own network, where the key must not travel unencrypted: use https://"):
        s3_bucket._own(host, 80)
    assert s3_bucket._own("127.0.0.1", 80) == "127.0.0.1"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("AccessDenied", "the key may not list shop; allow s3:ListBucket"),
        ("SlowDown", "asks for fewer requests"),
        ("RequestTimeTooSkewed", "differ by more than 15 minutes"),
        ("InternalError", "answers 500 InternalError"),
        ("redirect", "sends elsewhere; enter the address and the region of the bucket itself"),
        ("cut", "broke off in the middle of an answer"),
    ],
)
def test_a_list_that_fails_is_said_and_tried_again(house: House, s3: S3, fault: str, says: str):
    s3.fault = lambda *_: fault
    s3.put("in/a.jsonl", order(1))
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: house.told()["state"] == "trouble", say=house.told)
        said = house.told()["trouble"]
        s3.fault = lambda *_: ""
        eventually(lambda: ids(house) == ["o-1"], say=house.told)
        eventually(lambda: house.told()["state"] == "live", say=house.told)
    assert says in said
    assert "Trying again in " in said


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("AccessDenied", "1 object cannot be brought in now: the key may not read in/a.jsonl; allow s3:GetObject."),
        ("InvalidObjectState", "1 object cannot be brought in now: in/a.jsonl lies in an archive; restore it first."),
        ("InternalError", "answers 500 InternalError"),
    ],
)
def test_an_object_that_is_not_given_out_holds_up_no_other(house: House, s3: S3, monkeypatch: pytest.MonkeyPatch, fault: str, says: str):
    s3.fault = lambda _method, key, _span: fault if key == "in/a.jsonl" else ""
    s3.put("in/a.jsonl", order(1))
    s3.put("in/b.jsonl", order(2))
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: says in house.told()["trouble"], say=house.told)
        looks = len(s3.asked)
        eventually(lambda: len(s3.asked) > looks + 5, say=lambda: s3.asked)
        assert ids(house) == ["o-2"]
        assert len(s3.got("in/a.jsonl")) == 1, "it is left alone for a while"
        monkeypatch.setattr(stream_bucket, "AGAIN_SECONDS", 0.0)
        s3.fault = lambda *_: ""
        eventually(lambda: house.told()["state"] == "live", say=house.told)
    assert ids(house) == ["o-2", "o-1"]


def test_objects_that_vanish_change_or_make_no_sense_hold_up_no_other(house: House, s3: S3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_bucket, "MOST_BYTES", 1_000)
    s3.put("in/a.parquet", "this is no Parquet")
    s3.put("in/b.jsonl", order(1) + '{"type": "track"\n' + order(2))
    s3.put("in/c.csv", "x" * 1_001)
    s3.put("in/d.jsonl", order(3))
    s3.put("in/e.jsonl", order(4))
    s3.put("in/f.jsonl", order(5))

    def meanwhile(_method: str, key: str, _span: str) -> str:
        if key == "in/d.jsonl" and len(s3.got(key)) == 1:
            del s3.objects[key]
        if key == "in/e.jsonl" and len(s3.got(key)) == 1:
            s3.put(key, order(40))
        return ""

    s3.fault = meanwhile
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: len(read(house)) == 5, say=house.told)
        eventually(lambda: house.told()["state"] == "live", say=house.told)
    assert sorted(ids(house)) == ["o-1", "o-2", "o-40", "o-5"]
    said = [(one["where"], one["text"], one["verdict"]) for one in house.told()["seen"]]
    assert said[0][2].startswith("a.parquet is not a Parquet file that can be read")
    assert str(house.settings.home) not in said[0][2]
    assert ("in/b.jsonl", "line 2", "bad_json: the event is not JSON") in said
    assert ("in/c.csv", "", "it has 0.0 MB; at most 0.0 MB are read, so split it") in said
    assert ("in/d.jsonl", "", "in/d.jsonl is no longer there") in said
    assert ("in/e.jsonl", "", "in/e.jsonl was changed meanwhile") in said
    assert fetched(house) == []


def test_an_object_for_which_the_disk_has_no_room_waits(house: House, s3: S3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_bucket, "SPARE_BYTES", 1 << 60)
    monkeypatch.setattr(stream_bucket, "AGAIN_SECONDS", 0.0)
    s3.put("in/a.jsonl", order(1))
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: "make room" in house.told()["trouble"], say=house.told)
        assert s3.got("in/a.jsonl") == []
        monkeypatch.setattr(stream_bucket, "SPARE_BYTES", 0)
        eventually(lambda: ids(house) == ["o-1"], say=house.told)


def test_a_disk_that_fills_up_while_an_object_is_fetched_is_said_and_it_goes_on_when_there_is_room(house: House, s3: S3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_bucket, "PART_BYTES", 20)
    full, real = [True], os.fsync

    def fsync(file: int) -> None:
        if full and s3.got("in/a.jsonl")[-1] == "bytes=40-59":
            raise OSError(ENOSPC, "No space left on device")
        real(file)

    monkeypatch.setattr(stream_bucket.os, "fsync", fsync)
    s3.put("in/a.jsonl", order(1))
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: "The disk is full while in/a.jsonl is fetched; make room." in house.told()["trouble"], say=house.told)
        full.clear()
        eventually(lambda: ids(house) == ["o-1"], say=house.told)
    assert s3.got("in/a.jsonl")[:3] == ["bytes=0-19", "bytes=20-39", "bytes=40-59"]
    assert s3.got("in/a.jsonl").count("bytes=0-19") == 1


def test_a_server_that_goes_silent_is_left_when_the_stream_is_switched_off(house: House, s3: S3):
    s3.fault = lambda _method, key, _span: "slow" if key else ""
    s3.put("in/a.jsonl", order(1))
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: s3.got("in/a.jsonl"), say=house.told)
        house.off()
        eventually(lambda: house.told()["state"] != "", say=house.told)
    assert house.facts() == []


def test_a_server_that_goes_silent_is_given_up(house: House, s3: S3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(s3_bucket, "SILENT_SECONDS", 0.3)
    s3.fault = lambda *_: "slow"
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: "does not answer" in house.told()["trouble"], say=house.told)


def test_what_was_fetched_goes_with_its_stream(house: House, s3: S3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_bucket, "PART_BYTES", 10)
    s3.fault = lambda _method, _key, span: "slow" if span == "bytes=20-29" else ""
    s3.put("in/a.jsonl", order(1))
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: [path.stat().st_size for path in fetched(house)] == [20], say=house.told)
        eventually(lambda: house.told()["trouble"] == f"Fetching in/a.jsonl: {2000 // len(order(1))} %.", say=house.told)
        with closing(sqlite3.connect(house.settings.database_path, timeout=10)) as db, db:
            db.execute("DELETE FROM streams_stream")
        eventually(lambda: not list((house.settings.home / "buckets").iterdir()))


def test_what_somebody_takes_away_half_way_is_fetched_again(house: House, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT 'Order Completed' AS event, 'u' AS user_id, 'o-1' AS order_id) TO '{tmp_path}/1.parquet' (FORMAT parquet)")
    s3.put("in/1.parquet", (tmp_path / "1.parquet").read_bytes())
    s3.put("in/2.jsonl", order(2))
    real, taken = stream_files.import_file, []

    def import_file(path: Path, *rest: Any, **named: Any) -> Any:
        if path.name not in taken:
            taken.append(path.name)
            path.unlink()
        return real(path, *rest, **named)

    monkeypatch.setattr(stream_files, "import_file", import_file)
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: sorted(ids(house)) == ["o-1", "o-2"], say=house.told)
        eventually(lambda: read(house) == {"in/1.parquet": "1 kept", "in/2.jsonl": "1 kept"}, say=house.told)
    assert (taken, house.told()["tally"]["refused"]) == (["1.parquet", "2.jsonl"], 0)


def test_contacts_come_from_a_bucket_too(house: House, s3: S3):
    s3.put("in/people.csv", "email,name\nann@example.com,Ann\n")
    house.stream("bucket", settings(s3, contacts=True))
    with house.running():
        eventually(lambda: len(read(house)) == 1, say=house.told)
    assert [(fact.kind, fact.traits) for fact in house.facts()] == [("identify", {"name": "Ann", "email": "ann@example.com"})]


def test_what_was_read_of_a_bucket_goes_with_its_source(house: House, s3: S3):
    s3.put("in/a.jsonl", order(1))
    house.stream("bucket", settings(s3))
    with house.running():
        eventually(lambda: len(read(house)) == 1, say=house.told)
    state = open_state(house.settings.database_path)
    state.commit([Commit(1, 3, 1, removal=Removal([SOURCE], []))], Progress(0, 0), Progress(3, 1))
    state.close()
    assert read(house) == {}


def test_the_name_of_the_bucket_may_stand_before_the_host(s3: S3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(s3_bucket, "_own", lambda *_: "127.0.0.1")
    s3.put("in/größe a.jsonl", order(1))
    bucket = Bucket(settings(s3, path_style=False))
    ((found,),) = bucket.pages()
    assert (found.key, bucket.part(found, 1, 4)) == ("in/größe a.jsonl", order(1).encode()[1:5])
    bucket.close()


def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_that_the_system_knows_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = certificate(tmp_path)
    with S3(certificate=made) as s3:
        s3.put("in/a.jsonl", order(1))
        with pytest.raises(Unreachable, match=r"shows a certificate that is not trusted here: self-signed certificate"):
            next(Bucket(settings(s3)).pages())
        with pytest.raises(Unreachable, match=r"broke off in the middle of an answer|cannot be reached"):
            next(Bucket(settings(s3, url=s3.url.replace("https", "http"))).pages())
        monkeypatch.setenv("SSL_CERT_FILE", str(made[0]))
        assert [found.key for page in Bucket(settings(s3)).pages() for found in page] == ["in/a.jsonl"]


@pytest.mark.parametrize("fault", ["", "deaf"])
def test_parts_of_two_contents_are_never_put_together(s3: S3, fault: str):
    s3.put("in/a.jsonl", order(1))
    bucket = Bucket(settings(s3))
    ((found,),) = bucket.pages()
    assert bucket.part(found, 0, 4) == order(1).encode()[:4]
    s3.put("in/a.jsonl", order(2))
    s3.fault = lambda *_: fault
    with pytest.raises(Changed, match=r"in/a.jsonl was changed meanwhile"):
        bucket.part(found, 4, 4)
    bucket.close()


@pytest.mark.parametrize(("listed", "given"), [("e-1", '"e-1"'), ('"e-1"', 'W/"e-1"'), ("", '"e-1"')])
def test_an_etag_is_the_same_however_it_is_quoted(s3: S3, listed: str, given: str):
    s3.objects["in/a.jsonl"] = (order(1).encode(), listed)
    bucket = Bucket(settings(s3))
    ((found,),) = bucket.pages()
    assert found.etag == (listed or "changed 2026-01-01T10:00:00.000Z")
    s3.put("in/a.jsonl", order(1), given)
    s3.fault = lambda *_: "deaf"
    assert bucket.part(found, 0, 4) == order(1).encode()[:4]
    bucket.close()


def test_a_server_that_knows_no_parts_is_said(s3: S3):
    s3.put("in/a.jsonl", order(1))
    s3.fault = lambda *_: "no part"
    bucket = Bucket(settings(s3))
    ((found,),) = bucket.pages()
    assert bucket.part(found, 0, 4) == order(1).encode()[:4]
    with pytest.raises(Withheld, match=r"gives objects only as a whole, not in parts"):
        bucket.part(found, 4, 4)
    bucket.close()


def test_an_address_that_speaks_no_s3_is_said(s3: S3, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(s3_bucket, "LIST_BYTES", 100)  # what is cut off is no list either
    s3.put("in/a.jsonl", order(1))
    with pytest.raises(Unreachable, match=r"answers, but not as S3 does; is the address right\?"):
        next(Bucket(settings(s3)).pages())


def test_a_house_without_a_bucket_loads_nothing_for_one():
    asks = "import sys, sojourn.runtime.streams; print(sorted({'sojourn.adapters.s3', 'xml.etree.ElementTree'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout == "[]\n"
