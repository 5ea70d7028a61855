// matomo.js and piwik.js: Matomo's JavaScript Tracking Client for the front door, written from its public reference, so that a page changes only the host.

import { makeTracker, type Tracker } from "./matomo/tracker";
import { doc, joined, listen, onReady, safely, warn, win, type Call } from "./matomo/util";

/** Calls that count for a page's first page view wherever in the queue they stand, in this order. */
const FIRST = (
  "addTracker enableFileTracking forgetCookieConsentGiven requireCookieConsent disableBrowserFeatureDetection disableCampaignParameters disableCookies " +
  "setTrackerUrl setAPIUrl enableCrossDomainLinking setCrossDomainLinkingTimeout setSessionCookieTimeout setVisitorCookieTimeout setCookieNamePrefix " +
  "setCookieSameSite setSecureCookie setCookiePath setCookieDomain setDomains setUserId setVisitorId setSiteId alwaysUseSendBeacon " +
  "disableAlwaysUseSendBeacon enableLinkTracking setCookieConsentGiven requireConsent setConsentGiven disablePerformanceTracking " +
  "setPagePerformanceTiming setExcludedQueryParams setExcludedReferrers"
).split(" ");

const trackers: Tracker[] = [];
const plugins: Record<string, Record<string, Call>> = {};
const heard: Record<string, Call[]> = {};

const trigger = (name: string, args: unknown[] = []): void => {
  for (const fn of heard[name] ?? []) safely(fn)(...args);
};

/** What plugins add to a request; each names what it adds to. */
const ask = (hook: string): string => joined(...Object.values(plugins).map((plugin) => String((plugin[hook] && safely(plugin[hook])()) ?? "")));

const made = (url?: unknown, site?: unknown): Tracker => {
  const tracker = makeTracker(url, site, ask);
  // One who adds a tracker may leave out the door: it is the first one's.
  tracker.addTracker = (other?: unknown, id?: unknown): Tracker => added(other ?? tracker.getTrackerUrl(), id ?? tracker.getSiteId());
  trigger("TrackerSetup", [tracker]);
  return tracker;
};

const added = (url?: unknown, site?: unknown): Tracker => {
  const tracker = made(url, site);
  trackers.push(tracker);
  trigger("TrackerAdded", [tracker]);
  return tracker;
};

/** One call of the queue: a method and its arguments, or a function and its own; several such calls in one. */
const call = (item: unknown): void => {
  if (typeof item === "function") item = [item];
  if (typeof item !== "object" || !item) return;
  const [what, ...args] = Array.from(item as ArrayLike<unknown>);
  if (Array.isArray(what)) {
    for (const one of item as unknown[]) call(one);
    return;
  }
  if (typeof what === "string" && what.includes("::")) {
    const [plugin = "", name = ""] = what.split("::");
    run(Matomo[plugin], name, args, what);
    return;
  }
  // A copy: what adds a tracker is not to be told to that one too.
  for (const tracker of [...trackers]) {
    if (typeof what === "function") safely(what.bind(tracker))(...args);
    else {
      const [first = "", name] = String(what).split(".");
      if (!run(name ? tracker[first] : tracker, name ?? first, args, String(what))) return;
      // Of several trackers, these are about the first.
      if (/^(addTracker|setTrackerUrl|setSiteId)$/.test(first)) return;
    }
  }
};

const run = (on: Record<string, Call> | undefined, name: string, args: unknown[], said: string): boolean => {
  if (typeof on?.[name] !== "function") {
    warn(`there is no method ${said}`);
    return false;
  }
  safely(on[name].bind(on))(...args);
  return true;
};

/** Where a door's scripts lie. */
const folder = (url: unknown): string => new URL(String(url), location.href).href.replace(/[^/]*$/, "");

const Matomo: Record<string, any> = {
  initialized: false,
  JSON,
  DOM: {
    onReady,
    onLoad: (fn: Call): void => (doc.readyState === "complete" ? safely(fn)() : listen(win, "load", fn)),
    addEventListener: (target: EventTarget, name: string, fn: EventListener, capture?: boolean): void => target.addEventListener(name, fn, capture),
    isNodeVisible: (node: Element): boolean => node.checkVisibility?.() ?? true,
  },
  on: (name: string, fn: Call): void => {
    (heard[name] ??= []).push(fn);
  },
  off: (name: string, fn: Call): void => {
    heard[name] = (heard[name] ?? []).filter((one) => one !== fn);
  },
  trigger,
  addPlugin: (name: string, plugin: Record<string, Call>): void => {
    plugins[name] = plugin;
  },
  getTracker: (url?: unknown, site?: unknown): Tracker => made(url, site),
  getAsyncTrackers: (): Tracker[] => trackers,
  getAsyncTracker: (url?: unknown, site?: unknown): Tracker | undefined => {
    const [first] = trackers;
    if (!url && !site) return first;
    const found = trackers.find((one) => (!site || one.getSiteId() === String(site)) && (!url || folder(one.getTrackerUrl()) === folder(url)));
    // Wrappers ask for the first tracker so, and thereby say whose it is.
    if (found || !first || first.getSiteId()) return found;
    first.setTrackerUrl(url || first.getTrackerUrl());
    first.setSiteId(site);
    return first;
  },
  addTracker: (url?: unknown, site?: unknown): Tracker => (trackers.length ? trackers[0]!.addTracker(url, site) : added(url, site)),
  retryMissedPluginCalls: (): void => {},
};

/** Where this script came from is where requests go that are told no other place. */
const door = (doc.currentScript as HTMLScriptElement | null)?.src.replace(/[^/]*(?:\?.*)?$/, "matomo.php") ?? "";

const start = (): void => {
  win.Matomo = win.Piwik = win.AnalyticsTracker = Matomo;
  for (const name of ["matomoPluginAsyncInit", "piwikPluginAsyncInit"]) {
    for (const fn of [win[name]].flat()) if (typeof fn === "function") safely(fn)();
  }
  for (const name of ["piwikAsyncInit", "matomoAsyncInit"]) if (typeof win[name] === "function") safely(win[name].bind(win))();
  const said: unknown[] = Array.isArray(win._paq) ? [...win._paq] : [];
  if (!trackers.length) added(door);
  Matomo.initialized = true;
  const early = said.flatMap((item) => (Array.isArray(item) && Array.isArray(item[0]) ? item : [item]));
  const isFirst = (item: any, name: string): boolean => item?.[0] === name;
  for (const name of FIRST) for (const item of early) if (isFirst(item, name)) call(item);
  for (const item of early) if (!FIRST.some((name) => isFirst(item, name))) call(item);
  win._paq = { push: (...items: unknown[]): void => items.forEach(safely(call)) };
  trigger("MatomoInitialized");
  listen(win, "pagehide", () => ask("unload"));
};

// Twice on a page, or beside Matomo's own: the first one goes on. An element of that id is no tracker.
if (![win.Matomo, win.Piwik].some((one) => typeof one?.getTracker === "function")) {
  // A page that is made ready before anybody asks for it is not viewed yet.
  const coming = doc as Document & { prerendering?: boolean };
  if (coming.prerendering) listen(doc, "prerenderingchange", start);
  else safely(start)();
}
