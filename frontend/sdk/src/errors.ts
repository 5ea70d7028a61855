// What breaks: scripts of the website, and its requests.

import { bare, doc, later, listen, masked, now, win } from "./util";
import { notice } from "./calls";
import { answer } from "./clicks";

/** Milliseconds to wait before a request counts as failed: leaving a page breaks requests off as well. */
const BREAK_MS = 500;

/** An address of the website, or undefined: what goes wrong elsewhere, such as blocked advertising, hurts nobody. */
function ours(url: unknown): string | undefined {
  const site = (host: string): string => host.split(".").slice(-2).join(".");
  const { hostname, pathname } = new URL(String(url), location.href);
  return site(hostname) === site(location.hostname) ? pathname : undefined;
}

function broken(text: unknown, source: string, line?: number): void {
  const message = masked(String(text));
  const path = ours(source);
  // Browsers tell nothing of scripts from elsewhere; extensions and harmless notes of layout are not the website's.
  if (path && !/^Script error|^ResizeObserver/.test(message)) notice("Error Shown", { kind: "script", message, source: path, line });
}

/** Called when a request goes out; what it returns, when its answer is there: status 0 for none. */
function asked(method: unknown, address: unknown): (status: number) => void {
  const began = now();
  let url: string | undefined;
  safelyOurs();
  function safelyOurs(): void {
    try {
      url = ours(address);
    } catch {
      // Not an address; the request will say so itself.
    }
  }
  if (url) answer();
  return (status) => {
    if (!url || (status && status < 500)) return;
    later(() => {
      if (status || !(doc.hidden || navigator.onLine === false)) {
        notice("Request Failed", { method, url: bare(url!), status, duration_ms: now() - began });
      }
    }, status ? 0 : BREAK_MS);
  };
}

export function watchErrors(): void {
  listen("error", ({ message, filename, lineno }: ErrorEvent) => message && broken(message, filename, lineno));
  listen("unhandledrejection", ({ reason }: PromiseRejectionEvent) => reason?.name !== "AbortError" && broken(reason?.message || reason, location.href));
  const original = win.fetch;
  win.fetch = function (this: any, ...args) {
    const [input, init] = args;
    const request = input as Request;
    const done = asked(init?.method || request.method || "GET", request.url || input);
    const answered = original.apply(this, args);
    answered.then(
      ({ status }) => done(status),
      ({ name }) => name === "AbortError" || done(0),
    );
    return answered;
  };
  const requests = XMLHttpRequest.prototype;
  const { open } = requests;
  requests.open = function (this: XMLHttpRequest, ...args: any) {
    const done = asked(args[0], args[1]);
    listen("load error timeout", () => done(this.status), this);
    return open.apply(this, args);
  };
}
