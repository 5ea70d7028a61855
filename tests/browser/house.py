"""A whole Sojourn for the browser tests: the real processes in a folder of their own, a few people, a member who is signed in."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.door import until
from tests.faults.processes import Installation

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SETTINGS = ("cart_gap=2s", "holdout=0", "quiet_hours=off", "cap=off", "cart_url=https://shop.example/cart")
LAMP = {"product_id": "lamp", "name": "Oak lamp", "price": 49.9, "currency": "EUR", "quantity": 1}


class House:
    """A running installation with people: Ann left a cart at a high shipping cost and got a mail, Ben bought, somebody only looked."""

    def __init__(self, folder: Path) -> None:
        self.installation = Installation(folder / "home", settings=SETTINGS)
        self.installation.start("front")
        self.installation.start("work")
        until(self.installation.ready, "the house is ready", 60)
        self.address = f"http://127.0.0.1:{self.installation.port}"
        self.write_key = self.installation.write_key

    def close(self) -> None:
        self.installation.__exit__()

    def settle(self) -> None:
        """Send what the people did, and wait until one of them has a mail."""
        self.send(self.left_at_shipping("ann") + self.bought("ben") + [self.event("page", "guest", name="Shelf")])
        until(lambda: self.states("ann") == ["abandoned"], "Ann's cart counts as left", 60)
        until(lambda: self.states("ben") == ["ordered"], "Ben has bought", 60)

    def event(self, kind: str, who: str, event: str = "", **fields: Any) -> dict[str, Any]:
        now = datetime.now(UTC) - timedelta(seconds=5)
        made = {"type": kind, "anonymousId": f"browser-of-{who}", "timestamp": now.isoformat(), "messageId": f"{who}-{kind}-{event}-{len(fields)}"}
        if who != "guest":
            made["userId"] = who
        if event:
            made["event"] = event
        context = {"page": {"path": "/checkout/shipping", "title": "Checkout", "url": "https://shop.example/checkout/shipping"}}
        return made | {"context": context, **fields}

    def left_at_shipping(self, who: str) -> list[dict[str, Any]]:
        traits = {"email": f"{who}@example.com", "name": f"{who.title()} Example"}
        return [
            self.event("identify", who, traits=traits),
            self.event("page", who, name="Oak lamp"),
            self.event("track", who, "Product Viewed", properties=LAMP),
            self.event("track", who, "Product Added", properties=LAMP | {"cart_id": f"c-{who}"}),
            self.event("track", who, "Checkout Started", properties={"value": 49.9, "currency": "EUR", "cart_id": f"c-{who}", "products": [LAMP]}),
            self.event("track", who, "Shipping Cost Shown", properties={"shipping": 14.9, "value": 49.9, "currency": "EUR", "cart_id": f"c-{who}"}),
        ]

    def bought(self, who: str) -> list[dict[str, Any]]:
        order = {"order_id": f"o-{who}", "total": 49.9, "currency": "EUR", "cart_id": f"c-{who}", "products": [LAMP]}
        return [*self.left_at_shipping(who), self.event("track", who, "Order Completed", properties=order)]

    def send(self, events: list[dict[str, Any]]) -> None:
        status, _ = self.installation.post(events)
        assert status == 200

    def person(self, who: str, kind: str = "user_id") -> dict[str, Any]:
        """The portrait by an identifier, empty where nobody has it."""
        done = self.installation.run("person", f"{kind}:{who}", "--json")
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return found

    def states(self, who: str) -> list[str]:
        """The states of somebody's carts."""
        return [episode["state"] for episode in self.person(who).get("episodes", [])]

    def sign_in(self, browser: Browser) -> Any:
        """The cookies of the owner, signed in by the one-time link as a person would."""
        link = self.installation.run("sign-in").stdout.strip()
        context = browser.new_context()
        page = context.new_page()
        page.goto(self.address + urlsplit(link).path)
        page.get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        state = context.storage_state()
        context.close()
        return state

    def furnish(self, page: Page) -> None:
        """What has to be made before its page can be looked at: a webhook, a stream, an event set aside."""
        furnish(page, self.address)
        self.send([self.event("track", "guest", "Reading", properties={"x" * 300: 1})])

    def paths(self, page: Page) -> dict[str, str]:
        """Every page of the product by name; the ones about a thing are found by the links that lead there."""
        found = dict(PAGES)
        ann = f"/people/{self.person('ann')['id']}/"
        lists = LINKED | {"evidence": (ann, r"/people/[^/]+/evidence/.+/"), "aside": ("/sources/1/", r"/sources/\d+/aside/\d+/")}
        for name, (index, pattern) in lists.items():
            found[name] = until(lambda index=index, pattern=pattern: first_link(page, self.address + index, pattern), f"a link on {index} to a {name}", 60)
        return found | {name: found[of] + path for name, (of, path) in PARTS.items()}


