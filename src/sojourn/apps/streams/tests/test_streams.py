"""Alice names what is listened to; Bob may switch it off and on, Vera may look, Charlie finds nothing."""

import json

import msgspec
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sojourn.apps.sources.models import Source
from sojourn.apps.streams.actions import create_stream
from sojourn.apps.streams.forms import FRESH, HIDDEN, read, shown
from sojourn.apps.streams.models import Stream
from sojourn.apps.streams.queries import readable, settings_of
from sojourn.apps.workspace.models import AuditRow
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.seals import Seal
from sojourn.terms.streams import BlueskySettings, BucketSettings, MqttSettings, Threshold, Topic, with_secret

BROKER = {**FRESH["mqtt"], "url": "mqtts://shop:s3cret@broker.example:8883", "thresholds": "temperature < 2 > 8 fault", "band": "0.5"}
PAIL = {**FRESH["bucket"], "bucket": "exports", "region": "eu-central-1", "prefix": "orders/", "key": "AKIDEXAMPLE", "secret": "s3cr3t"}


@pytest.fixture
def house(db):
    return build()


def make(house) -> Stream:
    return create_stream(house.workspace, "mqtt", "Machines", BROKER, "setup", NOW)


def test_alice_names_a_broker_and_it_gets_a_source_of_its_own(house):
    answer = post(browser(house.alice), "/sources/streams/create", {"kind": "mqtt", "name": "Machines", **BROKER}, follow=True)
    assert answer.status_code == 200
    stream = Stream.objects.get()
    assert (stream.workspace_id, stream.name, stream.kind, stream.enabled, stream.state) == (house.workspace, "Machines", "mqtt", True, "connecting")
    assert Source.objects.get(pk=stream.source_id).name == "Machines"
    assert settings_of(stream).url == "mqtts://shop:s3cret@broker.example:8883"
    assert AuditRow.objects.filter(verb="create_stream", actor="alice@example.com").count() == 1
    page = answer.content.decode()
    assert "s3cret" not in page
    assert f"mqtts://shop:{HIDDEN}@broker.example:8883" in page


def test_saving_the_form_as_it_is_shown_keeps_the_password(house):
    stream = make(house)
    form = shown(read("mqtt", BROKER))
    post(browser(house.alice), f"/sources/streams/{stream.pk}/change", {**form, "every": "30"})
    changed = Stream.objects.get()
    assert settings_of(changed).url == "mqtts://shop:s3cret@broker.example:8883"
    assert settings_of(changed).every_seconds == 30.0
    assert changed.changed_at > NOW


