"""Every route, as everybody: strangers get nowhere, nobody sees another workspace, looking changes nothing, and each answer carries its headers."""

import hashlib

import msgspec
import pytest
from django.db import connection

from sojourn.actions.links import Click, Unsubscribe, click_url, unsubscribe_url
from sojourn.apps.health import report
from sojourn.apps.health.tests.some import a_report
from sojourn.apps.hooks.actions import create_hook
from sojourn.apps.messages.models import Mail
from sojourn.apps.people.tests.lists import store_listed
from sojourn.apps.people.tests.some import ANN, AT, ann, store, store_intent
from sojourn.apps.sources.actions import add_alias, create_source
from sojourn.apps.sources.models import QuarantinedEvent
from sojourn.apps.streams.actions import create_stream
from sojourn.apps.tracking.actions import set_contract
from sojourn.apps.workspace import clock, sign_in
from sojourn.apps.workspace.actions import create_secret_key
from sojourn.apps.workspace.api import salt_of
from sojourn.apps.workspace.models import Member, Role, SecretKey
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.person import Person
from tests.web.walk import Route, routes

pytestmark = pytest.mark.django_db

OPEN = {
    "accounts/login/": 200,
    "accounts/logout/": 302,
    "accounts/inactive/": 200,
    "accounts/signup/": 404,
    "accounts/reauthenticate/": 302,
    "accounts/password/change/": 302,
    "accounts/password/set/": 302,
    "sign-in/<str:token>": 200,
    "u/<str:token>": 200,
    "l/<str:token>": 302,
    "demo-shop/": 200,
    "demo-shop/c/<slug:category>/": 200,
    "demo-shop/p/<slug:product>/": 200,
    "demo-shop/cart/": 200,
    "demo-shop/checkout/": 200,
    "demo-shop/checkout/<slug:step>/": 200,
    "demo-shop/thank-you/": 200,
    "demo-shop/returns/": 200,
    "demo-shop/shipping-and-delivery/": 200,
    "api/v1/openapi.json": 200,
}
"""Routes that need no member, with the answer to somebody unknown; all others lead to the sign-in page, or are 401 in the API."""

POSTS = {
    "settings/save": Role.OWNER,
    "settings/undo/<str:rows>": Role.OWNER,
    "settings/rename": Role.OWNER,
    "settings/keys/create": Role.OWNER,
    "settings/keys/<int:key>/revoke": Role.OWNER,
    "settings/members/invite": Role.OWNER,
    "settings/members/<int:member_id>/role": Role.OWNER,
    "settings/members/<int:member_id>/link": Role.OWNER,
    "settings/members/<int:member_id>/remove": Role.OWNER,
    "settings/members/restore/<int:removal>": Role.OWNER,
    "settings/account/email": Role.VIEWER,
    "theme/": Role.VIEWER,
    "gallery/toast/": Role.VIEWER,
    "demo/start/": Role.OWNER,
    "demo/stop/": Role.OWNER,
    "demo/rate/": Role.OWNER,
    "demo/restore/": Role.OWNER,
    "demo/remove/": Role.OWNER,
    "gallery/undo/": Role.VIEWER,
    "start/hide": Role.OWNER,
    "start/show": Role.OWNER,
    "people/<str:person>/split": Role.MEMBER,
    "people/<str:person>/forget": Role.OWNER,
    "sources/streams/create": Role.OWNER,
    "sources/streams/<int:stream>/change": Role.OWNER,
    "sources/streams/<int:stream>/remove": Role.OWNER,
    "sources/streams/<int:stream>/again": Role.MEMBER,
    "sources/streams/<int:stream>/start": Role.MEMBER,
    "sources/streams/<int:stream>/stop": Role.MEMBER,
    "sources/create": Role.MEMBER,
    "sources/hooks/create": Role.MEMBER,
    "sources/hooks/<int:hook>/secret": Role.MEMBER,
    "sources/hooks/<int:hook>/mapping/preview": Role.MEMBER,
    "sources/hooks/<int:hook>/mapping/save": Role.MEMBER,
    "sources/hooks/<int:hook>/mapping/remove": Role.MEMBER,
    "sources/hooks/<int:hook>/mapping/restore": Role.MEMBER,
    "sources/<int:source>/aliases/add": Role.MEMBER,
    "sources/<int:source>/aliases/<int:alias>/remove": Role.MEMBER,
    "sources/<int:source>/rate": Role.MEMBER,
    "sources/<int:source>/aside/<int:event>/drive": Role.MEMBER,
    "sources/<int:source>/aside/<int:event>/discard": Role.MEMBER,
    "sources/<int:source>/aside/drive": Role.MEMBER,
    "sources/<int:source>/aside/discard": Role.MEMBER,
    "tracking/check": Role.MEMBER,
    "tracking/save": Role.MEMBER,
    "tracking/remove": Role.MEMBER,
    "sources/<int:source>/rename": Role.MEMBER,
    "sources/<int:source>/restore-key": Role.MEMBER,
    "sources/<int:source>/rotate": Role.MEMBER,
    "sources/<int:source>/enable": Role.MEMBER,
    "sources/<int:source>/disable": Role.MEMBER,
}
"""Verbs: they change something by POST only."""