def first_link(page: Page, index: str, pattern: str) -> str:
    """The first address on a page that fits, with its query where the pattern asks for one; empty where none does."""
    page.goto(index)
    hrefs = page.eval_on_selector_all("main a[href]", "links => links.map(link => link.getAttribute('href'))")
    return next((one for href in hrefs for one in (href, href.partition("?")[0]) if re.fullmatch(pattern, one)), "")


def furnish(page: Page, address: str) -> None:
    """Make a webhook and a stream as an owner does."""
    page.goto(f"{address}/sources/hooks/")
    page.locator("#new-hook input[name=name]").fill("Shop orders")
    page.get_by_role("button", name="Make the webhook").click()
    page.get_by_role("heading", name="Shop orders").wait_for()
    page.goto(f"{address}/sources/streams/new/?kind=folder")
    page.locator("#stream-name").fill("Orders of the old shop")
    page.locator("#folder").fill("orders")
    page.get_by_role("button", name="Listen").click()
    page.get_by_role("heading", name="Orders of the old shop").wait_for()


PAGES = {
    "home": "/",
    "start": "/start/",
    "people": "/people/",
    "carts": "/carts/",
    "causes": "/carts/causes/",
    "messages": "/messages/",
    "effect": "/messages/effect/",
    "mailbox": "/messages/mailbox/",
    "why": "/why/",
    "sources": "/sources/",
    "hooks": "/sources/hooks/",
    "streams": "/sources/streams/",
    "stream-folder": "/sources/streams/new/?kind=folder",
    "stream-mqtt": "/sources/streams/new/?kind=mqtt",
    "stream-mastodon": "/sources/streams/new/?kind=mastodon",
    "stream-bluesky": "/sources/streams/new/?kind=bluesky",
    "stream-bucket": "/sources/streams/new/?kind=bucket",
    "tracking": "/tracking/",
    "health": "/health/",
    "settings": "/settings/",
    "keys": "/settings/keys/",
    "members": "/settings/members/",
    "account": "/settings/account/",
    "audit": "/settings/audit/",
    "find": "/find/?q=ann",
    "gallery": "/gallery/",
    "specimen": "/gallery/specimen/",
    "demo": "/demo/",
    "demo-remove": "/demo/remove/",
    "password": "/accounts/password/set/",
}
LINKED = {
    "person": ("/people/", r"/people/(?!rows)[^/]+/"),
    "cart": ("/carts/", r"/carts/(?!causes)[^/]+/"),
    "message": ("/messages/", r"/messages/(?!mailbox|effect)[^/]+/"),
    "mail": ("/messages/mailbox/", r"/messages/mailbox/\d+/"),
    "source": ("/sources/", r"/sources/\d+/"),
    "hook": ("/sources/hooks/", r"/sources/hooks/\d+/"),
    "stream": ("/sources/streams/", r"/sources/streams/\d+/"),
    "event": ("/tracking/", r"/tracking/event/\?.+"),
}
"""Name -> (the page that lists such things, what a link to one looks like)."""
PARTS = {"identity": ("person", "identity/"), "timeline": ("person", "timeline/"), "erase": ("person", "erase/"), "mapping": ("hook", "mapping/")}
"""Name -> (the thing it belongs to, where it lies under that)."""
NAMES = [*PAGES, *LINKED, "evidence", "aside", *PARTS]
"""Every page of the product that a member sees."""
OUTSIDE = {"sign in": "/accounts/login/", "nowhere": "/nothing-is-here/"}


def serious(page: Page) -> list[str]:
    """What axe finds that is serious or critical by WCAG 2.2 AA: the rule and the first places."""
    assert AXE.exists(), "axe-core is not there; run: make assets"
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})).violations")
    return [
        f"{violation['id']} ({violation['impact']}): "
        + "; ".join(f"{node['target']} {node['failureSummary'].splitlines()[-1].strip()}" for node in violation["nodes"][:4])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]


def signed_in(browser: Browser, state: Any, **options: Any) -> BrowserContext:
    """A browser window of the signed-in owner."""
    return browser.new_context(storage_state=state, **options)
