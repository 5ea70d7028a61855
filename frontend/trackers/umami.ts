// Umami's tracker in our own words: what a page may ask of it, as docs.umami.is has it (versions 1 to 3.5), told to the host that the script came from.

import { shifts, type Shift } from "../shared/shifts";

type Props = Record<string, unknown>;

interface Measured extends PerformanceEntry, Shift {
  readonly startTime: number;
  interactionId?: number;
  responseStart: number;
  activationStart?: number;
}

/** Milliseconds in which a page that changes its address by script gets its new title. */
const SETTLES = 300;
/** Characters of a request that outlives its page: browsers let 64 KiB do so, and a character has at most three bytes. */
const OUTLIVES = 20_000;
/** Errors that are told in a minute. */
const MOST_ERRORS = 20;
/** What the first version let classes name, of the events that do not come all the time. */
const OCCASIONS = ["click", "submit", "change"];
const NAMED = "data-umami-event";

const win = window as unknown as Window & Record<string, any>;
const doc = document;
// Scripts that are modules do not know which element they came by.
const script = (doc.currentScript || doc.querySelector("script[data-website-id]")) as HTMLScriptElement | null;
const shared: Props = win.umamiConfig || {};

/** A setting of the script's element, or of window.umamiConfig under the same name in camel case. */
const setting = (name: string): string => {
  return script?.getAttribute("data-" + name) ?? String(shared[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())] ?? "");
};
const isOn = (name: string): boolean => setting(name) === "true";
const isOff = (name: string): boolean => setting(name) === "false";

const website = setting("website-id");
const host = setting("host-url") || new URL(".", script?.src || location.href).href;
const door = host.replace(/\/$/, "") + "/api/send";
const domains = setting("domains").split(",").map((one) => one.trim()).filter(Boolean);
const tag = setting("tag") || undefined;

let cache = "";
let stopped = false;
let identity: string | undefined;

/** The function, but nothing it throws reaches the page. */
const safely =
  <A extends unknown[]>(fn: (...said: A) => unknown): ((...said: A) => void) =>
  (...said) => {
    try {
      fn(...said);
    } catch {
      // Worth less than the page.
    }
  };

/** Listen before the page can stop the event. */
const listen = (target: EventTarget, name: string, fn: (event: any) => unknown): void => target.addEventListener(name, safely(fn), true);

/** The whole address, without what is not to be collected. */
const bare = (url: string, all = false): string => {
  if (!url) return url;
  try {
    const found = new URL(url, location.href);
    if (all || isOn("exclude-search")) found.search = "";
    if (all || isOn("exclude-hash")) found.hash = "";
    return found.href;
  } catch {
    return url;
  }
};

let here = bare(location.href);
let from = bare(doc.referrer);

const optedOut = (): boolean => {
  try {
    return !!localStorage.getItem("umami.disabled");
  } catch {
    return false;
  }
};

const silent = (): boolean => {
  const { doNotTrack = win.doNotTrack } = navigator;
  return stopped || !website || optedOut() || (domains.length > 0 && !domains.includes(location.hostname)) || (isOn("do-not-track") && /^(1|yes)$/.test(doNotTrack));
};

const post = async (type: string, payload: unknown): Promise<void> => {
  if (!payload) return;
  try {
    const body = JSON.stringify({ type, payload });
    const answer = await fetch(door, {
      method: "POST",
      body,
      keepalive: body.length < OUTLIVES,
      credentials: (setting("fetch-credentials") || "omit") as RequestCredentials,
      // Plain text needs no leave, which a page that is being left would not get any more.
      headers: { "Content-Type": "text/plain", ...(cache && { "x-umami-cache": cache }) },
    });
    const said = await answer.json();
    cache = said.cache || "";
    stopped = !!said.disabled;
  } catch {
    // No network, or something in between that blocks it: Umami's script does not try again either.
  }
};

