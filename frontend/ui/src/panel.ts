// Opens a record beside the page. The address says what is open, so it can be sent, reloaded and gone back to.
import { icon, make, ownPath } from "./dom";
import { afterSwap, announce, fetchPage, SignedOut } from "./swap";
import { toast } from "./toasts";

const NAME = "panel";
const SLOW_MS = 300;
let opener: HTMLElement | null = null;
let shown = "";
let turn: AbortController | null = null;

const asked = (): string => ownPath(new URL(location.href).searchParams.get(NAME));

/** Whether a record is open beside the page. */
export const panelOpen = (): boolean => shown !== "";

function frame(): { panel: HTMLElement; body: HTMLElement; title: HTMLElement; open: HTMLAnchorElement } {
  let panel = document.getElementById("panel");
  if (!panel) {
    const close = make("button", { class: "bare square", type: "button", "aria-label": "Close the panel", "data-close": "" }, icon("x"));
    close.addEventListener("click", () => closePanel());
    const bar = make("div", { class: "panel-bar" }, make("span", { class: "panel-title" }), make("a", { class: "button bare slim", "data-key": "o", "data-key-says": "Open as a page" }, icon("arrow-up-right"), "Open"), close);
    panel = make("aside", { id: "panel", class: "panel", tabindex: "-1", "aria-label": "Beside the page", hidden: "" }, bar, make("div", { class: "panel-body" }));
    document.body.append(panel);
  }
  return {
    panel,
    body: panel.querySelector(".panel-body") as HTMLElement,
    title: panel.querySelector(".panel-title") as HTMLElement,
    open: panel.querySelector("a") as HTMLAnchorElement,
  };
}

function waiting(): HTMLElement {
  return make("div", { class: "skeleton", "aria-label": "Loading" }, ...Array.from({ length: 8 }, () => make("i")));
}

function fill(body: HTMLElement, fresh: Document): string {
  const sheet = fresh.querySelector(".sheet") ?? fresh.querySelector("main");
  const inside = make("article", { class: "sheet" });
  if (sheet) for (const child of [...sheet.childNodes]) if (!(child instanceof Element && child.matches(".notes"))) inside.append(document.importNode(child, true));
  body.replaceChildren(inside);
  body.scrollTop = 0;
  return fresh.title.replace(/ · Sojourn$/, "").trim();
}

async function show(path: string, focus: boolean): Promise<void> {
  turn?.abort();
  turn = new AbortController();
  const { signal } = turn;
  const { panel, body, title, open } = frame();
  shown = path;
  panel.hidden = false;
  open.href = path;
  const slow = window.setTimeout(() => body.replaceChildren(waiting()), SLOW_MS);
  try {
    const { document: fresh } = await fetchPage(path, { "X-Panel": "1" }, signal);
    title.textContent = fill(body, fresh);
    panel.setAttribute("aria-label", title.textContent || "Beside the page");
    announce(body);
    mark(path);
    if (focus) panel.focus({ preventScroll: true });
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof SignedOut) location.assign(path);
    else {
      toast("This could not be loaded. Check the connection and try again.", "error");
      hide();
    }
  } finally {
    window.clearTimeout(slow);
  }
}

function mark(path: string): void {
  for (const row of document.querySelectorAll("tr[data-selected]")) row.removeAttribute("data-selected");
  if (path) for (const link of document.querySelectorAll<HTMLAnchorElement>("table[data-grid] a")) if (ownPath(link.href) === path) link.closest("tr")?.setAttribute("data-selected", "");
}

function hide(): void {
  turn?.abort();
  const { panel, body } = frame();
  const had = panel.contains(document.activeElement) || document.activeElement === document.body;
  const path = shown;
  shown = "";
  panel.hidden = true;
  body.replaceChildren();
  mark("");
  announce(panel);
  // The list may have been redrawn meanwhile: then the same link stands there anew.
  const back = opener?.isConnected ? opener : [...document.querySelectorAll<HTMLAnchorElement>("main a")].find((link) => ownPath(link.href) === path);
  if (had) (back?.closest<HTMLElement>("tr[tabindex]") ?? back)?.focus({ preventScroll: true });
  opener = null;
}

/** Open a page of this site in the panel. `keep` leaves focus where it is. */
export function openPanel(href: string, from: HTMLElement | null, keep = false): void {
  const path = ownPath(href);
  if (!path) return;
  const url = new URL(location.href);
  const already = url.searchParams.has(NAME);
  url.searchParams.set(NAME, path);
  if (!already) opener = from;
  else if (from) opener = from;
  history[already ? "replaceState" : "pushState"]({ panel: true }, "", url);
  void show(path, !keep);
}

/** Close the panel, and give the focus back. */
export function closePanel(): void {
  if ((history.state as { panel?: boolean } | null)?.panel) history.back();
  else {
    const url = new URL(location.href);
    url.searchParams.delete(NAME);
    history.replaceState(null, "", url);
    hide();
  }
}

function follow(): void {
  const path = asked();
  if (path === shown) return;
  if (path) void show(path, true);
  else hide();
}

export function startPanel(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-panel]") : null;
    if (!link) return;
    event.preventDefault();
    openPanel(link.href, link.closest("#panel") ? null : link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !panelOpen() || document.querySelector("dialog[open], details.menu[open]")) return;
    event.preventDefault();
    closePanel();
  });
  window.addEventListener("popstate", follow);
  afterSwap(() => mark(shown));
  if (asked()) void show(asked(), false);
}