@pytest.mark.parametrize(
    ("kind", "typed", "secret"),
    [
        ("mqtt", BROKER, "s3cret"),
        ("bucket", PAIL, "s3cr3t"),
        ("mastodon", {**FRESH["mastodon"], "url": "https://social.example", "token": "t0ken-1", "words": "lumen"}, "t0ken-1"),
    ],
)
def test_the_database_holds_no_password_that_could_be_read(house, kind, typed, secret):
    stream = create_stream(house.workspace, kind, "Machines", typed, "setup", NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT settings FROM streams_stream")
        kept = str(cursor.fetchall())
    assert secret not in kept
    assert secret in str(settings_of(stream))


def test_a_password_that_cannot_be_read_is_typed_again(house):
    stream = make(house)
    sealed = with_secret(read("mqtt", BROKER), Seal(b"of another installation").close)
    Stream.objects.update(settings=msgspec.json.encode(sealed).decode())
    page = browser(house.alice).get(f"/sources/streams/{stream.pk}/")
    assert page.status_code == 200
    assert "s3cret" not in page.content.decode()
    post(browser(house.alice), f"/sources/streams/{stream.pk}/change", BROKER)
    assert settings_of(Stream.objects.get()).url == BROKER["url"]


def test_a_token_that_cannot_be_read_can_be_left_out_from_now_on(house):
    typed = {**FRESH["mastodon"], "url": "https://social.example", "words": "lumen"}
    stream = create_stream(house.workspace, "mastodon", "Mentions", {**typed, "token": "t0ken-1"}, "setup", NOW)
    Stream.objects.update(settings=msgspec.json.encode(with_secret(settings_of(stream), Seal(b"of another installation").close)).decode())
    post(browser(house.alice), f"/sources/streams/{stream.pk}/change", typed)
    found = Stream.objects.get()
    assert (readable(found), settings_of(found).token, found.changed_at > NOW) == (True, "", True)


@pytest.mark.django_db(transaction=True)
def test_passwords_of_older_versions_are_sealed_on_the_way_up():
    made = make(build())
    plain = msgspec.json.encode(read("mqtt", BROKER)).decode()
    try:
        MigrationExecutor(connection).migrate([("streams", "0002_objects")])
        Stream.objects.update(settings=plain)
    finally:
        MigrationExecutor(connection).migrate([("streams", "0003_sealed_passwords")])
    found = Stream.objects.get(pk=made.pk)
    assert (settings_of(found), "s3cret" in found.settings) == (read("mqtt", BROKER), False)


def test_another_address_wants_the_password_again(house):
    stream = make(house)
    answer = post(browser(house.alice), f"/sources/streams/{stream.pk}/change", {**BROKER, "url": f"mqtts://shop:{HIDDEN}@elsewhere.example:8883"})
    assert answer.status_code == 400
    assert b"Type the password too when the address changes." in answer.content
    assert Stream.objects.get().changed_at == NOW


def test_what_is_typed_is_read_exactly():
    settings = read("mqtt", BROKER)
    assert settings == MqttSettings(
        "mqtts://shop:s3cret@broker.example:8883",
        (Topic("devices/{device}/fault", "Device Fault"), Topic("devices/{device}/{metric}", "Reading")),
        dead_band=0.5,
        thresholds=(Threshold("temperature", 2.0, 8.0, fault=True),),
    )
    assert read("mqtt", shown(settings), settings) == settings
    bucket = read("bucket", {**PAIL, "url": "http://minio:9000/", "http": "on", "style": "host", "holds": "contacts"})
    assert bucket == BucketSettings("exports", "eu-central-1", "http://minio:9000", "orders/", "AKIDEXAMPLE", "s3cr3t", path_style=False, contacts=True)
    assert read("bucket", shown(bucket), bucket) == bucket
    assert read("bluesky", {"words": "Hellblick\n hellblick.example \n"}) == BlueskySettings(("Hellblick", "hellblick.example"))


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("mqtt", {**BROKER, "url": "http://broker"}, "The address is written as mqtts://"),
        ("mqtt", {**BROKER, "url": "mqtt://[::1"}, "The address is written as mqtts://"),
        ("mqtt", {**BROKER, "topics": "devices/{Device}"}, "small letters"),
        ("mqtt", {**BROKER, "topics": "devices/x{device}"}, "whole level"),
        ("mqtt", {**BROKER, "topics": " \n"}, "Name at least one topic"),
        ("mqtt", {**BROKER, "thresholds": "temperature"}, "A threshold is written as"),
        ("mqtt", {**BROKER, "thresholds": "temperature < 8 > 2"}, "lies above the upper one"),
        ("mqtt", {**BROKER, "every": "often"}, "is not a number of seconds"),
        ("mqtt", {**BROKER, "identifier": "email"}, "none of email"),
        ("mastodon", {"url": "https://m.example", "words": "", "tags": ""}, "Name a hashtag or a word"),
        ("bluesky", {"words": ""}, "Name at least one word"),
        ("folder", {"folder": "../etc"}, "one word"),
        ("bucket", {**PAIL, "bucket": "shop/exports"}, "belong into the prefix"),
        ("bucket", {**PAIL, "region": ""}, "Enter the bucket's region"),
        ("bucket", {**PAIL, "url": "minio:9000"}, "The address is written as https://"),
        ("bucket", {**PAIL, "url": "http://minio:9000"}, "http:// is not encrypted"),
        ("bucket", {**PAIL, "url": "http://8.8.8.8:9000", "http": "on"}, "8.8.8.8 lies outside of your own network"),
        ("bucket", {**PAIL, "url": "http://169.254.169.254", "http": "on"}, "lies outside of your own network"),
        ("bucket", {**PAIL, "url": "http://[::ffff:169.254.169.254]", "http": "on"}, "lies outside of your own network"),
        ("bucket", {**PAIL, "url": "https://a:b@minio.example"}, "have fields of their own"),
        ("bucket", {**PAIL, "secret": ""}, "An access key has a secret"),
        ("bucket", {**PAIL, "secret": "two words"}, "one word each"),
        ("bucket", {**PAIL, "prefix": "a\0b"}, "A prefix is the beginning"),
        ("gopher", {}, "A stream is one of"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(kind, typed, says):
    with pytest.raises(Refusal) as refused:
        read(kind, typed)
    assert refused.value.code == Code.BAD_VALUE
    assert says in refused.value.message


def test_bob_switches_it_off_and_on_but_does_not_change_it(house):
    stream = make(house)
    assert post(browser(house.bob), f"/sources/streams/{stream.pk}/stop").status_code == 302
    assert (Stream.objects.get().enabled, Stream.objects.get().state) == (False, "off")
    assert post(browser(house.bob), f"/sources/streams/{stream.pk}/start").status_code == 302
    assert (Stream.objects.get().enabled, Stream.objects.get().state) == (True, "connecting")
    assert post(browser(house.bob), f"/sources/streams/{stream.pk}/change", BROKER).status_code == 403
    assert post(browser(house.vera), f"/sources/streams/{stream.pk}/stop").status_code == 403
    assert post(browser(house.charlie), f"/sources/streams/{stream.pk}/stop").status_code == 404
    assert browser(house.charlie).get(f"/sources/streams/{stream.pk}/").status_code == 404
    assert Stream.objects.get().enabled


def test_a_stream_that_is_removed_leaves_its_source(house):
    stream = make(house)
    assert post(browser(house.alice), f"/sources/streams/{stream.pk}/remove").status_code == 302
    assert Stream.objects.count() == 0
    assert Source.objects.filter(pk=stream.source_id).exists()


def test_the_page_says_what_is_wrong_and_shows_what_came_as_text(house):
    stream = make(house)
    seen = [{"at": NOW, "where": "devices/d/t", "text": "<script>alert(1)</script>", "verdict": "kept"}]
    Stream.objects.update(
        state="trouble", trouble="the broker says: Not authorized.", seen=json.dumps(seen), tally=json.dumps({"received": 1200, "sampled": 1100})
    )
    page = browser(house.vera).get(f"/sources/streams/{stream.pk}/").content.decode()
    assert "The broker says: Not authorized." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "1,100" in page
    assert 'id="settings"' not in page
    assert browser(house.vera).get("/sources/streams/").status_code == 200


@pytest.mark.parametrize("kind", ["mqtt", "mastodon", "bluesky", "folder", "bucket"])
def test_each_kind_has_its_form(house, kind):
    assert browser(house.alice).get(f"/sources/streams/new/?kind={kind}").status_code == 200
    wrong = post(browser(house.alice), "/sources/streams/create", {"kind": kind, "name": "x", "url": "no", "folder": "../x"})
    assert wrong.status_code == 400
    assert b'role="alert"' in wrong.content
    assert Stream.objects.count() == 0


def test_the_secret_of_a_bucket_is_never_shown_and_does_not_follow_to_another_address(house):
    answer = post(browser(house.alice), "/sources/streams/create", {"kind": "bucket", "name": "Exports", **PAIL}, follow=True)
    stream = Stream.objects.get()
    page = answer.content.decode()
    assert "s3cr3t" not in page
    assert HIDDEN in page
    assert "s3://exports/orders/" in page
    form = shown(read("bucket", PAIL))
    post(browser(house.alice), f"/sources/streams/{stream.pk}/change", {**form, "prefix": "returns/"})
    assert settings_of(Stream.objects.get()).secret == "s3cr3t"
    assert settings_of(Stream.objects.get()).prefix == "returns/"
    for elsewhere in ({"url": "https://elsewhere.example"}, {"region": "eu-west-1"}, {"key": "OTHER"}):
        answer = post(browser(house.alice), f"/sources/streams/{stream.pk}/change", {**form, **elsewhere})
        assert answer.status_code == 400
        assert b"Type the secret too when" in answer.content
    assert settings_of(Stream.objects.get()).url == ""
    assert "s3cr3t" not in str(list(AuditRow.objects.values_list("detail", flat=True)))


def test_a_folder_has_one_stream_in_whichever_workspace(house):
    orders = create_stream(house.workspace, "folder", "Orders", {"folder": "orders", "holds": "events"}, "setup", NOW)
    returns = create_stream(house.workspace, "folder", "Returns", {"folder": "returns", "holds": "events"}, "setup", NOW)
    says = b"The folder Orders is watched already; name another one."
    for who in (house.alice, house.charlie):
        answer = post(browser(who), "/sources/streams/create", {"kind": "folder", "name": "Mine", "folder": "Orders", "holds": "contacts"})
        assert answer.status_code == 400
        assert says in answer.content
    answer = post(browser(house.alice), f"/sources/streams/{returns.pk}/change", {"folder": "Orders", "holds": "events"})
    assert answer.status_code == 400
    assert says in answer.content
    assert [json.loads(text)["folder"] for text in Stream.objects.order_by("pk").values_list("settings", flat=True)] == ["orders", "returns"]
    assert post(browser(house.alice), f"/sources/streams/{orders.pk}/change", {"folder": "orders", "holds": "contacts"}).status_code == 302
