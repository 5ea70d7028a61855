// Small helpers that every part uses.
import icons from "virtual:icons";

/** All matches below `root`, typed. */
export function all<T extends HTMLElement = HTMLElement>(selector: string, root: ParentNode = document): T[] {
  return [...root.querySelectorAll<T>(selector)];
}

/** An element with attributes and children; text children are text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The token of the page's forms, for requests that change something. Empty where nobody is signed in. */
export const token = (): string => document.body.dataset["csrf"] ?? "";

/** Whether the person is writing, so that letters are letters. */
export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]") !== null;
}

/** A path on this site ("/people/7/"), or empty for anything else. */
export function ownPath(href: string | null): string {
  if (!href) return "";
  const url = new URL(href, location.href);
  return url.origin === location.origin ? url.pathname + url.search : "";
}

/** Send a form that the page does not hold. */
export function post(path: string, fields: Record<string, string> = {}): void {
  const form = make("form", { method: "post", action: path, hidden: "" });
  for (const [name, value] of Object.entries({ ...fields, csrfmiddlewaretoken: token() })) form.append(make("input", { type: "hidden", name, value }));
  document.body.append(form);
  form.submit();
}

/** An icon of the script's own few; an empty one for a name it has not. */
export function icon(name: string): SVGElement {
  const box = document.createElement("template");
  box.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${icons[name] ?? ""}</svg>`;
  return box.content.firstElementChild as SVGElement;
}
