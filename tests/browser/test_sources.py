"""On the screens: a source of each kind made, its code copied and run as it is, its first event seen arriving; a wrong event mended and driven again."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from time import time
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sojourn.apps.hooks.vendors import LISTED
from sojourn.apps.sources.kinds import KINDS
from sojourn.apps.sources.snippets import snippets
from sojourn.capture.tests.hooking import SIGN, STANDARD_KEY
from sojourn.terms.streams import KINDS as STREAMS
from tests.browser.living import House
from tests.browser.sender import NOT_HERE, RUNS, Website, runner
from tests.sdk.conftest import node
from tests.streams.broker import Broker
from tests.streams.s3 import KEY, REGION, S3, SECRET
from tests.streams.social import Jetstream, Mastodon
from tests.streams.test_social import created, status

__all__ = ["node"]
pytestmark = pytest.mark.browser

CODES = {one.key: one for one in snippets("http://127.0.0.1", "wk_", "website")}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("sources"))
    try:
        yield house
    finally:
        house.close()


@pytest.fixture(scope="module")
def member(browser: Browser, house: House) -> Iterator[BrowserContext]:
    context = house.member(browser, permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def website(browser: Browser, node: str, tmp_path: Path) -> Iterator[Website]:
    website = Website(browser, node, tmp_path)
    yield website
    website.close()


def copied(screen: Page, button: str) -> str:
    """Press a copy button, and what is in the clipboard then."""
    screen.evaluate("() => navigator.clipboard.writeText('')")
    screen.locator(button).click()
    expect(screen.locator(button)).to_have_text("Copied")
    return str(screen.evaluate("() => navigator.clipboard.readText()"))


def make(screen: Page, name: str, kind: str = "website") -> str:
    """Make a source as a member does; its key. The page stays as it is until the test leaves it."""
    screen.goto("/sources/")
    screen.locator(f"#new-source label:has(input[value='{kind}'])").click()
    screen.get_by_label("Name", exact=True).fill(name)
    screen.keyboard.press("Enter")
    screen.wait_for_url(re.compile(r"/sources/\d+/$"))
    expect(screen.locator("#first-event")).to_contain_text("Waiting for your first event")
    screen.evaluate("() => { window.stayed = true }")
    return screen.locator("#key").inner_text()


def arrived(screen: Page, event: str | re.Pattern[str], place: str = "#first-event", words: str = "Events arrive") -> None:
    """The page says by itself that it came."""
    expect(screen.locator(place)).to_contain_text(words)
    expect(screen.locator(place)).to_contain_text(event)
    assert screen.evaluate("() => window.stayed") is True


def post(address: str, body: object, **headers: str) -> Any:
    """Send JSON, and the answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with urlopen(Request(address, raw, {"content-type": "application/json", **headers}), timeout=20) as answer:
        return json.loads(answer.read() or b"null")


def basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}


# -- sources with a write key

VIEW = re.compile("page|Shop")
FIRST = {"browser": VIEW, "matomo": VIEW, "snowplow": VIEW, "plausible": VIEW, "umami": VIEW, "pixel": "Newsletter Opened"}
"""What the first event is called, where it is no order and no product in a cart."""


def test_every_snippet_is_run_or_said_not_to_be() -> None:
    assert set(RUNS) | NOT_HERE == set(CODES)
    assert not set(RUNS) & NOT_HERE


@pytest.mark.parametrize("key", RUNS)
def test_a_source_is_made_its_code_copied_and_its_first_event_seen_arriving(screen: Page, website: Website, key: str) -> None:
    written = make(screen, f"By {CODES[key].title}", next(iter(CODES[key].kinds), "website"))
    place = screen.locator(f"#sdk-{key}")
    if not place.is_visible():
        screen.locator("#sdk-others > summary").click()
    if place.get_attribute("open") is None:
        place.locator("summary").click()
    code = copied(screen, f"[data-copy=code-{key}]")
    assert written in code

    runner(key, website)(code)

    arrived(screen, FIRST.get(key, re.compile("Product Added|Order Completed|page")))
    expect(screen.locator("#source-events .tag.kept").first).to_be_visible()
    expect(screen.locator("#source-counts .kpi-value").first).not_to_have_text("0")


