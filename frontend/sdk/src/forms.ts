// Forms: fields that refuse what was typed, and forms that were begun and left. Names of fields only, never what is in them.

import { doc, later, listen, masked, now } from "./util";
import { notice } from "./calls";
import { target } from "./clicks";

/** Milliseconds in which a refusal has its words, and is told only once. */
const TOLD_MS = 100;
/** Milliseconds after a press in which a refusal is an answer to it. */
const PRESS_MS = 2000;

type Field = HTMLInputElement;

/** Forms with something typed since a button was pressed, and the last field. */
const begun = new Map<Element | null, string>();
const refused = new WeakSet<Element>();
let pressed = 0;
let typed: Element | undefined;

const attribute = (element: Element, names: string): string =>
  names
    .split(" ")
    .map((name) => element.getAttribute(name))
    .find(Boolean) || "";
const field = (element: Element): string => attribute(element, "data-sojourn-name name id");
const form = (element: Element): Element | null => element.closest("form");
const named = (of: Element | null): string => (of ? attribute(of, "data-sojourn-name id name") : "");

/** What the website says is wrong, without what was typed; else which rule of the browser's was broken. The browser's sentence may quote what was typed. */
const why = (element: Field): string => {
  const { value, validity, type } = element;
  const ids = attribute(element, "aria-errormessage aria-describedby");
  const said = ids.split(" ").map((id) => doc.getElementById(id)?.textContent).join(" ");
  let rule = "";
  for (const name in validity) if (validity[name as keyof ValidityState] && name !== "valid") rule = name.replace(/[A-Z]/, (letter) => " " + letter.toLowerCase());
  return (type !== "password" && masked(value?.[1] ? said.split(value).join("***") : said)) || rule;
};

const refuse = (element: Element | undefined): void => {
  // A script may look at its fields whenever it likes; a person has seen a refusal only where there was a press, or in the field just left.
  if (!element || refused.has(element) || (now() - pressed > PRESS_MS && element !== typed)) return;
  refused.add(element);
  later(() => {
    refused.delete(element);
    notice("Form Field Error", { form: named(form(element)), field: field(element), message: why(element as Field) });
  }, TOLD_MS);
};

/** Say which forms were begun and are left; those still on the page only when all of it is. */
const leave = (all: boolean): void =>
  begun.forEach((last_field, element) => {
    if (!all && element!.isConnected) return;
    begun.delete(element);
    notice("Form Abandoned", { form: named(element), last_field });
  });

export const watchForms = (): void => {
  listen("input", (event: Event) => {
    const element = target(event);
    if (!element || !event.isTrusted) return;
    typed = element;
    const around = form(element);
    if (around && !around.matches("[role=search]") && (element as Field).type !== "search") begun.set(around, field(element));
  });
  listen("click", (event: Event) => {
    pressed = now();
    // A form whose button was pressed after the last input was sent, whether by the browser or by a script.
    const button = target(event)?.closest("button,[type=submit],[role=button]");
    if (button) begun.delete(form(button));
    // What the click took away is gone a moment later.
    later(() => leave(false), PRESS_MS / 4);
  });
  listen("submit", (event: Event) => begun.delete(event.target as Element));
  listen("invalid", (event: Event) => now() - pressed < PRESS_MS && refuse(target(event)));
  new MutationObserver((records) => {
    for (const record of records) {
      const element = target(record);
      if (record.oldValue !== "true" && element?.getAttribute("aria-invalid") === "true") refuse(element);
    }
  }).observe(doc, { subtree: true, attributeFilter: ["aria-invalid"], attributeOldValue: true });
  listen("pagehide", () => leave(true));
};
