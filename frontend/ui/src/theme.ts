// Light, dark, high contrast, or as the system has it. The server reads the cookie, so nothing flashes.
import { all } from "./dom";

export const THEMES = ["system", "light", "dark", "contrast"] as const;
const changed = new Set<() => void>();

/** Called when colours changed, by choice or by the system. */
export function onTheme(act: () => void): void {
  changed.add(act);
}

/** Choose and remember for a year. */
export function setTheme(name: string): void {
  const root = document.documentElement;
  if (name === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = name;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `sojourn-theme=${name === "system" ? "" : name}; Path=/; Max-Age=${name === "system" ? 0 : 31_536_000}; SameSite=Lax${secure}`;
  mark(name);
  for (const act of changed) act();
}

function mark(name: string): void {
  for (const button of all("button[name=theme]")) button.setAttribute("aria-pressed", String(button.getAttribute("value") === name));
}

export function startTheme(): void {
  document.addEventListener("submit", (event) => {
    const name = event.submitter?.getAttribute("name") === "theme" ? event.submitter.getAttribute("value") : null;
    if (name === null) return;
    event.preventDefault();
    setTheme(name);
    event.submitter?.closest("details")?.removeAttribute("open");
  });
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    window.matchMedia(query).addEventListener("change", () => {
      for (const act of changed) act();
    });
  }
}