const send = async (type: string, payload: unknown): Promise<void> => {
  if (silent()) return;
  try {
    const hook = win[setting("before-send")];
    const said = typeof hook === "function" ? hook(type, payload) : payload;
    // Without a promise nothing may wait: the page may be gone in the next moment.
    await post(type, said instanceof Promise ? await said : said);
  } catch {
    // The page's own filter failed, so that nobody knows whether this may be sent.
  }
};

const base = (): Props => ({
  website,
  screen: `${screen.width}x${screen.height}`,
  language: navigator.language,
  title: doc.title,
  hostname: location.hostname,
  url: bare(location.href),
  referrer: from,
  tag,
  id: identity,
});

// -- what a page calls

const track = (said?: unknown, data?: unknown): Promise<void> => {
  if (typeof said === "string") return send("event", { ...base(), name: said, data });
  if (typeof said === "function") return send("event", said(base()));
  return send("event", said ? { website, ...(said as Props) } : base());
};

const identify = (who?: unknown, data?: unknown): Promise<void> => {
  const named = typeof who === "string";
  if (named) identity = who;
  // Whom the server took this visitor for.
  cache = "";
  return send("identify", { ...base(), data: named ? data : who });
};

/** As the first version names it. */
const trackEvent = (name: string, data?: unknown, url?: string, site = website): Promise<void> => {
  return send("event", { ...base(), website: site, name, data, ...(url && { url }) });
};

const trackView = (url = bare(location.href), referrer = from, site = website): Promise<void> => send("event", { ...base(), website: site, url, referrer });

const captureException = (error: unknown, said: Props = {}): Promise<void> => tell(error, true, said);

// -- pages

let waiting: Props | undefined;
let timer = 0;

/** Tell the page view that waits. */
const flush = (): void => {
  clearTimeout(timer);
  const view = waiting;
  waiting = undefined;
  if (view) void send("event", { ...base(), ...view });
};

/** A page view, told once the page is there, or is left. */
const view = (): void => {
  flush();
  if (!isOff("auto-pageview")) waiting = { url: here, referrer: from };
};

const loaded = (): boolean => doc.readyState === "complete" && !(doc as Document & { prerendering?: boolean }).prerendering;

const moved = safely((): void => {
  const next = bare(location.href);
  if (next === here) return;
  // The page that is left has its own view first.
  flush();
  from = here;
  here = next;
  view();
  timer = setTimeout(flush, SETTLES) as unknown as number;
});

const watchPages = (): void => {
  view();
  const ready = (): unknown => loaded() && flush();
  ready();
  listen(doc, "readystatechange", ready);
  listen(doc, "prerenderingchange", ready);
  listen(win, "pagehide", flush);
  // Shown again from memory: the browser's way of loading it.
  listen(win, "pageshow", (event: PageTransitionEvent) => {
    if (!event.persisted) return;
    view();
    flush();
  });
  for (const name of ["pushState", "replaceState"] as const) {
    const theirs = history[name];
    history[name] = function (...said) {
      theirs.apply(this, said);
      moved();
    };
  }
  // Back and forth within an application; a jump within a page is no view.
  listen(win, "popstate", () => bare(location.href).split("#")[0] !== here.split("#")[0] && moved());
};

// -- elements that name an event

const onPath = (event: Event, fits: (element: Element) => unknown): Element | undefined => {
  return event.composedPath().find((one): one is Element => one instanceof Element && !!fits(one));
};

const happened = (event: MouseEvent): void => {
  // The middle button follows links, and presses nothing else.
  if (event.type === "auxclick" && (event.button !== 1 || !onPath(event, (one) => one.matches("a[href]")))) return;
  const kind = event.type === "auxclick" ? "click" : event.type;
  const named = kind === "click" && onPath(event, (one) => one.hasAttribute(NAMED));
  if (named) {
    const data: Props = {};
    for (const { name, value } of named.attributes) if (name.startsWith(NAMED + "-")) data[name.slice(NAMED.length + 1)] = value;
    void track(named.getAttribute(NAMED)!, Object.keys(data).length ? data : undefined);
  }
  // As the first version names them.
  const start = `umami--${kind}--`;
  const classed = onPath(event, (one) => [...one.classList].some((name) => name.startsWith(start)));
  for (const name of classed?.classList || []) if (name.startsWith(start)) void track(name.slice(start.length));
};

