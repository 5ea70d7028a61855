// Copy buttons, times that stay right, menus that close, answers that have an address.
import { all } from "./dom";
import { toast } from "./toasts";

const skew = Number(document.body.dataset["now"] ?? Date.now()) - Date.now();

/** `20 s ago` for an instant; the same words as the server's filter `ago`. */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

function refreshTimes(): void {
  if (document.hidden) return;
  const now = Date.now() + skew;
  for (const time of all<HTMLTimeElement>("time.ago[datetime]")) {
    const text = ago(Date.parse(time.dateTime), now);
    if (time.textContent !== text) time.textContent = text;
  }
}

async function copy(button: HTMLElement): Promise<void> {
  const text = button.dataset["copyText"] ?? document.getElementById(button.dataset["copy"] ?? "")?.textContent.trim();
  if (text === undefined) return;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    toast("The browser did not allow copying. Select the text and copy it by hand.", "error");
    return;
  }
  const before = button.textContent;
  button.textContent = "Copied";
  window.setTimeout(() => {
    button.textContent = before;
  }, 1600);
}

/** Tabs and chips that do not fit lie in a row that scrolls; the chosen one is brought into sight. */
function showChosen(): void {
  for (const chosen of all(".tabs > [aria-current], .chips > [aria-current]")) {
    const row = chosen.parentElement as HTMLElement;
    const beyond = chosen.getBoundingClientRect().right - row.getBoundingClientRect().right;
    if (beyond > 0) row.scrollLeft += beyond + 24;
  }
}

/** What was shown in answer to a form stands under its own address from then on: reloading it looks at it again, and does not send the form once more. */
function ownAddress(): void {
  const said = document.querySelector<HTMLElement>("[data-address]")?.dataset["address"];
  if (said) history.replaceState(history.state, "", said + location.hash);
}

export function startSmall(): void {
  ownAddress();
  showChosen();
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest<HTMLElement>("[data-copy], [data-copy-text]");
    if (button) void copy(button);
    for (const menu of all<HTMLDetailsElement>("details.menu[open], .tabbar details[open]")) if (!target || !menu.contains(target)) menu.open = false;
  });
  refreshTimes();
  window.setInterval(refreshTimes, 5000);
  document.addEventListener("visibilitychange", refreshTimes);
}
