// Page views, also those without a new document, and ways back.

import { later, listen, now, safely } from "./util";
import { freshPage, notice, view } from "./calls";

/** Milliseconds after which a way back says nothing about the page. */
const SHORT = 10_000;
/** Milliseconds in which a page may set its title, or call page() itself. */
const SETTLE = 30;

let seen = "";
let before = "";
let path = "";
let since = 0;
let pending = 0;
let manual = false;
let counted = false;

/** What makes an address a page of its own. A hash does only where it is a route. */
const address = (): string => location.pathname + location.search + (/^#!?\//.test(location.hash) ? location.hash : "");

/** Count the page now that is about to be counted. */
const settle = (): void => {
  if (!pending) return;
  clearTimeout(pending);
  pending = 0;
  counted = true;
  // Dated when the page came: what happened on it comes after its view.
  void view("page", [{}, { timestamp: new Date(since) }]);
};

const arrive = (): void => {
  // A page that leads on at once was a redirect.
  clearTimeout(pending);
  before = seen;
  seen = address();
  path = location.pathname;
  since = now();
  counted = false;
  freshPage();
  if (!manual) pending = later(settle, SETTLE);
};

/** The visitor may be on another page now. Replacing what follows the path is tidying, not moving. */
const moved = (type: string): void => {
  if (address() === seen || (type === "replaceState" && location.pathname === path)) return;
  const after_ms = now() - since;
  const from = path;
  const back = address() === before;
  arrive();
  if (back && type === "popstate" && after_ms < SHORT) notice("Back Tracked", { from, to: path, after_ms });
};

/** page() called by the website. From then on it says itself what a page is; a view that we have counted already is not counted again. */
export const page = async (...args: unknown[]): Promise<unknown> => {
  clearTimeout(pending);
  pending = 0;
  const again = counted && !manual && !args[0];
  manual = true;
  return again ? undefined : view("page", args);
};

export const watchPages = (): void => {
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (...args) {
      original.apply(this, args);
      safely(moved)(name);
    };
  }
  listen("popstate", ({ type }: Event) => moved(type));
  // The browser brings a page back as it was: seen once more.
  listen("pageshow", ({ persisted }: PageTransitionEvent) => persisted && arrive());
  listen("pagehide", settle);
  arrive();
};