// -- page speed

const watchSpeed = (): void => {
  const found: Record<string, number> = {};
  // A page that was made ready ahead counts from when it was shown.
  let shown = 0;
  const since = (at: number): number => Math.max(0, at - shown);
  const observe = (type: string, fn: (entry: Measured) => unknown): void => {
    // Browsers that do not measure it say so by an error.
    safely(() => new PerformanceObserver((list) => (list.getEntries() as Measured[]).forEach(fn)).observe({ type, buffered: true, durationThreshold: 40 } as PerformanceObserverInit))();
  };
  observe("navigation", ({ responseStart, activationStart }) => {
    shown = activationStart || 0;
    found.ttfb = since(responseStart);
  });
  observe("paint", ({ name, startTime }) => name === "first-contentful-paint" && (found.fcp = since(startTime)));
  observe("largest-contentful-paint", ({ startTime }) => (found.lcp = since(startTime)));
  observe("event", ({ interactionId, duration }) => interactionId && (found.inp = Math.max(found.inp || 0, duration)));
  observe("layout-shift", shifts((sum) => (found.cls = Math.max(found.cls || 0, sum))));
  const url = here;
  let told = false;
  const say = (): void => {
    if (told || found.ttfb === undefined) return;
    told = true;
    for (const name in found) found[name] = Math.round(found[name]! * 1e4) / 1e4;
    void send("performance", { ...base(), url, ...found });
  };
  // What a page has measured is whole when it is put away.
  listen(doc, "visibilitychange", () => doc.visibilityState === "hidden" && say());
  listen(win, "pagehide", say);
};

// -- errors

const scrub = (text: unknown): string => String(text ?? "").slice(0, 2000).replace(/[^\s"'<>]+@[^\s"'<>]+/g, "***");

let errors = 0;
let latest: unknown;

const tell = async (error: unknown, handled: boolean, said: Props = {}): Promise<void> => {
  if (!isOn("errors") || errors >= MOST_ERRORS || (error instanceof Error && error === latest)) return;
  latest = error;
  errors += 1;
  setTimeout(() => (errors -= 1), 60_000);
  // An object that is no error may hold anything, and says nothing.
  const known = error instanceof Error ? error : undefined;
  await send("error", {
    ...base(),
    url: bare(location.href, true),
    referrer: bare(from, true),
    eventId: crypto.getRandomValues(new Uint32Array(4)).join("-"),
    name: known?.name || "Error",
    message: scrub(known ? known.message : typeof error === "object" ? "an object that is no error" : error),
    stack: scrub(known?.stack),
    handled,
    release: said.release || setting("release") || undefined,
    environment: said.environment || setting("environment") || undefined,
    tags: said.tags,
  });
};

// -- start

const umami = Object.assign((name: string): Promise<void> => track(name), {
  track,
  identify,
  captureException,
  trackEvent,
  trackView,
  getSession: () => ({ cache, website }),
});
// A page's own function stays, unless it is this one for no website.
if (!win.umami || win.umami.getSession?.().website === "") win.umami = umami;

// A page that runs the same script twice has one visit.
const mark = "umami " + website + door;
if (!win[mark]) {
  win[mark] = true;
  safely(() => {
    if (!isOff("auto-track")) {
      for (const name of [...OCCASIONS, "auxclick"]) listen(doc, name, happened);
      watchPages();
      if (isOn("performance")) watchSpeed();
    }
    if (isOn("errors")) {
      listen(win, "error", (event: ErrorEvent) => event.message && tell(event.error || event.message, false));
      listen(win, "unhandledrejection", (event: PromiseRejectionEvent) => tell(event.reason, false));
    }
  })();
}

export {};
