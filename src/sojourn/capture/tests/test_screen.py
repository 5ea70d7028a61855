"""What a workspace keeps away: crawlers, events whose visitor refused, and events that break their contract."""

import json

import pytest

from sojourn.capture.bots import crawlers, is_bot
from sojourn.capture.screen import refuses
from sojourn.capture.tests.door import NOW, Door
from sojourn.ports.directory import KeyHolder, Policy
from sojourn.terms.contracts import breach, flaw

HUMAN = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PRICED = json.dumps({"type": "object", "required": ["price"], "properties": {"price": {"type": "number", "minimum": 0}}})


def held(door: Door, **policy: object) -> None:
    door.directory.put("wk_shop", KeyHolder(1, 7, "Shop", policy=Policy(**policy)))


def call(number: int, **fields: object) -> dict[str, object]:
    return {"type": "track", "event": "Viewed", "messageId": f"m-{number}", "anonymousId": "a-1", "timestamp": "2026-11-18T11:06:40.000Z", **fields}


@pytest.mark.parametrize(
    "agent", [GOOGLE, "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", "facebookexternalhit/1.1", "Seekbot/1.0"]
)
def test_crawlers_are_known_by_their_names(agent):
    assert is_bot(agent)


@pytest.mark.parametrize(
    "agent", [HUMAN, "", "analytics-python/2.4.0", "curl/8.5.0", "python-requests/2.32", HUMAN.replace("Chrome", "HeadlessChrome"), "x" * 100_000]
)
def test_people_servers_and_browsers_of_test_tools_are_no_crawlers(agent):
    assert not is_bot(agent)


def test_a_crawler_behind_a_very_long_user_agent_is_not_looked_for():
    assert not crawlers().knows(("y" * 600)[:512])
    assert not is_bot("y" * 600 + GOOGLE)


def test_events_of_a_crawler_are_counted_and_the_others_kept(door):
    held(door, bots=True)
    batch = [call(1, context={"userAgent": HUMAN}), call(2, context={"userAgent": GOOGLE}), call(3)]
    answer = door.post("/v1/batch", {"batch": batch, "sentAt": "2026-11-18T11:06:40.000Z"})
    assert (answer.status, answer.results) == (200, [(1, "dropped", "bot")])
    assert [fact.message_id for fact in door.facts()] == ["m-1", "m-3"]
    assert door.counts() == {"bot": 1}


def test_a_crawler_is_told_that_all_is_well_so_that_it_does_not_come_back(door):
    held(door, bots=True)
    answer = door.post("/v1/track", call(1), origin="https://shop.example", user_agent=GOOGLE)
    assert (answer.status, answer.json["success"], answer.results) == (200, True, [(0, "dropped", "bot")])
    assert door.facts() == []


def test_the_header_of_a_server_says_nothing_about_visitors(door):
    held(door, bots=True)
    assert door.post("/v1/track", call(1), user_agent=GOOGLE).json == {"success": True}
    assert len(door.facts()) == 1


def test_the_envelopes_context_holds_for_calls_that_say_nothing(door):
    held(door, bots=True)
    batch = [call(1), call(2, context={"userAgent": HUMAN})]
    assert door.post("/v1/batch", {"batch": batch, "context": {"userAgent": GOOGLE}}).results == [(0, "dropped", "bot")]


def test_a_source_without_the_rule_keeps_crawlers(door):
    assert door.post("/v1/track", call(1, context={"userAgent": GOOGLE})).json == {"success": True}


REFUSALS = [
    {"consent": {"categoryPreferences": {"Advertising": True, "Analytics": False}}},
    {"consent": {"categoryPreferences": {"C0002": False}}},
    {"consent": {"analytics": False}},
    {"consentManagement": {"deniedConsentIds": ["Marketing", "Statistics"]}},
]
CONSENTS = [
    {},
    {"consent": {"categoryPreferences": {"Advertising": False, "Analytics": True}}},
    {"consent": {"categoryPreferences": {"Analytics": None}}},
    {"consent": "no"},
    {"consent": {"categoryPreferences": ["Analytics"]}},
    {"consentManagement": {"deniedConsentIds": "analytics", "allowedConsentIds": ["analytics"]}},
    {"consentManagement": {"deniedConsentIds": [None, {"analytics": False}]}},
]


