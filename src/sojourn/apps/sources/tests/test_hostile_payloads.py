"""Whatever somebody sends, whoever looks at it sees a page."""

import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.apps.sources import debugger
from sojourn.apps.sources.tests.test_aside import aside
from sojourn.apps.workspace.actions import create_secret_key
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.facts import Arrival, Quarantine
from sojourn.terms.outcomes import Missed

pytestmark = pytest.mark.django_db
PAYLOADS = {
    "opened": b"[" * 4_096,
    "opened objects": b'{"a":' * 819,
    "deep": b"[" * 600 + b"]" * 600,
    "deeper": b"[" * 2_000 + b"]" * 2_000,
    "deep event": b'{"event":"Deep","properties":' + b'{"password":' * 300 + b"1" + b"}" * 301,
    "half a pair": b'{"event":"\\ud800","userId":"\\udfff"}',
    "beyond a double": b'{"event":1e999}',
    "digits": b'{"event":-' + b"9" * 4_000 + b"}",
    "not a number": b'{"event":NaN}',
    "no text": b"\xff\xfe\x00\x01",
    "nothing": b"",
    "null": b"null",
    "other types": b'{"event":{"a":[1]},"userId":[],"anonymousId":true}',
    "marks": b'{"event":"</script><script>alert(1)</script>","userId":"\\u202e\\u0000"}',
    "secrets without end": b"password" * 512,
    "quotes": b"\"'" * 2_048,
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_what_was_sent_can_be_looked_at(payload):
    house = build()
    event = aside(house, payload)
    source = event.source_id
    log = MemoryLog(SettableClock(NOW))
    log.append([Arrival(house.workspace, source, [], {}, [Quarantine("bad_json", payload, "")])])
    debugger.connect(lambda: log, lambda *_: [Missed(1, NOW, "refused", "bad_json", "", payload), Missed(2, NOW, "dropped", "bad_json", "", payload)])
    try:
        for client in (browser(house.bob), browser(house.vera)):
            for path in (f"/sources/{source}/", f"/sources/{source}/events/", f"/sources/{source}/aside/", f"/sources/{source}/aside/{event.pk}/"):
                page = client.get(path)
                assert page.status_code == 200
                assert b"<script>alert" not in page.content
        key = create_secret_key(house.workspace, "CI", "a", NOW)
        told = browser().get(f"/api/v1/sources/{source}/recent", headers={"Authorization": f"Bearer {key}"}).json()
        assert len(told["items"]) == 3
    finally:
        debugger.connect(None, None)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_what_is_no_event_is_told_and_stays(payload):
    house = build()
    event = aside(house, payload)
    answer = post(browser(house.bob), f"/sources/{event.source_id}/aside/{event.pk}/drive", {"payload": payload.decode("utf-8", "replace")}, follow=True)
    assert answer.status_code in (200, 400)
    assert type(event).objects.filter(pk=event.pk).exists()


def test_a_text_that_is_too_deep_to_be_read_is_shown_as_it_came():
    assert debugger.payload_text(PAYLOADS["deep"], 20) == ("[" * 20, True)
