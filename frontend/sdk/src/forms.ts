// Forms: fields that refuse what was typed, and forms that were begun and left. Names of fields only, never what is in them.

import { doc, later, listen, masked, now } from "./util";
import { notice } from "./calls";
import { target } from "./clicks";

/** A field that is refused twice within this time was refused once. */
const SAME_MS = 1500;
/** A button of the form that was pressed this shortly before leaving has sent it. */
const SENT_MS = 5000;
/** Milliseconds after a press in which a refusal is an answer to it. */
const PRESS_MS = 2000;

type Field = HTMLInputElement;

/** Forms with something typed: the last field, and when a button was pressed since. */
const begun = new Map<Element, [string, number]>();
const refused = new WeakMap<Element, number>();
let pressed = 0;
let typed: Element | undefined;

const attribute = (element: Element, names: string): string =>
  names
    .split(" ")
    .map((name) => element.getAttribute(name))
    .find(Boolean) || "";
const field = (element: Element): string => attribute(element, "data-sojourn-name name id autocomplete type");
const form = (element: Element): Element | null => element.closest("form,[role=form]");
const named = (of: Element | null): string => (of ? attribute(of, "data-sojourn-name id name action") : "");

/** What the website says is wrong, without what was typed; else which rule of the browser's was broken. The browser's sentence may quote what was typed. */
function why(element: Field): string {
  const { value, validity, type } = element;
  const ids = attribute(element, "aria-errormessage aria-describedby");
  const said = ids.split(" ").map((id) => doc.getElementById(id)?.textContent).join(" ");
  let rule = "";
  for (const name in validity) if (validity[name as keyof ValidityState] && name !== "valid") rule = name.replace(/[A-Z]/, (letter) => " " + letter.toLowerCase());
  return (type !== "password" && masked(value?.[1] ? said.split(value).join("***") : said)) || rule;
}

function refuse(element: Element | undefined): void {
  // A script may look at its fields whenever it likes; a person has seen a refusal only where there was a press, or in the field just left.
  if (!element || (now() - pressed > PRESS_MS && element !== typed) || now() - (refused.get(element) || 0) < SAME_MS) return;
  refused.set(element, now());
  // The text often comes right after.
  later(() => notice("Form Field Error", { form: named(form(element)), field: field(element), message: why(element as Field) }), 50);
}

/** Say which forms were begun and are left; those still on the page only when all of it is. */
function leave(all: boolean): void {
  begun.forEach(([last_field, at], element) => {
    if (!all && element.isConnected) return;
    begun.delete(element);
    if (now() - at > SENT_MS) notice("Form Abandoned", { form: named(element), last_field });
  });
}

export function watchForms(): void {
  listen("input", (event: Event) => {
    const element = target(event);
    if (!element || !event.isTrusted) return;
    typed = element;
    const around = form(element);
    if (around && !around.closest("[role=search]") && (element as Field).type !== "search") begun.set(around, [field(element), 0]);
  });
  listen("click keydown", (event: KeyboardEvent) => {
    if (event.key && event.key !== "Enter") return;
    pressed = now();
    const button = target(event)?.closest("button,[type=submit],[role=button]");
    const mine = button && begun.get(form(button)!);
    if (mine) mine[1] = pressed;
  });
  listen("submit reset", (event: Event) => begun.delete(event.target as Element));
  listen("invalid", (event: Event) => now() - pressed < PRESS_MS && refuse(target(event)));
  new MutationObserver((records) => {
    for (const record of records) {
      const element = target(record);
      if (record.oldValue !== "true" && element?.getAttribute("aria-invalid") === "true") refuse(element);
    }
  }).observe(doc, { subtree: true, attributeFilter: ["aria-invalid"], attributeOldValue: true });
  listen("popstate click", () => later(() => leave(false), 500));
  listen("pagehide", () => leave(true));
}
