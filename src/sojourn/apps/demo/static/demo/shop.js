// The shop's pages come alive: shelf, product, cart, checkout. What happens is told to Sojourn in the words of e-commerce events.
(() => {
  const { facts, state, keep, random, money, pieces, worth, ways, sums, listed, lines, tell, put, take, done } = window.shop;
  const $ = (id) => document.getElementById(id);
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const go = (path) => location.assign("/demo-shop/" + path);

  function count() {
    const badge = $("pieces");
    badge.hidden = !pieces();
    badge.textContent = pieces() || "";
  }
  let hiding;
  function toast(text) {
    $("toast").textContent = text;
    $("toast").hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => { $("toast").hidden = true; }, 4000);
  }

  // -- who it is

  function idOf(email) {
    let hash = 0x811c9dc5;
    for (const letter of email.trim().toLowerCase()) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
    return "lumen-" + hash.toString(16).padStart(8, "0") + "-" + email.trim().length;
  }
  function introduce(email, traits) {
    if (window.analytics && window.analytics.identify) window.analytics.identify(idOf(email), { email: email.trim(), ...traits });
  }

  // -- forms: what is wrong with a field stands beside it

  function complain(field, message) {
    const place = $(field.id + "-error");
    if (place) place.textContent = message;
    if (message) { field.setAttribute("aria-invalid", "true"); field.setAttribute("aria-describedby", field.id + "-error"); }
    else { field.removeAttribute("aria-invalid"); field.removeAttribute("aria-describedby"); }
    return !message;
  }
  function wrong(field) {
    const value = field.value.trim();
    if (field.required && !value) return "Please fill this in.";
    if (field.type === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(value)) return "This is no email address, such as you@example.com.";
    if (field.name === "secret" && (value.length < 10 || !/\d/.test(value))) return "At least ten characters, one of them a digit.";
    if (field.name === "postcode") {
      const country = facts.tariff.countries[$("country").value];
      if (!new RegExp("^(?:" + country.postcode + ")$").test(value)) return "In " + country.name + " a postcode looks like " + country.example + ".";
    }
    if (field.name === "street" && !/\d/.test(value)) return "The number of the house is missing.";
    if (field.name === "card" && value.replace(/\D/g, "").length < 4) return "Type some digits, no real card.";
    if (field.name === "expiry" && !/^(0[1-9]|1[0-2])\s*\/?\s*\d{2}$/.test(value)) return "Month and year, such as 12/29.";
    if (field.name === "check" && !/^\d{3,4}$/.test(value)) return "Three or four digits.";
    return "";
  }
  function right(form) {
    const fields = [...form.elements].filter((field) => field.name && field.tagName !== "BUTTON" && field.type !== "radio");
    const bad = fields.filter((field) => !complain(field, wrong(field)));
    if (bad.length) bad[0].focus();
    return !bad.length;
  }
  function watch(form) {
    for (const field of form.elements) {
      if (!field.name || field.type === "radio") continue;
      field.addEventListener("change", () => { if (field.value.trim() || field.hasAttribute("aria-invalid")) complain(field, wrong(field)); });
    }
  }
  function values(form) {
    const kept = {};
    for (const name of ["email", "first", "last", "street", "postcode", "city", "country"]) if (form.elements[name]) kept[name] = form.elements[name].value.trim();
    return kept;
  }
  function refill(form) {
    for (const [name, value] of Object.entries(state.address)) if (form.elements[name] && value) form.elements[name].value = value;
    const hint = () => { $("postcode").placeholder = facts.tariff.countries[$("country").value].example; };
    $("country").addEventListener("change", () => { hint(); if ($("postcode").value.trim()) complain($("postcode"), wrong($("postcode"))); });
    hint();
  }

  // -- the order beside the forms

  function summary() {
    if (!$("lines")) return;
    $("lines").replaceChildren(...Object.entries(state.cart).map(([id, number]) =>
      make("li", {}, make("span", {}, (number > 1 ? number + " × " : "") + facts.goods[id].name), make("b", {}, money(facts.goods[id].price * number)))));
    const now = sums();
    const rows = [["Goods", money(now.goods)]];
    if (now.discount) rows.push(["Coupon " + state.code, "−" + money(now.discount)]);
    rows.push(["Shipping", now.shipping === undefined ? "shown in the next step" : now.shipping ? money(now.shipping) : "free"]);
    rows.push([now.shipping === undefined ? "So far" : "To pay", money(now.total)]);
    $("sums").replaceChildren(...rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  }
  function coupon() {
    const form = $("coupon");
    if (!form) return;
    const said = form.querySelector(".said");
    if (state.code) { $("code").value = state.code; said.textContent = state.code === facts.free_code ? "Shipping is on us." : facts.tariff.coupons[state.code].words; }
    else if (state.offer === "free_shipping") said.textContent = "Shipping is on us: you came by our mail.";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const code = $("code").value.trim().toUpperCase();
      if (!code) return;
      tell("Coupon Entered", { coupon_id: code }, true);
      const known = facts.tariff.coupons[code];
      const good = code === facts.free_code || Boolean(known && known.kind);
      said.className = good ? "said good" : "said bad";
      said.textContent = code === facts.free_code ? "Shipping is on us." : known ? known.words : "We do not know the code " + code + ".";
      tell(good ? "Coupon Applied" : "Coupon Denied", { coupon_id: code }, true);
      if (good) { keep({ code }); choices(); }
      summary();
    });
  }

  // -- the cart

  function drawCart() {
    const place = $("cart");
    if (!pieces()) {
      place.replaceChildren(make("div", { class: "nothing" }, make("p", {}, make("b", {}, "Your cart is empty.")), make("a", { class: "button", href: "/demo-shop/" }, "Look around")));
      return;
    }
    const rows = Object.entries(state.cart).map(([id, number]) => {
      const one = facts.goods[id];
      const fewer = make("button", { type: "button", class: "round", "aria-label": "One fewer: " + one.name }, "−");
      const more = make("button", { type: "button", class: "round", "aria-label": "One more: " + one.name }, "+");
      fewer.addEventListener("click", () => { take(id, 1); drawCart(); count(); });
      more.addEventListener("click", () => { put(id, 1); drawCart(); count(); });
      const text = make("div", { class: "what" }, make("a", { href: "/demo-shop/p/" + id + "/" }, one.name), make("span", {}, money(one.price) + " each"));
      if (one.gone) text.append(make("em", {}, "Sold out a moment ago. Take it out to go on, or wait two weeks."));
      const picture = make("img", { src: one.picture, alt: "", width: "72", height: "63" });
      return make("li", {}, picture, text, make("div", { class: "many" }, fewer, make("b", {}, String(number)), more), make("b", { class: "price" }, money(one.price * number)));
    });
    const on = make("button", { type: "button", class: "main" }, "Go to the checkout");
    on.addEventListener("click", () => go(state.stage.wall && !state.account ? "checkout/account/" : "checkout/address/"));
    const sum = make("aside", { class: "summary" }, make("h2", {}, "Together"),
      make("dl", {}, make("div", {}, make("dt", {}, "Goods"), make("dd", {}, money(worth()))), make("div", {}, make("dt", {}, "Shipping"), make("dd", {}, state.offer ? "free, as we wrote you" : "by country and weight"))),
      on, make("p", { class: "fine" }, make("a", { href: "/demo-shop/shipping-and-delivery/" }, "What shipping costs")));
    place.replaceChildren(make("ul", { class: "rows" }, ...rows), sum);
  }

  function restore() {
    const back = facts.restore;
    if (!back) return;
    const items = Object.fromEntries(Object.entries(back.items).filter(([id]) => facts.goods[id]));
    if (Object.keys(items).length) {
      keep({ cart: items, cart_id: back.cart_id || state.cart_id || "c-" + random(), offer: back.offer, started: "" });
      $("restored").textContent = "Here is your cart, as you left it." + (back.offer ? " Shipping is on us." : "");
      $("restored").hidden = false;
    }
    const rest = new URLSearchParams(location.search);
    for (const name of ["sojourn_cart", "sojourn_checkout", "sojourn_offer"]) rest.delete(name);
    if (back.short && pieces()) { location.replace("/demo-shop/checkout/short/?" + rest); return; }
    history.replaceState(null, "", location.pathname);
  }

  // -- the checkout

  function begin(step) {
    if (!pieces()) { go("cart/"); return false; }
    if (state.started !== state.cart_id) {
      keep({ started: state.cart_id });
      tell("Checkout Started", { value: worth() / 100, currency: facts.currency, products: lines() }, true);
    }
    tell("Checkout Step Viewed", { step }, true);
    return true;
  }
  let shown = "";
  function choices() {
    const place = $("ways");
    if (!place) return;
    const country = ($("country") && $("country").value) || state.address.country || "DE";
    const found = ways(country);
    if (!found.some((way) => way.key === state.way)) keep({ way: "parcel" });
    const rows = found.map((way) => {
      const radio = make("input", { type: "radio", name: "way", value: way.key });
      radio.checked = way.key === state.way;
      radio.addEventListener("change", () => { keep({ way: way.key }); tellShipping(way); summary(); });
      const days = way.days === 1 ? "tomorrow" : "in about " + way.days + " working days";
      return make("label", {}, radio, make("span", {}, make("b", {}, way.name), " ", days), make("b", { class: "price" }, way.cents ? money(way.cents) : "free"));
    });
    place.replaceChildren(place.querySelector("legend"), ...rows);
    tellShipping(found.find((way) => way.key === state.way));
  }
  function tellShipping(way) {
    const now = way.cents + "/" + way.days;
    if (now === shown) return;
    shown = now;
    const told = [["Delivery Time Shown", { days: way.days }], ["Shipping Cost Shown", { shipping: way.cents / 100, value: worth() / 100, currency: facts.currency }]];
    for (const [event, properties] of told) tell(event, properties, true);
  }
  const DECLINED = { "0002": ["declined", "Your bank declined this card."], "0003": ["3ds_failed", "Your bank could not confirm that it is you."], "0004": ["timeout", "Your bank took too long to answer."] };
  function pay(form) {
    const button = form.querySelector("button.main");
    const last = $("card").value.replace(/\D/g, "").slice(-4);
    const failure = state.stage.decline ? DECLINED["0002"] : DECLINED[last];
    const gone = Object.keys(state.cart).find((id) => facts.goods[id].gone);
    tell("Payment Info Entered", { payment_method: "card" }, true);
    button.disabled = true;
    button.textContent = "Asking your bank …";
    setTimeout(() => {
      button.disabled = false;
      button.textContent = "Pay now";
      if (gone) {
        $("payment-error").textContent = facts.goods[gone].name + " has sold out meanwhile. Take it out of your cart to order the rest.";
        tell("Out Of Stock Shown", { product_id: gone });
        return;
      }
      if (failure) {
        $("payment-error").textContent = failure[1] + " Try another one.";
        tell("Payment Failed", { reason: failure[0] }, true);
        $("card").focus();
        return;
      }
      const now = sums();
      const order = "LO-" + random().slice(0, 8).toUpperCase();
      tell("Order Completed", {
        order_id: order, total: now.total / 100, revenue: (now.goods - now.discount) / 100, shipping: (now.shipping || 0) / 100, discount: now.discount / 100,
        coupon: state.code || undefined, currency: facts.currency, products: lines(),
      }, true);
      done({ number: order, total: now.total, days: now.days });
      setTimeout(() => go("thank-you/"), 300);
    }, 900);
  }

  // -- each kind of page

  const pages = {
    shelf() {
      if (facts.query) {
        tell("Products Searched", { query: facts.query, results: facts.shown.length });
        if (!facts.shown.length) tell("Search Without Result", { query: facts.query });
      } else if (facts.sort) tell("Product List Filtered", { category: facts.category || "All", sorts: [{ type: "price", value: facts.sort === "low" ? "asc" : "desc" }] });
      else if (facts.category) tell("Product List Viewed", { category: facts.category, products: facts.shown.slice(0, 3).map((id) => listed(id)) });
      $("sorting").addEventListener("change", () => $("sorting").submit());
    },
    product() {
      tell("Product Viewed", listed(facts.product));
      if ($("gone")) tell("Out Of Stock Shown", { product_id: facts.product });
      if (!$("add")) return;
      $("add").addEventListener("submit", (event) => {
        event.preventDefault();
        put(facts.product, Number($("add").elements.pieces.value));
        count();
        toast(facts.goods[facts.product].name + " is in your cart.");
      });
    },
    cart() {
      restore();
      drawCart();
      if (pieces()) tell("Cart Viewed", { products: lines(), value: worth() / 100, currency: facts.currency }, true);
      for (const id of Object.keys(state.cart)) if (facts.goods[id].gone) tell("Out Of Stock Shown", { product_id: id });
    },
    "checkout:account"() {
      if (!begin("account")) return;
      tell("Account Required Shown", {}, true);
      const form = $("account");
      watch(form);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!right(form)) return;
        keep({ account: form.elements.email.value.trim(), address: { ...state.address, email: form.elements.email.value.trim() } });
        introduce(state.account, {});
        tell("Checkout Step Completed", { step: "account" }, true);
        go("checkout/address/");
      });
    },
    "checkout:address"() {
      if (state.stage.wall && !state.account && pieces()) { location.replace("/demo-shop/checkout/account/"); return; }
      if (!begin("address")) return;
      const form = $("address");
      refill(form);
      watch(form);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!right(form)) return;
        const address = values(form);
        keep({ address });
        introduce(address.email, { firstName: address.first, lastName: address.last });
        tell("Checkout Step Completed", { step: "address" }, true);
        go("checkout/shipping/");
      });
      form.elements.email.addEventListener("change", (event) => { if (!wrong(event.target)) introduce(event.target.value, {}); });
    },
    "checkout:shipping"() {
      if (!state.address.country) { go(pieces() ? "checkout/address/" : "cart/"); return; }
      if (!begin("shipping")) return;
      choices();
      $("shipping").addEventListener("submit", (event) => {
        event.preventDefault();
        tell("Checkout Step Completed", { step: "shipping" }, true);
        go("checkout/payment/");
      });
    },
    "checkout:payment"() {
      if (!state.way) { go(pieces() ? "checkout/shipping/" : "cart/"); return; }
      if (!begin("payment")) return;
      const form = $("payment");
      watch(form);
      form.addEventListener("submit", (event) => { event.preventDefault(); if (right(form)) pay(form); });
    },
    "checkout:short"() {
      if (!begin("short checkout")) return;
      history.replaceState(null, "", location.pathname);
      const form = $("short");
      refill(form);
      watch(form);
      const moved = () => { keep({ address: values(form) }); choices(); summary(); };
      $("country").addEventListener("change", moved);
      moved();
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (!right(form)) return;
        const address = values(form);
        keep({ address });
        introduce(address.email, { firstName: address.first, lastName: address.last });
        pay(form);
      });
    },
    thanks() {
      if (state.order) $("order").textContent = "Order " + state.order.number + ", " + money(state.order.total) + (state.order.days ? ", with you in about " + state.order.days + " working day" + (state.order.days > 1 ? "s" : "") : "") + ".";
    },
  };

  // -- on every page

  $("letter").addEventListener("submit", (event) => {
    event.preventDefault();
    const email = $("letter").elements.email.value;
    introduce(email, {});
    tell("Newsletter Subscribed", { list: "letter" });
    $("letter").querySelector(".said").textContent = "Thank you. As this is a demo, no letter will come.";
  });
  const banner = $("consent");
  if (banner) {
    let answered;
    try { answered = localStorage.getItem("lumen-and-oak-consent"); } catch { answered = null; }
    banner.hidden = Boolean(answered);
    banner.addEventListener("click", (event) => {
      const answer = event.target instanceof Element && event.target.getAttribute("data-consent");
      if (!answer) return;
      banner.hidden = true;
      try { localStorage.setItem("lumen-and-oak-consent", answer); } catch { /* asked again on the next page */ }
      if (window.sojourn && window.sojourn.consent) window.sojourn.consent({ analytics: answer === "yes", marketing: answer === "yes" });
    });
  }
  count();
  summary();
  coupon();
  (pages[facts.page] || (() => {}))();
  count();
  summary();
})();
