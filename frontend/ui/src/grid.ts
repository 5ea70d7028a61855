// Tables walked by keys: arrows or j and k move the row, Enter opens it, Space opens it beside the list.
// What opens is the link marked data-open, else the first of the row.
import { all, typing } from "./dom";
import { openPanel, panelOpen } from "./panel";
import { afterSwap } from "./swap";

const FOLLOW_MS = 120;
let timer = 0;

const rowsOf = (table: HTMLTableElement): HTMLTableRowElement[] => [...table.querySelectorAll<HTMLTableRowElement>("tbody > tr")].filter((row) => row.querySelector("a[href]"));
const linkOf = (row: HTMLElement): HTMLAnchorElement | null => row.querySelector<HTMLAnchorElement>("a[data-open]") ?? row.querySelector<HTMLAnchorElement>("a[href]");

/** One row of each table is on the way of the Tab key: the one last looked at, else the first. */
function ready(): void {
  for (const table of all<HTMLTableElement>("table[data-grid]")) {
    const rows = rowsOf(table);
    const current = rows.find((row) => row === document.activeElement) ?? rows.find((row) => row.tabIndex === 0 && row.hasAttribute("tabindex")) ?? rows[0];
    for (const row of rows) row.tabIndex = row === current ? 0 : -1;
  }
}

function go(rows: HTMLTableRowElement[], to: number): void {
  const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
  if (!row) return;
  for (const one of rows) one.tabIndex = one === row ? 0 : -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
  if (!panelOpen()) return;
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    const link = linkOf(row);
    if (link && row === document.activeElement) openPanel(link.href, link, true);
  }, FOLLOW_MS);
}

function step(key: string, length: number, at: number): number | null {
  if (key === "ArrowDown" || key === "j") return at + 1;
  if (key === "ArrowUp" || key === "k") return at < 0 ? 0 : at - 1;
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  return null;
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const target = event.target instanceof Element ? event.target : document.body;
  const within = target.closest<HTMLTableElement>("table[data-grid]");
  const letters = event.key === "j" || event.key === "k";
  if (letters && localStorage.getItem("sojourn-keys-off") === "1") return;
  const table = within ?? (letters && !target.closest("#panel") ? document.querySelector<HTMLTableElement>("main table[data-grid]") : null);
  if (!table) return;
  const rows = rowsOf(table);
  const row = target.closest<HTMLTableRowElement>("tbody > tr");
  const to = step(event.key, rows.length, row ? rows.indexOf(row) : -1);
  if (to !== null) go(rows, to);
  else if (row && target === row && event.key === "Enter") linkOf(row)?.click();
  else if (row && target === row && event.key === " ") {
    const link = linkOf(row);
    if (link) openPanel(link.href, link);
  } else return;
  event.preventDefault();
}

export function startGrid(): void {
  ready();
  afterSwap(ready);
  document.addEventListener("keydown", onKey);
}
