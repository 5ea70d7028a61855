"""Webhooks: each vendor's signature as its documentation has it computed, what its calls become, and what comes of forged and old ones."""

import json

import msgspec
import pytest

from sojourn.capture.protocols.hooks import again
from sojourn.capture.streams.sentiment import score
from sojourn.capture.tests.door import NOW
from sojourn.capture.tests.hooking import BODIES, RULE, SECRET, SIGN, TOKEN, put, send, shopify, shown, stripe
from sojourn.ports.directory import KeyHolder, Policy
from sojourn.terms.facts import Flag
from sojourn.terms.hooks import Hook, Rule, verify_token
from sojourn.terms.time import HOUR, MINUTE, SECOND

# -- who may send


@pytest.mark.parametrize("kind", SIGN)
def test_a_call_signed_as_its_vendor_signs_is_taken_in_and_believed(door, kind):
    put(door, kind)
    assert send(door, kind).status == 200
    assert door.facts()
    assert all(fact.flags & Flag.TRUSTED for fact in door.facts())


@pytest.mark.parametrize("kind", SIGN)
def test_a_call_signed_with_another_secret_is_refused_counted_and_never_read(door, kind):
    put(door, kind)
    answer = send(door, kind, secret=b"another" if kind == "standard" else "another")
    assert (answer.status, answer.json["reason"]) == (401, "forged")
    assert (door.facts(), door.quarantined(), door.counts()) == ([], [], {"forged": 1})


@pytest.mark.parametrize("kind", [kind for kind in SIGN if kind != "generic"])
def test_a_body_that_was_changed_after_it_was_signed_is_refused(door, kind):
    put(door, kind)
    raw = json.dumps(BODIES[kind]).encode()
    assert send(door, kind, raw + b" ", SIGN[kind](raw)).status == 401
    assert door.facts() == []


@pytest.mark.parametrize("kind", SIGN)
def test_a_call_without_any_signature_is_refused(door, kind):
    put(door, kind)
    assert send(door, kind, headers={}).status == 401


