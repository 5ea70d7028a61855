"""The unmodified @segment/analytics-node delivers a shopping journey, once, whatever happens on the way."""

import subprocess
from pathlib import Path

import pytest

from tests.sdk.conftest import FOLDER
from tests.sdk.shop import JOURNEY, Shop

LAMP = {"product_id": "lamp-1", "name": "Désk lamp", "price": 79.9, "quantity": 1, "currency": "EUR"}


def shop_around(node: str, url: str, timeout: int = 10_000) -> None:
    done = subprocess.run([node, "journey.js", url, str(timeout)], cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_event_of_the_journey_arrives_with_its_fields(tmp_path: Path, node: str):
    with Shop(tmp_path, []) as shop:
        shop_around(node, shop.url)
        facts = shop.facts()
    assert [(fact.kind, fact.name) for fact in facts] == JOURNEY
    assert (facts[1].props, facts[1].anonymous_id, facts[1].user_id) == (LAMP, "anon-1", None)
    assert (facts[2].traits, facts[2].anonymous_id, facts[2].user_id) == ({"email": "ann@shop.example"}, "anon-1", "ann")
    assert (facts[3].link, facts[8].link) == ("readers", "ann")
    assert {fact.context["library"]["name"] for fact in facts} == {"@segment/analytics-node"}


@pytest.mark.parametrize("faults", [["500"], ["429"], ["lost"], ["hang"], ["restart"]], ids="-".join)
def test_after_faults_every_event_counts_once(tmp_path: Path, node: str, faults: list[str]):
    with Shop(tmp_path, faults) as shop:
        shop_around(node, shop.url, timeout=1_500 if "hang" in faults else 10_000)
        facts = shop.facts()
    assert sorted((fact.kind, fact.name) for fact in facts) == sorted(JOURNEY)
    assert len({fact.message_id for fact in facts}) == len(JOURNEY)
    assert [fault for fault, _ in shop.served if fault] == faults
