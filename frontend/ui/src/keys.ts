// One letter does one thing: what a page offers, it says on itself (data-key), and `?` lists just that.
import { all, make, typing } from "./dom";

const PAUSE_MS = 900;
const OFF = "sojourn-keys-off";
let begun = "";
let timer = 0;

const off = (): boolean => localStorage.getItem(OFF) === "1";
const dialogOpen = (): boolean => document.querySelector("dialog[open]") !== null;
const shown = (element: HTMLElement): boolean => element.checkVisibility({ checkVisibilityCSS: true }) || element.closest(".side nav") !== null;

function offered(): HTMLElement[] {
  const everything = all("[data-key]").filter(shown);
  const inPanel = everything.filter((element) => element.closest("#panel"));
  return [...inPanel, ...everything.filter((element) => !inPanel.includes(element))];
}

/** What this page offers now: the keys, the words, and what to press. */
export function offers(): { keys: string; says: string; element: HTMLElement }[] {
  const seen = new Set<string>();
  return offered().flatMap((element) => {
    const keys = element.dataset["key"] ?? "";
    if (seen.has(keys)) return [];
    seen.add(keys);
    return [{ keys, says: element.dataset["keySays"] ?? element.getAttribute("aria-label") ?? element.textContent.trim(), element }];
  });
}

function press(element: HTMLElement): void {
  if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) {
    element.focus();
    if (element instanceof HTMLInputElement) element.select();
  } else if (element instanceof HTMLFormElement) element.requestSubmit();
  else element.click();
}

function letter(event: KeyboardEvent): boolean {
  const tried = begun ? `${begun} ${event.key}` : event.key;
  window.clearTimeout(timer);
  const found = offers();
  const hit = found.find((one) => one.keys === tried) ?? (begun ? found.find((one) => one.keys === event.key) : undefined);
  begun = "";
  if (hit) {
    press(hit.element);
    return true;
  }
  if (found.some((one) => one.keys.startsWith(`${event.key} `))) {
    begun = event.key;
    timer = window.setTimeout(() => {
      begun = "";
    }, PAUSE_MS);
    return true;
  }
  return false;
}

function search(): void {
  const field = all<HTMLInputElement>("#panel input[type=search], main input[type=search]").find((element) => element.checkVisibility());
  if (field) press(field);
  else document.querySelector<HTMLElement>("[data-palette]")?.click();
}

function row(says: string, keys: string): Node[] {
  return [make("dt", {}, says), make("dd", {}, ...keys.split(" ").map((key) => make("kbd", {}, key)))];
}

function section(title: string, rows: Node[]): HTMLElement {
  const box = make("section", { class: "stack tight" }, make("h3", { class: "small quiet" }, title));
  box.append(make("dl", {}, ...rows));
  return box;
}

/** The cheat sheet: what works on this page, now. */
export function cheat(): void {
  if (dialogOpen()) return;
  const found = offers();
  const going = found.filter((one) => one.keys.includes(" ")).flatMap((one) => row(one.says, one.keys));
  const here = found.filter((one) => !one.keys.includes(" ") && one.keys !== "/").flatMap((one) => row(one.says, one.keys));
  const always = [...row("Go anywhere, find anybody, do anything", navigator.platform.startsWith("Mac") ? "⌘ K" : "Ctrl K"), ...row(found.find((one) => one.keys === "/")?.says ?? "Search on this page", "/"), ...row("These keys", "?")];
  if (document.querySelector("#panel:not([hidden])")) always.push(...row("Close the panel", "Esc"));
  const body = make("div", { class: "cheat" }, section("Everywhere", always));
  if (here.length) body.append(section("On this page", here));
  if (document.querySelector("table[data-grid]")) body.append(section("In the table", [...row("Next, previous row", "j k"), ...row("Open", "Enter"), ...row("Open beside the list", "Space")]));
  if (going.length) body.append(section("Go to", going));
  const box = make("input", { type: "checkbox", id: "single-keys" });
  box.checked = !off();
  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "0" : "1"));
  body.append(make("label", { class: "check" }, box, "Single-letter keys are on in this browser"));
  const close = make("button", { class: "bare slim", value: "close" }, "Close");
  const head = make("form", { method: "dialog", class: "window-head" }, make("h2", {}, "Keys on this page"), close);
  const dialog = make("dialog", { class: "window", id: "cheat", "aria-label": "Keys on this page" }, head, body);
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (typing(event.target) || dialogOpen()) return;
    if (event.key === "Escape") {
      for (const menu of all<HTMLDetailsElement>("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary")?.focus();
      }
      return;
    }
    if (off() || event.key.length !== 1 || event.key === " ") return;
    if (event.key === "?") cheat();
    else if (event.key === "/") search();
    else if (!letter(event)) return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-cheat]")) {
      event.preventDefault();
      cheat();
    }
  });
}
