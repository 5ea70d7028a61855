import pytest

from sojourn.adapters.memory.lake import MemoryLake
from sojourn.apps.people import lake_hook
from sojourn.apps.people.portrait import portrait
from sojourn.apps.people.tests.some import ANN, AT, ann, store, store_ann
from sojourn.apps.sources.actions import create_source
from sojourn.apps.workspace.actions import create_secret_key, revoke_secret_key
from sojourn.apps.workspace.models import SecretKey
from sojourn.apps.workspace.queries import rules
from sojourn.apps.workspace.tests.house import NOW, browser, build
from sojourn.ports.lake import Row, Unreachable
from sojourn.terms.facts import Fact
from sojourn.terms.ids import fact_id
from sojourn.terms.person import Person

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def house():
    built = build()
    store_ann(built.workspace)
    return built


@pytest.fixture
def lake(house):
    """A lake with three facts of Ann, one of them from before a merge."""
    lake = MemoryLake()
    lake_hook.connect(lambda: lake)
    facts = ((fact_id(7, 3), ANN, AT), (fact_id(9, 0), fact_id(9, 0), AT + 1), (fact_id(10, 0), ANN, AT + 2))
    steps = [Fact("track", f"Step {at - AT}", at, f"m{at}") for _number, _person, at in facts]
    lake.write([Row(house.workspace, number, person, 0, 1, at, step) for (number, person, at), step in zip(facts, steps, strict=True)], [], 1)
    yield lake
    lake_hook.connect(lambda: None)


def key_of(workspace: int) -> str:
    return create_secret_key(workspace, "test", "alice@example.com", NOW)


def ask(path: str, key: str = "", **headers: str):
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {key}"} if key else {}
    return browser().get(API + path, **bearer, **headers)


def test_a_secret_key_reads_the_portrait_by_an_identifier(house):
    answer = ask("/people?identifier=email:ann@example.com", key_of(house.workspace))
    assert answer.status_code == 200
    assert answer.json() == {"items": [portrait(ann(), rules(house.workspace))], "next": None}
    assert ask("/people?identifier=email:nobody@example.com", key_of(house.workspace)).json() == {"items": [], "next": None}


def test_the_portrait_is_there_by_id_also_by_one_that_was_merged(house):
    key = key_of(house.workspace)
    for number in (ANN, fact_id(9, 0)):
        assert ask(f"/people/{number}", key).json()["id"] == str(ANN)
    assert ask(f"/people/{ANN}/decisions", key).json()["items"][0]["reason"] == "fits"


def test_the_list_goes_on_by_its_cursor(house):
    for number in range(1, 4):
        store(house.workspace, Person(id=number, last_seen=number))
    key = key_of(house.workspace)
    first = ask("/people?limit=3", key).json()
    second = ask(f"/people?limit=3&after={first['next']}", key).json()
    assert [one["id"] for one in first["items"] + second["items"]] == [str(ANN), "3", "2", "1"]
    assert second["next"] is None
    assert [one["id"] for one in ask("/people?identified=false", key).json()["items"]] == ["3", "2", "1"]


def test_a_timeline_holds_the_facts_of_all_who_became_one_newest_first(house, lake):
    key = key_of(house.workspace)
    first = ask(f"/people/{ANN}/timeline?limit=2", key).json()
    assert [one["name"] for one in first["items"]] == ["Step 2", "Step 1"]
    assert first["items"][0]["at"] == "2026-01-01T00:00:00.002Z"
    assert first["items"][0]["id"] == str(fact_id(10, 0))
    rest = ask(f"/people/{ANN}/timeline?limit=2&before={first['next']}", key).json()
    assert ([one["name"] for one in rest["items"]], rest["next"]) == (["Step 0"], None)


