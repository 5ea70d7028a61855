"""PostHog's capture API: envelopes, encodings, answers, and what its events become."""

import gzip
import json
import threading
from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from sojourn.capture.call import Refused
from sojourn.capture.protocols import lz_string
from sojourn.capture.protocols.lz_string import PACKED_BYTES, unpacked
from sojourn.capture.protocols.posthog import POSTHOG
from sojourn.capture.tests.door import NOW
from sojourn.terms.facts import Flag

EVENT = {"event": "Product Viewed", "distinct_id": "u-1", "uuid": "e-1", "properties": {"product_id": "lamp", "$lib": "posthog-python", "$lib_version": "7"}}


def iso(at):
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def facts(door):
    return [fact for record in door.log.read(0, 100) for fact in record.facts]


def send(door, event, path="/batch/"):
    answer = door.post(path, {"api_key": "wk_shop", "batch": [event]}, key=None)
    assert (answer.status, answer.json) == (200, {"status": 1})
    return facts(door)


@pytest.mark.parametrize("path", ["/batch", "/batch/", "/e/", "/capture/", "/i/v0/e/", "/track"])
def test_every_path_of_the_first_generation_takes_a_batch(door, path):
    [fact] = send(door, EVENT, path)
    assert (fact.kind, fact.name, fact.user_id, fact.message_id, fact.props) == ("track", "Product Viewed", "u-1", "e-1", {"product_id": "lamp"})
    assert fact.context == {"library": {"name": "posthog-python", "version": "7"}}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps({"api_key": "wk_shop", **EVENT}).encode(), "application/json"),
        (json.dumps([{**EVENT, "properties": {**EVENT["properties"], "token": "wk_shop"}}]).encode(), "text/plain"),
        (gzip.compress(json.dumps({"api_key": "wk_shop", "batch": [EVENT]}).encode()), "text/plain"),
        (b"data=" + quote(b64encode(json.dumps({"api_key": "wk_shop", **EVENT}).encode())).encode(), "application/x-www-form-urlencoded"),
        (b"data=" + b64encode(json.dumps({"api_key": "wk_shop", **EVENT}).encode()), "application/x-www-form-urlencoded"),
        (b64encode(json.dumps({"api_key": "wk_shop", **EVENT}).encode()), "text/plain"),
        (b"compression=base64&data=" + quote(json.dumps({"api_key": "wk_shop", **EVENT})).encode(), "application/x-www-form-urlencoded"),
    ],
    ids=["bare", "array", "gzip-js", "form", "form unquoted", "base64", "form of JSON"],
)
def test_every_envelope_and_encoding_is_read(door, body, content_type):
    assert door.post("/e/", body, key=None, content_type=content_type).status == 200
    assert [(fact.name, fact.message_id) for fact in facts(door)] == [("Product Viewed", "e-1")]


ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# {"api_key":"wk_shop","batch":[…]} with EVENT's first fields and a name beyond the first plane, as the lz-string library packs it.
LZ = (
    "N4IghgDglg+g1gUwJ4gFwgO5xgZwBYD2EIANCAEZgAuAxnmgNqgIBuCAdlWiAAoBOBACYBXGlQAEANSgIMCQaRCCoOKlHZiYUBemEBaAIyLhw7dwSHFEARAR81CHGlDswA"
    "WwTcAIgEucccQAbdwhxQF4NwCW98UB7BxAAXziAXTigA=="
)


def test_old_clients_for_apps_pack_their_bodies_in_a_way_of_their_own(door):
    form = b"data=" + quote(LZ, safe="").encode() + b"&compression=lz64"
    answer = door.post("/e/?ip=1&_=1795000000000&v=2.11.6", form, key=None, content_type="application/x-www-form-urlencoded")
    assert (answer.status, answer.json) == (200, {"status": 1})
    [fact] = door.facts()
    assert (fact.name, fact.message_id, fact.props) == ("Product Viewed", "e-1", {"name": "Désk lamp 🛒 灯"})


