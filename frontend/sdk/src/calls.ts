// Segment's calls, with the shifting arguments of analytics.js, and the events that come of them.

import { bare, doc, isObject, later, safely, warn, type Props } from "./util";
import { allowed, forget, kept, remember, renew, settings } from "./state";
import { add, clear, handOver, messageId } from "./queue";

type Callback = (context: { event: Props }) => void;
type Heard = (...args: unknown[]) => void;
type Payload = { obj: Props } | null;
type Step = (call: { payload: Payload; next: (payload: Payload) => void }) => void;

/** Calls that wait for consent; leaving the page forgets them. */
const MOST_HELD = 100;
/** Events the snippet makes by itself on one page, and of one kind. */
const MOST_AUTOMATIC = 40;
const MOST_OF_A_KIND = 10;

let listeners: [string, Heard, Heard | undefined][] = [];
const steps: Step[] = [];
let held: Props[] = [];
let made: Record<string, number> = {};

/** Where the visitor is: Segment's `context.page`. */
function place(): Props {
  const { pathname: path, search, href } = location;
  return { path, referrer: bare(doc.referrer), search: bare(search), title: doc.title, url: bare(href) };
}

/** The campaign in the address, in Segment's words. */
function campaign(): Props | undefined {
  let found: Props | undefined;
  new URLSearchParams(location.search).forEach((value, name) => {
    if (name.startsWith("utm_")) found = { ...found, [name.slice(4).replace("campaign", "name")]: value };
  });
  return found;
}

export function emit(name: string, ...args: unknown[]): void {
  for (const [heard, fn] of listeners) if (heard === name) safely(fn)(...args);
}

function enter(event: Props): void {
  if (allowed()) add(event);
  else if (kept.k === undefined && held.length < MOST_HELD) held.push(event);
}

/** Make an event of the arguments that follow a call's own: [properties or traits], [options], [callback]. */
async function send(type: string, fields: Props, args: unknown[], ids?: Props): Promise<{ event: Props }> {
  const { context, integrations, timestamp, anonymousId, userId, messageId: id, ...others } = { ...object(args, 1), ...ids };
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
  const through = steps.concat(({ payload }) => enter(payload!.obj));
  const next: (payload: Payload) => void = safely((payload: Payload) => payload && through.shift()!({ payload, next }));
  next({ obj: event });
  const done = first<Callback>(args, isFunction);
  if (done) later(() => done({ event }));
  return { event };
}

const first = <T>(args: unknown[], is: (value: unknown) => boolean, place = 0): T | undefined => args.filter(is)[place] as T | undefined;
const isText = (value: unknown): boolean => typeof value === "string" || typeof value === "number";
const isFunction = (value: unknown): boolean => typeof value === "function";
const object = (args: unknown[], place = 0): Props => first(args, isObject, place) || {};

/** track(event, [properties], [options], [callback]). */
export async function track(event: unknown, ...args: unknown[]): Promise<unknown> {
  if (!event) return warn("track needs the event's name");
  const properties = object(args);
  emit("track", event, properties, object(args, 1));
  return send("track", { event, properties }, args);
}

/** page and screen: ([category], [name], [properties], [options], [callback]). */
export function view(type: string, args: unknown[]): Promise<unknown> {
  const [one, two] = args;
  const both = isText(one) && isText(two);
  const category = both ? one : undefined;
  const name = both ? two : first(args.slice(0, 2), isText);
  const properties = { ...(type === "page" && place()), name, category, ...object(args) };
  emit(type, category, name, properties, object(args, 1));
  return send(type, { name, category, properties }, args);
}

/** identify([id], [traits], [options], [callback]). */
export function identify(...args: unknown[]): Promise<unknown> {
  const id = isText(args[0]) ? String(args[0]) : "";
  const traits = object(args);
  // Somebody else signs in where another was signed in: the anonymous id was the other's.
  if (id && kept.u && kept.u !== id) renew();
  kept.u = id || kept.u;
  kept.t = { ...kept.t, ...traits };
  remember();
  emit("identify", kept.u, traits, object(args, 1));
  return send("identify", { traits }, args);
}

/** group([id], [traits], [options], [callback]); without arguments what is known of the group. */
export function group(...args: unknown[]): unknown {
  if (!args[0]) return { id: () => kept.g, traits: () => kept.h || {} };
  const groupId = (kept.g = isText(args[0]) ? String(args[0]) : kept.g);
  const traits = (kept.h = object(args));
  remember();
  emit("group", groupId, traits, object(args, 1));
  return send("group", { groupId, traits }, args);
}

/** alias(id, [previous id], [options], [callback]). */
export function alias(...args: unknown[]): Promise<unknown> {
  const [userId, from] = args;
  const previousId = isText(from) ? from : kept.u || kept.a;
  emit("alias", userId, previousId, object(args));
  return send("alias", { previousId }, [{}, ...args.slice(1)], { userId });
}

export function reset(): void {
  renew();
  emit("reset");
}

export const user = (): unknown => ({
  id: () => kept.u || null,
  anonymousId: (id?: string) => (id && setAnonymousId(id)) || kept.a,
  traits: () => kept.t || {},
});

export function setAnonymousId(id: string): string {
  kept.a = id;
  remember();
  return id;
}

export function on(name: string, fn: Heard, said?: Heard): void {
  listeners = [...listeners, [name, fn, said]];
}

export function off(name: string, fn?: Heard): void {
  listeners = listeners.filter(([heard, there, said]) => heard !== name || (fn && there !== fn && said !== fn));
}

export function once(name: string, fn: Heard): void {
  const only: Heard = (...args) => {
    off(name, only);
    fn(...args);
  };
  on(name, only, fn);
}

export async function ready(fn?: () => void): Promise<void> {
  if (fn) later(fn);
}

export function addSourceMiddleware(step: Step): void {
  steps.push(step);
}

/** trackLink and trackForm: (elements, event or function, [properties or function]). Nothing has to wait: what is sent on leaving arrives. */
export function trackOn(type: string): (elements: any, event: unknown, properties?: unknown) => void {
  return (elements, event, properties) => {
    const value = (of: any, element: Element): unknown => (isFunction(of) ? of(element) : of);
    for (const element of elements.addEventListener ? [elements] : elements) {
      element.addEventListener(type, () => track(value(event, element), value(properties, element)));
    }
  };
}

/** An event that the snippet makes by itself; few enough that a broken page floods nobody. */
export function notice(event: string, properties: Props): void {
  for (const counted of [event, ""]) made[counted] = (made[counted] || 0) + 1;
  if (made[event]! <= MOST_OF_A_KIND && made[""]! <= MOST_AUTOMATIC) void track(event, properties);
}

/** A new page: automatic events may come again. */
export function freshPage(): void {
  made = {};
}

/** What the visitor agreed to: `analytics` is this snippet itself, `marketing` the website's, `email`, `sms` and `push` are messages. */
export function consent(choice: Record<string, boolean>, { version: text_version }: { version?: string } = {}): void {
  const { analytics } = choice;
  const had = allowed();
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
    if (had) handOver();
    clear();
    forget();
  }
  emit("consent", choice);
}

/** Whether events are stored and sent, and whether somebody has chosen so. */
export const consented = (): unknown => ({ analytics: allowed(), chosen: kept.k !== undefined, ask: settings.ask });