def test_the_timelines_page_shows_properties_of_every_name(house):
    lake = MemoryLake()
    fact = Fact(
        "track",
        "Order Completed",
        AT,
        "m1",
        props={"items": [1], "keys": "<b>", "total": 5},
        traits={"values": "v"},
        context={"page": {"url": "https://x.example/"}},
    )
    lake.write([Row(house.workspace, fact_id(7, 3), ANN, 0, 1, AT, fact)], [], 1)
    lake_hook.connect(lambda: lake)
    page = browser(house.vera).get(f"/people/{ANN}/timeline/").content.decode()
    lake_hook.connect(lambda: None)
    for shown in (
        "<dt>items</dt><dd>[1]</dd>",
        "<dt>keys</dt><dd>&lt;b&gt;</dd>",
        "<dt>total</dt><dd>5</dd>",
        "<dt>values</dt><dd>v</dd>",
        "https://x.example/",
    ):
        assert shown in page


def test_a_lake_that_cannot_be_read_just_now_is_503_and_spares_the_other_pages(house, monkeypatch):
    def unreachable(*_args):
        raise Unreachable

    lake = MemoryLake()
    monkeypatch.setattr(lake, "timeline", unreachable)
    monkeypatch.setattr(lake, "query", unreachable)
    monkeypatch.setattr(lake_hook, "_open", lambda: lake)
    client = browser(house.vera)
    assert client.get(f"{API}/people/{ANN}/timeline").status_code == 503
    assert [client.get(path).status_code for path in ("/", "/messages/", f"/people/{ANN}/timeline/")] == [200, 200, 200]


def test_without_a_lake_the_timeline_says_so_and_the_page_still_stands(house):
    answer = ask(f"/people/{ANN}/timeline", key_of(house.workspace))
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    page = browser(house.vera).get(f"/people/{ANN}/timeline/")
    assert page.status_code == 200
    assert "History is not at hand yet" in page.content.decode()


@pytest.mark.parametrize("path", ["/people", f"/people/{ANN}", f"/people/{ANN}/timeline", f"/people/{ANN}/decisions", "/sources"])
def test_who_may_ask(house, path):
    key = key_of(house.workspace)
    _source, write_key = create_source(house.workspace, "Website", "alice@example.com", NOW)
    assert (ask(path).status_code, ask(path).json()["code"]) == (401, "not_signed_in")
    assert ask(path, "sk_unknown").status_code == 401
    assert ask(path, write_key).status_code == 403
    assert "write key" in ask(path, write_key).json()["message"]
    assert ask(path, key, HTTP_ORIGIN="https://shop.example").status_code == 403
    assert browser(house.vera).get(API + path).status_code in (200, 503)
    revoke_secret_key(house.workspace, SecretKey.objects.get().pk, "alice@example.com", NOW)
    assert ask(path, key).status_code == 401


def test_a_bad_key_beside_a_good_session_is_refused(house):
    assert browser(house.alice).get(API + "/people", HTTP_AUTHORIZATION="Bearer sk_unknown").status_code == 401


def test_charlies_key_sees_nobody_of_alice(house):
    key = key_of(house.next_door)
    assert ask("/people", key).json()["items"] == []
    assert ask("/people?identifier=email:ann@example.com", key).json()["items"] == []
    for path in ("", "/timeline", "/decisions"):
        assert ask(f"/people/{ANN}{path}", key).status_code == 404


@pytest.mark.parametrize("path", ["/people?limit=0", "/people?limit=x", "/people?limit=201", "/people?identifier=", "/people?identifier=" + "x" * 401])
def test_a_parameter_that_does_not_fit_is_named(house, path):
    answer = ask(path, key_of(house.workspace))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_value")


@pytest.mark.parametrize("path", ["/people/x", "/people/0", "/people/-1", "/people/99999999999999999999", "/nothing"])
def test_what_is_not_there_is_404_in_json(house, path):
    answer = ask(path, key_of(house.workspace))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_api_only_reads(house):
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(browser(house.alice), method)(f"{API}/people/{ANN}")
        assert answer.status_code in (403, 405)


def test_the_api_describes_itself():
    described = browser().get(f"{API}/openapi.json").json()
    assert sorted(described["paths"]) == [
        "/api/v1/people",
        "/api/v1/people/{person}",
        "/api/v1/people/{person}/decisions",
        "/api/v1/people/{person}/timeline",
        "/api/v1/sources",
        "/api/v1/sources/{source}/recent",
    ]
