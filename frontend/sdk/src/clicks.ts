// Clicks: what was clicked, clicks in anger, and clicks on something that does nothing.

import { bare, doc, later, listen, masked, now, type Props } from "./util";
import { notice } from "./calls";

/** This many clicks, */
const RAGE = 3;
/** each within this many milliseconds of the one before, */
const RAGE_MS = 1000;
/** and this many pixels of the first. */
const RAGE_PIXELS = 30;
/** Milliseconds a page may take to answer a click. */
const ANSWER_MS = 1000;

const ACTIVE = "a[href],button,summary,[role=button],[role=link],[role=tab],[onclick],[type=submit],[type=button]";
/** Where clicking is typing, choosing, drawing or playing. */
const FIELD = "input:not([type=submit],[type=button]),select,textarea,label,video,canvas,iframe,[contenteditable]";

interface Burst {
  x: number;
  y: number;
  at: number;
  count: number;
}

/** When the page last did something a person could notice. */
let answered = 0;
let watching = 0;
let burst: Burst = { x: 0, y: 0, at: 0, count: 0 };


/** Something happened on the page. */
export const answer = (): void => {
  answered = now();
};
const mutations = new MutationObserver(answer);

/** The element an event is about, or nothing where the page asks us to look away. */
export const target = (event: { target: unknown }): Element | undefined => {
  const element = event.target as Element;
  return element.closest && !element.closest("[data-sojourn-ignore]") ? element : undefined;
};

export const describe = (element: Element): Props => {
  const get = (name: string): string | null => element.getAttribute(name);
  const { localName, id, classList } = element;
  const href = get("href");
  return {
    label: get("data-sojourn-name") || masked(get("aria-label") || element.textContent || get("value")),
    selector: [localName + (id && "#" + id), ...classList].slice(0, 4).join("."),
    // Of mailto: and its like the address is somebody's.
    href: href ? bare(href.replace(/^(?!http)(\w+:).*/, "$1")) : undefined,
  };
};

const selects = (): boolean => !!String(getSelection());

/** Look for changes of the page until a click has had its time. */
const watch = (): void => {
  if (!watching++) mutations.observe(doc, { subtree: true, childList: true, attributes: true, characterData: true });
  later(() => --watching || mutations.disconnect(), ANSWER_MS * 2);
};

export const watchClicks = (): void => {
  let began = 0;
  // Many pages answer when the finger goes down, before there is a click.
  listen("pointerdown", () => {
    began = now();
    watch();
  });
  listen("click", (event: MouseEvent) => {
    const element = target(event);
    if (!element || !event.isTrusted) return;
    const active = element.closest(ACTIVE);
    const what = describe(active || element);
    const link = element.closest<HTMLAnchorElement>("a[href]");
    if (active) notice(link ? "Link Clicked" : "Button Clicked", what);
    // Clicks by keyboard have no place.
    if (!event.detail || element.closest(FIELD)) return;
    const { clientX: x, clientY: y } = event;
    if (now() - burst.at > RAGE_MS || Math.hypot(x - burst.x, y - burst.y) > RAGE_PIXELS) burst = { x, y, at: 0, count: 0 };
    const mine = burst;
    mine.at = now();
    if (++mine.count === RAGE) later(() => selects() || notice("Rage Click", { ...what, count: mine.count }), RAGE_MS);
    if (active || getComputedStyle(element).cursor === "pointer") {
      const start = began;
      const { href } = location;
      // A link that leads elsewhere has been followed unless a script took the click upon itself: to a page, a file, a window, a program.
      const leads = (): boolean => !!link && !event.defaultPrevented && !/^javascript/.test(link.href) && link.href.split("#")[0] !== href.split("#")[0];
      // Without the focus the page lies behind a dialog; a field that has it now was given it by the click.
      const noticed = (): boolean => answered >= start || location.href !== href || !doc.hasFocus() || doc.activeElement!.matches(FIELD);
      later(() => noticed() || mine.count >= RAGE || selects() || leads() || notice("Dead Click", what), ANSWER_MS);
    }
  });
  listen("scroll resize submit invalid beforeunload", answer);
};
