// The snippet: takes the place of its loader, replays what was called meanwhile, and watches the page.

import { open } from "./state";
import { debug, doc, safely, warn, win } from "./util";
import { addSourceMiddleware, alias, consent, consented, emit, group, identify, off, on, once, ready, reset, setAnonymousId, track, trackOn, user, view } from "./calls";
import { adopt, flushNow, watchLeaving } from "./queue";
import { page, watchPages } from "./pages";
import { watchClicks } from "./clicks";
import { watchForms } from "./forms";
import { watchErrors } from "./errors";
import { watchVitals } from "./vitals";
import { helpers } from "./shop";

/** What `/sojourn.js?key=` puts before this file. */
interface Served {
  key: string;
  ask?: boolean;
}

const here = win as any;

/** Become what the loader has left at a name of the window. A real analytics.js there stays. */
function replace(name: string, api: Record<string, any>): void {
  const there = (here[name] = here[name] || []);
  if (!Array.isArray(there)) return;
  const waiting = there.splice(0);
  // In the same object, because pages keep it in variables of their own. Segment's loader hands a page's address along as a last argument that is none.
  Object.assign(there, api, { push: ([method, ...args]: any[]) => api[method]?.(...args.filter((value) => value?.__t !== "bpc")) });
  waiting.forEach(safely(there.push));
}

function start({ key, ask }: Served): void {
  const script = doc.currentScript as HTMLScriptElement;
  const { host, consent: rule, dnt, analytics, off: without = "" } = script.dataset;
  open({ key, host: host || new URL(script.src).origin, ask: ask || rule === "ask", deaf: dnt === "ignore" });
  const trackLink = trackOn("click");
  const trackForm = trackOn("submit");
  const screen = (...args: unknown[]): unknown => view("screen", args);
  const api = {
    ...{ track, page, screen, identify, group, alias, reset, ready, on, once, off, user, setAnonymousId, debug, addSourceMiddleware, consent, consented },
    ...{ trackLink, trackClick: trackLink, trackForm, trackSubmit: trackForm, load: ready, flush: flushNow, initialized: true, ...helpers() },
  };
  adopt();
  replace("sojourn", api);
  if (analytics !== "off") replace("analytics", api);
  const watchers = { pages: watchPages, clicks: watchClicks, forms: watchForms, errors: watchErrors, vitals: watchVitals };
  for (const [name, watch] of Object.entries(watchers)) if (!without.includes(name)) safely(watch)();
  // Last, so that on leaving it hands over what the others have just said.
  watchLeaving();
  emit("ready");
}

if (here.sojourn?.initialized) warn("the snippet is on this page twice");
else safely(start)(here.sojournSettings);