def test_much_of_that_is_unpacked_by_another_thread(door, monkeypatch):
    threads = []
    units = lz_string._units
    monkeypatch.setattr(lz_string, "_units", lambda bits, most: threads.append(threading.current_thread()) or units(bits, most))
    for packed in (LZ, LZ + "A" * 3_000):  # what follows its end is nothing
        form = b"data=" + quote(packed, safe="").encode() + b"&compression=lz64"
        assert door.post("/e/", form, key=None, content_type="application/x-www-form-urlencoded").status == 200
    assert [thread is threading.main_thread() for thread in threads] == [True, False]


@pytest.mark.parametrize("packed", [LZ[:40], LZ[:-9] + "////////", "", "!", "AAAA", "Q" * (PACKED_BYTES + 1)])
def test_what_is_not_packed_in_that_way_is_refused(door, packed):
    form = b"data=" + quote(packed, safe="").encode() + b"&compression=lz64"
    answer = door.post("/e/", form, key=None, content_type="application/x-www-form-urlencoded")
    assert answer.status == (413 if len(packed) > PACKED_BYTES else 400)
    assert door.facts() == []


def unpacked_or_not(packed: str) -> tuple[int, int]:
    """The status of the refusal and the length of the text, one of them 0."""
    try:
        return 0, len(unpacked(packed.encode()))
    except Refused as refused:
        return refused.status, 0


def test_a_damaged_body_of_that_way_is_a_short_text_or_refused():
    told = [unpacked_or_not(LZ[:place] + damage + LZ[place + 1 :]) for place in range(len(LZ)) for damage in "Az9+/="]
    assert {status for status, _ in told} == {0, 400}
    assert max(length for _, length in told) < 10_000


def test_a_bomb_of_that_way_is_refused_before_it_unfolds():
    codes = [(0, 2), (ord("a"), 8)]
    known, width, room = 4, 3, 4
    for _ in range(2_000):  # each code is the one that becomes known with it: the text before, and its beginning once more
        codes.append((known, width))
        known, room = known + 1, room - 1
        if not room:
            room, width = 1 << width, width + 1
    bits = "".join(f"{code:0{wide}b}"[::-1] for code, wide in codes)
    packed = bytes(ALPHABET[int(bits[at : at + 6].ljust(6, "0"), 2)] for at in range(0, len(bits), 6))
    assert len(packed) < 4_000
    with pytest.raises(Refused, match="unpacks to more than 1048576 characters"):
        unpacked(packed)


def test_an_event_may_come_by_get(door):
    data = quote(b64encode(json.dumps({"api_key": "wk_shop", **EVENT}).encode()))
    assert door.run(door.call("/e/?data=" + data, b"", None, "GET")).status == 200
    assert [fact.name for fact in facts(door)] == ["Product Viewed"]


def test_the_second_generation_is_told_what_became_of_each_event(door):
    batch = [EVENT, {**EVENT, "uuid": "e-2", "event": ""}, {**EVENT, "uuid": "e-3", "properties": []}]
    answer = door.post("/i/v1/analytics/events", {"created_at": "2026-11-18T11:06:40Z", "batch": batch}, key=None, authorization="Bearer wk_shop")
    assert answer.status == 200
    assert {uuid: told["result"] for uuid, told in answer.json["results"].items()} == {"e-1": "ok", "e-2": "drop", "e-3": "drop"}
    assert answer.json["results"]["e-3"]["details"] == "properties must be an object"
    again = door.post("/i/v1/analytics/events", {"batch": batch[:1]}, key=None, authorization="Bearer wk_shop")
    assert again.json == {"results": {"e-1": {"result": "ok"}}}
    assert len(facts(door)) == 1


