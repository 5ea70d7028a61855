// The heart of a tracker: how a hit is composed, who may see it, and when it goes.

import { within } from "./links";
import { send, sendMany } from "./send";
import { initial } from "./settings";
import { timings } from "./timings";
import { chance, doc, joined, listen, query, win, type Done, type Values } from "./util";
import { makeVisitor } from "./visitor";

export const CONSENT = "mtm_consent";
export const REFUSED = "mtm_consent_removed";

/** What Matomo's plugins add to a request of this kind. */
export type Ask = (hook: string) => string;

export const makeCore = (url: string, site: string, ask: Ask) => {
  const s = initial(url, site);
  const visitor = makeVisitor(s);
  /** Whether the page asks for consent, whether there is one, and whether hits wait for it. */
  const gate = { asks: false, open: !visitor.read(REFUSED), holds: false };
  /** Until consent: what was tracked, and when. */
  let held: [string, Done, string][] = [];
  let queued: string[] = [];
  let timer = 0;
  const timing = timings(s);

  const address = (): string => visitor.clean(s.address ? new URL(s.address, location.href).href : location.href);

  /** Everything about a hit but who sends it, which is known when it goes. */
  const compose = (fields: string, custom?: unknown, hook = ""): string => {
    const now = new Date();
    const referrer = s.referrer && within(s.referrer, s.excludedReferrers) ? "" : s.referrer;
    return joined(
      fields,
      query({
        idsite: s.site,
        rec: 1,
        r: chance(3),
        h: now.getHours(),
        m: now.getMinutes(),
        s: now.getSeconds(),
        url: address(),
        urlref: referrer && visitor.clean(referrer),
        lang: navigator.language,
        pv_id: s.view,
        ...s.dimensions,
        ...extras(custom, s.data),
        cvar: written(s.variables.page),
        _cvar: written(s.variables.visit),
        e_cvar: hook === "event" ? written(s.variables.event) : "",
        ...timing(),
      }),
      s.features ? query({ cookie: visitor.allowed() ? 1 : "", res: `${screen.width}x${screen.height}` }) : "",
      ask(hook),
      s.appended,
    );
  };

  const silent = (): boolean => !s.url || !s.site || visitor.dnt() || (location.protocol === "file:" && !s.files);

  const deliver = (request: string, done?: Done): void => {
    core.lastAt = Date.now();
    if (silent()) return;
    if (gate.open) send(s, joined(request, visitor.identity()), done);
    else if (gate.holds) held.push([request, done, new Date().toISOString()]);
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = 0;
    if (queued.length) sendMany(s, queued.splice(0));
  };
  listen(win, "pagehide", flush);
  listen(doc, "visibilitychange", () => doc.visibilityState === "hidden" && flush());

  const core = {
    s,
    visitor,
    gate,
    address,
    compose,
    deliver,
    /** When the last hit was. */
    lastAt: Date.now(),
    track: (fields: Values, custom?: unknown, hook = "", done?: Done): void => deliver(compose(query(fields), custom, hook), done),
    /** Several hits in one request. */
    many: (requests: string[]): void => {
      if (!gate.open) for (const one of requests) deliver(one);
      else if (!silent()) sendMany(s, requests.map((one) => joined(one, visitor.identity())));
    },
    /** With others, in a moment. */
    enqueue: (request: string): void => {
      if (!s.queue || !gate.open || silent()) return deliver(request);
      queued.push(joined(request, visitor.identity()));
      timer ||= setTimeout(flush, s.queueMs) as unknown as number;
    },
    /** Send what waited for consent, with the time when it was, and that of now: the difference is right even where this clock is not. */
    release: (): void => {
      for (const [request, done, cdt] of held.splice(0)) deliver(joined(request, query({ cdt, sent_at: new Date().toISOString() })), done);
    },
    forgetQueued: (): void => {
      queued = [];
    },
  };
  return core;
};
export type Core = ReturnType<typeof makeCore>;

/** Of what a page gives along, dimensions are parameters of their own. */
const extras = (custom: unknown, data: Values): Values => {
  const out: Values = {};
  const rest: Values = { ...data };
  const given = typeof custom === "object" && custom ? (custom as Values) : {};
  for (const name in given) (/^dimension\d+$/.test(name) ? out : rest)[name] = given[name];
  return { ...out, data: written(rest) };
};

const written = (what: object | undefined): string => (what && Object.keys(what).length ? JSON.stringify(what) : "");