LOOKED_AT = {
    "demo/remove/": 200,
    "sources/create": 302,
    "sources/<int:source>/rotate": 302,
    "sources/hooks/create": 302,
    "sources/hooks/<int:hook>/secret": 302,
}
"""Verbs that answer with a page, so that a browser may ask for their address again: the answer to GET, which changes nothing."""

OWNERS_ONLY = {"sources/streams/new/", "settings/keys/", "settings/audit/", "people/<str:person>/erase/"}
MEMBERS_ONLY = {"health/", "health/now/"}
CART_NEXT_DOOR = 77
RANK = {Role.VIEWER: 0, Role.MEMBER: 1, Role.OWNER: 2}


@pytest.fixture
def house(monkeypatch):
    """Alice's house, full; Charlie's next door, with one of each too."""
    monkeypatch.setattr(report, "_ask", a_report)
    built = build()
    for workspace, offset in ((built.workspace, 0), (built.next_door, 1)):
        source, _key = create_source(workspace, "Website", "setup", NOW)
        add_alias(workspace, source.pk, "matomo", str(workspace), "setup", NOW)
        set_contract(workspace, "Viewed", "{}", "report", "setup", NOW)
        QuarantinedEvent.objects.create(workspace_id=workspace, source_id=source.pk, position=1, at=AT, reason="too_deep", detail="", payload=b"{}")
        create_hook(workspace, "Orders", "shopify", "shpss_123456", "setup", NOW)
        create_secret_key(workspace, "Warehouse", "setup", NOW)
        create_stream(workspace, "folder", "Orders", {"folder": f"orders-{workspace}"}, "setup", NOW)
        Mail.objects.create(workspace_id=workspace, intent=f"i-{offset}", at=AT, sender="a@x.example", recipient="b@x.example", subject="s", raw=b"\n\nx")
        store_intent(workspace, ANN + offset, f"i-{offset}")
    store_listed(built.workspace, ann(), "Ann Winter", "ann@example.com")
    store_listed(built.next_door, Person(id=ANN + 1, last_seen=AT, carts=[msgspec.structs.replace(ann().carts[0], id=CART_NEXT_DOOR)]))
    return built


