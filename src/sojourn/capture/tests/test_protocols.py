"""What a protocol may say for itself: paths with parameters, its own answers and refusals, its own place for the key."""

import msgspec
import pytest

from sojourn.capture.call import Call, Opened, Refused
from sojourn.capture.protocols import Document, Protocol, Reply, Request, Results, Route
from sojourn.capture.protocols.segment import SEGMENT
from sojourn.capture.receiver import CaptureApp
from sojourn.capture.tests.door import Door


def _open(request: Request) -> Opened:
    if request.body == b"too much":
        raise Refused(413, "body_too_large", "too much")
    name = request.headers.get(b"x-name", b"").decode() or None
    call = Call(type="track", event=name, user_id="u-1", message_id=request.query.decode() or "m-1")
    return Opened([call], key=request.parameters[0], note=request.method)


def _reply(note: object, results: Results) -> Reply:
    return Reply({"by": note, "results": [dict(one) for one in results]}, status=207 if results else 200, headers=((b"x-told", b"yes"),))


def _milder(refused: Refused) -> Refused:
    return Refused(422, refused.reason, refused.message) if refused.status == 413 else refused


def _find(path: str) -> Route | None:
    key = path.removeprefix("/hear/")
    if key == path:
        return None
    return Route(_open, methods=frozenset(("GET", "POST")), reply=_reply, refuse=_milder, any_media=True, all_headers=True, own_key=True, parameters=(key,))


PIXEL = Document("", lambda _: Reply(b"GIF89a", b"image/gif"))
VOICE = Protocol("voice", {}, lambda path: PIXEL if path == "/pixel.gif" else None, _find)


@pytest.fixture
def door():
    with Door() as made:
        made.app = CaptureApp(made.log, made.directory, made.clock, (SEGMENT, VOICE))
        yield made


def test_a_path_with_a_parameter_takes_events_with_the_key_in_it(door):
    answer = door.post("/hear/wk_shop/", b"\xff\xd8 a picture", key="wk_unknown", content_type="image/jpeg", x_name="Heard")
    assert (answer.status, answer.json, answer.headers["x-told"]) == (200, {"by": "POST", "results": []}, "yes")
    assert [fact.name for record in door.log.read(0, 10) for fact in record.facts] == ["Heard"]


def test_a_protocol_is_told_what_was_not_kept(door):
    door.post("/hear/wk_shop", b"{}", x_name="Heard")
    again = door.post("/hear/wk_shop", b"{}", x_name="Heard")
    assert (again.status, again.json["results"]) == (207, [{"index": 0, "outcome": "duplicate", "reason": "duplicate"}])
    nameless = door.post("/hear/wk_shop", b"{}")
    assert (nameless.status, nameless.json["results"][0]["reason"]) == (207, "no_event_name")


def test_a_protocol_may_refuse_in_its_own_way(door):
    assert door.post("/hear/wk_shop", b"too much").status == 422
    assert door.post("/hear/wk_nobody", b"{}", x_name="Heard").status == 401


def test_a_protocol_takes_events_by_get(door):
    answer = door.run(door.call("/hear/wk_shop", b"", None, "GET", x_name="Heard"))
    assert answer.json == {"by": "GET", "results": []}


def test_a_document_that_asks_for_no_key_is_given_to_anybody_in_its_own_form(door):
    answer = door.run(door.call("/pixel.gif", b"", None, "GET"))
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/gif", b"GIF89a")
    assert door.run(door.call("/pixel.gif", b"", None, "POST")).status == 405


def test_only_a_route_that_asks_for_them_gets_all_headers(door):
    seen = []
    noting = Route(lambda request: seen.append(request.headers) or Opened([], key="wk_shop"))
    door.app = CaptureApp(
        door.log, door.directory, door.clock, (Protocol("few", {"/few": noting}), Protocol("all", {"/all": msgspec.structs.replace(noting, all_headers=True)}))
    )
    door.post("/few", b"{}", x_name="Heard")
    door.post("/all", b"{}", x_name="Heard")
    assert [b"x-name" in headers for headers in seen] == [False, True]


@pytest.mark.parametrize(("name", "status"), [("via", 200), ("posthog-sdk-info", 200), ("access-control-request-headers", 200), ("host", 400)])
def test_of_headers_that_come_twice_only_those_the_door_itself_goes_by_must_agree(door, name, status):
    answer = door.post("/hear/wk_shop", b"{}", x_name="Heard", **{name: "one.example", name.title(): "two.example"})
    assert answer.status == status
