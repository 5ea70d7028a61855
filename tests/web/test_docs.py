"""The reference of the API names what there is."""

from pathlib import Path

import pytest
from django.test import Client

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.django_db
def test_the_reference_names_every_path_and_parameter():
    text = (DOCS / "reference" / "api.md").read_text()
    described = Client().get("/api/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        assert f"`GET {path}" in text, path
        assert list(methods) == ["get"], path
        for parameter in methods["get"].get("parameters", []):
            if parameter["in"] == "query":
                assert parameter["name"] in text, parameter


def test_the_reference_names_every_field_of_a_portrait():
    from sojourn.apps.people.portrait import portrait
    from sojourn.apps.people.tests.some import ann
    from sojourn.terms.rules import RuleBook

    text = (DOCS / "reference" / "api.md").read_text()
    missing = [field for field in portrait(ann(), RuleBook()) if f"`{field}" not in text and f"{field}`" not in text and f", {field}" not in text]
    assert missing == []
