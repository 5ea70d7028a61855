"""Causes: published priors, graded evidence, and a weighing that adds up, knows when it does not know, and counts nothing twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sojourn.engine import causes, evidence
from sojourn.engine.priors import ABSENT, EVIDENCES, WEIGHTS, priors
from sojourn.engine.tests.carting import LAMP, PAN, Shopper
from sojourn.terms.episodes import Cause, Episode, EpisodeState, Evidence
from sojourn.terms.rules import Evidences

CAUSES = {str(cause) for cause in Cause}


def left(*kinds):
    return Episode(id=1, started_at=0, last_at=0, state=EpisodeState.ABANDONED, evidence=[Evidence(kind, [7]) for kind in kinds])


def chances(episode, weights=EVIDENCES):
    return {guess.cause: guess.probability for guess in causes.weigh(episode, weights)}


def kinds(shopper):
    return [entry.kind for entry in evidence.grade(shopper.cart)]


def test_the_priors_are_those_that_follow_from_the_survey():
    assert priors() == {
        "shipping_cost": 0.081429, "other_fees": 0.040714, "total_price": 0.043846, "confusing_checkout": 0.056374, "payment_trouble": 0.056374,
        "forced_account": 0.059505, "delivery_time": 0.065769, "out_of_stock": 0.012527, "technical_trouble": 0.046978, "comparing": 0.286667,
        "unknown": 0.249817,
    }  # fmt: skip
    assert abs(sum(priors().values()) - 1) < 1e-5


def test_every_weight_speaks_of_a_known_cause_and_every_kind_has_a_family():
    assert {cause for weights in (*WEIGHTS.values(), *ABSENT.values()) for cause in weights} <= CAUSES
    assert set(WEIGHTS) == set(EVIDENCES.families)
    assert set(ABSENT) <= set(EVIDENCES.families.values())
    assert all(0 < ratio < 100 for weights in (*WEIGHTS.values(), *ABSENT.values()) for ratio in weights.values())


def test_without_evidence_and_before_a_checkout_the_priors_stand():
    weights = replace(EVIDENCES, weights={})
    assert chances(left("left_before_checkout"), weights) == pytest.approx(priors(), abs=2e-5)


def test_the_weighing_is_bayes():
    weights = Evidences(priors={"shipping_cost": 0.2, "unknown": 0.8}, weights={"dear": {"shipping_cost": 6.0}})
    [first, second] = causes.weigh(left("dear"), weights)
    assert (first.cause, first.probability, first.evidence) == ("shipping_cost", 0.6, ["dear"])
    assert (second.cause, second.probability, second.evidence) == ("unknown", 0.4, [])


def test_the_second_kind_of_a_family_counts_by_half_and_of_another_family_in_full():
    pair = {"a": {"shipping_cost": 4.0}, "b": {"shipping_cost": 4.0}}
    even = {"shipping_cost": 0.5, "unknown": 0.5}
    apart = Evidences(priors=even, weights=pair)
    together = Evidences(priors=even, weights=pair, families={"a": "cost", "b": "cost"})
    assert chances(left("a", "b"), apart)["shipping_cost"] == round(16 / 17, 6)
    assert chances(left("a", "b"), together)["shipping_cost"] == round(8 / 9, 6)


def test_a_family_moves_a_cause_no_further_than_the_limit():
    weights = Evidences(priors={"shipping_cost": 0.5, "unknown": 0.5}, weights={"a": {"shipping_cost": 1e9}}, limit=1.0)
    assert chances(left("a"), weights)["shipping_cost"] == 0.731059


def test_a_ratio_of_nothing_makes_no_cause_impossible_for_good():
    weights = Evidences(priors={"shipping_cost": 0.5, "unknown": 0.5}, weights={"a": {"shipping_cost": 0.0}}, limit=4.0)
    assert chances(left("a"), weights)["shipping_cost"] == 0.017986


def test_what_was_not_seen_speaks_only_once_there_was_a_checkout_to_see_it_in():
    weights = Evidences(priors={"forced_account": 0.5, "unknown": 0.5}, weights={}, absent={"account": {"forced_account": 0.25}})
    assert chances(left("left_in_checkout"), weights)["forced_account"] == 0.2
    assert chances(left("left_before_checkout"), weights)["forced_account"] == 0.5


def test_unknown_is_named_also_where_the_weights_forget_it():
    assert "unknown" in chances(left(), Evidences(priors={"shipping_cost": 1.0}, weights={}))
    assert chances(left(), Evidences(priors={}, weights={})) == {"unknown": 1.0}


def test_evidence_nobody_has_weights_for_changes_nothing():
    assert chances(left("left_in_checkout", "a moon in june")) == chances(left("left_in_checkout"))


@given(st.lists(st.sampled_from(sorted([*WEIGHTS, "something else"])), max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_probabilities_add_up_are_ranked_and_do_not_depend_on_the_order_of_evidence(found, random):
    guesses = causes.weigh(left(*found), EVIDENCES)
    assert abs(sum(guess.probability for guess in guesses) - 1) < 1e-6
    assert {guess.cause for guess in guesses} == CAUSES
    assert all(0 <= guess.probability <= 1 and round(guess.probability, 6) == guess.probability for guess in guesses)
    assert [guess.probability for guess in guesses] == sorted((guess.probability for guess in guesses), reverse=True)
    random.shuffle(found)
    assert causes.weigh(left(*found), EVIDENCES) == guesses
    named = {kind for guess in guesses for kind in guess.evidence}
    assert named <= set(found)


@pytest.mark.parametrize(("shipping", "kind"), [
    (0, "shipping_free"), (3.99, "shipping_ratio_low"), (4, "shipping_ratio_mid"), (9.99, "shipping_ratio_mid"), (10, "shipping_ratio_high"),
])  # fmt: skip
def test_shipping_is_graded_by_its_share_of_the_value(shipping, kind):
    ann = Shopper()
    ann.says(0, "Product Added", product_id="a", price=50, currency="EUR")
    ann.says(1, "Checkout Started", value=50, currency="EUR")
    ann.says(2, "Shipping Cost Shown", shipping=shipping, currency="EUR")
    assert kinds(ann)[0] == kind


def test_shipping_on_a_cart_worth_nothing_known_is_high_and_divides_by_nothing():
    ann = Shopper()
    ann.says(0, "Product Added", product_id="a")
    ann.says(2, "Shipping Cost Shown", shipping=5, currency="EUR")
    assert "shipping_ratio_high" in kinds(ann)


@pytest.mark.parametrize(("times", "kind"), [(1, "form_errors_1"), (2, "form_errors_2"), (3, "form_errors_3plus"), (9, "form_errors_3plus")])
def test_form_errors_are_graded_by_their_number(times, kind):
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    for _ in range(times):
        ann.says(1, "Form Field Error", form="checkout", field="zip")
    assert kinds(ann)[0] == kind


def test_what_was_met_last_counts_only_if_nothing_of_the_checkout_came_after_it():
    stayed, went_on = Shopper(), Shopper()
    for ann in (stayed, went_on):
        ann.says(0, "Product Added", **LAMP)
        ann.says(1, "Checkout Started", value=49.9, currency="EUR")
        ann.says(2, "Account Required Shown")
    went_on.says(3, "Checkout Step Viewed", step="shipping")
    assert "left_after_account_required" in kinds(stayed)
    assert "left_after_account_required" not in kinds(went_on)


def test_who_goes_back_to_the_cart_has_not_gone_on():
    back, on = Shopper(), Shopper()
    for ann in (back, on):
        ann.says(0, "Product Added", **LAMP)
        ann.says(1, "Checkout Started", value=49.9, currency="EUR")
        ann.says(2, "Checkout Step Viewed", step="shipping")
        ann.says(3, "Shipping Cost Shown", shipping=12.5, currency="EUR")
        ann.says(4, "Cart Viewed", products=[LAMP])
    on.says(5, "Checkout Step Viewed", step="payment")
    assert "left_after_shipping_shown" in kinds(back)
    assert "left_after_shipping_shown" not in kinds(on)
    back.waits_until(60)
    assert (back.cart.state, back.cart.causes[0].cause) == (EpisodeState.ABANDONED, Cause.SHIPPING_COST)
    assert "left_after_shipping_shown" in kinds(back)
    back.says(200, "Cart Viewed", products=[LAMP])
    back.waits_until(300)
    assert (back.cart.abandonments, "left_after_shipping_shown" in kinds(back)) == (2, False)


def test_a_coupon_that_was_taken_after_all_is_no_reason():
    denied, taken = Shopper(), Shopper()
    for ann in (denied, taken):
        ann.says(0, "Product Added", **LAMP)
        ann.says(1, "Coupon Entered", coupon_id="A")
        ann.says(2, "Coupon Denied", coupon_id="A")
    taken.says(3, "Coupon Applied", coupon_id="B")
    assert "coupon_denied" in kinds(denied)
    assert "coupon_denied" not in kinds(taken)


def test_looking_at_others_of_the_same_kind_is_comparing_and_each_counts_once():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Product Viewed", product_id="lamp-2", category="Lamps")
    ann.says(2, "Product Viewed", product_id="lamp-2", category="Lamps")
    ann.says(3, "Product Viewed", **PAN)
    ann.says(4, "Product Viewed", **LAMP)
    assert kinds(ann) == ["compared_1", "revisited", "left_before_checkout"]
    ann.says(5, "Product Viewed", product_id="lamp-3", category="Lamps")
    assert kinds(ann) == ["compared_2plus", "revisited", "left_before_checkout"]


@pytest.mark.parametrize(("path", "kind"), [
    ("/cart", "step:cart"), ("/de/warenkorb", "step:cart"), ("/checkout", "step:checkout"), ("/checkout/shipping", "step:shipping"),
    ("/checkouts/c/8f2a/payment?x=1", "step:payment"), ("/checkout/thank-you", ""), ("/checkout/order-received/9", ""), ("/cartoons", ""),
    ("/p/basketball", ""), ("/returns", "returns_page"), ("/shipping-and-delivery", "shipping_page"), ("/coupons", "coupon_page"), ("/", ""),
])  # fmt: skip
def test_pages_are_known_by_their_path(path, kind):
    assert evidence.page_kind(path) == kind


@pytest.mark.parametrize(("said", "name"), [
    ("Shipping address", "shipping"), ("PAYMENT", "payment"), ("Zahlung", "payment"), ("Login", "account"), ("2", "step 2"), ("Review order", "review"),
    ("Gift wrap", "gift wrap"),
])  # fmt: skip
def test_steps_go_by_common_names(said, name):
    assert evidence.step_name(said) == name


def story(name):
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Checkout Started", value=49.9, currency="EUR", products=[LAMP])
    match name:
        case "shipping_cost":
            ann.says(2, "Checkout Step Viewed", step="shipping")
            ann.says(3, "Shipping Cost Shown", shipping=12.9, currency="EUR")
        case "forced_account":
            ann.says(2, "Account Required Shown")
        case "payment_trouble":
            ann.says(2, "Checkout Step Viewed", step="payment")
            ann.says(3, "Payment Failed", reason="declined")
            ann.says(4, "Payment Failed", reason="declined")
        case "confusing_checkout":
            for minute in range(2, 6):
                ann.says(minute, "Form Field Error", form="checkout", field="zip", message="invalid")
            ann.says(7, "Form Abandoned", form="checkout", last_field="zip")
        case "delivery_time":
            ann.says(2, "Checkout Step Viewed", step="shipping")
            ann.says(3, "Delivery Time Shown", days=12)
        case "technical_trouble":
            ann.says(2, "Request Failed", status=500, url="/api/checkout")
            ann.says(3, "Error Shown", message="Something went wrong")
            ann.says(3, "Rage Click", count=6, label="Continue")
        case "out_of_stock":
            ann.says(2, "Out Of Stock Shown", product_id="lamp")
        case "total_price":
            ann.says(2, "Coupon Entered", coupon_id="A")
            ann.says(2, "Coupon Denied", coupon_id="A")
            ann.sees(3, "/coupons")
        case "other_fees":
            ann.says(2, "Checkout Step Viewed", step="payment", fees=6, currency="EUR")
    ann.waits_until(60)
    return ann


@pytest.mark.parametrize("cause", [
    "shipping_cost", "forced_account", "payment_trouble", "confusing_checkout", "delivery_time", "technical_trouble", "out_of_stock",
    "total_price", "other_fees",
])  # fmt: skip
def test_a_plain_case_of_each_cause_is_named_with_more_than_an_even_chance(cause):
    first = story(cause).cart.causes[0]
    assert first.cause == cause
    assert first.probability > 0.5
    assert first.evidence


def test_where_nothing_happened_it_says_that_it_does_not_know():
    assert story("nothing").cart.causes[0].cause == "unknown"


def test_a_cart_filled_and_left_is_mostly_comparing_or_unknown():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.waits_until(60)
    assert {guess.cause for guess in ann.cart.causes[:2]} == {"comparing", "unknown"}


def test_two_carts_that_leave_the_same_evidence_share_the_answer_but_no_list():
    one, two = causes.weigh(left("shipping_ratio_high"), EVIDENCES), causes.weigh(left("shipping_ratio_high"), EVIDENCES)
    assert one == two
    one[0].evidence.append("made up")
    assert one != two
    assert causes.weigh(left("shipping_ratio_high"), EVIDENCES) == two
