// Delivery: every event is kept until capture has said that it is durable, or the browser has taken it over.

import { doc, later, listen, now, random, safely, say, win, type Props } from "./util";
import { allowed, settings, shelf } from "./state";
import { VERSION } from "./version";

/** Milliseconds that events wait for others. */
const GATHER = 100;
/** Bytes in one request. Browsers take 64 KiB with keepalive and sendBeacon. */
const MOST_BYTES = 60_000;
/** Events that wait here at most; the oldest go first. */
const MOST_WAITING = 500;
/** From this age in milliseconds what another tab left behind is ours. */
const ORPHANED = 10_000;
const PLACE = "sojourn.q.";

// Every event lies under a key of its own: two tabs that write at once then cannot lose each other's.
const waiting = new Map<string, string>();
let flying: string[] = [];
let tries = 0;
let timer = 0;
let most = 50;
/** The browser's own: what the website puts in its place later is not ours to wake, and our requests are not the website's. */
const post = win.fetch;

/** Beginning with the time, so that keys sort as they came. */
export const messageId = (): string => now().toString(36) + "-" + random().slice(8);

function put(id: string, json: string): void {
  waiting.set(id, json);
  if (waiting.size > MOST_WAITING) drop([waiting.keys().next().value!]);
}

function unstore(ids: string[]): void {
  for (const id of ids) shelf((place) => place.removeItem(PLACE + id));
}

function drop(ids: string[]): void {
  for (const id of ids) waiting.delete(id);
  unstore(ids);
}

export function add(event: Props): void {
  const id = event.messageId as string;
  const json = JSON.stringify(event);
  put(id, json);
  say(event);
  // Full or blocked storage: it waits in memory.
  if (allowed()) shelf((place) => place.setItem(PLACE + id, json));
  if (!tries) wake(GATHER);
}

/** Forget what waits. */
export function clear(): void {
  drop([...waiting.keys()]);
}

function wake(ms: number): void {
  clearTimeout(timer);
  timer = later(flush, ms);
}

/** Send what waits now. */
export function flushNow(): void {
  tries = 0;
  wake(0);
}

/** Take over what other pages could not send. */
export function adopt(age = 0): void {
  if (!allowed()) return;
  shelf((place) => {
    for (const name of Object.keys(place).sort()) {
      const id = name.slice(PLACE.length);
      if (name.startsWith(PLACE) && !waiting.has(id) && now() - parseInt(id, 36) >= age) put(id, place.getItem(name)!);
    }
  });
  if (waiting.size && !age) wake(GATHER);
}

/** The next events for one request, and its body: ids, text, and bytes. */
function next(): [string[], Blob] {
  const { userAgent, language: locale, userAgentData: told } = navigator as Navigator & { userAgentData?: Props };
  const { width, height } = screen;
  // What is the same for all events of this browser.
  const context = {
    library: { name: "sojourn.js", version: VERSION },
    userAgent,
    userAgentData: told && { brands: told.brands, mobile: told.mobile, platform: told.platform },
    locale,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width, height, innerWidth, innerHeight, density: devicePixelRatio },
  };
  const head = JSON.stringify({ writeKey: settings.key, sentAt: new Date(), context }).slice(0, -1) + ',"batch":[';
  const ids: string[] = [];
  let body = new Blob();
  let parts = "";
  for (const [id, json] of waiting) {
    if (flying.includes(id)) continue;
    const more = parts + (parts && ",") + json;
    const larger = new Blob([head, more, "]}"], { type: "text/plain" });
    if (ids.length && (larger.size > MOST_BYTES || ids.length >= most)) break;
    ids.push(id);
    parts = more;
    body = larger;
  }
  return [ids, body];
}

const url = (): string => settings.host + "/v1/batch";

function flush(): void {
  adopt(ORPHANED);
  if (flying[0] || navigator.onLine === false) return;
  const [ids, body] = next();
  if (!ids[0]) return;
  flying = ids;
  // Plain text needs no preflight: one round trip fewer.
  post(url(), { method: "POST", body, keepalive: body.size <= MOST_BYTES, credentials: "omit" }).then(
    ({ status, headers }) => landed(status, +headers.get("Retry-After")!),
    () => landed(0, 0),
  );
}

const landed = safely((status: number, after: number): void => {
  const ids = flying;
  flying = [];
  if (status === 413 && ids[1]) {
    most = 1;
    wake(0);
  } else if (!status || status === 408 || status === 429 || status > 499) {
    wake(Math.max((after || 0) * 1000, Math.min(2 ** tries++, 128) * (500 + Math.random() * 500)));
  } else {
    if (status !== 200) console.error("Sojourn: events were refused with status " + status);
    tries = 0;
    drop(ids);
    if (waiting.size) wake(0);
  }
});

/** Hand everything that waits to the browser, which sends it even when the page is gone. */
export function handOver(): void {
  for (;;) {
    const [ids, body] = next();
    // What is stored can wait for the next page when capture does not answer. The rest goes now or never.
    const safe = (tries || navigator.onLine === false) && shelf((place) => place.getItem(PLACE + ids[0]));
    if (!ids[0] || safe || !navigator.sendBeacon?.(url(), body)) return;
    drop(ids);
  }
}

export function watchLeaving(): void {
  listen("online", flushNow);
  // The browser goes on with requests that are under way, so the next page need not repeat them.
  listen("pagehide", () => {
    handOver();
    unstore(flying);
  });
  listen("visibilitychange", () => doc.hidden && handOver());
}
