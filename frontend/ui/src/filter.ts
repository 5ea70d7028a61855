// Forms that answer while they are filled in. Without this script they are sent by their button.
import { all, make } from "./dom";
import { fetchPage, morph, SignedOut } from "./swap";
import { toast } from "./toasts";

const TYPING_MS = 220;
const turns = new WeakMap<HTMLFormElement, AbortController>();
const timers = new WeakMap<HTMLFormElement, number>();

function address(form: HTMLFormElement): URL {
  const url = new URL(form.getAttribute("action") || location.pathname, location.href);
  url.search = "";
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value !== "") url.searchParams.append(name, value);
  return url;
}

async function run(form: HTMLFormElement, url: URL): Promise<void> {
  turns.get(form)?.abort();
  const turn = new AbortController();
  turns.set(form, turn);
  const ids = (form.dataset["target"] ?? "").split(/\s+/).filter(Boolean);
  for (const id of ids) document.getElementById(id)?.setAttribute("aria-busy", "true");
  try {
    const { document: fresh, status } = await fetchPage(url.pathname + url.search, { "X-Filter": "1" }, turn.signal);
    if (!ids.length || status !== 200 || !ids.every((id) => fresh.getElementById(id))) {
      location.assign(url);
      return;
    }
    history.replaceState(history.state, "", url);
    for (const id of ids) {
      const here = document.getElementById(id);
      const found = fresh.getElementById(id);
      if (here && found) await morph(here, found);
    }
    counts(fresh);
    tell(form, fresh);
  } catch (error) {
    if (turn.signal.aborted) return;
    if (error instanceof SignedOut) location.assign(url);
    else toast("The list could not be loaded. Check the connection and try again.", "error");
  } finally {
    for (const id of ids) document.getElementById(id)?.removeAttribute("aria-busy");
  }
}

/** Live counts stand outside what is swapped: each `data-count` takes the text of its namesake. */
function counts(fresh: Document): void {
  for (const element of all("[data-count]")) {
    const found = fresh.querySelector(`[data-count="${CSS.escape(element.dataset["count"] ?? "")}"]`);
    if (found && found.textContent !== element.textContent) element.textContent = found.textContent;
  }
}

function tell(form: HTMLFormElement, fresh: Document): void {
  const words = fresh.querySelector<HTMLElement>("[data-found]")?.dataset["found"];
  if (!words) return;
  let place = form.querySelector(".filter-says");
  if (!place) {
    place = make("span", { class: "hidden filter-says", role: "status" });
    form.append(place);
  }
  place.textContent = words;
}

function later(form: HTMLFormElement, after: number): void {
  window.clearTimeout(timers.get(form));
  timers.set(form, window.setTimeout(() => void run(form, address(form)), after));
}

export function startFilters(): void {
  document.addEventListener("input", (event) => {
    const form = event.target instanceof HTMLElement ? event.target.closest<HTMLFormElement>("form[data-filter]") : null;
    if (form && event.target instanceof HTMLInputElement && /^(search|text|number)$/.test(event.target.type)) later(form, TYPING_MS);
  });
  document.addEventListener("change", (event) => {
    const form = event.target instanceof HTMLElement ? event.target.closest<HTMLFormElement>("form[data-filter]") : null;
    if (form) later(form, 0);
  });
  document.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || !event.target.matches("form[data-filter]")) return;
    event.preventDefault();
    later(event.target, 0);
  });
}
