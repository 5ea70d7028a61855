// Clicks: what was clicked, clicks in anger, and clicks on something that does nothing.

import { bare, doc, later, listen, masked, now, win, type Props } from "./util";
import { notice } from "./calls";

/** This many clicks, */
const RAGE = 3;
/** each within this many milliseconds of the one before, */
const RAGE_MS = 1000;
/** and this many pixels of the first. */
const RAGE_PIXELS = 30;
/** Milliseconds a page may take to answer a click. */
const ANSWER_MS = 1000;

const ACTIVE = "a[href],button,summary,[role=button],[role=link],[role=tab],[role=menuitem],[onclick],[type=submit],[type=button]";
/** Where clicking is typing, choosing, drawing or playing. */
const FIELD = "input:not([type=submit],[type=button]),select,option,textarea,label,video,audio,canvas,iframe,[contenteditable],[role=slider],[role=spinbutton]";

interface Burst {
  x: number;
  y: number;
  at: number;
  count: number;
  timer: number;
}

/** When the page last did something a person could notice. */
let answered = 0;
let watching = 0;
let burst: Burst = { x: 0, y: 0, at: 0, count: 0, timer: 0 };
const mutations = new MutationObserver(answer);

/** Something happened on the page. */
export function answer(): void {
  answered = now();
}

/** The element an event is about, or nothing where the page asks us to look away. */
export function target(event: { target: unknown }): Element | undefined {
  const element = event.target as Element;
  return element.closest && !element.closest("[data-sojourn-ignore]") ? element : undefined;
}

export function describe(element: Element): Props {
  const get = (name: string): string | null => element.getAttribute(name);
  const { localName, id, classList } = element;
  const href = get("href");
  return {
    label: get("data-sojourn-name") || masked(get("aria-label") || element.textContent || get("value")),
    selector: [localName + (id && "#" + id), ...classList].slice(0, 4).join("."),
    // Of mailto: and its like the address is somebody's.
    href: href ? bare(href.replace(/^(?!http)(\w+:).*/, "$1")) : undefined,
  };
}

const selects = (): boolean => !!String(getSelection());

/** Look for changes of the page until a click has had its time. */
function watch(): void {
  if (!watching++) mutations.observe(doc, { subtree: true, childList: true, attributes: true, characterData: true });
  later(() => --watching || mutations.disconnect(), ANSWER_MS * 2);
}

/** Whether a click leads somewhere we cannot see from here: another page, a file, a window, a program. */
function leads(link: HTMLAnchorElement | null, { defaultPrevented }: Event): boolean {
  if (!link) return false;
  const { href, target } = link;
  const other = href.split("#")[0] !== location.href.split("#")[0];
  return (other && !defaultPrevented) || (!!target && target !== "_self") || link.hasAttribute("download") || !/^(http|javascript)/.test(href) || /\.(?!html?$|php$)\w{2,4}$/.test(link.pathname);
}

export function watchClicks(): void {
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
    // Clicks by keyboard have no place; those with a modifier open tabs and windows.
    if (!event.detail || event.ctrlKey || event.metaKey || event.shiftKey || element.closest(FIELD)) return;
    const { clientX: x, clientY: y } = event;
    if (now() - burst.at > RAGE_MS || Math.hypot(x - burst.x, y - burst.y) > RAGE_PIXELS) burst = { x, y, at: 0, count: 0, timer: 0 };
    const mine = burst;
    mine.at = now();
    clearTimeout(mine.timer);
    if (++mine.count >= RAGE) {
      mine.timer = later(() => selects() || notice("Rage Click", { ...what, count: mine.count }), RAGE_MS);
    } else if (active || getComputedStyle(element).cursor === "pointer") {
      const start = began;
      watch();
      later(() => answered >= start || mine.count >= RAGE || selects() || leads(link, event) || doc.hidden || notice("Dead Click", what), ANSWER_MS);
    }
  });
  listen("scroll submit reset invalid toggle play pause copy hashchange popstate beforeunload pagehide fullscreenchange", answer);
  // Clicking a button takes the focus from a field: no answer. That the window loses it, or that a field gets it, is one.
  listen("blur focusin", ({ target: who, type }: Event) => (who === win || (type === "focusin" && (who as Element).closest?.(FIELD))) && answer());
}
