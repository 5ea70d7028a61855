// Methods: page views, events, goals, searches, links; and the shop.

import type { Core } from "./core";
import { chance, doc, warn, type Done, type Values } from "./util";

/** `viewed` is told after each page view. */
export const pageMethods = ({ s, track, compose, deliver, enqueue, visitor }: Core, product: () => Values, viewed: () => void) => ({
  trackPageView: (title?: unknown, custom?: unknown, done?: Done): void => {
    s.views++;
    if (s.views > 1 || !s.view) s.view = chance(3);
    const name = title || s.title || doc.title;
    track({ action_name: typeof name === "string" ? name : (name as { text?: string }).text, ...product() }, custom, "log", done);
    viewed();
  },
  setPageViewId: (id: unknown): void => {
    s.view = String(id);
  },
  getPageViewId: (): string => s.view,
  getNumTrackedPageViews: (): number => s.views,
  trackEvent: (category: unknown, action: unknown, name?: unknown, value?: unknown, custom?: unknown, done?: Done): boolean => {
    const [about, what] = [category, action].map((text) => String(text ?? "").trim());
    if (!about || !what) warn("trackEvent needs a category and an action");
    else track({ e_c: about, e_a: what, e_n: name, e_v: value, ca: 1 }, custom, "event", done);
    return !!about && !!what;
  },
  trackGoal: (goal: unknown, revenue?: unknown, custom?: unknown, done?: Done): void => track({ idgoal: goal, revenue }, custom, "goal", done),
  trackSiteSearch: (words: unknown, category?: unknown, count?: unknown, custom?: unknown): void => {
    s.view = chance(3);
    track({ search: words, search_cat: category, search_count: count }, custom, "sitesearch");
  },
  trackLink: (to: unknown, type: unknown, custom?: unknown, done?: Done): void =>
    track({ [type === "download" ? "download" : "link"]: visitor.clean(new URL(String(to), location.href).href) }, custom, "link", done),
  trackRequest: (request: unknown, custom?: unknown, done?: Done, hook = ""): void => deliver(compose(String(request), custom, hook), done),
  queueRequest: (request: unknown, whole?: boolean): void => enqueue(whole ? String(request) : compose(String(request))),
  ping: (): void => track({ ping: 1 }, undefined, "ping"),
});

export const shopMethods = ({ track }: Core) => {
  let cart: Record<string, unknown[]> = {};
  let product: Values = {};
  const items = (): string => JSON.stringify(Object.values(cart));
  const methods = {
    setEcommerceView: (sku?: unknown, name?: unknown, category?: unknown, price?: unknown): void => {
      product = { _pks: sku, _pkn: name, _pkc: Array.isArray(category) ? JSON.stringify(category) : category, _pkp: price };
    },
    addEcommerceItem: (sku: unknown, name?: unknown, category?: unknown, price?: unknown, quantity?: unknown): void => {
      if (sku) cart[String(sku)] = [String(sku), name || "", category || "", Number(price) || 0, Number(quantity) || 1];
    },
    removeEcommerceItem: (sku: unknown): void => {
      delete cart[String(sku)];
    },
    clearEcommerceCart: (): void => {
      cart = {};
    },
    getEcommerceItems: (): Values => JSON.parse(JSON.stringify(cart)) as Values,
    trackEcommerceCartUpdate: (total: unknown): void => track({ idgoal: 0, revenue: total, ec_items: items() }, undefined, "ecommerce"),
    trackEcommerceOrder: (order: unknown, total: unknown, sub?: unknown, tax?: unknown, shipping?: unknown, discount?: unknown): void => {
      if (!order) return warn("trackEcommerceOrder needs the order's id");
      track({ idgoal: 0, ec_id: order, revenue: total, ec_st: sub, ec_tx: tax, ec_sh: shipping, ec_dt: discount, ec_items: items() }, undefined, "ecommerce");
      cart = {};
    },
  };
  /** What the next page view shows, which only that one says. */
  const shown = (): Values => {
    const out = product;
    product = {};
    return out;
  };
  return { methods, shown };
};
