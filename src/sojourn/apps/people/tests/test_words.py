import json
import subprocess
import sys

import pytest

from sojourn.apps.people import words
from sojourn.apps.people.words import cause_words, evidence_words, span_words


@pytest.mark.parametrize(
    ("kind", "seen", "said"),
    [
        ("shipping_ratio_high", {"shipping": 1290, "value": 4990, "currency": "EUR", "percent": 25}, "Saw shipping of 12.90 EUR, 25 % of the cart"),
        ("shipping_ratio_high", {"shipping": 120000, "currency": "JPY", "percent": 30}, "Saw shipping of 120,000 JPY, 30 % of the cart"),
        ("shipping_ratio_high", {}, "Saw shipping"),
        ("fees_ratio_high", {"fees": 500, "percent": 10}, "Saw taxes and fees of 5.00 USD, 10 % of the cart"),
        ("left_after_shipping_shown", {"left_after_ms": 20_000}, "Left 20 s after shipping was shown"),
        ("left_after_shipping_shown", {}, "Left right after shipping was shown"),
        ("form_errors_3plus", {"times": 4, "detail": "zip: address: not valid"}, "Met 4 form errors (zip: address: not valid)"),
        ("form_errors_1", {"times": 1}, "Met a form error"),
        ("payment_failed_1", {"times": 1, "detail": "card declined"}, "A payment failed (card declined)"),
        ("coupon_denied", {"coupon": "SAVE10", "reason": "expired", "times": 2}, "Tried coupon SAVE10, which was refused, 2 times (expired)"),
        ("delivery_long", {"days": 9}, "Saw a delivery time of 9 days"),
        ("delivery_short", {"days": 1}, "Saw a delivery time of 1 day"),
        ("compared_2plus", {"category": "Shoes", "products": ["a", "b"], "times": 2}, "Looked at 2 other products in Shoes with the cart in hand"),
        ("time_on_checkout_long", {"spent_ms": 480_000}, "Spent 8 min in the checkout"),
        ("left_in_checkout", {"reached": "shipping", "step": "shipping"}, "Left at the step shipping"),
        ("left_in_checkout", {"reached": "checkout", "step": "checkout"}, "Left in the checkout"),
        ("something_new", {"x": 1}, "Something new"),
    ],
)
def test_what_was_seen_reads_as_a_sentence(kind, seen, said):
    assert evidence_words(kind, seen, "USD") == said


@pytest.mark.parametrize("kind", sorted(words._WORDS))
@pytest.mark.parametrize("seen", [{}, {"times": "x", "days": None, "shipping": "a", "fees": True, "step": 5, "detail": 7, "coupon": 1, "products": 3}])
def test_no_value_of_a_customer_breaks_a_sentence(kind, seen):
    said = evidence_words(kind, seen, "EUR")
    assert said[0].isupper()
    assert "None" not in said


def test_every_kind_of_the_built_in_weights_and_every_cause_has_words():
    # In a process of its own: rooms of pages do not import the engine, not even in their tests.
    code = "import json; from sojourn.engine.priors import WEIGHTS; print(json.dumps(sorted(WEIGHTS)))"
    kinds = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert sorted(words._WORDS) == kinds
    assert (cause_words("shipping_cost"), cause_words("no_such_cause")) == ("Shipping cost", "No such cause")


@pytest.mark.parametrize(("ms", "said"), [(0, "1 s"), (20_400, "20 s"), (720_000, "12 min"), (3 * 3_600_000, "3 h"), (5 * 86_400_000, "5 days")])
def test_a_stretch_of_time_is_told_in_one_unit(ms, said):
    assert span_words(ms) == said
