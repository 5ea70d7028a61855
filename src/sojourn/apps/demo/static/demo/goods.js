// The cart and its money: kept in this browser, counted in cents.
(() => {
  const facts = JSON.parse(document.body.dataset.facts);
  const { goods, tariff } = facts;
  const PLACE = "lumen-and-oak";
  const EMPTY = { cart: {}, cart_id: "", started: "", code: "", offer: "", address: {}, way: "", account: "", stage: {}, order: null };

  function read() {
    try { return { ...EMPTY, ...JSON.parse(localStorage.getItem(PLACE) || "{}") }; } catch { return { ...EMPTY }; }
  }
  const state = read();
  function keep(changes) {
    Object.assign(state, changes);
    try { localStorage.setItem(PLACE, JSON.stringify(state)); } catch { /* a browser that keeps nothing: this page goes on without */ }
  }
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const money = (cents) => (cents / 100).toFixed(2) + " " + facts.currency;

  const pieces = () => Object.values(state.cart).reduce((sum, count) => sum + count, 0);
  const worth = () => Object.entries(state.cart).reduce((sum, [id, count]) => sum + goods[id].price * count, 0);
  const grams = () => Object.entries(state.cart).reduce((sum, [id, count]) => sum + goods[id].grams * count, 0);

  function free() {
    return state.code === facts.free_code || state.offer === "free_shipping";
  }
  function ways(country) {
    const place = tariff.countries[country] || tariff.countries.DE;
    const heavy = Math.max(0, Math.ceil(grams() / 1000) - 1);
    let cents = place.base + place.kilogram * heavy;
    if (state.stage.high) cents *= tariff.high;
    else if (worth() >= tariff.free_from && (country === "DE" || country === "AT")) cents = 0;
    const found = [{ key: "parcel", name: "Parcel", cents: free() ? 0 : cents, days: place.days }];
    if (country !== "US") found.push({ key: "express", name: "Express", cents: (free() ? 0 : cents) + tariff.express, days: 1 });
    return found;
  }
  function sums() {
    const way = state.address.country ? ways(state.address.country).find((one) => one.key === state.way) : undefined;
    const coupon = tariff.coupons[state.code];
    const discount = coupon && coupon.kind === "ten_percent" ? Math.round(worth() / 10) : 0;
    return { goods: worth(), discount, shipping: way ? way.cents : undefined, days: way && way.days, total: worth() - discount + (way ? way.cents : 0) };
  }
  function listed(id, count) {
    const one = goods[id];
    const found = {
      product_id: id, name: one.name, category: one.category, brand: one.brand, price: one.price / 100, currency: facts.currency,
      url: location.origin + "/demo-shop/p/" + id + "/",
    };
    return count ? { ...found, quantity: count } : found;
  }
  const lines = () => Object.entries(state.cart).map(([id, count]) => listed(id, count));

  function tell(event, properties, ofCart) {
    if (!window.analytics || !window.analytics.track) return;
    window.analytics.track(event, ofCart ? { ...properties, cart_id: state.cart_id } : properties);
  }
  function put(id, count) {
    if (!state.cart_id) keep({ cart_id: "c-" + random() });
    keep({ cart: { ...state.cart, [id]: Math.min(99, (state.cart[id] || 0) + count) } });
    tell("Product Added", listed(id, count), true);
  }
  function take(id, count) {
    const left = Math.max(0, (state.cart[id] || 0) - count);
    const cart = { ...state.cart };
    if (left) cart[id] = left; else delete cart[id];
    keep({ cart });
    tell("Product Removed", listed(id, count), true);
  }
  function done(order) {
    keep({ cart: {}, cart_id: "", started: "", code: "", offer: "", way: "", order });
  }
  function anew() {
    try { localStorage.removeItem(PLACE); } catch { /* nothing was kept */ }
    Object.assign(state, EMPTY, { stage: state.stage });
    keep({});
  }
  window.shop = { facts, state, keep, random, money, pieces, worth, ways, sums, listed, lines, tell, put, take, done, anew };
})();
