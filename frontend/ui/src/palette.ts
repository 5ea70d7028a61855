// Ctrl or Cmd and K: go anywhere, find anybody, do anything. `>` only actions, `#` an id, `@` a person.
import { all, icon, make, ownPath, post } from "./dom";
import { cheat, offers } from "./keys";
import { openPanel } from "./panel";
import { setTheme, THEMES } from "./theme";

const WAIT_MS = 90;
const KEPT = 8;

type Item = { title: string; hint?: string; icon?: string; href?: string; post?: string; ask?: string; kind?: string };
type Group = { title: string; items: Item[] };
type Entry = Item & { run?: () => void };

const store = (): string => `sojourn-recent:${document.body.dataset["workspace"] ?? ""}`;

function recents(): Item[] {
  try {
    return JSON.parse(localStorage.getItem(store()) ?? "[]") as Item[];
  } catch {
    return [];
  }
}

function remember(item: Item): void {
  if (!item.href) return;
  const kept = [{ title: item.title, hint: item.hint ?? "", icon: item.icon ?? "history", href: item.href }, ...recents().filter((one) => one.href !== item.href)];
  localStorage.setItem(store(), JSON.stringify(kept.slice(0, KEPT)));
}

/** What this browser can do by itself: what the page offers under a key, themes, the cheat sheet, the address. */
function ownActions(): Entry[] {
  const here = offers().filter((one) => !one.keys.includes(" ") && one.says);
  return [
    ...here.map((one): Entry => ({ title: one.says, hint: one.keys, icon: "bolt", run: () => one.element.click() })),
    { title: "Copy the address of this page", icon: "link", run: () => void navigator.clipboard.writeText(location.href) },
    { title: "Show the keys of this page", hint: "?", icon: "keyboard", run: cheat },
    ...THEMES.map((name): Entry => ({ title: `Colours: ${name === "system" ? "as the system has them" : name === "contrast" ? "high contrast" : name}`, icon: "palette", run: () => setTheme(name) })),
  ];
}

const matches = (item: Item, text: string): boolean => text.toLowerCase().split(/\s+/).every((word) => item.title.toLowerCase().includes(word));

class Palette {
  readonly dialog: HTMLDialogElement;
  readonly input: HTMLInputElement;
  readonly list: HTMLElement;
  entries: Entry[] = [];
  chosen = 0;
  turn: AbortController | null = null;
  timer = 0;
  /** The text that the shown entries answer; where another one is in the field, its answer is on the way. */
  answered: string | null = null;
  /** Enter came before the answer: the first of what it brings is run then. */
  pressed: { elsewhere: boolean } | null = null;

  constructor() {
    this.input = make("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": "Go anywhere, find anybody, do anything", placeholder: "Where to, or whom?", autocomplete: "off", spellcheck: "false", maxlength: "200" });
    this.list = make("div", { id: "palette-list", class: "palette-list", role: "listbox", "aria-label": "Found" });
    const key = (name: string): HTMLElement => make("kbd", {}, name);
    const foot = make("div", { class: "palette-foot" }, make("span", {}, key("↑"), key("↓"), "choose"), make("span", {}, key("Enter"), "open"), make("span", {}, key(">"), "actions"), make("span", {}, key("@"), "people"), make("span", {}, key("#"), "id"));
    this.dialog = make("dialog", { class: "window", id: "palette", "aria-label": "Palette" }, make("div", { class: "palette-field" }, icon("search"), this.input), this.list, foot);
    document.body.append(this.dialog);
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointermove", (event) => this.point(event));
    this.list.addEventListener("click", (event) => {
      this.point(event);
      this.run(event.ctrlKey || event.metaKey);
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  open(text = ""): void {
    if (this.dialog.open) return;
    const before = document.activeElement;
    this.dialog.addEventListener("close", () => before instanceof HTMLElement && document.activeElement === document.body && before.focus(), { once: true });
    this.input.value = text;
    this.pressed = this.answered = null;
    this.entries = [];
    this.list.replaceChildren();
    this.dialog.showModal();
    void this.ask();
  }

  later(): void {
    this.pressed = null;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), WAIT_MS);
  }

