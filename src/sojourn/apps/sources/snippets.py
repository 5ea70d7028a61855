"""Working code for each SDK, with the key and the address of this installation in it."""

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Snippet:
    """How one kind of program sends. `kinds` are the sources it is shown first for; `note` says what must be known beside the code."""

    key: str
    title: str
    install: str
    code: str
    note: str = ""
    kinds: tuple[str, ...] = ()


_HOLE: Final = re.compile(r"\b(ADDRESS|KEY|HOST|NAME|PORT|SSL)\b")
_SNIPPET: Final = """<script>
!function(w){var a=w.sojourn=w.sojourn||[];w.analytics=w.analytics||a;if(a.invoked)return;a.invoked=1;
("track page screen identify group alias reset ready on off user setAnonymousId debug trackLink trackForm consent product addToCart removeFromCart cart "+
"checkout checkoutStep checkoutStepDone shippingShown deliveryShown couponEntered couponApplied couponDenied paymentEntered paymentFailed accountRequired "+
"outOfStock errorShown search order").split(" ").forEach(function(m){a[m]=function(){a.push([m].concat([].slice.call(arguments)))}})}(window)
</script>
<script async src="ADDRESS/sojourn.js?key=KEY"></script>"""

_CURL: Final = """curl ADDRESS/v1/track -u 'KEY:' -H 'Content-Type: application/json' -d '{
  "event": "Product Added", "userId": "ann", "context": {"traits": {"email": "ann@example.com"}},
  "properties": {"product_id": "p-1", "name": "Walking boots", "price": 89.90, "quantity": 1, "currency": "EUR"}
}'"""

_NEXT: Final = """import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load({ writeKey: "KEY", cdnURL: "ADDRESS" });
analytics.page();
analytics.track("Product Added", { product_id: "p-1", name: "Walking boots", price: 89.9, currency: "EUR" });"""

_NODE: Final = """import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "KEY", host: "ADDRESS" });
analytics.track({ userId: "ann", event: "Order Completed", properties: { order_id: "o-1", revenue: 89.9, currency: "EUR" } });
await analytics.closeAndFlush();"""

_PYTHON: Final = """import segment.analytics as analytics

analytics.write_key = "KEY"
analytics.host = "ADDRESS"
analytics.track("ann", "Order Completed", {"order_id": "o-1", "revenue": 89.90, "currency": "EUR"})
analytics.flush()"""

_GO: Final = """import analytics "github.com/segmentio/analytics-go/v3"

client, err := analytics.NewWithConfig("KEY", analytics.Config{Endpoint: "ADDRESS"})
if err != nil {
	panic(err)
}
defer client.Close()
client.Enqueue(analytics.Track{
	UserId:     "ann",
	Event:      "Order Completed",
	Properties: analytics.NewProperties().SetOrderId("o-1").SetRevenue(89.90).SetCurrency("EUR"),
})"""

_PHP: Final = """<?php
require __DIR__ . "/vendor/autoload.php";

use Segment\\Segment;

Segment::init("KEY", ["host" => "HOST", "ssl" => SSL]);
Segment::track([
    "userId" => "ann",
    "event" => "Order Completed",
    "properties" => ["order_id" => "o-1", "revenue" => 89.90, "currency" => "EUR"],
]);
Segment::flush();"""

_RUBY: Final = """require "segment/analytics"

analytics = Segment::Analytics.new(write_key: "KEY", host: "NAME", port: PORT, path: "/v1/batch")
analytics.track(user_id: "ann", event: "Order Completed", properties: { order_id: "o-1", revenue: 89.90, currency: "EUR" })
analytics.flush"""

_JAVA: Final = """import com.segment.analytics.Analytics;
import com.segment.analytics.messages.TrackMessage;
import java.util.Map;

Analytics analytics = Analytics.builder("KEY").setUploadURL("ADDRESS/v1/batch").build();
analytics.enqueue(TrackMessage.builder("Order Completed").userId("ann")
    .properties(Map.of("order_id", "o-1", "revenue", 89.90, "currency", "EUR")));
analytics.flush();"""

