// One tracker: the methods of Matomo's JavaScript Tracking Client, as its reference lists them.

import { contentMethods } from "./blocks";
import { makeCore, type Ask } from "./core";
import { lifeMethods, linkMethods } from "./life";
import { pageMethods, shopMethods } from "./pages";
import { aboutMethods, consentMethods, cookieMethods } from "./person";
import { getters, setters } from "./setters";
import { safely } from "./util";

export type Tracker = Record<string, any>;

export const makeTracker = (url: unknown, site: unknown, ask: Ask): Tracker => {
  const core = makeCore(String(url ?? ""), String(site ?? ""), ask);
  const shop = shopMethods(core);
  const content = contentMethods(core);
  const pages = pageMethods(core, shop.shown, content.viewed);
  const tracker: Tracker = {
    ...pages,
    ...shop.methods,
    ...content.methods,
    ...aboutMethods(core),
    ...consentMethods(core),
    ...cookieMethods(core),
    ...linkMethods(core, pages.trackLink),
    ...lifeMethods(core, pages.ping),
    ...setters(core.s),
    ...getters(core),
  };
  for (const name in tracker) tracker[name] = safely(tracker[name]);
  return tracker;
};