def test_a_second_generation_client_finds_an_id_that_is_no_unicode_under_the_id_that_it_sent(door):
    good = rb'{"uuid":"0199aaaa-0000-7000-8000-000000000001","event":"Viewed","properties":{"distinct_id":"ann"}}'
    body = rb'{"batch":[{"uuid":"\ud800","event":"Viewed","properties":{"distinct_id":"ann"}},' + good + b"]}"
    answer = door.post("/i/v1/analytics/events", body, key=None, authorization="Bearer wk_shop")
    assert (answer.status, [told["result"] for told in answer.json["results"].values()]) == (200, ["drop", "ok"])
    assert next(iter(answer.json["results"])) == "\ud800"


def test_many_bad_events_are_told_apart_without_looking_through_all_for_each():
    """Each is two calls, of which the second is bad; looking through all of them for each event would take seconds for 10,000."""
    compared = 0

    class Index(int):
        def __gt__(self, other):
            nonlocal compared
            compared += 1
            return int(self) > other

        def __lt__(self, other):
            nonlocal compared
            compared += 1
            return int(self) < other

    note = [(f"e-{number}", 2 * number) for number in range(1_000)]
    results = [{"index": Index(2 * number + 1), "outcome": "dropped", "reason": "bad_shape", "detail": str(number)} for number in range(999)]
    told = POSTHOG.routes["/i/v1/analytics/events"].reply(note, results).content["results"]
    assert compared < 20 * len(note)
    assert [told[f"e-{number}"] for number in (0, 998, 999)] == [*({"result": "drop", "details": said} for said in ("0", "998")), {"result": "ok"}]


def test_an_unknown_token_is_refused_and_overload_is_never_429(door):
    assert door.post("/e/", {"api_key": "wk_nobody", "batch": [EVENT]}, key=None).status == 401
    many = [{**EVENT, "uuid": f"n-{n}", "event": f"Name {n}"} for n in range(9_000)]
    assert door.post("/e/", {"api_key": "wk_shop", "batch": many}, key=None).status in (200, 503)


def test_a_browser_says_which_distinct_ids_are_anonymous(door):
    anonymous = {"$device_id": "d-1", "distinct_id": "d-1", "$is_identified": False}
    known = {"$device_id": "d-1", "distinct_id": "u-1", "$user_id": "u-1", "$is_identified": True}
    send(door, {"event": "A", "uuid": "e-1", "properties": anonymous})
    send(door, {"event": "B", "uuid": "e-2", "properties": known})
    assert [(fact.user_id, fact.anonymous_id) for fact in facts(door)] == [(None, "d-1"), ("u-1", "d-1")]


def test_a_personless_event_of_a_server_belongs_to_nobody_known(door):
    [fact] = send(door, {"event": "A", "distinct_id": "0190-x", "uuid": "e-1", "properties": {"$process_person_profile": False}})
    assert (fact.user_id, fact.anonymous_id) == (None, "0190-x")


def test_identify_links_the_device_and_what_a_server_sent_under_the_former_id(door):
    event = {"event": "$identify", "distinct_id": "u-1", "uuid": "e-1", "properties": {"$anon_distinct_id": "d-1"}, "$set": {"email": "a@b.example"}}
    alias, identify = send(door, event)
    assert (alias.kind, alias.user_id, alias.link, alias.message_id) == ("alias", "u-1", "d-1", "e-1-alias")
    assert (identify.kind, identify.user_id, identify.anonymous_id, identify.traits) == ("identify", "u-1", "d-1", {"email": "a@b.example"})


def test_traits_beside_an_event_become_an_identify_call_of_their_own(door):
    event, traits = send(door, {**EVENT, "$set": {"plan": "gold"}, "$set_once": {"$initial_referrer": "$direct"}})
    assert (event.name, traits.kind, traits.traits, traits.message_id) == ("Product Viewed", "identify", {"plan": "gold"}, "e-1-set")