_DOTNET: Final = """using Segment.Analytics;
using Segment.Serialization;

var analytics = new Analytics(new Configuration("KEY", apiHost: "HOST/v1", cdnHost: "HOST/v1"));
analytics.Identify("ann");
analytics.Track("Order Completed", new JsonObject { ["order_id"] = "o-1", ["revenue"] = 89.90, ["currency"] = "EUR" });
analytics.Flush();"""

_KOTLIN: Final = """import com.segment.analytics.kotlin.android.Analytics

val analytics = Analytics("KEY", applicationContext) {
    apiHost = "HOST/v1"
    cdnHost = "HOST/v1"
    trackApplicationLifecycleEvents = true
}
analytics.track("Product Added", buildJsonObject { put("product_id", "p-1"); put("price", 89.90); put("currency", "EUR") })"""

_SWIFT: Final = """import Segment

let analytics = Analytics(configuration: Configuration(writeKey: "KEY")
    .apiHost("HOST/v1")
    .cdnHost("HOST/v1"))
analytics.track(name: "Product Added", properties: ["product_id": "p-1", "price": 89.90, "currency": "EUR"])"""

_NATIVE: Final = """import { createClient } from "@segment/analytics-react-native";

const analytics = createClient({
  writeKey: "KEY",
  useSegmentEndpoints: true,
  proxy: "ADDRESS/v1",
  cdnProxy: "ADDRESS/v1",
});
analytics.track("Product Added", { product_id: "p-1", price: 89.9, currency: "EUR" });"""

_RUDDER: Final = """import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";

const analytics = new RudderAnalytics();
analytics.load("KEY", "ADDRESS", { configUrl: "ADDRESS" });
analytics.track("Product Added", { product_id: "p-1", name: "Walking boots", price: 89.9, currency: "EUR" });"""

_POSTHOG: Final = """<script src="ADDRESS/static/array.js" crossorigin="anonymous"></script>
<script>
  posthog.init("KEY", { api_host: "ADDRESS" });
  posthog.capture("Product Added", { product_id: "p-1", name: "Walking boots", price: 89.9, currency: "EUR" });
</script>"""

_SNOWPLOW: Final = """import { newTracker, trackPageView } from "@snowplow/browser-tracker";

newTracker("sojourn", "ADDRESS", { appId: "KEY" });
trackPageView();"""

_MATOMO: Final = """<script>
  var _paq = window._paq = window._paq || [];
  _paq.push(["trackPageView"]);
  _paq.push(["enableLinkTracking"]);
  (function() {
    var u="ADDRESS/";
    _paq.push(["setTrackerUrl", u+"matomo.php"]);
    _paq.push(["setSiteId", "KEY"]);
    var d=document, g=d.createElement("script"), s=d.getElementsByTagName("script")[0];
    g.async=true; g.src=u+"matomo.js"; s.parentNode.insertBefore(g,s);
  })();
</script>"""

_PLAUSIBLE: Final = """<script defer data-domain="KEY" src="ADDRESS/js/script.js"></script>"""

_PLAUSIBLE_NPM: Final = """import { init, track } from "@plausible-analytics/tracker";

init({ domain: "KEY", endpoint: "ADDRESS/api/event" });
track("Product Added", { props: { product_id: "p-1" }, revenue: { amount: 89.9, currency: "EUR" } });"""

_UMAMI: Final = """<script defer src="ADDRESS/script.js" data-website-id="KEY"></script>"""

_CLOUDEVENTS: Final = """curl ADDRESS/cloudevents -H 'Authorization: Bearer KEY' -H 'Content-Type: application/cloudevents+json' -d '{
  "specversion": "1.0", "id": "e-1", "source": "/shop", "type": "com.shop.order.completed", "subject": "ann",
  "data": {"order_id": "o-1", "total": 89.90, "currency": "EUR"}
}'"""

_PIXEL: Final = """<img src="ADDRESS/pixel.gif?key=KEY&event=Newsletter%20Opened&user_id=ann" width="1" height="1" alt="">"""

_LONG_KEY: Final = (
    "The key stands where the id of the site did. To leave the client as it is, enter its id under “Keep your client's settings” and change the host only."
)
_PLAUSIBLE_FORMS: Final = "The other names of the script, such as script.outbound-links.js and pa-….js, work too; the id of pa-….js is pa-…."
_HTTPS: Final = "This SDK speaks https only: it works once Sojourn is reached under an https address (SOJOURN_PUBLIC_URL)."


