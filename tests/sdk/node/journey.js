// One shopping journey by the unmodified Node SDK: node journey.js <host> <request timeout in ms>
const { Analytics } = require("@segment/analytics-node");

const [host, timeout] = process.argv.slice(2);
const analytics = new Analytics({ writeKey: "wk_shop", host, flushInterval: 100, httpRequestTimeout: Number(timeout) });
analytics.on("error", (error) => console.error("error:", JSON.stringify(error)));

const lamp = { product_id: "lamp-1", name: "Désk lamp", price: 79.9, quantity: 1, currency: "EUR" };
const anonymousId = "anon-1";
analytics.page({ anonymousId, name: "Home", category: "Shop", properties: { url: "https://shop.example/" } });
analytics.track({ anonymousId, event: "Product Viewed", properties: lamp });
analytics.identify({ anonymousId, userId: "ann", traits: { email: "ann@shop.example" } });
analytics.group({ userId: "ann", groupId: "readers", traits: { name: "Readers" } });
analytics.track({ userId: "ann", event: "Product Added", properties: { ...lamp, cart_id: "cart-1" } });
analytics.track({ userId: "ann", event: "Checkout Started", properties: { cart_id: "cart-1", value: 79.9, shipping: 12.5, currency: "EUR" } });
analytics.screen({ userId: "ann", name: "Checkout" });
analytics.track({ userId: "ann", event: "Order Completed", properties: { order_id: "o-1", cart_id: "cart-1", revenue: 79.9, currency: "EUR" } });
analytics.alias({ userId: "ann@shop.example", previousId: "ann" });
analytics.closeAndFlush({ timeout: 60000 }).then(() => process.exit(0));