def test_what_the_second_generation_says_beside_the_properties_is_read(door):
    event = {
        "uuid": "e-1",
        "event": "Seen",
        "distinct_id": "a-1",
        "timestamp": iso(NOW - 65_000),
        "session_id": "s-1",
        "options": {"process_person_profile": False},
        "properties": {"plan": "gold"},
    }
    headers = {"authorization": "Bearer wk_shop", "posthog_sdk_info": "posthog-python/7.91.1", "posthog_request_timestamp": iso(NOW - 60_000)}
    assert door.post("/i/v1/analytics/events", {"batch": [event]}, key=None, **headers).status == 200
    [fact] = door.facts()
    assert (fact.user_id, fact.anonymous_id, fact.props, fact.at) == (None, "a-1", {"plan": "gold"}, NOW - 5_000)
    assert (fact.context["library"], fact.context["sessionId"]) == ({"name": "posthog-python", "version": "7.91.1"}, "s-1")


def test_alias_and_group_have_segments_meaning(door):
    send(door, {"event": "$create_alias", "distinct_id": "u-1", "uuid": "e-1", "properties": {"alias": "old-1"}})
    group = {"$group_type": "company", "$group_key": "acme", "$group_set": {"plan": "gold"}}
    alias, joined = send(door, {"event": "$groupidentify", "distinct_id": "u-1", "uuid": "e-2", "properties": group})
    assert (alias.kind, alias.user_id, alias.link) == ("alias", "u-1", "old-1")
    assert (joined.kind, joined.user_id, joined.link, joined.traits) == ("group", "u-1", "acme", {"plan": "gold", "group_type": "company"})


def test_a_page_view_has_its_page_and_campaign(door):
    props = {
        "$current_url": "https://shop.example/?a=1",
        "$pathname": "/",
        "$title": "Home",
        "$referrer": "$direct",
        "utm_source": "mail",
        "gclid": None,
        "$os": "Linux",
    }
    [fact] = send(door, {"event": "$pageview", "uuid": "e-1", "properties": {**props, "distinct_id": "d-1", "$is_identified": False}})
    assert (fact.kind, fact.name) == ("page", "Home")
    assert fact.props == {"url": "https://shop.example/?a=1", "path": "/", "title": "Home"}
    assert fact.context["campaign"] == {"source": "mail"}
    assert fact.context["os"] == {"name": "Linux"}


@pytest.mark.parametrize(
    ("event", "props", "name", "kept"),
    [
        ("$pageleave", {"$prev_pageview_duration": 12.5}, "Page Left", {"seconds": 12.5}),
        (
            "$rageclick",
            {"$event_type": "click", "$elements_chain": 'button:attr_id="pay"text="Pay now"'},
            "Rage Click",
            {"label": "Pay now", "tag": "button", "id": "pay"},
        ),
        ("$dead_click", {"$el_text": "Buy", "$elements_chain": 'div.x:text="Buy";body:'}, "Dead Click", {"label": "Buy", "tag": "div"}),
        (
            "$autocapture",
            {"$event_type": "click", "$elements_chain": 'a:href="/help"text="Help"'},
            "Link Clicked",
            {"label": "Help", "tag": "a", "href": "/help", "url": "/help"},
        ),
        ("$autocapture", {"$event_type": "submit", "$elements_chain": 'form:attr__name="pay"'}, "Form Submitted", {"tag": "form", "name": "pay"}),
        ("$exception", {"$exception_list": [{"type": "TypeError", "value": "x is null"}]}, "Error Shown", {"message": "x is null", "type": "TypeError"}),
        ("$web_vitals", {"$web_vitals_LCP_value": 5200, "$web_vitals_CLS_value": 0.01}, "Page Slow", {"metric": "lcp", "value_ms": 5200}),
        ("$web_vitals", {"$web_vitals_LCP_value": 900}, "Web Vitals Measured", {"lcp": 900}),
        ("survey shown", {"$survey_id": "s", "$survey_name": "Why"}, "Survey Shown", {"survey": "Why", "survey_id": "s"}),
    ],
)
def test_posthogs_own_events_get_our_names(door, event, props, name, kept):
    [fact] = send(door, {"event": event, "distinct_id": "u-1", "uuid": "e-1", "properties": props})
    assert (fact.kind, fact.name, fact.props) == ("track", name, kept)