def test_code_that_does_not_run_here_is_copied_with_key_and_address_in_it(screen: Page, house: House) -> None:
    key = make(screen, "App", "app")
    screen.locator("#sdk-others > summary").click()
    assert [one.get_attribute("id") for one in screen.locator("#setup > .in > .stack > details.session").all()] == [
        f"sdk-{one.key}" for one in CODES.values() if "app" in one.kinds
    ]
    for one in sorted(NOT_HERE):
        if screen.locator(f"#sdk-{one}").get_attribute("open") is None:
            screen.locator(f"#sdk-{one} > summary").click()
        code = copied(screen, f"[data-copy=code-{one}]")
        assert key in code
        assert "127.0.0.1" in code
    assert set(KINDS) == {kind for one in CODES.values() for kind in one.kinds}


def test_a_reload_shows_the_source_again_and_makes_no_other(screen: Page, house: House) -> None:
    key = make(screen, "Reloaded")
    screen.reload()
    assert key not in screen.content()
    screen.locator(".chip", has_text="Dropped").click()
    expect(screen.locator("h1")).to_have_text("Reloaded")
    assert house.ask("SELECT count(*) FROM sources_source WHERE name = 'Reloaded'") == [(1,)]


# -- webhooks


@pytest.mark.parametrize("kind", LISTED)
def test_a_webhook_is_made_its_address_copied_and_its_first_call_seen_arriving(screen: Page, kind: str) -> None:
    vendor = LISTED[kind]
    screen.goto("/sources/")
    screen.get_by_role("link", name="webhook", exact=True).click()
    screen.locator(f"#new-hook label:has(input[value='{kind}'])").click()
    screen.get_by_label("Name", exact=True).fill(f"Calls of {vendor.title}")
    screen.keyboard.press("Enter")
    screen.wait_for_selector("#hook-first")
    secret = b64encode(STANDARD_KEY).decode() if kind == "standard" else "shpss_71f3ae"
    if vendor.ours:
        screen.wait_for_url(re.compile(r"/hooks/\d+/$"))
        secret = copied(screen, "[data-copy=made]")
    else:
        screen.locator("#secret").fill("whsec_" + secret if kind == "standard" else secret)
        screen.get_by_role("button", name="Save the secret").click()
        expect(screen.get_by_text("The secret counts within 10 seconds.")).to_be_visible()
    address = copied(screen, "[data-copy=address]")
    expect(screen.locator("#hook-first")).to_contain_text("Waiting for the first call")
    screen.evaluate("() => { window.stayed = true }")

    body = json.dumps(vendor.example).encode()
    signed = STANDARD_KEY if kind == "standard" else secret
    headers = SIGN[kind](body, signed, at=int(time())) if kind in ("stripe", "standard") else SIGN[kind](body, signed)
    post(address, body, **headers)

    if vendor.reads:
        arrived(screen, re.compile("Order Completed|Survey Answered|Mention"), "#hook-first", "Calls arrive")
        expect(screen.locator("#hook-calls .tag.kept")).to_be_visible()
        return
    arrived(screen, "without a meaning", "#hook-first", "1 call waits")
    screen.locator("#hook-first").get_by_role("link", name=f"Say what {vendor.topic} means").click()
    screen.get_by_label("What happened").fill("Told By Webhook")
    screen.get_by_label("User id", exact=True).fill("data.user.id" if kind == "standard" else "data.requester.id")
    expect(screen.locator("#hook-preview")).to_contain_text("u-5")
    screen.get_by_role("button", name="Save the mapping").click()
    screen.get_by_role("button", name="Take them in again").click()
    expect(screen.locator("#first-event")).to_contain_text("Told By Webhook")
    screen.get_by_role("link", name="Set it up").click()
    expect(screen.locator("#hook-first")).to_contain_text("Calls arrive")
    expect(screen.locator("#hook-first")).not_to_contain_text("without a meaning")


