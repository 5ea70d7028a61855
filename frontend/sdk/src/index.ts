// The snippet: takes the place of its loader, replays what was called meanwhile, and watches the page.

import { open } from "./state";
import { debug, doc, safely, win } from "./util";
import { alias, consent, consented, emit, group, identify, off, on, ready, reset, setAnonymousId, track, trackOn, user, view } from "./calls";
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
const replace = (name: string, api: Record<string, any>): void => {
  const there = (here[name] = here[name] || []);
  if (!Array.isArray(there)) return;
  const waiting = there.splice(0);
  // In the same object, because pages keep it in variables of their own. Segment's loader hands a page's address along as a last argument that is none.
  Object.assign(there, api, { push: ([method, ...args]: any[]) => api[method]?.(...args.filter((value) => value?.__t !== "bpc")) });
  waiting.forEach(safely(there.push));
};

const start = ({ key, ask }: Served): void => {
  const script = doc.currentScript as HTMLScriptElement;
  const { host, consent: rule, dnt, analytics, auto } = script.dataset;
  open({ key, url: (host || new URL(script.src).origin) + "/v1/batch", ask: ask || rule === "ask", deaf: dnt === "ignore" });
  const trackLink = trackOn("click");
  const trackForm = trackOn("submit");
  const screen = (...args: unknown[]): unknown => view("screen", args);
  const api = {
    ...{ track, page, screen, identify, group, alias, reset, ready, on, off, user, setAnonymousId, debug, consent, consented },
    ...{ trackLink, trackClick: trackLink, trackForm, trackSubmit: trackForm, load: ready, flush: flushNow, initialized: true, ...helpers() },
  };
  adopt();
  replace("sojourn", api);
  if (analytics !== "off") replace("analytics", api);
  if (auto !== "off") for (const watch of [watchPages, watchClicks, watchForms, watchErrors, watchVitals]) safely(watch)();
  // Last, so that on leaving it hands over what the others have just said.
  watchLeaving();
  emit("ready");
};

// Where it stands on a page twice, the first one works.
if (!here.sojourn?.initialized) safely(start)(here.sojournSettings);