def test_a_survey_becomes_one_answer_a_question_with_a_score_where_there_is_one(door):
    questions = [{"id": "q1", "question": "Recommend us?", "scale": 10}, {"id": "q2", "question": "Why?"}]
    props = {"$survey_id": "s", "$survey_name": "NPS", "$survey_questions": questions, "$survey_response_q1": "9", "$survey_response_q2": "shipping"}
    first, second = send(door, {"event": "survey sent", "distinct_id": "u-1", "uuid": "e-1", "properties": props})
    assert first.props == {"survey": "NPS", "survey_id": "s", "question": "Recommend us?", "question_id": "q1", "kind": "nps", "score": 9}
    assert second.props == {"survey": "NPS", "survey_id": "s", "question": "Why?", "question_id": "q2", "kind": "open", "text": "shipping"}
    assert (first.message_id, second.message_id) == ("e-1", "e-1-1")


OLD = {"$lib": "web", "$lib_version": "1.20.0", "$insert_id": "z9ynps6selrotxwt", "$time": (NOW - 60_000) / 1000, "distinct_id": "d-1", "$device_id": "d-1"}


def test_an_old_browser_says_ids_and_times_among_the_properties(door):
    form = b"data=" + b64encode(json.dumps({"event": "Seen", "properties": {**OLD, "token": "wk_shop"}}).encode())
    for _ in range(2):
        answer = door.post(f"/e/?ip=1&_={NOW}&ver=1.20.0", form, key=None, content_type="application/x-www-form-urlencoded")
        assert (answer.status, answer.json) == (200, {"status": 1})
    [fact] = door.facts()
    assert (fact.message_id, fact.at, fact.anonymous_id, fact.props, fact.flags) == ("z9ynps6selrotxwt", NOW - 60_000, "d-1", {}, 0)
    assert "posthog" not in fact.raw


def test_a_client_may_call_its_id_as_segments_do(door):
    event = {
        "event": "Seen",
        "distinct_id": "u-1",
        "messageId": "m-1",
        "type": "capture",
        "library": "posthog-ruby",
        "timestamp": "2026-11-18T11:06:00.123456789Z",
    }
    [fact] = send(door, event)
    assert (fact.message_id, fact.at, fact.flags) == ("m-1", 1_794_999_960_123, 0)


def test_events_alike_in_all_but_posthogs_own_fields_are_two(door):
    event = {"event": "$feature_flag_called", "distinct_id": "u-1", "timestamp": "2026-11-18T11:06:00.000Z"}
    called = [{**event, "properties": {"$feature_flag": flag, "$feature_flag_response": "b"}} for flag in ("new-cart", "one-click")]
    for _ in range(2):
        assert door.post("/batch/", {"api_key": "wk_shop", "batch": called}, key=None).status == 200
    assert [fact.props for fact in door.facts()] == [{"flag": "new-cart", "variant": "b"}, {"flag": "one-click", "variant": "b"}]


def test_events_without_an_id_that_are_the_same_to_the_millisecond_are_as_many_as_were_sent(door):
    event = {"event": "Seen", "distinct_id": "u-1", "timestamp": "2026-11-18T11:06:00.000Z"}
    for _ in range(2):
        assert door.post("/batch/", {"api_key": "wk_shop", "batch": [event, event, event]}, key=None).status == 200
    assert len(door.facts()) == 3


