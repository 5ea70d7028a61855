// Segment's calls, with the shifting arguments of analytics.js, and the events that come of them.

import { bare, doc, isObject, later, safely, warn, type Props } from "./util";
import { allowed, forget, kept, remember, renew, settings } from "./state";
import { add, clear, handOver, messageId } from "./queue";

type Callback = (context: { event: Props }) => void;
type Heard = (...args: unknown[]) => void;

/** Calls that wait for consent; leaving the page forgets them. */
const MOST_HELD = 100;
/** Events of a kind that the snippet makes by itself on one page. */
const MOST_OF_A_KIND = 10;

let listeners: [string, Heard][] = [];
let held: Props[] = [];
let made: Record<string, number> = {};

/** Where the visitor is: Segment's `context.page`. */
const place = (): Props => {
  const { pathname: path, search, href } = location;
  return { path, referrer: bare(doc.referrer), search: bare(search), title: doc.title, url: bare(href) };
};

/** The campaign in the address, in Segment's words. */
const campaign = (): Props | undefined => {
  let found: Props | undefined;
  new URLSearchParams(location.search).forEach((value, name) => {
    if (name.startsWith("utm_")) found = { ...found, [name.slice(4).replace("campaign", "name")]: value };
  });
  return found;
};

export const emit = (name: string, ...args: unknown[]): void => {
  for (const [heard, fn] of listeners) if (heard === name) safely(fn)(...args);
};

/** Make an event of the arguments that follow a call's own: [properties or traits], [options], [callback]. */
const send = async (type: string, heard: unknown[], fields: Props, args: unknown[]): Promise<{ event: Props }> => {
  const options = object(args, 1);
  emit(type, ...heard, options);
  const { context, integrations, timestamp, anonymousId, userId, messageId: id, ...others } = options;
  const event: Props = {
    type,
    messageId: id || messageId(),
    timestamp: timestamp || new Date(),
    anonymousId: anonymousId || kept.a,
    userId: userId || kept.u,
    ...fields,
    context: { page: place(), campaign: campaign(), ...others, ...(context as Props) },
    integrations,
  };
  if (allowed()) add(event);
  else if (kept.k === undefined && held.length < MOST_HELD) held.push(event);
  const done = first<Callback>(args, isFunction);
  if (done) later(() => done({ event }));
  return { event };
};

const first = <T>(args: unknown[], is: (value: unknown) => boolean, place = 0): T | undefined => args.filter(is)[place] as T | undefined;
const isText = (value: unknown): boolean => typeof value === "string" || typeof value === "number";
const isFunction = (value: unknown): boolean => typeof value === "function";
const object = (args: unknown[], place = 0): Props => first(args, isObject, place) || {};

/** track(event, [properties], [options], [callback]). */
export const track = async (event: unknown, ...args: unknown[]): Promise<unknown> => {
  if (!event) return warn("track needs the event's name");
  const properties = object(args);
  return send("track", [event, properties], { event, properties }, args);
};

/** page and screen: ([category], [name], [properties], [options], [callback]). */
export const view = (type: string, args: unknown[]): Promise<unknown> => {
  const texts = args.slice(0, 2).filter(isText);
  const name = texts.pop();
  const category = texts.pop();
  const properties = { ...(type === "page" && place()), name, category, ...object(args) };
  return send(type, [category, name, properties], { name, category, properties }, args);
};

/** identify([id], [traits], [options], [callback]). */
export const identify = (...args: unknown[]): Promise<unknown> => {
  const id = first<string>(args, isText);
  const traits = object(args);
  // Somebody else signs in where another was signed in: the anonymous id was the other's.
  if (id && kept.u && kept.u !== id) renew();
  kept.u = id || kept.u;
  kept.t = { ...kept.t, ...traits };
  remember();
  return send("identify", [kept.u, traits], { traits }, args);
};

/** group(id, [traits], [options], [callback]). */
export const group = (...args: unknown[]): Promise<unknown> => {
  const [groupId] = args;
  const traits = object(args);
  return send("group", [groupId, traits], { groupId, traits }, args);
};

/** alias(id, [previous id], [options], [callback]). */
export const alias = (...args: unknown[]): Promise<unknown> => {
  const [userId] = args;
  const previousId = first(args, isText, 1) || kept.u || kept.a;
  return send("alias", [userId, previousId], { userId, previousId }, [{}, ...args]);
};

export const reset = (): void => {
  renew();
  emit("reset");
};

export const user = (): unknown => ({
  id: () => kept.u || null,
  anonymousId: () => kept.a,
  traits: () => kept.t || {},
});

export const setAnonymousId = (id: string): void => {
  kept.a = id;
  remember();
};

export const on = (name: string, fn: Heard): void => {
  listeners.push([name, fn]);
};

export const off = (name: string, fn?: Heard): void => {
  listeners = listeners.filter(([heard, there]) => heard !== name || (fn && there !== fn));
};

export const ready = async (fn?: () => void): Promise<void> => {
  if (fn) later(fn);
};

/** trackLink and trackForm: (elements, event or function, [properties or function]). Nothing has to wait: what is sent on leaving arrives. */
export const trackOn = (type: string): (elements: any, event: unknown, properties?: unknown) => void => {
  return (elements, event, properties) => {
    const value = (of: any, element: Element): unknown => (isFunction(of) ? of(element) : of);
    for (const element of elements.addEventListener ? [elements] : elements) {
      element.addEventListener(type, () => track(value(event, element), value(properties, element)));
    }
  };
};

/** An event that the snippet makes by itself; few enough that a broken page floods nobody. */
export const notice = (event: string, properties: Props): void => {
  made[event] = (made[event] || 0) + 1;
  if (made[event]! <= MOST_OF_A_KIND) void track(event, properties);
};

/** A new page: automatic events may come again. */
export const freshPage = (): void => {
  made = {};
};

/** What the visitor agreed to: `analytics` is this snippet itself, `marketing` the website's, `email`, `sms` and `push` are messages. */
export const consent = (choice: Record<string, boolean>, { version: text_version }: { version?: string } = {}): void => {
  const { analytics } = choice;
  if (analytics) {
    kept.k = 1;
    remember();
    held.forEach(add);
  }
  if (analytics !== undefined) held = [];
  for (const name in choice) {
    const site = /^(analytics|marketing)$/.test(name);
    void track("Consent Changed", { channel: site ? "web" : name, purpose: site ? name : "marketing", granted: choice[name], text_version });
  }
  if (analytics === false) {
    handOver();
    clear();
    forget();
  }
  emit("consent", choice);
};

/** Whether events are stored and sent, and whether somebody has chosen so. */
export const consented = (): unknown => ({ analytics: allowed(), chosen: kept.k !== undefined, ask: settings.ask });