def values(house, workspace: int) -> dict[str, object]:
    """What stands in the addresses of that workspace."""
    salt = salt_of(workspace)
    owner = house.alice if workspace == house.workspace else house.charlie
    offset = 0 if workspace == house.workspace else 1
    return {
        "person": ANN + offset,
        "part": "top",
        "episode": ann().carts[0].id,
        "kind": "shipping_high",
        "intent": f"i-{offset}",
        "mail": Mail.objects.get(workspace_id=workspace).pk,
        "cart": CART_NEXT_DOOR if offset else ann().carts[0].id,
        "stream": connection_value("streams_stream", workspace),
        "source": connection_value("sources_source", workspace),
        "alias": connection_value("sources_alias", workspace),
        "event": connection_value("sources_quarantined", workspace),
        "hook": connection_value("hooks_hook", workspace),
        "key": SecretKey.objects.get(workspace_id=workspace).pk,
        "member_id": Member.objects.get(user=owner).pk,
        "token": "",
        "category": "lamps",
        "product": "la-1",
        "step": "address",
        "rows": connection_value("workspace_auditrow", workspace),
        "removal": connection_value("workspace_auditrow", workspace),
        "_unsubscribe": unsubscribe_url("", salt, Unsubscribe(workspace, ANN + offset, "marketing", "ann@example.com")),
        "_click": click_url("", salt, Click(workspace, f"i-{offset}", "https://shop.example/", ANN + offset)),
    }


def connection_value(table: str, workspace: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} WHERE workspace_id = %s", [workspace])
        return cursor.fetchone()[0]


def address(route: Route, held: dict[str, object]) -> str:
    if route.pattern == "tracking/event/":
        return "/tracking/event/?kind=track&name=Viewed"
    if route.pattern == "u/<str:token>":
        return str(held["_unsubscribe"])
    if route.pattern == "l/<str:token>":
        return str(held["_click"])
    if route.pattern == "live/":
        return "/live/?topics=people"
    return route.address(held)


def pages() -> list[Route]:
    return [route for route in routes() if route.pattern not in POSTS and route.pattern != "api/v1/"]


def verbs() -> list[Route]:
    return [route for route in routes() if route.pattern in POSTS]


def in_api(route: Route) -> bool:
    return route.pattern.startswith("api/")


