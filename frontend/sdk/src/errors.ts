// What breaks: scripts of the website, and its requests.

import { bare, doc, later, listen, masked, safely, win } from "./util";
import { notice } from "./calls";
import { answer } from "./clicks";

/** Milliseconds to wait before a request counts as failed: leaving a page breaks requests off as well. */
const BREAK_MS = 500;

/** An address of the website, or undefined: what goes wrong elsewhere, such as blocked advertising, hurts nobody. */
const ours = (url: unknown): string | undefined => {
  const site = (host: string): string => host.split(".").slice(-2).join(".");
  const { hostname, pathname } = new URL(String(url), location.href);
  return site(hostname) === site(location.hostname) ? pathname : undefined;
};

const broken = (text: unknown, source: string): void => {
  const message = masked(String(text));
  const path = ours(source);
  // Browsers tell nothing of scripts from elsewhere; extensions and harmless notes of layout are not the website's.
  if (path && !/^Script error|^ResizeObserver/.test(message)) notice("Error Shown", { message, source: path });
};

/** Called when a request goes out; what it returns, when its answer is there: status 0 for none. */
const asked = (address: unknown): ((status: number) => void) => {
  let url: string | undefined;
  // Where it is no address the request will say so itself.
  safely(() => (url = ours(address)))();
  if (url) answer();
  return (status) => {
    if (!url || (status && status < 500)) return;
    later(() => (status || !doc.hidden) && notice("Request Failed", { url: bare(url!), status }), status ? 0 : BREAK_MS);
  };
};

export const watchErrors = (): void => {
  listen("error", ({ message, filename }: ErrorEvent) => message && broken(message, filename));
  listen("unhandledrejection", ({ reason }: PromiseRejectionEvent) => reason?.name !== "AbortError" && broken(reason?.message || reason, location.href));
  const original = win.fetch;
  win.fetch = function (this: any, ...args) {
    const done = asked((args[0] as Request).url || args[0]);
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
    const done = asked(args[1]);
    listen("load error timeout", () => done(this.status), this);
    return open.apply(this, args);
  };
};