  async ask(): Promise<void> {
    window.clearTimeout(this.timer);
    const text = this.input.value.trim();
    const plain = text.startsWith(">") ? text.slice(1).trim() : text;
    const own: Group = { title: "Actions", items: /^[#@]/.test(text) || (!text && !recents().length) ? [] : ownActions().filter((one) => plain !== "" ? matches(one, plain) : text === ">") };
    if (!text && recents().length) this.draw([{ title: "Lately", items: recents() }], text);
    this.turn?.abort();
    this.turn = new AbortController();
    const { signal } = this.turn;
    try {
      const answer = await fetch(`/find/?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" }, signal });
      if (!answer.ok || new URL(answer.url).pathname !== "/find/") throw new Error(String(answer.status));
      const found = ((await answer.json()) as { groups: Group[] }).groups;
      const groups = text ? [...found, own] : [{ title: "Lately", items: recents() }, ...found];
      this.draw(merged(groups), text);
      if (this.pressed && this.dialog.open && text === this.input.value.trim()) this.run(this.pressed.elsewhere);
    } catch {
      if (!signal.aborted) this.draw([own], text, "The server did not answer. Check the connection, or reload the page to sign in again.");
    }
  }

  draw(groups: Group[], text: string, trouble = ""): void {
    this.answered = text;
    this.entries = groups.flatMap((group) => group.items);
    this.chosen = 0;
    let number = 0;
    const parts = groups.filter((group) => group.items.length).map((group) => {
      const box = make("div", { role: "group", "aria-label": group.title }, make("span", { "aria-hidden": "true" }, group.title));
      for (const item of group.items) {
        const option = make("div", { role: "option", id: `palette-${number}`, "data-number": String(number++), "aria-selected": "false" }, icon(item.icon ?? "point"), make("span", { class: "clip" }, item.title));
        if (item.hint) option.append(make("span", { class: "hint" }, item.hint));
        box.append(option);
      }
      return box;
    });
    this.list.replaceChildren(...parts);
    if (trouble) this.list.prepend(make("p", { class: "note error" }, trouble));
    else if (!this.entries.length) {
      const nothing = make("div", { class: "empty", role: "option", "aria-disabled": "true", "aria-selected": "false" }, make("b", {}, text ? `Nothing for “${text}”` : "Nothing here yet"), make("span", {}, "Try the beginning of a name or email, an identifier such as user_id:42, or > for actions."));
      this.list.append(nothing);
    }
    this.choose(0);
  }

  choose(to: number): void {
    if (!this.entries.length) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    this.chosen = (to + this.entries.length) % this.entries.length;
    for (const option of all('[role="option"][data-number]', this.list)) option.setAttribute("aria-selected", String(Number(option.dataset["number"]) === this.chosen));
    const option = document.getElementById(`palette-${this.chosen}`);
    option?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `palette-${this.chosen}`);
  }

  point(event: Event): void {
    const option = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-number]") : null;
    if (option) this.choose(Number(option.dataset["number"]));
  }

  key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") this.choose(this.chosen + 1);
    else if (event.key === "ArrowUp") this.choose(this.chosen - 1);
    else if (event.key === "Enter") this.enter(event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  }

  /** What was typed last counts: where the list is still that of an earlier text, its own answer is waited for. */
  enter(elsewhere: boolean): void {
    if (this.answered === this.input.value.trim()) {
      this.run(elsewhere);
      return;
    }
    this.pressed = { elsewhere };
    void this.ask();
  }

  run(elsewhere: boolean): void {
    this.pressed = null;
    const item = this.entries[this.chosen];
    if (!item) return;
    this.dialog.close();
    remember(item);
    if (item.run) item.run();
    else if (item.post) {
      if (!item.ask || window.confirm(item.ask)) post(item.post);
    } else if (item.href && elsewhere) openPanel(item.href, null);
    else if (item.href) location.assign(ownPath(item.href) || "/");
  }
}

/** Groups of the same title become one; an address stands once. */
function merged(groups: Group[]): Group[] {
  const seen = new Set<string>();
  const by = new Map<string, Item[]>();
  for (const group of groups) {
    const fresh = group.items.filter((item) => !item.href || !seen.has(item.href));
    for (const item of fresh) if (item.href) seen.add(item.href);
    by.set(group.title, [...(by.get(group.title) ?? []), ...fresh]);
  }
  return [...by].map(([title, items]) => ({ title, items }));
}

export function startPalette(): void {
  let palette: Palette | null = null;
  const open = (): void => {
    palette ??= new Palette();
    palette.open();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || !document.body.dataset["workspace"]) return;
    event.preventDefault();
    if (palette?.dialog.open) palette.dialog.close();
    else if (!document.querySelector("dialog[open]")) open();
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-palette]") : null;
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
  // Names found by somebody who signs out are nobody else's business on this machine.
  document.addEventListener("submit", (event) => {
    if (event.target instanceof HTMLFormElement && ownPath(event.target.action).startsWith("/accounts/logout/")) localStorage.removeItem(store());
  });
}
