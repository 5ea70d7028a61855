// A visit of a shop by an unmodified client of another vendor: node vendors.js <client> <host> <request timeout in ms>
const [name, host, timeout] = process.argv.slice(2);
const lamp = { product_id: "lamp-1", name: "Désk lamp", price: 79.9, quantity: 1, currency: "EUR" };
const order = { order_id: "o-1", total: 79.9, currency: "EUR" };
const page = { url: "https://shop.example/" };
const traits = { email: "ann@shop.example" };
const fail = (error) => console.error("error:", error?.message ?? JSON.stringify(error));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const clients = {
  async rudder() {
    const Rudder = require("@rudderstack/rudder-sdk-node");
    const client = new Rudder("wk_shop", { dataPlaneUrl: host, flushInterval: 100, axiosConfig: { timeout: Number(timeout) } });
    client.page({ anonymousId: "anon-1", name: "Home", properties: page });
    client.track({ anonymousId: "anon-1", event: "Product Viewed", properties: lamp });
    client.identify({ anonymousId: "anon-1", userId: "ann", traits });
    client.track({ userId: "ann", event: "Order Completed", properties: order });
    await client.flush();
  },
  async posthog() {
    const { PostHog } = require("posthog-node");
    const settings = { host, flushInterval: 100, requestTimeout: Number(timeout), fetchRetryDelay: 200, fetchRetryCount: 4, disableGeoip: false };
    const client = new PostHog("wk_shop", settings);
    client.on("error", fail);
    const nobody = { $process_person_profile: false };
    client.capture({ distinctId: "anon-1", event: "$pageview", properties: { $current_url: page.url, title: "Home", ...nobody } });
    client.capture({ distinctId: "anon-1", event: "Product Viewed", properties: { ...lamp, ...nobody } });
    client.identify({ distinctId: "ann", properties: traits });
    client.capture({ distinctId: "ann", event: "Order Completed", properties: order });
    await client.shutdown(20000);
  },
  async snowplow() {
    const { newTracker, buildPageView, buildSelfDescribingEvent } = require("@snowplow/node-tracker");
    const failed = [];
    const tracker = newTracker(
      { namespace: "shop", appId: "wk_shop" },
      { endpoint: host, eventMethod: "post", bufferSize: 50, connectionTimeout: Number(timeout), onRequestFailure: (data) => failed.push(data) },
    );
    tracker.setDomainUserId("anon-1");
    const shop = (kind, data) => ({ schema: `iglu:com.snowplowanalytics.snowplow.ecommerce/${kind}/jsonschema/1-0-0`, data });
    const action = (type, entities) => tracker.track(buildSelfDescribingEvent({ event: shop("snowplow_ecommerce_action", { type }) }), entities);
    const { product_id: id, ...rest } = lamp;
    tracker.track(buildPageView({ pageUrl: page.url, pageTitle: "Home" }));
    action("product_view", [shop("product", { id, ...rest })]);
    tracker.setUserId("ann");
    tracker.track(buildSelfDescribingEvent({ event: { schema: "iglu:example.shop/identify/jsonschema/1-0-0", data: traits } }));
    action("transaction", [shop("transaction", { transaction_id: "o-1", revenue: 79.9, currency: "EUR" })]);
    // This tracker has no timer of its own: whoever uses it flushes, and flushes again.
    for (let tries = 0, before = -1; tries < 20 && failed.length !== before; tries++) {
      before = failed.length;
      await tracker.flush();
      await wait(50);
    }
  },
  async matomo() {
    const Matomo = require("matomo-tracker");
    const tracker = new Matomo("wk_shop", host + "/matomo.php");
    tracker.on("error", fail);
    const bulk = (hits) => new Promise((resolve) => tracker.trackBulk(hits, resolve));
    const base = { url: page.url, _id: "92ca3b419ffd7555" };
    tracker.track({ ...base, action_name: "Home", _pks: "lamp-1", _pkn: "Désk lamp", _pkp: 79.9 });
    await wait(300);
    const bought = { ...base, uid: "ann", idgoal: 0, ec_id: "o-1", revenue: 79.9, ec_items: JSON.stringify([["lamp-1", "Désk lamp", "", 79.9, 1]]) };
    const told = JSON.parse(await bulk([{ ...base, uid: "ann", e_c: "Identity", e_a: "identify", e_n: JSON.stringify(traits) }, bought]));
    if (told.status !== "success" || told.tracked !== 2 || told.invalid !== 0) fail(told);
  },
  async umami() {
    const { Umami } = require("@umami/node");
    const client = new Umami({ websiteId: "wk_shop", hostUrl: host });
    const send = async (payload, type) => {
      const answer = await client.send({ website: "wk_shop", hostname: "shop.example", ...payload }, type);
      if (answer.status !== 200 || (await answer.json()).disabled) fail(answer);
    };
    await send({ url: "/", title: "Home" });
    await send({ url: "/p/1", name: "Product Viewed", data: lamp });
    await send({ url: "/", data: traits }, "identify");
    await send({ url: "/", name: "Order Completed", data: order });
  },
  async cloudevents() {
    const { CloudEvent, emitterFor, httpTransport, HTTP, Mode } = require("cloudevents");
    const said = [
      ["home", { call: "page", name: "Home", anonymousId: "anon-1", properties: page }],
      ["product.viewed", { anonymousId: "anon-1", ...lamp }],
      ["signed", { call: "identify", userId: "ann", anonymousId: "anon-1", traits }],
      ["order.completed", { userId: "ann", ...order }],
    ];
    for (const [at, [type, data]] of said.entries()) {
      const event = new CloudEvent({ id: `e-${at}`, source: "/shop", type: `example.shop.${type}`, data });
      const emit = emitterFor(httpTransport(host + "/events"), { binding: HTTP, mode: at % 2 ? Mode.STRUCTURED : Mode.BINARY });
      await emit(event, { headers: { authorization: "Bearer wk_shop" } });
    }
  },
};
setInterval(() => {}, 1000); // a server would keep the process alive too; some clients wait for their next try without
clients[name]().then(() => process.exit(0), (error) => { fail(error); process.exit(1); });