def fingerprint() -> str:
    """A digest of every row but the sessions', and of users without when they last signed in (the tests' browsers sign in as they go)."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if name != "django_session"]
        for table in sorted(tables):
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table) if column.name != "last_login"]
            quoted = ", ".join(f'"{column}"' for column in columns)
            cursor.execute(f'SELECT {quoted} FROM "{table}" ORDER BY 1, 2')
            digest.update(repr((table, cursor.fetchall())).encode())
    return digest.hexdigest()


def test_the_walk_knows_every_route():
    found = {route.pattern for route in routes()}
    assert set(OPEN) | set(POSTS) | OWNERS_ONLY | MEMBERS_ONLY <= found
    assert len(found) > 35
    for route in routes():
        guarded = hasattr(route.view, "role") or in_api(route) or route.pattern in OPEN or route.pattern == "settings/account/email"
        assert guarded, f"{route.pattern} is neither a member's page nor on the list of open ones"


def test_somebody_unknown_gets_to_the_sign_in_page_and_no_further(house):
    held = {**values(house, house.workspace), "token": sign_in.make_link(house.alice.pk, clock.now())}
    for route in pages():
        answer = browser().get(address(route, held), HTTP_USER_AGENT="bot")
        if route.pattern in OPEN:
            assert answer.status_code == OPEN[route.pattern], route
        elif in_api(route):
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), route
        else:
            assert answer.status_code == 302, route
            assert answer["Location"].startswith("/accounts/login/?next=/"), route
        assert b"Ann Winter" not in answer.content, route


def test_members_see_every_page_of_their_own_but_the_owners_ones(house):
    held = values(house, house.workspace)
    for user, owner in ((house.alice, True), (house.bob, False), (house.vera, False)):
        client = browser(user)
        for route in pages():
            if route.pattern in OPEN:
                continue
            kept_out = (route.pattern in OWNERS_ONLY and not owner) or (route.pattern in MEMBERS_ONLY and user == house.vera)
            wanted = 403 if kept_out else 503 if route.pattern.endswith(("/timeline", "/recent")) else 200
            assert client.get(address(route, held)).status_code == wanted, (user, route)


def test_nobody_sees_anything_of_the_house_next_door(house):
    foreign = values(house, house.next_door)
    client = browser(house.alice)
    tried = 0
    for route in pages():
        if not route.parameters or route.pattern in OPEN:
            continue
        tried += 1
        assert client.get(address(route, foreign)).status_code == 404, route
    assert tried >= 14


def test_a_foreign_id_and_one_that_is_not_there_are_told_apart_by_nothing(house):
    foreign = values(house, house.next_door)
    nowhere = {
        **foreign,
        "person": 12345,
        "intent": "none",
        "mail": 999_999,
        "cart": 999_999,
        "source": 999_999,
        "hook": 999_999,
        "alias": 999_999,
        "event": 999_999,
        "key": 999_999,
        "member_id": 999_999,
        "stream": 999_999,
    }
    client = browser(house.alice)
    for route in pages():
        if route.parameters and route.pattern not in OPEN:
            assert address(route, foreign) != address(route, nowhere), route
            ours, theirs = client.get(address(route, foreign)), client.get(address(route, nowhere))
            strip = lambda page: page.content.split(b"<body>")[-1]  # noqa: E731 - the nonce in the head differs
            assert strip(ours) == strip(theirs), route


def test_looking_changes_nothing(house):
    held = {**values(house, house.workspace), "token": sign_in.make_link(house.alice.pk, clock.now())}
    before = fingerprint()
    for user in (None, house.alice, house.bob, house.vera, house.charlie):
        client = browser(user)
        for route in pages():
            # A click is told to the engine: it is what the link is for. Scanners and HEAD are not counted.
            client.get(address(route, held), HTTP_USER_AGENT="bot")
            client.head(address(route, held), HTTP_USER_AGENT="Mozilla/5.0 (X11) Firefox/144.0")
    assert fingerprint() == before


def test_the_fingerprint_notices_a_change(house):
    before = fingerprint()
    post(browser(house.alice), "/settings/rename", {"name": "Other"})
    assert fingerprint() != before


@pytest.mark.parametrize("route", verbs(), ids=lambda route: route.pattern)
def test_a_verb_takes_post_alone_and_only_from_those_whose_role_allows_it(house, route):
    path = address(route, values(house, house.workspace))
    before = fingerprint()
    assert browser(house.alice).get(path).status_code == LOOKED_AT.get(route.pattern, 405)
    assert post(browser(), path).status_code in (302, 403)
    for user, role in ((house.vera, Role.VIEWER), (house.bob, Role.MEMBER)):
        if RANK[role] < RANK[POSTS[route.pattern]]:
            assert post(browser(user), path, {"name": "x"}).status_code == 403, role
    assert browser(house.alice).post(path, {"name": "x", "email": "x@example.com", "role": "owner"}).status_code == 403, "without a CSRF token"
    assert fingerprint() == before


@pytest.mark.parametrize("route", [route for route in verbs() if route.parameters], ids=lambda route: route.pattern)
def test_a_verb_never_reaches_next_door(house, route):
    path = address(route, values(house, house.next_door))
    before = fingerprint()
    answer = post(browser(house.alice), path, {"role": "viewer"})
    assert answer.status_code in (302, 404)
    assert fingerprint() == before


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def test_every_answer_carries_its_headers(house):
    held = {**values(house, house.workspace), "token": sign_in.make_link(house.alice.pk, clock.now())}
    addresses = [address(route, held) for route in pages()] + ["/nowhere", "/api/v1/nowhere", "/people", "/u/x", "/static/ui/nothing.css"]
    for user in (None, house.alice):
        client = browser(user)
        for path in addresses:
            answer = client.get(path, HTTP_USER_AGENT="bot")
            wanted = dict(HEADERS)
            if path.endswith("/body"):
                wanted["X-Frame-Options"] = "SAMEORIGIN"
            if path.startswith("/l/") and answer.status_code == 302:
                wanted["Referrer-Policy"] = "no-referrer"
            assert {name: answer.get(name) for name in wanted} == wanted, path
            assert "no-store" in answer["Cache-Control"], path
            assert not answer.has_header("Access-Control-Allow-Origin"), path
            policy = answer["Content-Security-Policy"]
            assert "default-src 'none'" in policy, path
            assert "frame-ancestors 'none'" in policy or "frame-ancestors 'self'" in policy, path
            assert "unsafe-eval" not in policy, path
            assert "unsafe-inline" not in policy or path.endswith("/body"), path


def test_static_files_may_be_kept_and_are_named_by_their_content(house):
    page = browser().get("/accounts/login/").content.decode()
    path = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "?v=" in path
    answer = browser().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, 'text/css; charset="utf-8"')
    assert answer["Cache-Control"] == "max-age=31536000, public"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_every_cookie_is_out_of_reach_of_scripts(house):
    client = browser()
    path = f"/sign-in/{sign_in.make_link(house.alice.pk, clock.now())}"
    client.get(path)
    client.post(path, {"csrfmiddlewaretoken": client.cookies["sojourn-csrf"].value})
    client.get("/settings/")
    assert {name: (bool(cookie["httponly"]), cookie["samesite"]) for name, cookie in client.cookies.items()} == {
        "sojourn": (True, "Lax"),
        "sojourn-csrf": (True, "Strict"),
    }


def test_every_script_tag_has_the_nonce_of_its_page_and_no_page_has_inline_handlers_or_styles(house):
    held = values(house, house.workspace)
    client = browser(house.alice)
    for route in pages():
        answer = client.get(address(route, held), HTTP_USER_AGENT="bot")
        if route.pattern.endswith("/body") or "html" not in answer.get("Content-Type", "") or not answer.content:
            continue
        page = answer.content.decode()
        if page.lstrip().startswith("<!doctype html>"):
            nonce = answer["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
            assert page.count("<script") == page.count(f'<script nonce="{nonce}"') >= 1, route
        else:  # a fragment for a swap
            assert "<script" not in page, route
        assert " style=" not in page, route
        assert " onclick=" not in page, route
        assert "{{" not in page, route
        assert "{%" not in page, route


XSS = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{7*7}}"


def test_what_customers_send_is_shown_as_text_everywhere(house):
    from sojourn.apps.people.models import IdentifierRow, MergedRow, PersonRow
    from sojourn.terms.person import Trait

    evil = ann()
    evil.traits[XSS] = Trait(XSS, AT, 1, "m")
    evil.about["browser"] = Trait(XSS, AT, 1, "m")
    evil.identifiers.append(f"custom:{XSS}")
    evil.carts[0].items[0].name = XSS
    evil.carts[0].friction[0].detail = XSS
    evil.carts[0].evidence[0].seen = {"note": XSS}
    evil.decisions[0].values = {XSS: XSS}
    evil.first_touch.campaign = XSS
    evil.counts[XSS] = 1
    for table in (PersonRow, IdentifierRow, MergedRow):
        table.objects.filter(workspace_id=house.workspace).delete()
    store(house.workspace, evil, XSS, XSS)
    client = browser(house.alice)
    pages_of_one = (f"/people/{ANN}/", f"/people/{ANN}/timeline/", f"/carts/{evil.carts[0].id}/", "/messages/i-0/")
    for path in ("/", "/people/", f"/people/?q={XSS}", "/carts/?days=all", "/messages/?days=all", f"/messages/mailbox/?q={XSS}", *pages_of_one):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page, path
        assert "<img" not in page, path
    assert "&lt;script&gt;alert(1)" in client.get(f"/people/{ANN}/").content.decode()
    assert "49" not in client.get("/people/").content.decode().split("<tbody>")[1].split("</tbody>")[0].replace(str(ANN), "")


def test_a_page_that_breaks_tells_nothing_of_the_inside(house, monkeypatch):
    from sojourn.apps.people import listing, queries

    def broken(*_args, **_kwargs):
        raise RuntimeError("secret inside: ann@example.com /secret/path")

    monkeypatch.setattr(listing, "people", broken)
    monkeypatch.setattr(queries, "keyset", broken)
    client = browser(house.alice)
    client.raise_request_exception = False
    for path in ("/people/", "/api/v1/people"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert b"secret inside" not in answer.content
        assert b"Traceback" not in answer.content
    assert client.get("/api/v1/people").json()["code"] == "failed"
