"""A webhook from its page to the log: made there, called here, mapped, and what was set aside read again."""

import json

import pytest

from sojourn.adapters.sqlite.directory import SqliteDirectory
from sojourn.apps.hooks import actions
from sojourn.apps.sources.actions import set_enabled
from sojourn.apps.sources.redrive import Again
from sojourn.apps.workspace.tests.house import NOW, build
from sojourn.capture.tests.door import Door
from sojourn.ports.directory import Policy
from sojourn.runtime import hooks
from sojourn.runtime.redrive import drive
from sojourn.terms.hooks import Rule

pytestmark = pytest.mark.django_db(transaction=True)

CALL = {"type": "ticket.closed", "data": {"requester": {"id": "u-5"}}}
RULE = Rule(topic="ticket.closed", event="Ticket Solved", user_id="data.requester.id")


class Seconds:
    """A clock for what the directory remembers."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def door(settings, seconds):
    directory = SqliteDirectory(settings.DATABASES["default"]["NAME"], settings.SEAL, seconds)
    with Door() as made:
        made.app._directory = directory
        hooks.connect(made.app)
        yield made
    hooks.connect(None)
    directory.close()


def send(door, hook, body=CALL, secret=None):
    return door.post(f"/hooks/{hook.token}", json.dumps(body).encode(), key=None, x_webhook_secret=hook.secret if secret is None else secret)


def test_a_mapping_counts_ten_seconds_after_it_was_saved_and_what_was_set_aside_can_be_driven_again(door, seconds):
    house = build()
    hook = actions.create_hook(house.workspace, "Desk", "generic", "", "alice@example.com", NOW)
    assert send(door, hook).json["results"][0]["outcome"] == "quarantined"
    actions.save_rule(house.workspace, hook.pk, RULE, "alice@example.com", NOW)
    seconds.now = 10.1
    assert send(door, hook, {**CALL, "again": 1}).json == {"success": True}
    assert [(fact.name, fact.user_id) for fact in door.facts()] == [("Ticket Solved", "u-5")]
    record = door.quarantined()[0][1]
    verdict = drive(door.log, lambda _workspace, _source: Policy(), [Again(house.workspace, hook.source_id, NOW, "aside-1", record)])[0]
    assert verdict.reason == ""
    assert [(fact.name, fact.user_id) for fact in door.facts()] == [("Ticket Solved", "u-5")] * 2


def test_a_record_that_still_fits_no_mapping_says_so_when_it_is_driven_again(door):
    house = build()
    hook = actions.create_hook(house.workspace, "Desk", "generic", "", "alice@example.com", NOW)
    record = json.dumps({"hook": "generic", "topic": "x", "body": {}}, separators=(",", ":")).encode()
    verdict = drive(door.log, lambda _workspace, _source: Policy(), [Again(house.workspace, hook.source_id, NOW, "aside-1", record)])[0]
    assert (verdict.reason, verdict.detail, door.facts()) == ("unmapped", "no mapping for x", [])


def test_the_workspace_next_door_has_its_own_webhooks_and_secrets(door):
    house = build()
    ours = actions.create_hook(house.workspace, "Desk", "generic", "", "alice@example.com", NOW)
    theirs = actions.create_hook(house.next_door, "Desk", "generic", "", "charlie@example.com", NOW)
    assert send(door, ours, secret=theirs.secret).status == 401
    actions.save_rule(house.next_door, theirs.pk, RULE, "charlie@example.com", NOW)
    assert send(door, theirs).status == 200
    assert [record.workspace for record in door.log.read(0, 100) if record.facts] == [house.next_door]


def test_a_webhook_that_is_switched_off_is_not_found_and_takes_calls_again_when_it_is_on(door, seconds):
    house = build()
    hook = actions.create_hook(house.workspace, "Desk", "generic", "", "alice@example.com", NOW)
    for enabled, status in ((False, 404), (True, 200)):
        set_enabled(house.workspace, hook.source_id, enabled, "alice@example.com", NOW)
        seconds.now += 10.1
        assert send(door, hook).status == status
