"""Reference pages that are written by hand name what there is."""

from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client

import sojourn
from sojourn.terms import facts

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


def test_the_reference_names_every_table_of_ours():
    text = (DOCS / "reference" / "files-and-tables.md").read_text()
    ours = {model._meta.db_table for model in apps.get_models() if model.__module__.startswith("sojourn.")}
    assert "people_person" in ours
    assert sorted(table for table in ours if f"`{table}`" not in text) == []


def test_the_reference_names_every_fact_that_sojourn_makes():
    text = (DOCS / "reference" / "facts.md").read_text()
    made = [value for name, value in vars(facts).items() if name.isupper() and isinstance(value, str)]
    assert facts.CART_ABANDONED in made
    assert [name for name in made if f"`{name}`" not in text] == []


def test_the_map_names_every_room():
    text = (DOCS / "architecture.md").read_text()
    source = Path(sojourn.__file__).parent
    rooms = [*source.iterdir(), *(source / "apps").iterdir(), *(source / "adapters").iterdir()]
    names = sorted(room.name for room in rooms if (room / "__init__.py").exists())
    assert {"capture", "people", "sqlite"} <= set(names)
    assert [name for name in names if f"`{name}`" not in text and f"`{name}/" not in text] == []