@pytest.mark.parametrize("context", REFUSALS)
def test_an_event_that_says_its_visitor_refused_leaves_nothing_behind(door, context):
    held(door, refused=True)
    answer = door.post("/v1/track", call(1, context=context, properties={"email": "ann@example.com"}))
    assert (answer.status, answer.results) == (200, [(0, "dropped", "consent_refused")])
    assert (door.facts(), door.counts()) == ([], {"consent_refused": 1})
    assert [(missed.reason, missed.payload) for missed in door.app.recent.of(1, 7, NOW)] == [("consent_refused", b"")]


@pytest.mark.parametrize("context", CONSENTS)
def test_everything_else_is_no_refusal(door, context):
    assert not refuses(context)
    held(door, refused=True)
    assert door.post("/v1/track", call(1, context=context)).json == {"success": True}


def test_what_tells_of_the_choice_is_kept_whatever_it_was(door):
    held(door, refused=True)
    assert door.post("/v1/track", call(1, event="Segment Consent Preference Updated", context=REFUSALS[0])).json == {"success": True}


def test_a_refusal_in_the_envelope_holds_for_calls_that_say_nothing_else(door):
    held(door, refused=True)
    agreed = {"consent": {"categoryPreferences": {"Analytics": True}}}
    answer = door.post("/v1/batch", {"batch": [call(1), call(2, context=agreed)], "context": REFUSALS[0]})
    assert answer.results == [(0, "dropped", "consent_refused")]


def test_what_breaks_its_contract_is_set_aside_with_the_place_and_the_whole_event(door):
    held(door, contracts={"Viewed": PRICED})
    batch = [call(1, properties={"price": 9.5}), call(2, properties={"price": "9,50"}), call(3), call(4, event="Other")]
    answer = door.post("/v1/batch", {"batch": batch})
    assert [(result["index"], result["outcome"], result["reason"]) for result in answer.json["results"]] == [
        (1, "quarantined", "contract_broken"),
        (2, "quarantined", "contract_broken"),
    ]
    assert answer.json["results"][0]["detail"].startswith("price: ")
    aside = door.quarantined()
    assert [json.loads(payload)["messageId"] for _reason, payload in aside] == ["m-2", "m-3"]
    assert [fact.message_id for fact in door.facts()] == ["m-1", "m-4"]


def test_an_event_set_aside_alone_is_answered_as_kept_safe(door):
    held(door, contracts={"Viewed": PRICED})
    assert door.post("/v1/track", call(1)).status == 200


@pytest.mark.parametrize(
    "body", ["", "nonsense", "[]", '{"type": 7}', '{"$ref": "http://127.0.0.1:9/x"}', '{"pattern": "(?<=a)b"}', '{"$ref": "file:///etc/passwd"}']
)
def test_a_contract_that_cannot_be_read_lets_everything_through(body):
    assert breach(body, {"a": 1}) == ""
    assert flaw(body)


def test_an_expression_that_would_run_for_ever_does_not():
    body = json.dumps({"properties": {"a": {"pattern": "^(a+)+$"}}})
    assert "a: " in breach(body, {"a": "a" * 50_000 + "b"})


def test_numbers_beyond_sixty_four_bits_do_not_stop_the_check():
    assert breach(PRICED, {"price": 2**80}) == "" or breach(PRICED, {"price": 2**80}).startswith("cannot be checked")


@pytest.mark.parametrize("field", ["properties", "context", "integrations", "userId", "name", "timestamp", "colour"])
def test_an_event_that_breaks_its_contract_is_set_aside_even_where_a_text_of_it_is_no_unicode(door, field):
    held(door, contracts={"Viewed": PRICED})
    sent = call(1, **{field: {"half": "\ud800"} if field in ("properties", "context", "integrations") else "\ud800"})
    assert door.post("/v1/batch", {"batch": [sent]}).results[0][1:] == ("quarantined", "contract_broken")
    [(reason, payload)] = door.quarantined()
    assert reason == "contract_broken"
    door.post("/v1/batch", payload.replace(b"m-1", b"m-2"))
    assert [reason for reason, _ in door.quarantined()] == ["contract_broken"] * 2
