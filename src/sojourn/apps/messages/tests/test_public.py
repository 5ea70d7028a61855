import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sojourn.actions.links import Click, Unsubscribe, click_url, unsubscribe_url
from sojourn.apps.people.models import SuppressionRow
from sojourn.apps.workspace.api import salt_of
from sojourn.apps.workspace.tests.house import build, outbox
from sojourn.terms.addresses import suppression_key
from sojourn.terms.facts import Kind

pytestmark = pytest.mark.django_db
ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"


@pytest.fixture
def house():
    return build()


def goodbye(house) -> str:
    return unsubscribe_url("", salt_of(house.workspace), Unsubscribe(house.workspace, 42, "marketing", "Ann@Example.com", "i-1"))


def link(house, url="https://shop.example/cart?a=1&b=2") -> str:
    return click_url("", salt_of(house.workspace), Click(house.workspace, "i-1", url, 42, "cart"))


def told(house) -> list:
    return [fact for fact in outbox(house.workspace) if fact.name != "Rules Published"]


def recipient() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.mark.parametrize(
    "form",
    [
        {"data": ONE_CLICK, "content_type": "application/x-www-form-urlencoded"},
        {"data": MULTIPART, "content_type": "multipart/form-data; boundary=b"},
        {"data": "", "content_type": "application/x-www-form-urlencoded"},
    ],
)
def test_one_click_unsubscribes_without_cookie_token_or_redirect(house, form):
    answer = recipient().post(goodbye(house), **form)
    assert answer.status_code == 200
    assert "no more messages of this kind from Alice&#x27;s shop" in answer.content.decode()
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    row = SuppressionRow.objects.get()
    assert (row.workspace_id, row.level, row.reason) == (house.workspace, "stream:marketing", "unsubscribed")
    assert row.address == suppression_key(salt_of(house.workspace), "Ann@Example.com")
    (fact,) = told(house)
    assert (fact.kind, fact.name) == (Kind.CONTROL, "Unsubscribed")
    assert fact.props == {"person": 42, "channel": "email", "purpose": "marketing", "intent": "i-1", "at": fact.at}


def test_doing_it_again_changes_nothing(house):
    for _ in range(3):
        assert recipient().post(goodbye(house), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert (SuppressionRow.objects.count(), len(told(house))) == (1, 1)


def test_looking_at_the_page_changes_nothing(house):
    for method in ("get", "head"):
        answer = getattr(recipient(), method)(goodbye(house))
        assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert (SuppressionRow.objects.count(), told(house)) == (0, [])


def test_a_signed_in_member_is_not_looked_up_there(house):
    client = recipient()
    client.force_login(house.alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    with CaptureQueriesContext(connection) as asked:
        page = client.get(goodbye(house))
    assert {query["sql"].partition(" FROM ")[2].split()[0] for query in asked.captured_queries} == {'"workspace_workspace"', '"workspace_ruleversion"'}, (
        "only the shop"
    )
    assert "alice" not in page.content.decode()


def test_no_byte_of_a_token_can_be_changed(house):
    path = goodbye(house)
    start = path.index("/u/") + 3
    for at in range(start, len(path)):
        forged = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]
        answer = recipient().post(forged)
        if answer.status_code == 200:  # the last character of base64 may hold bits that mean nothing
            assert at == len(path) - 1
            continue
        assert answer.status_code == 404
        assert "@example.com" not in answer.content.decode().lower()
    assert all(fact.props["person"] == 42 for fact in told(house))


@pytest.mark.parametrize("token", ["x", "1.", ".", "1.AAAA", "999999.AAAA", "١.AAAA", "1." + "A" * 9000, "%00", "1.é"])
def test_a_token_that_is_none_is_404_for_both_pages(house, token):
    for page in ("u", "l"):
        answer = recipient().get(f"/{page}/{token}")
        assert (answer.status_code, dict(answer.cookies)) == (404, {})
    assert (SuppressionRow.objects.count(), told(house)) == (0, [])


def test_a_token_of_one_page_does_not_open_the_other(house):
    assert recipient().post(goodbye(house).replace("/u/", "/l/")).status_code == 405
    assert recipient().get(goodbye(house).replace("/u/", "/l/")).status_code == 404
    assert recipient().post(link(house).replace("/l/", "/u/")).status_code == 404


def test_a_click_leads_on_and_is_told_to_the_engine(house):
    answer = recipient().get(link(house), HTTP_USER_AGENT=BROWSER)
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/cart?a=1&b=2")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    (fact,) = told(house)
    assert (fact.name, fact.props["person"], fact.props["intent"], fact.props["link"]) == ("Message Clicked", 42, "i-1", "cart")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("head", {"HTTP_USER_AGENT": BROWSER}),
        ("get", {}),
        ("get", {"HTTP_USER_AGENT": BROWSER, "HTTP_SEC_PURPOSE": "prefetch;prerender"}),
        ("get", {"HTTP_USER_AGENT": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        ("get", {"HTTP_USER_AGENT": "Barracuda Sentinel (EE)"}),
        ("get", {"HTTP_USER_AGENT": "curl/8.5.0"}),
        ("get", {"HTTP_USER_AGENT": "Mozilla/5.0 Mimecast"}),
        ("get", {"HTTP_USER_AGENT": "python-requests/2.32"}),
    ],
)
def test_a_scanner_is_led_on_but_not_counted(house, method, headers):
    assert getattr(recipient(), method)(link(house), **headers)["Location"].startswith("https://shop.example/")
    assert told(house) == []


def test_a_click_never_leads_to_what_is_no_web_address(house):
    forged = link(house)
    for at in range(len("/l/"), len(forged)):
        changed = forged[:at] + ("x" if forged[at] != "x" else "y") + forged[at + 1 :]
        answer = recipient().get(changed, HTTP_USER_AGENT=BROWSER)
        assert answer.get("Location", "https://shop.example/cart?a=1&b=2") == "https://shop.example/cart?a=1&b=2"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(house, method):
    assert getattr(recipient(), method)(goodbye(house)).status_code == 405
    assert getattr(recipient(), method)(link(house)).status_code == 405
