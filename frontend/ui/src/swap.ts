// Puts what the server answered into the page, keeping what the person has in hand: focus, folded parts, scroll, half-written text.
import htmx from "htmx.org";
import { all, token } from "./dom";

const OURS = new Set(["tabindex", "data-selected", "data-drawn", "aria-busy"]);
const after = new Set<(root: Element) => void>();

/** Called after each swap with the element that changed. */
export function afterSwap(act: (root: Element) => void): void {
  after.add(act);
}

/** Tells everybody that this element's content is new. */
export function announce(root: Element): void {
  htmx.process(root);
  for (const act of after) act(root);
}

export class SignedOut extends Error {}

/** A page or fragment of this site. Errors: SignedOut where the session has ended; Error with the status for anything but 200. */
export async function fetchPage(path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<{ document: Document; url: URL; status: number }> {
  const answer = await fetch(path, { headers, credentials: "same-origin", ...(signal ? { signal } : {}) });
  const url = new URL(answer.url);
  if (url.pathname.startsWith("/accounts/login/")) throw new SignedOut();
  return { document: new DOMParser().parseFromString(await answer.text(), "text/html"), url, status: answer.status };
}

// Not by a class: the next morph, which may come at once, would take it away.
function greet(element: HTMLElement): void {
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  element.animate([{ backgroundColor: "var(--accent-soft)" }, {}], { id: "new", duration: 1600, easing: "ease-out" });
}

/** Make `target` like `fresh`, node by node. Rows and entries that were not there before light up for a moment. */
export async function morph(target: HTMLElement, fresh: Element): Promise<void> {
  const before = new Set(all("[id]", target).map((element) => element.id));
  await htmx.swap({ target, text: fresh.outerHTML, swap: "outerMorph" });
  const now = document.getElementById(target.id) ?? target;
  if (before.size) for (const element of all("li[id], tr[id]", now)) if (!before.has(element.id)) greet(element);
  announce(now);
}

/** What a swap must leave alone. */
export function startSwap(): void {
  htmx.registerExtension("keep", {
    // A part that somebody folded or unfolded stays so; what this script set stays set; a field that is being filled in keeps its text.
    htmx_before_morph_attr: (element: Element, detail: { attrName: string; newValue: string | null }) =>
      !(element instanceof HTMLDetailsElement && detail.attrName === "open") && !(detail.newValue === null && OURS.has(detail.attrName)),
    htmx_before_morph_node: (element: Element) => !(element === document.activeElement && element.matches("input, textarea, select")),
  });
  document.addEventListener("htmx:config:request", (event) => {
    const request = (event as CustomEvent<{ ctx: { request: { method: string; headers: Record<string, string> } } }>).detail.ctx.request;
    if (request.method.toUpperCase() !== "GET") request.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.target;
    if (target instanceof Element) for (const act of after) act(target);
  });
}