# -- streams


def mqtt(screen: Page, folder: Path) -> Iterator[Callable[[], None]]:
    with Broker(folder) as broker:
        screen.get_by_label("Address of the broker").fill(broker.url)
        yield lambda: broker.publish(("devices/boiler-1/temperature", '{"value": 61.5}'))


def mastodon(screen: Page, _folder: Path) -> Iterator[Callable[[], None]]:
    with Mastodon() as server:
        screen.get_by_label("Server").fill(server.url)
        screen.get_by_label("Access token").fill("right")
        screen.get_by_label("Hashtags").fill("#hellblick")
        yield lambda: server.tell(status(1, "The lamp is wonderful"), "hellblick")


def bluesky(screen: Page, _folder: Path) -> Iterator[Callable[[], None]]:
    with Jetstream() as server:
        screen.get_by_label("Words").fill("hellblick")
        screen.get_by_label("Jetstream server").fill(server.url)
        yield lambda: server.tell(created(1, "my hellblick lamp"))


def folder(screen: Page, _folder: Path) -> Iterator[Callable[[], None]]:
    screen.get_by_label("Folder").fill("orders")

    def put() -> None:
        inbox = Path(screen.locator("#stream-state p .mono").inner_text())
        (inbox / "old.csv").write_text(OLD)
        (inbox / "old.csv.done").touch()

    yield put


def bucket(screen: Page, _folder: Path) -> Iterator[Callable[[], None]]:
    with S3() as server:
        for label, value in (("Bucket", server.bucket), ("Region", REGION), ("Address", server.url), ("Access key", KEY), ("Secret", SECRET)):
            screen.get_by_label(label, exact=True).fill(value)
        screen.get_by_label("The host is in my own network").check()
        server.put("old.csv", OLD)  # there before anybody looks, since the next look is half a minute later
        yield lambda: None


