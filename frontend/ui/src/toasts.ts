// Short messages that come and go; what went wrong stays until it is put away.
import { all, icon, make, token } from "./dom";

const SHOWN_MS = 6000;
const UNDO_MS = 10_000;
const SIGN: Record<string, string> = { success: "circle-check", error: "alert-circle", warning: "alert-triangle", info: "info-circle" };

type Options = { undo?: string; stays?: boolean };

function place(): HTMLElement {
  const found = document.getElementById("toasts");
  if (found) return found;
  const made = make("div", { id: "toasts", class: "toasts", role: "status", "aria-live": "polite" });
  document.body.append(made);
  return made;
}

/** Show a sentence. With `undo`, a button that posts to that path, for ten seconds. */
export function toast(text: string, kind = "success", options: Options = {}): void {
  const box = make("div", { class: `toast ${kind}` }, icon(SIGN[kind] ?? "info-circle"), make("span", {}, text));
  if (options.undo) {
    const form = make("form", { method: "post", action: options.undo }, make("input", { type: "hidden", name: "csrfmiddlewaretoken", value: token() }));
    form.append(make("button", { class: "slim", "data-key": "u", "data-key-says": "Undo" }, "Undo"));
    box.append(form);
  }
  const away = make("button", { class: "bare square slim", type: "button", "aria-label": "Put away" }, icon("x"));
  away.addEventListener("click", () => box.remove());
  box.append(away);
  place().append(box);
  if (!options.stays && kind !== "error") leaveLater(box, options.undo ? UNDO_MS : SHOWN_MS);
}

// The clock stands still while somebody points at the toast or has focus in it.
function leaveLater(box: HTMLElement, after: number): void {
  let left = after;
  const turn = window.setInterval(() => {
    if (box.matches(":hover, :focus-within")) return;
    left -= 250;
    if (left > 0 && box.isConnected) return;
    window.clearInterval(turn);
    box.remove();
  }, 250);
}

/** What the server left as notes becomes toasts. */
export function startToasts(): void {
  for (const notes of all(".notes[data-toasts]")) {
    for (const note of all(".note", notes)) {
      const kind = ["error", "warning", "info", "success"].find((name) => note.classList.contains(name)) ?? "info";
      const undo = note.dataset["undo"];
      toast(note.querySelector(".note-text")?.textContent.trim() ?? note.textContent.trim(), kind, undo ? { undo } : {});
    }
    notes.remove();
  }
}
