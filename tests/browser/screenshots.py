"""Photographs of the product: python -m tests.browser.screenshots (those of the docs), or --all FOLDER [--million HOUSE] [--only NAMES] (every screen)."""

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from playwright.sync_api import TimeoutError as Late

from tests.browser import chromium
from tests.browser.house import LINKED, PAGES, PARTS, first_link, furnish
from tests.browser.living import House
from tests.browser.shopper import Shopper

PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures"
MOST_BYTES: Final = 250_000
"""What one picture of the docs may weigh."""

WIDTHS: Final = {390: 844, 1024: 768, 1600: 1000}
"""Width -> height of the windows, px. 390 is a phone."""

DOCS: Final[ViewportSize] = {"width": 1440, "height": 900}
THEMES: Final = {"light": "light", "dark": "dark", "contrast": "light"}
"""Theme -> what the system prefers meanwhile."""

PAST_SECONDS: Final = 600
YOU: Final = "Alex"
CALM: Final = 1_000
"""Events a minute: fewer than these are of the present."""

DRAWN: Final = """() => document.fonts.status === 'loaded'
  && [...document.querySelectorAll('.chart-canvas[data-chart], .chart-canvas:empty')].every(one => one.childElementCount > 0)
  && !document.querySelector('[aria-busy="true"]')"""

