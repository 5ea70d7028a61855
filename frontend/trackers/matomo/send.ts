// Delivery: the browser takes each request over at once, so that leaving the page loses none, and no page waits for one.

import type { Settings } from "./settings";
import { joined, type Done } from "./util";

/** Characters from which Matomo's script posts what a page wants to GET. */
const LONG = 2000;
/** Bytes that browsers take with keepalive. */
const ALIVE = 60_000;
/** Hits in one bulk request. */
const MANY = 50;

const post = (s: Settings, body: string, done: Done): void => {
  const plain = s.type.startsWith("application/x-www-form-urlencoded");
  const beacon = s.beacon && plain && !!navigator.sendBeacon;
  if (beacon && navigator.sendBeacon(s.url, new Blob([body], { type: s.type }))) {
    done?.({});
    return;
  }
  const { url, type } = s;
  // Without CORS where it is not needed: a second door may know nothing of it.
  // What a beacon is too small or too busy for, keepalive is too.
  fetch(url, { method: "POST", body, keepalive: !beacon && body.length < ALIVE, mode: plain ? "no-cors" : "cors", headers: { "Content-Type": type } }).then(
    () => done?.({}),
    () => done?.(),
  );
};

const get = (s: Settings, request: string, done: Done): void => {
  const url = s.url + (s.url.includes("?") ? "&" : "?") + request;
  fetch(url, { mode: "no-cors", keepalive: true }).then(
    () => done?.({}),
    () => {
      // A page's policy may allow its tracker pictures only.
      const picture = new Image(1, 1);
      picture.onload = picture.onerror = () => done?.();
      picture.src = url;
    },
  );
};

export const send = (s: Settings, request: string, done: Done): void => {
  const changed = s.change ? s.change(request) : request;
  if (typeof changed !== "string" || !changed) return;
  const whole = joined(changed, "send_image=0");
  if (s.method === "GET" && whole.length < LONG) get(s, whole, done);
  else post(s, whole, done);
};

/** Several hits in one request. */
export const sendMany = (s: Settings, requests: string[]): void => {
  const changed = requests.map((one) => (s.change ? s.change(one) : one)).filter((one) => one && typeof one === "string");
  while (changed.length) post(s, JSON.stringify({ requests: changed.splice(0, MANY).map((one) => "?" + one), send_image: 0 }), undefined);
};
