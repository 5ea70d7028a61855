"""The catalogue knows its names under other vocabularies."""

import pytest

from sojourn.terms.catalogue import NAMES, canonical


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Order Completed", "Order Completed"),
        ("order_completed", "Order Completed"),
        ("OrderCompleted", "Order Completed"),
        ("com.example.shop.order.completed", "Order Completed"),
        ("test.example.shop.product.list.viewed", "Product List Viewed"),
        ("purchase", "Order Completed"),
        ("begin_checkout", "Checkout Started"),
        ("message_received", "Message Received"),
        ("consent changed", "Consent Changed"),
        ("com.example.purchase", "com.example.purchase"),
        ("Something Else", "Something Else"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_other_spellings_lead_to_the_catalogues_name(theirs, ours):
    assert canonical(theirs) == ours


def test_every_name_of_the_catalogue_is_its_own():
    assert {canonical(name) for name in NAMES} == NAMES
