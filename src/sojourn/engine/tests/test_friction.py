"""Friction: what hurts is told once, what only looks like it is not."""

import pytest

from sojourn.engine import friction
from sojourn.engine.tests.carting import LAMP, NOON, Shopper
from sojourn.terms.facts import Fact
from sojourn.terms.time import DAY


def judged(name, **props):
    return friction.judge(Fact("track", name, NOON, "m", props=props))


@pytest.mark.parametrize("target", [
    {"label": "+"}, {"text": "−"}, {"label": "›"}, {"class": "qty-plus"}, {"class": "input_plus"}, {"selector": "button.stepper__up"},
    {"role": "spinbutton"}, {"selector": "#quantity"}, {"selector": ".react-datepicker__day"}, {"selector": ".calendar td"}, {"role": "slider"},
    {"tag": "canvas"},
    {"selector": ".carousel-next"}, {"selector": "div.map"}, {"tag": "video"}, {"class": "star-rating"}, {"selector": ".gallery img"},
])  # fmt: skip
def test_things_one_clicks_many_times_on_purpose_are_no_rage(target):
    assert judged("Rage Click", count=8, **target) is None


@pytest.mark.parametrize("label", ["Pay now", "Start checkout", "Update cart", "Validate address", "Next step", "Operating hours", "Sitemap"])
def test_rage_on_a_button_that_should_do_something_is_rage(label):
    assert judged("Rage Click", count=5, label=label) == label


def test_fewer_than_three_clicks_and_marking_text_are_no_rage():
    assert judged("Rage Click", count=2, label="Pay now") is None
    assert judged("Rage Click", count=6, label="Intro", selection=True) is None
    assert judged("Rage Click", label="Pay now") == "Pay now"


@pytest.mark.parametrize("props", [
    {"label": "Copy code"}, {"href": "/terms.pdf"}, {"target": "_blank"}, {"tag": "canvas"}, {"href": "mailto:a@b.example"}, {"label": "Download invoice"},
    {"label": "Intro", "selection": True}, {"label": "Partner", "new_tab": True},
])  # fmt: skip
def test_clicks_whose_effect_a_page_cannot_see_are_not_dead(props):
    assert judged("Dead Click", **props) is None


def test_a_dead_click_on_a_button_is_one():
    assert judged("Dead Click", label="Continue", selector="button.primary") == "button.primary: Continue"


@pytest.mark.parametrize(("props", "found"), [
    ({"metric": "lcp", "value_ms": 3_999}, None),
    ({"metric": "LCP", "value_ms": 4_000}, "lcp 4000 ms"),
    ({"metric": "inp", "value_ms": 501.4}, "inp 501 ms"),
    ({"value_ms": 2_999}, None),
    ({"value_ms": 3_000}, "page 3000 ms"),
    ({"metric": "lcp"}, None),
    ({"metric": "lcp", "value_ms": "9000"}, None),
    ({"metric": "lcp", "value_ms": True}, None),
])  # fmt: skip
def test_a_page_is_slow_from_the_poor_bound_of_its_metric(props, found):
    assert judged("Page Slow", **props) == found


@pytest.mark.parametrize(("props", "found"), [
    ({"status": 500, "url": "/api/pay"}, "500 /api/pay"),
    ({"status": 0, "url": "/api/pay"}, "0 /api/pay"),
    ({"status": 302}, None),
    ({"status": 404, "type": "image"}, None),
    ({"status": 0, "resource": "analytics"}, None),
    ({"status": 503, "third_party": True}, None),
    ({"status": 0, "aborted": True}, None),
])  # fmt: skip
def test_only_requests_somebody_waits_for_fail_for_them(props, found):
    assert judged("Request Failed", **props) == found


def test_other_facts_are_no_friction():
    assert judged("Product Viewed", message="x") is None


def test_friction_is_told_with_its_page_and_cart_and_counted_for_the_person():
    ann = Shopper()
    cart = ann.says(0, "Product Added", **LAMP)
    hurt = ann.says(1, "Rage Click", count=6, label="Pay now", context={"page": {"path": "/checkout"}})
    [told] = ann.derived("Friction Found")
    assert told.props == {"kind": "Rage Click", "page": "/checkout", "detail": "Pay now", "episode": cart, "fact": hurt}
    assert ann.person.friction == {"Rage Click": 1}
    assert [(entry.fact, entry.kind, entry.detail) for entry in ann.cart.friction] == [(hurt, "Rage Click", "Pay now")]


def test_friction_without_a_cart_is_told_too():
    ann = Shopper()
    ann.says(0, "Error Shown", message="no")
    assert [fact.props["episode"] for fact in ann.derived("Friction Found")] == [0]
    assert ann.carts == []


def test_one_field_error_is_how_forms_work_and_the_second_is_friction():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Form Field Error", form="checkout", field="zip", message="missing")
    assert ann.derived("Friction Found") == []
    ann.says(2, "Form Field Error", form="checkout", field="zip", message="missing")
    assert [fact.props["detail"] for fact in ann.derived("Friction Found")] == ["zip: checkout: missing"]


def test_field_errors_without_a_cart_are_counted_by_the_day():
    ann = Shopper()
    ann.person.days = {NOON // DAY: {"Form Field Error": 1}}
    ann.says(0, "Form Field Error", form="sign-up", field="email")
    assert ann.derived("Friction Found") == []
    ann.person.days[NOON // DAY]["Form Field Error"] = 2
    ann.says(1, "Form Field Error", form="sign-up", field="email")
    assert len(ann.derived("Friction Found")) == 1


def test_going_back_from_payment_to_shipping_is_friction_and_going_on_is_not():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    for minute, step in enumerate(("account", "shipping", "payment", "shipping", "payment"), 1):
        ann.says(minute, "Checkout Step Viewed", step=step)
    assert [(entry.kind, entry.detail) for entry in ann.cart.friction] == [("Back Tracked", "payment: shipping")]
    assert ann.cart.marks["Back Tracked"].count == 1


def test_a_product_out_of_stock_that_is_not_in_the_cart_is_no_evidence_about_the_cart():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Out Of Stock Shown", product_id="chair")
    assert "Out Of Stock Shown" not in ann.cart.marks
    ann.says(2, "Out Of Stock Shown", product_id="lamp")
    assert ann.cart.marks["Out Of Stock Shown"].count == 1