def test_traits_sent_to_engage_have_no_event(door):
    said = {"$set": {"$os": "Linux", "plan": "gold"}, "$token": "wk_shop", "$distinct_id": "d-1", "$device_id": "d-1"}
    form = b"data=" + b64encode(json.dumps(said).encode())
    assert door.post("/engage/?ip=1", form, key=None, content_type="application/x-www-form-urlencoded").status == 200
    [fact] = door.facts()
    assert (fact.kind, fact.traits, fact.user_id, fact.anonymous_id) == ("identify", {"plan": "gold"}, None, "d-1")


@pytest.mark.parametrize("library", ["js", "posthog-react-native", "posthog-ios", "posthog-android"])
def test_an_app_nobody_signed_into_sends_an_id_of_its_own_making(door, library):
    [fact] = send(door, {"event": "A", "distinct_id": "01a20203-ad43-7310-ae4b-cfee8d027dfb", "uuid": "e-1", "properties": {"$lib": library}})
    assert (fact.user_id, fact.anonymous_id) == (None, "01a20203-ad43-7310-ae4b-cfee8d027dfb")
    [_, fact] = send(door, {"event": "A", "distinct_id": "ann", "uuid": "e-2", "properties": {"$lib": library}})
    assert (fact.user_id, fact.anonymous_id) == ("ann", None)


def test_a_users_id_that_looks_self_made_is_tied_to_what_it_looks_like(door):
    said = "01a20203-ad43-7310-ae4b-cfee8d027dfb"
    props = {"$lib": "posthog-react-native", "$anon_distinct_id": "01a20203-0000-7000-8000-000000000000"}
    _, identify, same = send(door, {"event": "$identify", "distinct_id": said, "uuid": "e-1", "$set": {"plan": "gold"}, "properties": props})
    assert (identify.user_id, identify.anonymous_id, identify.traits) == (said, props["$anon_distinct_id"], {"plan": "gold"})
    assert (same.kind, same.user_id, same.anonymous_id, same.message_id) == ("identify", said, said, "e-1-same")
    fact = send(door, {"event": "A", "distinct_id": said, "uuid": "e-2", "properties": {"$lib": "posthog-react-native"}})[-1]
    assert (fact.user_id, fact.anonymous_id) == (None, said)


@pytest.mark.parametrize(("library", "said"), [("posthog-node", "$company_acme"), ("posthog-python", "d3537f08-d929-4c5e-8ff2-7b3888f9eda3")])
def test_what_a_server_says_of_a_group_alone_makes_nobody_known(door, library, said):
    props = {"$group_type": "company", "$group_key": "acme", "$group_set": {"plan": "gold"}, "$lib": library}
    [fact] = send(door, {"event": "$groupidentify", "distinct_id": said, "uuid": "e-1", "properties": props})
    assert (fact.kind, fact.link, fact.user_id, fact.anonymous_id) == ("group", "acme", None, "$company_acme")


def test_the_groups_of_an_event_stand_in_its_context(door):
    [fact] = send(door, {**EVENT, "properties": {"$groups": {"company": "acme"}}})
    assert fact.context["groups"] == {"company": "acme"}


def test_a_clicked_element_may_come_as_a_list(door):
    listed = [{"tag_name": "a", "$el_text": "Help", "attr__href": "/help", "attr__id": "h"}, {"tag_name": "body"}]
    [fact] = send(door, {"event": "$autocapture", "distinct_id": "d-1", "uuid": "e-1", "properties": {"$event_type": "click", "$elements": listed}})
    assert (fact.name, fact.props) == ("Link Clicked", {"label": "Help", "tag": "a", "id": "h", "href": "/help", "url": "/help"})


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/feature_flag/?token=wk_shop", {"results": []}),
        ("/api/surveys/?token=wk_shop", {"surveys": []}),
        ("/api/early_access_features/?token=wk_shop", {"earlyAccessFeatures": []}),
        ("/api/web_experiments/?token=wk_shop", {"experiments": []}),
        ("/api/product_tours/?token=wk_shop", {"product_tours": []}),
        ("/api/projects/@current/feature_flags/x/remote_config/", None),
    ],
)
def test_what_clients_ask_for_by_themselves_is_answered_with_nothing(door, path, answer):
    told = door.run(door.call(path, b"", None, "GET", authorization="Bearer phx_personal", origin="https://shop.example"))
    assert (told.status, told.json, told.headers["access-control-allow-origin"]) == (200, answer, "https://shop.example")


