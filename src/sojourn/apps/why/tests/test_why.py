import msgspec
import pytest

from sojourn.apps.people.tests.some import ANN, AT, ann, store, store_ann
from sojourn.apps.why import hook, words
from sojourn.apps.why.queries import answer
from sojourn.apps.workspace.tests.house import RULES, browser, build
from sojourn.engine.explain import explain
from sojourn.terms.effects import Why
from sojourn.terms.ids import fact_id
from sojourn.terms.person import Decision, Person
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import HOUR

pytestmark = pytest.mark.django_db
NOBODY = fact_id(40, 0)
SAW = {
    "value": 4990,
    "currency": "EUR",
    "min_value": 0,
    "consent": None,
    "consent_rule": "opt_out",
    "sent_in_window": 3,
    "cap_count": 3,
    "cap_window": 604_800_000,
}


@pytest.fixture(autouse=True)
def engine():
    hook.connect(explain)
    yield
    hook.connect(None)


def page(user, **asked: object) -> str:
    return browser(user).get("/why/", asked).content.decode()


def skipped(reason: str, at: int = AT + HOUR, name: str = "i-2") -> Decision:
    return Decision(name, "abandoned-cart", "skip", reason, at, "email", 1, fact_id(8, 0), "shipping_cost", "free_shipping", dict(SAW))


def test_every_reason_says_what_would_have_to_change():
    assert set(Why) - set(words.CHANGE) == {Why.FITS}
    assert set(Why) - set(words._SKIPPED) == {Why.FITS, Why.HELD_OUT}


def test_the_conditions_after_the_one_that_failed_are_listed_as_not_looked_at():
    told = answer(msgspec.structs.replace(ann(), decisions=[skipped("no_address")]), "abandoned-cart", RULES, AT + HOUR)
    assert [(one.name, one.met) for one in told.conditions] == [
        ("The automation is switched on", True),
        ("It happened just now, not in the past", True),
        ("The cart is left", True),
        ("No message about this cart yet", True),
        ("There is an email address", False),
        ("The address is not suppressed", None),
        ("Consent allows it", None),
        ("They have not unsubscribed", None),
        ("They did not get too many messages", None),
        ("There is time outside quiet hours", None),
        ("They are not in the control group", None),
        ("The last look at hand-over", None),
    ]
    assert told.verdict == words.Verdict("No", "No email address was known.", "", "no_address")


def test_conditions_that_were_met_in_one_sentence_are_not_listed_again():
    told = answer(msgspec.structs.replace(ann(), decisions=[skipped("frequency_cap")]), "abandoned-cart", RULES, AT + HOUR)
    assert [one.name for one in told.conditions if one.met is None] == [
        "There is time outside quiet hours",
        "They are not in the control group",
        "The last look at hand-over",
    ]
    assert [one.name for one in told.conditions if one.met is False] == ["They did not get too many messages"]


def test_an_instant_of_the_engine_becomes_a_time_of_the_page():
    assert words.with_times("left at 2026-01-01 00:30:00 UTC, then 2026-01-01 00:31:00 UTC.") == [
        ("left at ", None),
        ("", AT + 1_800_000),
        (", then ", None),
        ("", AT + 1_860_000),
        (".", None),
    ]
    assert words.with_times("no time") == [("no time", None)]


def test_the_page_says_why_somebody_was_written_to():
    house = build()
    store_ann(house.workspace)
    text = page(house.vera, person=ANN, automation="abandoned-cart")
    assert "A message was sent." in text
    assert "Ann Winter" in text
    assert '<time datetime="2026-01-01T00:31:00.000Z"' in text, "the decision's time in the zone of the workspace"
    assert '/messages/i-1/"' in text
    assert "00 UTC" not in text, "instants of the engine are shown as times of the page"


def test_the_page_says_what_stopped_a_message_and_what_would_have_to_change():
    house = build()
    store(house.workspace, msgspec.structs.replace(ann(), decisions=[skipped("frequency_cap")]), "Ann Winter")
    text = page(house.bob, person=ANN)
    assert "They had enough messages." in text
    assert "3 messages in 7 days; at most 3 are allowed." in text
    assert "Time would have to pass since their last messages" in text
    assert '#cap"' in text
    assert "not looked at" in text
    assert "49.90 EUR" in text


def test_an_earlier_decision_can_be_asked_for():
    house = build()
    earlier, later = skipped("no_address", AT, "i-old"), skipped("unsubscribed", AT + HOUR, "i-new")
    store(house.workspace, msgspec.structs.replace(ann(), decisions=[earlier, later]), "Ann Winter")
    assert "They had unsubscribed." in page(house.bob, person=ANN)
    assert "No email address was known." in page(house.bob, person=ANN, decision="i-old")
    assert "They had unsubscribed." in page(house.bob, person=ANN, decision="i-none")


def test_somebody_who_never_had_a_cart_is_explained_too():
    house = build()
    store(house.workspace, Person(id=NOBODY, first_seen=AT, last_seen=AT, facts=1))
    text = page(house.bob, person=NOBODY)
    assert "They have never had a cart." in text
    assert "They would have to put something into a cart and leave it." in text


def test_an_automation_that_does_not_exist_is_said_not_to():
    house = build()
    store(house.workspace, msgspec.structs.replace(ann(), decisions=[]), "Ann Winter")
    text = page(house.bob, person=ANN, automation="<b>none")
    assert "There is no such automation." in text
    assert "<b>none" not in text


def test_people_are_found_by_name_email_and_identifier():
    house = build()
    store_ann(house.workspace)
    for text in ("ann w", "ann@ex", "user_id:u-1", "anonymous_id:a:1", str(ANN)):
        assert f"?person={ANN}&amp;automation=abandoned-cart" in page(house.vera, q=text)
    assert "Nobody found." in page(house.vera, q="zoe")


def test_charlie_cannot_ask_about_somebody_of_alice():
    house = build()
    store_ann(house.workspace)
    assert browser(house.charlie).get("/why/", {"person": ANN}).status_code == 404
    assert "Ann Winter" not in page(house.charlie, q="ann")


def test_without_the_engine_the_page_says_so():
    hook.connect(None)
    with pytest.raises(Refusal) as refused:
        hook.explain(ann(), "abandoned-cart", RULES, AT)
    assert refused.value.code == Code.NOT_READY