@pytest.mark.parametrize("kind", ["stripe", "standard"])
@pytest.mark.parametrize(("seconds", "status"), [(-300, 200), (-301, 401), (300, 200), (301, 401)])
def test_a_signed_time_may_be_five_minutes_off(door, kind, seconds, status):
    put(door, kind)
    assert send(door, kind, at=NOW // SECOND + seconds).status == status


def test_a_copy_of_an_old_call_is_refused(door):
    put(door, "stripe")
    raw = json.dumps(BODIES["stripe"]).encode()
    headers = stripe(raw)
    assert send(door, "stripe", raw, headers).status == 200
    door.clock.advance(6 * MINUTE)
    assert send(door, "stripe", raw, headers).status == 401


def test_one_right_signature_of_several_is_enough_while_a_secret_changes(door):
    put(door, "stripe")
    put(door, "standard", token=TOKEN + "b")
    assert send(door, "stripe", more=",v1=" + "0" * 64).status == 200
    assert send(door, "standard", token=TOKEN + "b", before="v1a,xxx v1,AAAA ").status == 200


def test_a_signed_kind_without_a_secret_takes_nothing_and_a_generic_one_everything_unbelieved(door):
    put(door, "shopify", secret="")
    assert send(door, "shopify", headers=shopify(json.dumps(BODIES["shopify"]).encode(), secret="")).status == 401
    put(door, "generic", secret="")
    assert send(door, "generic", headers={}).status == 200
    assert not door.facts()[0].flags & Flag.TRUSTED


def test_no_webhook_one_that_is_off_and_a_strange_address_get_the_same_answer(door):
    put(door, "generic", secret="", holder=KeyHolder(1, 7, "Off", enabled=False))
    answers = [door.post(path, {"a": 1}, key=None) for path in (f"/hooks/{TOKEN}", "/hooks/hk_somebody_elses_00", "/hooks/x", "/hooks/../secret")]
    assert [answer.status for answer in answers] == [404] * 4
    assert answers[0].json == answers[1].json


def test_a_write_key_opens_no_webhook_and_a_token_is_no_write_key(door):
    put(door, "shopify")
    assert send(door, "shopify", headers={"authorization": "Bearer wk_shop"}).status == 401
    assert door.post("/v1/track", {"type": "track", "event": "A", "userId": "u"}, key=TOKEN).status == 401


def test_meta_learns_that_the_address_is_ours_only_with_its_verify_token(door):
    put(door, "meta")
    path = f"/hooks/{TOKEN}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    good = door.post(path + verify_token(TOKEN), b"", key=None, method="GET")
    assert (good.status, good.body, good.headers["content-type"]) == (200, b"1158201444", "text/plain; charset=utf-8")
    assert door.post(path + "other", b"", key=None, method="GET").status == 401
    put(door, "generic")
    assert door.post(path + verify_token(TOKEN), b"", key=None, method="GET").status == 405


def test_woocommerces_unsigned_ping_is_answered_and_anything_like_it_is_not(door):
    put(door, "woocommerce")
    assert send(door, "woocommerce", b"webhook_id=12", {}).status == 200
    assert send(door, "woocommerce", b"webhook_id=12&a=1", {}).status == 401
    assert door.facts() == []


# -- what it becomes


def test_a_redelivery_counts_once(door):
    put(door, "shopify")
    for _ in range(2):
        assert send(door, "shopify").status == 200
        door.clock.advance(HOUR)
    assert shown(door).count(("track", "Order Completed")) == 1


def test_shopifys_created_and_paid_order_is_one_order_with_its_money(door):
    put(door, "shopify")
    order = {
        "id": 820982911946154508, "name": "#1001", "created_at": "2026-11-18T12:00:00+01:00", "updated_at": "2026-11-18T12:00:01+01:00",
        "email": "Ann@Shop.example", "currency": "EUR", "total_price": "54.80", "subtotal_price": "49.90", "total_tax": "8.75", "cart_token": "c1",
        "total_shipping_price_set": {"shop_money": {"amount": "4.90"}}, "discount_codes": [{"code": "AUTUMN"}], "financial_status": "pending",
        "customer": {"id": 115310627314723954, "first_name": "Ann", "last_name": "Lee"}, "note_attributes": [{"name": "anonymousId", "value": "a-1"}],
        "line_items": [{"product_id": 7, "sku": "L-1", "title": "Lamp", "vendor": "Lux", "price": "49.90", "quantity": 1}],
    }  # fmt: skip
    send(door, "shopify", order)
    send(door, "shopify", {**order, "financial_status": "paid", "updated_at": "2026-11-18T12:05:00+01:00"}, topic="orders/paid")
    assert shown(door) == [("identify", ""), ("track", "Order Completed"), ("track", "Order Updated")]
    who, placed, paid = door.facts()
    assert who.traits == {"email": "Ann@Shop.example", "firstName": "Ann", "lastName": "Lee"}
    assert (placed.anonymous_id, placed.user_id, placed.at) == ("a-1", None, 1_795_000_000_000 - 400 * SECOND)
    assert placed.props == {
        "order_id": "820982911946154508", "order_number": "#1001", "cart_id": "c1", "currency": "EUR", "coupon": "AUTUMN",
        "total": 54.8, "subtotal": 49.9, "tax": 8.75, "shipping": 4.9,
        "products": [{"product_id": "7", "sku": "L-1", "name": "Lamp", "brand": "Lux", "price": 49.9, "quantity": 1}],
    }  # fmt: skip
    assert placed.context["traits"] == {"email": "Ann@Shop.example"}
    assert [(one["type"], one["id"]) for one in placed.context["externalIds"]] == [
        ("shopify_customer", "115310627314723954"),
        ("shopify_order", "820982911946154508"),
    ]
    assert paid.props["payment_status"] == "paid"


def test_shopifys_refund_names_its_order_and_what_went_back(door):
    put(door, "shopify")
    done = {"kind": "refund", "status": "success", "currency": "EUR"}
    refund = {"id": 5, "order_id": 11, "created_at": "2026-11-18T11:00:00Z",
              "transactions": [{**done, "amount": "10.10"}, {**done, "amount": "0.20"}, {**done, "amount": "99", "status": "failure"}]}  # fmt: skip
    send(door, "shopify", refund, topic="refunds/create")
    fact = door.facts()[0]
    assert (fact.name, fact.props) == ("Order Refunded", {"order_id": "11", "refund_id": "5", "currency": "EUR", "refund": 10.3})
    assert fact.context["externalIds"][0]["id"] == "11"


@pytest.mark.parametrize(("currency", "amount", "total"), [("eur", 4990, 49.9), ("jpy", 4990, 4990), ("kwd", 4990, 4.99), ("isk", 4900, 49), ("mga", 12, 12)])
def test_stripes_amounts_have_the_digits_that_stripe_gives_a_currency(door, currency, amount, total):
    put(door, "stripe")
    session = {"id": "cs_1", "payment_intent": "pi_1", "payment_status": "paid", "amount_total": amount, "currency": currency, "customer": "cus_1"}
    event = {"id": "evt_2", "type": "checkout.session.completed", "created": NOW // SECOND, "data": {"object": session}}
    send(door, "stripe", event)
    fact = door.facts()[-1]
    assert (fact.name, fact.props["order_id"], fact.props["total"], fact.props["currency"]) == ("Order Completed", "pi_1", total, currency.upper())


def test_stripes_second_partial_refund_gives_back_the_difference(door):
    put(door, "stripe")
    charge = {"id": "ch_1", "payment_intent": "pi_1", "amount_refunded": 1500, "currency": "eur", "customer": "cus_1"}
    data = {"object": charge, "previous_attributes": {"amount_refunded": 1000}}
    send(door, "stripe", {"id": "evt_3", "type": "charge.refunded", "created": NOW // SECOND, "data": data})
    assert (door.facts()[0].name, door.facts()[0].props["refund"], door.facts()[0].props["order_id"]) == ("Order Refunded", 5, "pi_1")


def test_a_stripe_session_that_waits_for_the_bank_is_an_order_once_it_is_paid(door):
    put(door, "stripe")
    session = {"id": "cs_1", "payment_status": "unpaid", "amount_total": 100, "currency": "eur", "client_reference_id": "u-9"}
    send(door, "stripe", {"id": "evt_1", "type": "checkout.session.completed", "created": NOW // SECOND, "data": {"object": session}})
    assert door.facts() == []
    paid = {"object": {**session, "payment_status": "paid"}}
    send(door, "stripe", {"id": "evt_2", "type": "checkout.session.async_payment_succeeded", "created": NOW // SECOND, "data": paid})
    assert (door.facts()[0].name, door.facts()[0].user_id) == ("Order Completed", "u-9")


def test_a_failed_payment_says_why(door):
    put(door, "stripe")
    error = {"code": "card_declined", "decline_code": "insufficient_funds", "payment_method": {"billing_details": {"email": "ann@shop.example"}}}
    intent = {"id": "pi_1", "object": "payment_intent", "amount": 4990, "currency": "eur", "last_payment_error": error}
    send(door, "stripe", {"id": "evt_4", "type": "payment_intent.payment_failed", "created": NOW // SECOND, "data": {"object": intent}})
    fact = door.facts()[0]
    assert (fact.name, fact.props["decline_code"], fact.props["amount"]) == ("Payment Failed", "insufficient_funds", 49.9)
    assert fact.context["traits"] == {"email": "ann@shop.example"}


def test_what_stripe_says_beyond_the_catalogue_is_kept_under_its_own_name_where_it_names_somebody(door):
    put(door, "stripe")
    subscription = {"id": "sub_1", "customer": "cus_1", "status": "canceled", "items": {"data": []}}
    send(door, "stripe", {"id": "evt_5", "type": "customer.subscription.deleted", "created": NOW // SECOND, "data": {"object": subscription}})
    send(door, "stripe", {"id": "evt_6", "type": "payout.paid", "created": NOW // SECOND, "data": {"object": {"id": "po_1", "amount": 5}}})
    fact = door.facts()[0]
    assert (fact.name, fact.props["status"], fact.anonymous_id) == ("Stripe customer.subscription.deleted", "canceled", "stripe:cus_1")
    assert [reason for reason, _ in door.quarantined()] == ["unmapped"]


def test_a_woocommerce_order_is_placed_once_and_each_refund_counts_once(door):
    put(door, "woocommerce")
    order = {"id": 727, "number": "727", "status": "pending", "currency": "USD", "date_created_gmt": "2026-11-18T10:00:00", "customer_id": 25,
             "date_modified_gmt": "2026-11-18T10:00:00", "total": "29.35", "billing": {"email": "jo@shop.example", "first_name": "Jo"},
             "line_items": [{"product_id": 93, "name": "Tee", "price": 12.5, "quantity": 2}], "refunds": []}  # fmt: skip
    send(door, "woocommerce", order)
    for minute, more in ((1, {"status": "processing"}), (2, {"status": "completed"}), (3, {"status": "completed", "refunds": [{"id": 726, "total": "-10.00"}]}),
                         (4, {"status": "refunded", "refunds": [{"id": 726, "total": "-10.00"}, {"id": 728, "total": "-19.35"}]})):  # fmt: skip
        send(door, "woocommerce", {**order, **more, "date_modified_gmt": f"2026-11-18T10:0{minute}:00"}, topic="order.updated")
    names = [name for kind, name in shown(door) if kind == "track"]
    assert names.count("Order Completed") == 1
    refunds = [fact.props["refund"] for fact in door.facts() if fact.name == "Order Refunded"]
    assert refunds == [10, 19.35]
    placed = next(fact for fact in door.facts() if fact.name == "Order Completed")
    assert (placed.anonymous_id, placed.props["total"], placed.props["products"][0]["quantity"]) == ("woocommerce:25", 29.35, 2)


def test_each_answer_of_a_typeform_is_a_survey_answered(door):
    put(door, "typeform")
    fields = [{"id": "q1", "title": "How likely?"}, {"id": "q2", "title": "Why?"}, {"id": "q3", "title": "Mail"}]
    answers = [
        {"type": "number", "number": 9, "field": {"id": "q1", "type": "nps", "ref": "likely"}},
        {"type": "text", "text": "Fast", "field": {"id": "q2", "type": "long_text"}},
        {"type": "email", "email": "ann@shop.example", "field": {"id": "q3", "type": "email"}},
        {"type": "choices", "choices": {"labels": ["A", "B"]}, "field": {"id": "q4", "type": "multiple_choice"}},
    ]
    form = {"form_id": "f1", "token": "t1", "submitted_at": "2026-11-18T11:00:00Z", "hidden": {"user_id": "u-5"},
            "definition": {"title": "After sale", "fields": fields}, "answers": answers}  # fmt: skip
    send(door, "typeform", {"event_id": "e1", "event_type": "form_response", "form_response": form})
    facts = door.facts()
    assert (facts[0].kind, facts[0].user_id, facts[0].traits) == ("identify", "u-5", {"email": "ann@shop.example"})
    assert facts[1].props == {"survey": "After sale", "survey_id": "f1", "question": "How likely?", "question_id": "likely", "kind": "nps", "score": 9}
    assert [(fact.name, fact.props["kind"], fact.props.get("text")) for fact in facts[2:]] == [
        ("Survey Answered", "open", "Fast"), ("Survey Answered", "email", "ann@shop.example"), ("Survey Answered", "choice", ["A", "B"]),
    ]  # fmt: skip


def test_metas_messages_comments_and_mentions_name_their_author_and_never_the_page(door):
    put(door, "meta")
    writes = {"sender": {"id": "7"}, "timestamp": NOW, "message": {"mid": "m1", "text": "Where is it?"}}
    echo = {"sender": {"id": "page"}, "timestamp": NOW, "message": {"mid": "m2", "text": "Soon", "is_echo": True}}
    comment = {"field": "comments", "value": {"id": "c1", "text": "Nice", "from": {"id": "8", "username": "bo"}, "media": {"id": "p1"}}}
    mention = {"field": "mentions", "value": {"comment_id": "c2", "media_id": "p2"}}
    send(door, "meta", {"object": "instagram", "entry": [{"id": "page", "time": NOW // SECOND, "messaging": [writes, echo], "changes": [comment, mention]}]})
    tracked = [(fact.name, fact.anonymous_id, fact.props.get("text")) for fact in door.facts() if fact.kind == "track"]
    assert tracked == [("Message Received", "instagram:7", "Where is it?"), ("Mention", "instagram:8", "Nice"), ("Mention", "instagram:mention-c2", None)]


def test_a_whatsapp_message_is_its_phone_numbers(door):
    put(door, "meta")
    value = {"contacts": [{"wa_id": "4915112345678", "profile": {"name": "Ann"}}],
             "messages": [{"from": "4915112345678", "id": "wamid.1", "timestamp": str(NOW // SECOND), "type": "text", "text": {"body": "Hello"}}]}  # fmt: skip
    send(door, "meta", {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})
    who, said = door.facts()
    assert (who.traits, said.name, said.props["text"]) == ({"phone": "+4915112345678", "name": "Ann"}, "Message Received", "Hello")


def test_a_message_and_a_mention_say_how_they_sound_whoever_maps_them(door):
    put(door, "meta")
    writes = [{"sender": {"id": "7"}, "timestamp": NOW, "message": {"mid": mid, "text": said}} for mid, said in (("m1", "Awful, it broke"), ("m2", "Order 12"))]
    comment = {"field": "comments", "value": {"id": "c1", "text": "I love this lamp!", "from": {"id": "8"}}}
    send(door, "meta", {"object": "instagram", "entry": [{"id": "page", "time": NOW // SECOND, "messaging": writes, "changes": [comment]}]})
    words = {"text": "body", "language": "lang", "sentiment": "felt"}
    for name in ("Mention", "Message Received", "Ticket Opened"):
        put(door, "generic", rules=(Rule(event=name, user_id="who", properties=tuple(words.items())),))
        send(door, "generic", {"who": "u", "body": "I love this lamp!", "name": name})
    put(door, "generic", rules=(Rule(event="Mention", user_id="who", properties=tuple(words.items())),))
    send(door, "generic", {"who": "u", "body": "I love this lamp!", "lang": "de"})
    send(door, "generic", {"who": "u", "body": "I love this lamp!", "felt": -1})
    sounds = [(fact.name, fact.props.get("sentiment")) for fact in door.facts() if fact.kind == "track"]
    bad, good = score("Awful, it broke"), score("I love this lamp!")
    assert sounds == [
        ("Message Received", bad), ("Message Received", None), ("Mention", good),
        ("Mention", good), ("Message Received", good), ("Ticket Opened", None), ("Mention", None), ("Mention", -1),
    ]  # fmt: skip
    assert bad is not None
    assert bad < 0 < good


# -- a member's own rules


def test_a_rule_reads_what_its_expressions_say(door):
    rule = Rule(
        topic="ticket.closed", event="Ticket Solved", user_id="data.requester.id", email="data.requester.email", message_id="id", timestamp="at",
        properties=(("ticket_id", "data.id"), ("tags", "data.tags[?@ != 'spam']"), ("none", "data.nothing")), traits=(("plan", "data.requester.plan"),),
    )  # fmt: skip
    put(door, "generic", rules=(rule,))
    data = {"id": 12, "tags": ["late", "spam"], "requester": {"id": 5, "email": "ann@shop.example", "plan": "gold"}}
    send(door, "generic", {"id": "ev-1", "event": "ticket.closed", "at": "2026-11-18T10:00:00Z", "data": data})
    solved, who = door.facts()
    assert (solved.name, solved.user_id, solved.props) == ("Ticket Solved", "5", {"ticket_id": 12, "tags": ["late"]})
    assert solved.message_id == "generic:ev-1:Ticket Solved"
    assert who.traits == {"plan": "gold", "email": "ann@shop.example"}


def test_a_rule_for_each_element_makes_an_event_of_every_one(door):
    put(door, "generic", rules=(Rule(event="=kind", each="@", user_id="who"),))
    send(door, "generic", [{"kind": "order_completed", "who": "u-1"}, {"kind": "Other", "who": "u-2"}])
    assert [(fact.name, fact.user_id) for fact in door.facts()] == [("Order Completed", "u-1"), ("Other", "u-2")]


def test_a_rule_of_its_topic_goes_before_the_vendors_reader_and_the_rest_rule_after_it(door):
    own = Rule(topic="customer.created", event="Client Won", user_id="data.object.id")
    put(door, "stripe", rules=(own, Rule(event="Money Moved", anonymous_id="data.object.id")))
    send(door, "stripe")
    send(door, "stripe", {"id": "evt_6", "type": "payout.paid", "created": NOW // SECOND, "data": {"object": {"id": "po_1"}}})
    assert [fact.name for fact in door.facts()] == ["Client Won", "Money Moved"]


def test_a_form_is_read_like_an_object(door):
    put(door, "generic", rules=(Rule(event="Form Submitted", email="email"),))
    send(door, "generic", b"email=ann%40shop.example&type=x", {"content-type": "application/x-www-form-urlencoded", "x-webhook-secret": SECRET})
    assert door.facts()[0].context["traits"] == {"email": "ann@shop.example"}


def test_what_no_rule_fits_is_set_aside_and_can_be_mapped_once_there_is_one(door):
    put(door, "generic", rules=())
    assert send(door, "generic").json["results"][0]["outcome"] == "quarantined"
    reason, record = door.quarantined()[0]
    assert (reason, json.loads(record)) == ("unmapped", {"hook": "generic", "topic": "plan.changed", "body": BODIES["generic"]})
    call = again(Hook("generic", rules=(RULE,)), record)[0]
    assert (call.event, call.user_id) == ("Plan Changed", "u-1")
    with pytest.raises(msgspec.DecodeError):
        again(Hook("generic"), record[:20])


def test_an_event_that_names_nobody_is_dropped_with_its_reason_and_answered_200(door):
    put(door, "generic", rules=(Rule(event="Plan Changed", user_id="data.nobody"),))
    answer = send(door, "generic")
    assert (answer.status, answer.results) == (200, [(0, "dropped", "no_identifier")])


def test_a_get_with_very_many_parameters_is_refused(door):
    put(door, "meta")
    assert door.post(f"/hooks/{TOKEN}?hub.mode=subscribe{'&a=b' * 50}", b"", key=None, method="GET").status == 400


def test_the_limit_and_the_contracts_of_a_webhooks_source_hold(door):
    contract = json.dumps({"properties": {"plan": {"type": "string"}}, "required": ["plan"]})
    put(door, "generic", holder=KeyHolder(1, 7, "Shop", policy=Policy(rate=1, burst=1, contracts={"Plan Changed": contract})))
    answers = [send(door, "generic") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert answers[0].results == [(0, "quarantined", "contract_broken")]
    assert (door.facts(), door.counts()) == ([], {"contract_broken": 1, "rate_limited": 1})
