"""Whatever a webhook is called with, its pages show it and its mapping can be tried on it."""

import json

import pytest

from sojourn.apps.hooks.tests.test_hooks import FORM, heard, make
from sojourn.apps.sources.models import QuarantinedEvent
from sojourn.apps.sources.tests.test_hostile_payloads import PAYLOADS
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.hooks import HookCall

__all__ = ["heard"]
pytestmark = pytest.mark.django_db
EXPRESSIONS = ["data.requester.id", "@", "[]", "*.*", "to_string(@)", "keys(@)", "length(@)", "sort(@)", "max_by(@, &a)"]


@pytest.mark.parametrize("body", PAYLOADS.values(), ids=PAYLOADS)
def test_a_call_is_shown_and_a_mapping_is_tried_on_it(heard, body):
    house = build()
    hook = make(house)
    heard += [HookCall(2, NOW, "ticket.closed", "kept", ("Ticket Solved",), body), HookCall(1, NOW, "", "refused", ("bad_json",), body)]
    client = browser(house.bob)
    for path in ("", "calls/", "mapping/?topic=ticket.closed", "mapping/"):
        assert client.get(f"/sources/hooks/{hook.pk}/{path}").status_code == 200
    for expression in EXPRESSIONS:
        form = {**FORM, "user_id": expression, "properties_is_0": expression}
        assert post(client, f"/sources/hooks/{hook.pk}/mapping/preview", form).status_code == 200


@pytest.mark.parametrize("body", PAYLOADS.values(), ids=PAYLOADS)
def test_so_is_one_that_was_set_aside(heard, body):
    house = build()
    hook = make(house)
    whole = json.dumps({"hook": "generic", "topic": "ticket.closed", "body": 0}).encode().replace(b": 0", b": " + body)
    kept = {"workspace_id": house.workspace, "source_id": hook.source_id, "position": 1, "at": NOW, "reason": "unmapped", "detail": ""}
    QuarantinedEvent.objects.create(**kept, payload=whole)
    QuarantinedEvent.objects.create(**kept, payload=body)
    client = browser(house.bob)
    assert client.get(f"/sources/hooks/{hook.pk}/").status_code == 200
    assert client.get(f"/sources/hooks/{hook.pk}/mapping/?topic=ticket.closed").status_code == 200
    assert post(client, f"/sources/hooks/{hook.pk}/mapping/preview", FORM).status_code == 200