THROUGH: Final = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 600) { scrollTo(0, y); await new Promise(requestAnimationFrame); }
  scrollTo(0, 0);
}"""

Do = Callable[[Page], None]


@dataclass
class Shot:
    """One screen: where it is, and what is done there before the picture is taken."""

    name: str
    path: str
    do: Do | None = None
    outside: bool = False  # seen by somebody who is not signed in
    themes: tuple[str, ...] = ("light", "dark")


@dataclass
class Camera:
    """Takes pictures of one house into a folder; what the browser complains about meanwhile is kept in `said`."""

    browser: Browser
    address: str
    cookies: Any
    folder: Path
    said: list[str] = field(default_factory=list)

    @contextmanager
    def window(self, theme: str, viewport: ViewportSize, *, outside: bool = False) -> Iterator[Page]:
        """A page of a fresh window in that theme and size."""
        state: Any = None if outside else self.cookies
        scheme: Any = THEMES[theme]
        with self.browser.new_context(
            base_url=self.address, storage_state=state, color_scheme=scheme, reduced_motion="reduce", viewport=viewport, device_scale_factor=1, locale="en-GB"
        ) as context:
            context.set_default_timeout(20_000)
            if theme == "contrast":
                context.add_cookies([{"name": "sojourn-theme", "value": "contrast", "url": self.address}])
            page = context.new_page()
            page.on("console", lambda one: self.said.append(f"{page.url} {one.type}: {one.text}") if one.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: self.said.append(f"{page.url} {error}"))
            yield page

    def take(self, page: Page, shot: Shot, name: str, *, whole: bool) -> Path:
        """One picture; waits for the fonts and the charts. `whole`: the page to its end, else what the window shows."""
        page.goto(shot.path)
        drawn(page)
        if whole:
            page.evaluate(THROUGH)  # charts and mails are fetched when they come into sight
            for frame in page.frames:
                frame.wait_for_load_state()
            drawn(page)
        if shot.do is not None:
            shot.do(page)
            drawn(page)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, full_page=whole, animations="disabled", caret="hide")
        return path

    def all(self, shots: list[Shot]) -> Iterator[Path]:
        """Every screen at every width in every theme; high contrast at the widest only."""
        for theme in THEMES:
            for width, height in WIDTHS.items() if theme != "contrast" else [(1600, 1000)]:
                for outside in (False, True):
                    with self.window(theme, {"width": width, "height": height}, outside=outside) as page:
                        for shot in shots:
                            if shot.outside is outside:
                                whole = shot.do is None
                                yield self.take(page, shot, f"{shot.name}-{width}-{theme}", whole=whole)
                                self.beyond(page, shot, width)

    def beyond(self, page: Page, shot: Shot, width: int) -> None:
        """Note a page that is wider than its window."""
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        if wide > width:
            self.said.append(f"{shot.path} is {wide} px wide in a window of {width}")


def drawn(page: Page) -> None:
    """Wait until the fonts are there and each chart has been drawn."""
    page.wait_for_load_state("load")
    with suppress(Late):
        page.wait_for_function(DRAWN, timeout=5_000)
    page.wait_for_timeout(150)  # what is drawn is painted with the next frame


def press(*keys: str, then: str = "") -> Do:
    """Press keys on a page, and wait for what they bring."""

    def do(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)
        if then:
            page.wait_for_selector(then)

    return do


def say(text: str) -> Do:
    """Open the palette and type."""

    def do(page: Page) -> None:
        press("Control+k", then="dialog[open] input")(page)
        page.keyboard.type(text)
        page.wait_for_timeout(600)

    return do


def open_first(selector: str, then: str) -> Do:
    """Click the first of what is named, and wait for what it brings."""

    def do(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_selector(then)
        page.wait_for_timeout(400)

    return do


def toast(page: Page) -> None:
    """Change a setting, so that the page says so and offers to take it back."""
    page.locator("input[name=postal_address]").fill("Long Lane 5, Town" if page.locator("input[name=postal_address]").input_value() == "" else "")
    page.get_by_role("button", name=re.compile("save", re.IGNORECASE)).first.click()
    page.wait_for_selector(".toast")


def linked(page: Page) -> dict[str, str]:
    """A path for each kind of thing there is: the first that its list leads to."""
    found = {name: first_link(page, index, pattern) for name, (index, pattern) in LINKED.items()}
    found = {name: path for name, path in found.items() if path}
    return found | {name: found[of] + path for name, (of, path) in PARTS.items() if of in found}


def screens(page: Page, people: dict[str, int]) -> list[Shot]:
    """All screens of a house; `people`: a name for the picture -> whose portrait to take, besides the first of the list."""
    paths = PAGES | {"nowhere": "/nothing-is-here/"} | linked(page)
    for name, person in people.items():
        path = f"/people/{person}/"
        paths |= {f"person-{name}": path} | {f"{part}-{name}": path + under for part, (of, under) in PARTS.items() if of == "person"}
        if evidence := first_link(page, path, r"/people/[^/]+/evidence/.+/"):
            paths["evidence"] = evidence
    paths |= {f"why-{name}": f"/why/?person={person}&automation=abandoned-cart" for name, person in people.items()}
    paths |= {
        "carts-filtered": "/carts/?state=abandoned&days=90",
        "carts-none": "/carts/?least=999999",
        "people-none": "/people/?q=zzzz",
    }
    found = [Shot(name, path) for name, path in paths.items()]
    found += [
        Shot("sign-in", "/accounts/login/", outside=True),
        Shot("sign-in-link", "/sign-in/used-up", outside=True),
        Shot("unsubscribe", "/u/x", outside=True),
    ]
    found += [
        Shot("palette", "/", say("")),
        Shot("palette-found", "/", say("an")),
        Shot("keys-sheet", "/people/", press("?", then="dialog[open]")),
        Shot("toast", "/settings/", toast),
    ]
    if "person" in paths:  # there are people, so there is a demo too, or what looks like one
        found.append(Shot("panel", "/people/", open_first("main tbody a.person[data-panel], main tbody a.person", "#panel h1")))
    return found


SHOP: Final = [
    Shot("shop", "/demo-shop/", outside=True),
    Shot("shop-category", "/demo-shop/c/lamps/", outside=True),
    Shot("shop-product", "/demo-shop/p/la-4/", outside=True),
    Shot("shop-cart", "/demo-shop/cart/", outside=True),
    Shot("shop-delivery", "/demo-shop/shipping-and-delivery/", outside=True),
    Shot("shop-address", "/demo-shop/checkout/address/", outside=True),
]


def filled(house: House) -> None:
    """A demo with its past of 60 days, and shoppers who come and go."""
    house.run("demo")
    house.until(lambda: house.ask("SELECT 1 FROM demo_run WHERE state = 'live'"), "the past of the demo is filled in", PAST_SECONDS)


def visited(house: House, browser: Browser, email: str = "") -> tuple[int, Shopper]:
    """Walk through the shop and leave at the shipping cost; who that is once the mail about it has been decided."""
    shopper = Shopper(browser, house.address, YOU)
    shopper.abandon_for_shipping()
    person = house.until(lambda: house.person(shopper.email), "the visitor is known")
    house.until(lambda: house.ask("SELECT 1 FROM people_intent WHERE person = ?", person), "it was decided about the visitor", PAST_SECONDS)
    return person, shopper


@contextmanager
def signed_in(house: House, browser: Browser) -> Iterator[BrowserContext]:
    """A window of the owner, whose cookies the camera takes over."""
    context = house.member(browser)
    yield context
    context.close()


def take_all(folder: Path, million: Path | None, only: frozenset[str]) -> None:
    """Every screen of an empty house, of one with the demo, and of a given one with very many people."""
    with tempfile.TemporaryDirectory(prefix="sojourn-pictures-") as temporary, chromium.running() as browser:
        house = House(Path(temporary) / "house")
        try:
            with signed_in(house, browser) as context:
                photograph(house, browser, context, folder / "empty", {}, only=only)
                filled(house)
                you, shopper = visited(house, browser)
                shopper.close()
                furnish(context.new_page(), house.address)
                photograph(house, browser, context, folder / "full", {"you": you}, SHOP, only=only)
        finally:
            house.close()
        if million is not None:
            house = House(million)
            try:
                with signed_in(house, browser) as context:
                    photograph(house, browser, context, folder / "million", {}, only=only)
            finally:
                house.close()


def photograph(
    house: House, browser: Browser, context: BrowserContext, folder: Path, people: dict[str, int], more: list[Shot] | None = None, *, only: frozenset[str]
) -> None:
    """All screens of one house into a folder, or `only` some; says each file and what the browser complained about."""
    page = context.new_page()
    shots = [one for one in [*screens(page, people), *(more or [])] if not only or one.name in only]
    camera = Camera(browser, house.address, context.storage_state(), folder)
    for path in camera.all(shots):
        print(path, flush=True)
    for line in dict.fromkeys(camera.said):
        print(f"! {line}", flush=True)
    page.close()


def take_docs() -> None:
    """The pictures that the docs show. Errors: AssertionError where one weighs too much."""
    with tempfile.TemporaryDirectory(prefix="sojourn-pictures-") as temporary, chromium.running() as browser:
        house = House(Path(temporary) / "house")
        try:
            with signed_in(house, browser) as context:
                camera = Camera(browser, house.address, context.storage_state(), PICTURES)
                with camera.window("light", DOCS) as page:
                    said(camera.take(page, Shot("first-steps", "/start/"), "first-steps", whole=False))
                filled(house)
                you, shopper = visited(house, browser)
                visitors = house.ask("SELECT visitors_id FROM demo_run")[0][0]
                unsubscribed = house.person("emil.lund@mail.example")
                house.settings(first_steps="hidden")
                calm(context.new_page())
                for theme, name, path in (
                    ("light", "portrait", f"/people/{you}/"),
                    ("light", "why", f"/why/?person={unsubscribed}&automation=abandoned-cart"),
                    ("light", "home", "/"),
                    ("dark", "home-dark", "/"),
                    ("light", "carts", "/carts/?state=abandoned"),
                    ("light", "sources-debugger", f"/sources/{visitors}/"),
                ):
                    with camera.window(theme, DOCS) as page:
                        said(camera.take(page, Shot(name, path), name, whole=False))
                shop = shopper.back("/demo-shop/checkout/shipping/").page
                shop.set_viewport_size(DOCS)
                shop.wait_for_selector("#ways label")
                said(shot_of(shop, PICTURES / "demo-shop.png"))
                shopper.close()
        finally:
            house.close()


def calm(page: Page) -> None:
    """Wait until the past of the demo, which came within a minute, is no longer what the page calls `events a minute`."""
    deadline = time.monotonic() + PAST_SECONDS
    while time.monotonic() < deadline:
        page.goto("/")
        rate = page.locator("a.kpi", has_text="a minute").locator(".kpi-value").inner_text()
        if rate.replace(",", "").isdigit() and int(rate.replace(",", "")) < CALM:
            break
        page.wait_for_timeout(5_000)
    page.close()


def shot_of(page: Page, path: Path) -> Path:
    """What a window shows now."""
    drawn(page)
    page.screenshot(path=path, animations="disabled", caret="hide")
    return path


def said(path: Path) -> None:
    """Say which file was written. Errors: AssertionError where it weighs too much."""
    size = path.stat().st_size
    assert size <= MOST_BYTES, f"{path.name} weighs {size} bytes, the most is {MOST_BYTES}"
    print(f"{path} {size // 1000} kB", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="photograph every screen into this folder, empty and with the demo")
    parser.add_argument("--million", type=Path, metavar="HOUSE", help="with --all: also this house, made by benchmarks.million; its copy, as it is written to")
    parser.add_argument("--only", default="", metavar="NAMES", help="with --all: only these screens, by name, with commas between")
    given = parser.parse_args()
    if given.all is None:
        take_docs()
    else:
        take_all(given.all, given.million, frozenset(filter(None, given.only.split(","))))


if __name__ == "__main__":
    main()
