"""What users and their programs rely on by name is there: the commands, and the addresses that take, tell and serve."""

import pytest
from django.urls import Resolver404, resolve
from typer.main import get_command

from sojourn.capture.tests.door import Door
from sojourn.runtime.cli import app

COMMANDS = [
    "up",
    "capture",
    "work",
    "web",
    "demo",
    "source create",
    "import events",
    "import contacts",
    "person",
    "why",
    "replay",
    "rebuild",
    "erase",
    "doctor",
]
TAKEN = [
    *(f"/v1/{kind}" for kind in ("identify", "track", "page", "screen", "group", "alias", "batch", "import")),
    *("/e/", "/i/v0/e/", "/capture/", "/batch/", "/i/v1/analytics/events", "/flags/", "/decide/"),
    *("/com.snowplowanalytics.snowplow/tp2", "/i", "/matomo.php", "/events", "/api/send", "/api/event"),
]
FETCHED = [
    *("/sojourn.js", "/array/wk_shop/config", "/array/wk_shop/config.js", "/static/array.js", "/v1/projects/wk_shop/settings"),
    *("/matomo.js", "/script.js", "/js/script.js", "/sourceConfig"),
]
READ = ["/api/v1/openapi.json", "/api/v1/people", "/api/v1/people/42", "/api/v1/people/42/timeline", "/api/v1/people/42/decisions"]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_commands_are_there(name: str) -> None:
    found = get_command(app)
    for word in name.split():
        found = found.commands[word]
    assert found.help


def test_the_front_door_takes_and_serves() -> None:
    with Door() as door:
        assert [path for path in (*TAKEN, *FETCHED, "/hooks/h0123456789abcdef") if not door.app.handles(path)] == []
        assert [path for path in FETCHED if door.run(door.call(path, b"", "wk_shop", "GET")).status != 200] == []
        assert [path for path in TAKEN if door.run(door.call(path, b"{}", "wk_shop")).status in (404, 405)] == []


@pytest.mark.parametrize("path", READ)
def test_the_api_tells(path: str) -> None:
    try:
        assert resolve(path)
    except Resolver404:
        pytest.fail(f"nothing is at {path}")