def snippets(address: str, key: str, kind: str) -> list[Snippet]:
    """All of them, those for this kind of source first."""
    url = urlsplit(address)
    secure = url.scheme == "https"
    values = {
        "ADDRESS": address,
        "KEY": key,
        "HOST": url.netloc,
        "NAME": url.hostname or "",
        "PORT": str(url.port or (443 if secure else 80)),
        "SSL": "true" if secure else "false",
    }
    https = "" if secure else _HTTPS
    found = [
        Snippet(
            "browser",
            "Browser snippet",
            "In the <head> of every page",
            _SNIPPET,
            "Records page views, clicks, rage and dead clicks, errors, form trouble and page speed by itself. "
            "window.analytics takes Segment's calls: identify, track, page. window.sojourn has short ones for shops: addToCart, shippingShown, order.",
            ("website",),
        ),
        Snippet("next", "Segment for browsers", "npm install @segment/analytics-next", _NEXT, "", ("website",)),
        Snippet("node", "Node", "npm install @segment/analytics-node", _NODE, "", ("server",)),
        Snippet("python", "Python", "pip install segment-analytics-python", _PYTHON, "", ("server",)),
        Snippet("go", "Go", "go get github.com/segmentio/analytics-go/v3", _GO, "", ("server",)),
        Snippet("php", "PHP", "composer require segmentio/analytics-php", _PHP, "", ("server",)),
        Snippet("ruby", "Ruby", "gem install analytics-ruby", _RUBY, https, ("server",)),
        Snippet("java", "Java", "com.segment.analytics.java:analytics:3.+", _JAVA, "", ("server",)),
        Snippet("dotnet", ".NET, Unity", "dotnet add package Segment.Analytics.CSharp", _DOTNET, https, ("server", "app")),
        Snippet("kotlin", "Android", "com.segment.analytics.kotlin:android", _KOTLIN, https, ("app",)),
        Snippet("swift", "iOS", "https://github.com/segmentio/analytics-swift", _SWIFT, https, ("app",)),
        Snippet("native", "React Native", "npm install @segment/analytics-react-native", _NATIVE, "", ("app",)),
        Snippet(
            "rudder",
            "RudderStack",
            "npm install @rudderstack/analytics-js",
            _RUDDER,
            "The bundled build asks no other host for scripts. Server SDKs take ADDRESS as data plane URL.",
            ("website",),
        ),
        Snippet(
            "posthog",
            "PostHog",
            "In the <head> of every page",
            _POSTHOG,
            "In the loader that your pages have, after npm install posthog-js, and in server SDKs, change only the key and the host.",
            ("website",),
        ),
        Snippet("snowplow", "Snowplow", "npm install @snowplow/browser-tracker", _SNOWPLOW, _LONG_KEY),
        Snippet("matomo", "Matomo", "Your tracking code, with the host changed", _MATOMO, _LONG_KEY),
        Snippet("plausible", "Plausible", "Your script, with the host changed", _PLAUSIBLE, f"{_LONG_KEY} {_PLAUSIBLE_FORMS}"),
        Snippet("plausible-npm", "Plausible as a package", "npm install @plausible-analytics/tracker", _PLAUSIBLE_NPM, _LONG_KEY),
        Snippet("umami", "Umami", "Your script, with the host changed", _UMAMI, _LONG_KEY),
        Snippet("cloudevents", "CloudEvents", "Any CloudEvents 1.0 sender", _CLOUDEVENTS, "Binary, structured and batched over HTTP.", ("other", "server")),
        Snippet("pixel", "Pixel", "In a mail, or a page without scripts", _PIXEL, "", ("other",)),
        Snippet("curl", "HTTP", "Any language, one request", _CURL, "The answer says what became of the event.", ("other", "server")),
    ]
    ready = [_filled(one, values) for one in found]
    return sorted(ready, key=lambda one: kind not in one.kinds)


def _filled(snippet: Snippet, values: dict[str, str]) -> Snippet:
    return replace(snippet, code=_HOLE.sub(lambda hole: values[hole[0]], snippet.code), note=_HOLE.sub(lambda hole: values[hole[0]], snippet.note))
