// Listens for hints that something changed, fetches what shows it, and morphs it into the page.
import { all } from "./dom";
import { afterSwap, fetchPage, morph, SignedOut } from "./swap";
import { toast } from "./toasts";

const STREAM = "/live/";
const REST_MS = 30_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const STEADY_MS = 5000;

let stream: EventSource | null = null;
let topics = "";
let wait = FIRST_WAIT_MS;
let steady = 0;
let resting = 0;
let reopening = 0;
let missed = false;
const busy = new Map<string, "once" | "again">();

const watched = (): HTMLElement[] => all("[data-live][id]");
const topicsOf = (element: HTMLElement): string[] => (element.dataset["live"] ?? "").split(/\s+/).filter(Boolean);

function wanted(): string {
  return [...new Set(watched().flatMap(topicsOf))].sort().join(",");
}

function say(state: "on" | "off"): void {
  document.documentElement.dataset["connection"] = state;
}

async function refresh(id: string): Promise<void> {
  if (busy.has(id)) {
    busy.set(id, "again");
    return;
  }
  busy.set(id, "once");
  try {
    const element = document.getElementById(id);
    if (!element) return;
    const { document: fresh, status } = await fetchPage(element.dataset["liveSrc"] ?? location.pathname + location.search, { "X-Live": "1" });
    const found = fresh.getElementById(id);
    const now = document.getElementById(id);
    if (status === 200 && found && now) await morph(now, found);
  } catch (error) {
    if (error instanceof SignedOut) ended();
    // Anything else: the next hint, or the reconnection, fetches again.
  } finally {
    const again = busy.get(id) === "again";
    busy.delete(id);
    if (again) void refresh(id);
  }
}

function hint(topic: string): void {
  for (const element of watched()) if (topicsOf(element).includes(topic)) void refresh(element.id);
}

function ended(): void {
  close();
  topics = "";
  toast("You were signed out. Reload the page to sign in again.", "warning", { stays: true });
}

function close(): void {
  stream?.close();
  stream = null;
  window.clearTimeout(reopening);
  window.clearTimeout(steady);
}

function open(): void {
  close();
  if (!topics || document.hidden) return;
  stream = new EventSource(`${STREAM}?topics=${encodeURIComponent(topics)}`);
  stream.addEventListener("open", () => {
    say("on");
    steady = window.setTimeout(() => {
      wait = FIRST_WAIT_MS;
    }, STEADY_MS);
    if (missed) for (const element of watched()) void refresh(element.id);
    missed = false;
  });
  stream.addEventListener("hint", (event) => hint((event as MessageEvent<string>).data));
  stream.addEventListener("error", () => {
    // The browser's own retry has no backoff, and stops for good at an answer that is not a stream.
    say("off");
    missed = true;
    close();
    reopening = window.setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  });
}

function follow(): void {
  const now = wanted();
  if (now === topics) return;
  if (stream && now.split(",").every((topic) => topics.split(",").includes(topic))) return;
  topics = now;
  open();
}

export function startLive(): void {
  follow();
  afterSwap(follow);
  document.addEventListener("visibilitychange", () => {
    window.clearTimeout(resting);
    if (document.hidden) {
      resting = window.setTimeout(() => {
        missed = true;
        close();
      }, REST_MS);
    } else if (!stream) {
      wait = FIRST_WAIT_MS;
      open();
    }
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      missed = true;
      open();
    }
  });
}
