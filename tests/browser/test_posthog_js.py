"""PostHog's loader on a page in Chromium, with nothing changed but the host: its script, and what that loads, come from the front door."""

import pytest
from playwright.sync_api import Page

from sojourn.capture.scripts import BUILT
from tests.browser.door import Door, until
from tests.browser.site import Site

pytestmark = pytest.mark.browser
VITALS = "web-vitals-with-attribution"

# What the loader does: note what is called until its script is there, which it takes from the host of the events, as a script of another origin.
LOADER = """<script>
window.posthog = Object.assign([], {__SV: 1, _i: [], people: [], init(token, config, name) {
  const script = Object.assign(document.createElement("script"), {crossOrigin: "anonymous", async: true, src: config.api_host + "/static/array.js"});
  document.head.append(script);
  this._i.push([token, config, name]);
}});
for (const name of ["capture", "identify", "register", "reset"]) posthog[name] = (...given) => posthog.push([name, ...given]);
posthog.init("wk_shop", {api_host: "DOOR", person_profiles: "always", defaults: "2026-01-30", opt_out_useragent_filter: true,
  request_queue_config: {flush_interval_ms: 250}, capture_dead_clicks: {capture_clicks_with_modifier_keys: false}});
posthog.capture("Product Viewed", {product_id: "lamp-1"});
posthog.identify("ann", {email: "ann@shop.example"});
</script>"""


def test_a_page_that_changed_the_host_only_is_heard(page: Page, door: Door, site: Site) -> None:
    answered: dict[str, int] = {}
    page.on("response", lambda response: answered.update({response.url.removeprefix(door.address).partition("?")[0]: response.status}))
    page.goto(site.put(LOADER.replace("DOOR", door.address) + "<button id=buy>Buy</button>", snippet=False))

    [viewed] = door.wait("Product Viewed")
    assert viewed.props["product_id"] == "lamp-1"
    assert door.wait("page")[0].props["title"] == "Shop"
    ann = until(lambda: [fact for fact in door.facts("identify") if "email" in fact.traits], lambda: str(door.facts()))[0]
    assert (ann.user_id, ann.traits["email"]) == ("ann", "ann@shop.example")

    page.evaluate("() => setTimeout(() => { throw new Error('No lamp') })")
    [error] = door.wait("Error Shown")
    assert error.props["message"] == "No lamp"
    page.click("#buy")
    assert door.wait("Element Clicked")[0].props == {"label": "Buy", "tag": "button", "id": "buy"}

    version = (BUILT / "posthog/version.txt").read_text()
    loaded = [f"/static/{name}" for name in ("array.js", *(f"{version}/{name}.js" for name in ("exception-autocapture", "dead-clicks-autocapture", VITALS)))]
    until(lambda: set(loaded) <= set(answered), lambda: str(answered))
    assert [answered[path] for path in loaded] == [200] * 4
    assert not [
        path for path, status in answered.items() if status >= 400 and not path.endswith("/surveys.js")
    ]  # asked for before it knows that there are none