def test_recordings_and_logs_are_taken_off_a_client_and_not_kept(door):
    recording = [{"event": "$snapshot", "properties": {"token": "wk_shop", "distinct_id": "d-1", "$snapshot_data": [1]}}]
    assert door.post("/s/?compression=gzip-js", gzip.compress(json.dumps(recording).encode()), key=None, content_type="text/plain").json == {"status": 1}
    assert door.post("/i/v1/logs?token=wk_shop", {"resourceLogs": []}, key=None).status == 200
    assert door.facts() == []


def test_what_a_language_model_did_arrives_at_its_own_path(door):
    [fact] = send(door, {"event": "$ai_generation", "distinct_id": "u-1", "uuid": "e-1", "properties": {"$ai_model": "m"}}, "/i/v0/ai/batch/")
    assert (fact.name, fact.raw["posthog"]) == ("$ai_generation", {"$ai_model": "m"})


@pytest.mark.parametrize(("version", "vitals"), [("1.50.0", False), ("1.139.6", False), ("1.200.0", {"web_vitals": True, "network_timing": False})])
def test_browsers_that_would_tell_of_every_resource_are_told_not_to(door, version, vitals):
    assert door.post(f"/decide/?v=3&ver={version}", {"token": "wk_shop"}, key=None).json["capturePerformance"] == vitals


def test_an_offset_counts_back_from_now(door):
    [fact] = send(door, {"event": "A", "distinct_id": "u-1", "uuid": "e-1", "offset": 4_000, "properties": {}})
    assert fact.at == NOW - 4_000


def test_a_resend_without_an_id_is_known_by_its_content_and_time(door):
    event = {"event": "A", "distinct_id": "u-1", "timestamp": "2026-11-18T11:06:00Z", "properties": {"a": 1}}
    send(door, event)
    assert len(send(door, event)) == 1
    assert len(send(door, {**event, "properties": {"a": 2}})) == 2


def test_a_migration_is_history(door):
    body = {"api_key": "wk_shop", "historical_migration": True, "batch": [{**EVENT, "timestamp": "2025-01-01T00:00:00Z"}]}
    assert door.post("/batch/", body, key=None).status == 200
    assert facts(door)[0].flags & Flag.HISTORICAL


def test_flags_and_configuration_are_answered_so_that_every_version_goes_on(door):
    flags = door.post("/flags/?v=2", {"token": "wk_shop", "distinct_id": "u-1"}, key=None)
    assert (flags.status, flags.json["flags"], flags.json["featureFlags"], flags.json["errorsWhileComputingFlags"]) == (200, {}, {}, False)
    assert door.post("/decide/?v=3", {"api_key": "wk_shop"}, key=None).json["supportedCompression"] == ["gzip", "gzip-js"]
    script = door.run(door.call("/array/wk_shop/config.js", b"", None, "GET"))
    assert (script.status, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert b'all["wk_shop"]' in script.body
    assert door.run(door.call("/array/wk_shop/config", b"", None, "GET")).json["analytics"] == {"endpoint": "/i/v0/e/"}
    assert door.run(door.call("/static/1.449.2/surveys.js", b"", None, "GET")).status == 404
    assert not door.app.handles("/static/ui/built/ui.js")
    assert not door.app.handles("/static/demo/shop.js")
    assert door.run(door.call("/array/wk_nobody/config.js", b"", None, "GET")).status == 401
    assert door.run(door.call("/flags/definitions?token=wk_shop&send_cohorts", b"", None, "GET")).json == {"flags": [], "group_type_mapping": {}, "cohorts": {}}
    assert facts(door) == []
