// Collects the icons that pages name, from Tabler's outline set, into one file that the `icon` tag reads.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import type { Plugin } from "vite";

// Icons whose names are worked out while a page is made, so that no template spells them.
const BY_NAME = [
  "activity", "alert-circle", "alert-triangle", "arrow-up-right", "ban", "bolt", "browser", "bucket", "building-store", "bug", "check", "checks",
  "chevron-down", "chevron-left", "chevron-right", "chevron-up", "circle", "circle-check", "circle-dashed", "circle-x", "click", "clock", "clock-pause", "code",
  "coin", "contrast", "copy", "cpu", "credit-card", "credit-card-off", "device-desktop", "device-mobile", "dots", "download", "eye", "file-text", "filter",
  "fingerprint", "flag", "folder", "hand-stop", "heart-rate-monitor", "help", "help-circle", "history", "home", "id", "inbox", "info-circle", "key", "keyboard",
  "link", "list", "list-check", "location", "login", "logout", "mail", "mail-off", "mail-opened", "message", "message-circle", "moon", "palette", "pencil",
  "phone", "player-pause", "player-play", "plug", "plug-connected", "plus", "point", "pointer", "receipt", "refresh", "rocket", "route", "scale", "search",
  "send", "server", "settings", "shield-check", "shopping-bag", "shopping-cart", "shopping-cart-check", "shopping-cart-off", "shopping-cart-x", "sparkles",
  "star", "sun", "tag", "ticket", "trash", "truck", "user", "user-circle", "user-plus", "user-question", "users", "versions", "world", "x", "zoom-question",
];

// Icons that the pages' script draws itself: toasts, the panel, the palette.
const BY_SCRIPT = [
  "alert-circle", "alert-triangle", "arrow-up-right", "bolt", "building-store", "circle-check", "device-desktop", "fingerprint", "heart-rate-monitor", "history", "home",
  "inbox", "info-circle", "key", "keyboard", "link", "list-check", "logout", "mail", "mail-opened", "message", "palette", "plug", "plug-connected", "plus", "point", "rocket", "search", "send", "settings",
  "shopping-bag", "shopping-cart", "trash", "user", "user-plus", "user-question", "users", "x", "zoom-question",
];

const NAMED = /\{%\s*icon\s+["']([a-z0-9-]+)["']|icon=["']([a-z0-9-]+)["']/g;

/** Every icon named in the templates and the Python files below `folder`, tests aside, with those of BY_NAME, from the SVG files of `set`, as `icons.json`: name to the SVG's inner markup. */
export function icons(folder: string, set: string): Plugin {
  const read = (names: string[], missing: (name: string) => void): Record<string, string> => {
    const found: Record<string, string> = {};
    for (const name of [...new Set(names)].sort()) {
      const file = join(set, `${name}.svg`);
      if (existsSync(file)) found[name] = inner(readFileSync(file, "utf8"));
      else missing(name);
    }
    return found;
  };
  return {
    name: "icons",
    resolveId: (id) => (id === "virtual:icons" ? "\0virtual:icons" : null),
    load(id) {
      if (id !== "\0virtual:icons") return null;
      return `export default ${JSON.stringify(read(BY_SCRIPT, (name) => this.error(`There is no icon named "${name}".`)))};`;
    },
    generateBundle() {
      const found = read([...BY_NAME, ...BY_SCRIPT, ...namedIn(folder)], (name) => this.warn(`There is no icon named "${name}" in Tabler's outline set.`));
      this.emitFile({ type: "asset", fileName: "icons.json", source: JSON.stringify(found) });
    },
  };
}

function namedIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => [".html", ".py"].includes(extname(path)) && !path.split(sep).includes("tests"));
  return files.flatMap((path) => [...readFileSync(join(folder, path), "utf8").matchAll(NAMED)].map((hit) => hit[1] ?? hit[2] ?? ""));
}

function inner(svg: string): string {
  return svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
}