OLD = "event,user_id,timestamp,order_id\nOrder Completed,ann,2026-10-01T10:00:00Z,o-9\n"
LISTENED = {
    "mqtt": (mqtt, "Reading"),
    "mastodon": (mastodon, "Mention"),
    "bluesky": (bluesky, "Mention"),
    "folder": (folder, "Order Completed"),
    "bucket": (bucket, "Order Completed"),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_is_set_up_and_its_first_event_seen_arriving(screen: Page, tmp_path: Path, kind: str) -> None:
    fill, event = LISTENED[kind]
    screen.goto("/sources/")
    screen.get_by_role("link", name="stream", exact=True).click()
    screen.get_by_role("link", name=f"Set up {STREAMS[kind]}", exact=True).click()
    screen.get_by_label("Name", exact=True).fill(f"Stream {kind}")
    for tell in fill(screen, tmp_path):
        screen.get_by_role("button", name="Listen").click()
        screen.evaluate("() => { window.stayed = true }")
        expect(screen.locator("#stream-state")).to_contain_text("Listening.")
        tell()
        expect(screen.locator("#stream-state a.kpi .kpi-value").first).not_to_have_text("0")
        assert screen.evaluate("() => window.stayed") is True
        screen.locator("#stream-state").get_by_role("link", name="source", exact=True).click()
        expect(screen.locator("#first-event")).to_contain_text("Events arrive")
        expect(screen.locator("#source-events")).to_contain_text(event)
        screen.get_by_role("link", name="Set it up").click()
        screen.wait_for_url("**/sources/streams/*/")


# -- a wrong event


def test_a_wrong_event_is_found_mended_driven_again_and_counts_once(screen: Page, house: House) -> None:
    # The contract, on the screen.
    screen.goto("/tracking/")
    screen.get_by_label("Event's name").last.fill("Wishlist Shared")
    screen.get_by_role("button", name="Plan it").click()
    screen.get_by_text("Set aside what breaks it").click()
    screen.get_by_label("JSON Schema of the properties").fill('{"type": "object", "required": ["items"], "properties": {"items": {"type": "integer"}}}')
    screen.get_by_role("button", name="Save", exact=True).click()
    expect(screen.get_by_text("Within 10 seconds what breaks it is set aside.")).to_be_visible()

    # Two wrong events to a source that is watched.
    key = make(screen, "Wishes")
    wanda = {"userId": "wanda", "context": {"traits": {"email": "wanda@example.com"}}}
    wrong = {"event": "Wishlist Shared", "messageId": "w-1", "properties": {"items": "three"}, **wanda}
    address = house.address + "/v1/track"
    assert post(address, wrong, **basic(key))["results"][0]["outcome"] == "quarantined"
    post(address, wrong | {"messageId": "w-2"}, **basic(key))
    arrived(screen, "2 set aside: The properties break the contract", words="Events come, but none was kept yet")
    screen.locator("#source-events summary").first.click()
    expect(screen.locator("#source-events details[open]")).to_contain_text('items: "three" is not of type "integer"')
    screen.locator("#source-events").get_by_role("link", name="It waits under Set aside").click()
    expect(screen.locator("#aside")).to_contain_text('"items": "three"', use_inner_text=False)

    # Mended; first not well enough.
    screen.locator("#aside").get_by_role("link", name="Fix Wishlist Shared").last.click()
    screen.get_by_role("link", name="The contract of Wishlist Shared").click()
    screen.get_by_role("link", name="2 at Wishes").click()
    screen.locator("#aside").get_by_role("link", name="Fix Wishlist Shared").last.click()
    event = screen.get_by_label("What is taken in")
    event.fill(event.input_value().replace('"three"', '"3"'))
    screen.get_by_role("button", name="Take it in").click()
    expect(screen.get_by_role("alert")).to_contain_text('items: "3" is not of type "integer"')
    mended = event.input_value().replace('"3"', "3")
    assert json.loads(mended)["messageId"] == "w-1"
    event.fill(mended)
    screen.get_by_role("button", name="Take it in").click()
    expect(screen.get_by_text("Taken in. It shows among the events")).to_be_visible()
    expect(screen.locator("#first-event")).to_contain_text("Wishlist Shared")

    # On the person's portrait, once; and once also when the other one is driven as if it were the same.
    source = screen.url.partition("#")[0]
    screen.locator("#aside").get_by_role("link", name="Fix Wishlist Shared").click()
    event = screen.get_by_label("What is taken in")
    event.fill(event.input_value().replace('"three"', "3").replace("w-2", "w-1"))
    screen.get_by_role("button", name="Take it in").click()
    expect(screen.get_by_text("An event with this messageId was there already; it counts once")).to_be_visible()
    expect(screen.locator("#aside")).to_contain_text("Nothing waits here.")
    screen.goto(source)
    screen.locator("#first-event a").click()
    screen.get_by_role("link", name=re.compile("wanda")).first.click()
    screen.goto(f"/people/{house.person('wanda@example.com')}/")
    expect(screen.locator("main")).to_contain_text("Wishlist Shared")
    house.until(lambda: house.ask("SELECT sum(events) FROM sources_count WHERE reason = 'duplicate'")[0][0], "the duplicate is counted")
    assert house.ask("SELECT count(*) FROM sources_quarantined WHERE reason = 'contract_broken'") == [(0,)]

    # A third is thrown away for good, after a question.
    post(address, wrong | {"messageId": "w-3"}, **basic(key))
    screen.goto(source)
    expect(screen.locator("#aside")).to_contain_text("1 event")
    screen.locator("#aside").get_by_role("button", name="Throw away").click()
    screen.get_by_role("dialog").get_by_role("button", name="Throw away").click()
    expect(screen.get_by_text("1 event thrown away.")).to_be_visible()
    expect(screen.locator("#aside")).to_contain_text("Nothing waits here.")
    expect(screen.locator("#source-counts a", has_text="Kept").locator(".kpi-value")).to_have_text("1")
    expect(screen.locator("#source-counts")).to_contain_text("none waits any more")
