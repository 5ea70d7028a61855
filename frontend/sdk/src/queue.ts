// Delivery: every event is kept until capture has said that it is durable, or the browser has taken it over.

import { doc, later, listen, now, random, safely, say, warn, win, type Props } from "./util";
import { allowed, settings, shelf } from "./state";
import { VERSION } from "./version";

/** Milliseconds that events wait for others. */
const GATHER = 100;
/** Of a batch. Browsers take 64 KiB with keepalive and sendBeacon, and a character has at most three bytes. */
const MOST_CHARACTERS = 19_000;
/** Events that wait here at most; the oldest go first. */
const MOST_WAITING = 500;
const PLACE = "sojourn.q.";

// Every event lies under a key of its own: two tabs that write at once then cannot lose each other's.
const waiting = new Map<string, string>();
let flying: string[] = [];
let tries = 0;
let timer = 0;
/** The browser's own: what the website puts in its place later is not ours to wake, and our requests are not the website's. */
const post = win.fetch;

/** Beginning with the time, so that keys sort as they came. */
export const messageId = (): string => now().toString(36) + "-" + random();

const put = (id: string, json: string): void => {
  waiting.set(id, json);
  if (waiting.size > MOST_WAITING) drop([waiting.keys().next().value!]);
};

const drop = (ids: string[]): void => {
  for (const id of ids) {
    waiting.delete(id);
    shelf((place) => place.removeItem(PLACE + id));
  }
};

export const add = (event: Props): void => {
  const id = event.messageId as string;
  const json = JSON.stringify(event);
  put(id, json);
  say(event);
  // Full or blocked storage: it waits in memory.
  if (allowed()) shelf((place) => place.setItem(PLACE + id, json));
  if (!tries) wake(GATHER);
};

/** Forget what waits. */
export const clear = (): void => {
  drop([...waiting.keys()]);
};

const wake = (ms: number): void => {
  clearTimeout(timer);
  timer = later(flush, ms);
};

/** Send what waits now. */
export const flushNow = (): void => {
  tries = 0;
  wake(0);
};

/** Take over what other pages could not send. */
export const adopt = (): unknown =>
  allowed() &&
  shelf((place) => {
    for (const name of Object.keys(place).sort()) {
      if (name.startsWith(PLACE)) put(name.slice(PLACE.length), place.getItem(name)!);
    }
    wake(GATHER);
  });

/** The next events for one request: their ids, and its body. */
const next = (): [string[], string] => {
  const { userAgent, language: locale, userAgentData } = navigator as Navigator & { userAgentData?: Props };
  const { width, height } = screen;
  // What is the same for all events of this browser.
  const context = {
    library: { name: "sojourn.js", version: VERSION },
    userAgent,
    userAgentData,
    locale,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width, height, density: devicePixelRatio },
  };
  const ids: string[] = [];
  let batch = "";
  for (const [id, json] of waiting) {
    if (flying.includes(id)) continue;
    if (batch && batch.length + json.length > MOST_CHARACTERS) break;
    ids.push(id);
    batch += (batch && ",") + json;
  }
  return [ids, JSON.stringify({ writeKey: settings.key, sentAt: new Date(), context }).replace(/}$/, () => `,"batch":[${batch}]}`)];
};

const flush = (): void => {
  if (flying[0]) return;
  const [ids, body] = next();
  if (!ids[0]) return;
  flying = ids;
  // Text needs no preflight: one round trip fewer.
  post(settings.url, { method: "POST", body, keepalive: body.length < 20_000 }).then(
    ({ status, headers }) => landed(status, +headers.get("Retry-After")!),
    // Leaving ends requests too, before all that listen to it have been heard. That is no trouble of the server's, and a page that is gone never comes to this.
    () => later(() => landed(0, 0)),
  );
};

const landed = safely((status: number, after: number): void => {
  const ids = flying;
  flying = [];
  if (!status || status === 408 || status === 429 || status > 499) {
    wake(Math.max(after * 1000 || 0, Math.min(2 ** tries++, 128) * (500 + Math.random() * 500)));
  } else {
    if (status !== 200) warn("events were refused with status " + status);
    tries = 0;
    drop(ids);
    if (waiting.size) wake(0);
  }
});

/** Hand everything that waits to the browser, which sends it even when the page is gone. */
export const handOver = (): void => {
  for (;;) {
    const [ids, body] = next();
    // What is stored can wait for the next page when capture does not answer. The rest goes now or never.
    const safe = (tries || navigator.onLine === false) && shelf((place) => place.getItem(PLACE + ids[0]));
    if (!ids[0] || safe || !navigator.sendBeacon?.(settings.url, body)) return;
    drop(ids);
  }
};

export const watchLeaving = (): void => {
  listen("online", flushNow);
  // What is under way stays stored: nobody will read its answer here, so the next page sends it again.
  listen("pagehide", handOver);
  listen("visibilitychange", () => doc.hidden && handOver());
};
