// Which clicks lead out of the website, and which to a file.

import type { Settings } from "./settings";
import type { Visitor } from "./visitor";
import { doc, list, listen, type Call } from "./util";

/** Whether an address belongs to one of these domains: example.com, *.example.com, .example.com, each with a path behind it or not. */
export const within = (address: string, domains: string[]): boolean => {
  const at = new URL(address, location.href);
  return domains.some((domain) => {
    const [, host = "", path = ""] = /^(?:https?:)?(?:\/\/)?\*?([^/:]*)(?::\d+)?(\/.*)?$/i.exec(domain.trim().toLowerCase()) ?? [];
    const name = at.hostname.toLowerCase();
    if (host.startsWith(".") ? !("." + name).endsWith(host) : name !== host) return false;
    const here = at.pathname.toLowerCase();
    if (path.endsWith("*")) return here.startsWith(path.slice(0, -1));
    const folder = path.replace(/\/$/, "");
    return !folder || here === folder || here.startsWith(folder + "/");
  });
};

/** The domains that count as the website's own; the page's is one of them unless the page gives a part of it. */
export const ownDomains = (given: unknown): string[] => {
  const { hostname } = location;
  const domains = (Array.isArray(given) ? given : [given]).map(String);
  return domains.some((domain) => within(location.href, [domain.replace(/^((?:https?:)?(?:\/\/)?[^/]*).*/, "$1")])) ? domains : [...domains, hostname];
};

const hasOne = (link: Element, names: string[]): boolean => names.some((name) => link.classList.contains(name));

const addressOf = (link: Element): string => {
  const { href } = link as unknown as { href: string | SVGAnimatedString | undefined };
  return typeof href === "string" ? href : new URL(href?.baseVal ?? "", doc.baseURI).href;
};

/** "link", "download", or nothing. */
const kind = (s: Settings, link: Element, address: string): string => {
  if (hasOne(link, s.ignoreClasses) || /^(javascript|vbscript|mailto|tel|data|blob|about):/i.test(address) || (s.url && address.startsWith(new URL(s.url, location.href).href))) return "";
  if (hasOne(link, s.linkClasses)) return "link";
  const { pathname, search } = new URL(address);
  const file = new RegExp(`\\.(${s.downloads.join("|")})$`, "i");
  // Some addresses name the file in their query.
  const isFile = file.test(pathname) || [...new URLSearchParams(search).values()].some((value) => file.test(value));
  if (hasOne(link, s.downloadClasses) || link.hasAttribute("download") || isFile) return "download";
  return within(address, s.domains) ? "" : "link";
};

/** Tell of clicks on `root`. `also`: middle clicks and context menus too. */
export const watchLinks = (s: Settings, visitor: Visitor, root: EventTarget, also: boolean, track: Call): void => {
  const clicked = (event: MouseEvent): void => {
    if (event.type === "auxclick" && event.button !== 1) return;
    const link = (event.composedPath()[0] as Element | undefined)?.closest?.("a[href],area[href],a[*|href]");
    if (!link) return;
    const address = addressOf(link);
    const what = kind(s, link, address);
    if (what) track(address, what);
    else if (s.crossing && /^https?:/.test(address) && new URL(address).hostname !== location.hostname) cross(link as HTMLAnchorElement, visitor.crossing());
  };
  listen(root, also ? "click auxclick contextmenu" : "click", clicked);
};

const cross = (link: HTMLAnchorElement, parameter: string): void => {
  const url = new URL(link.href);
  url.search = list([url.search.replace(/[?&]pk_vid=[^&]*/, "").slice(1), parameter]).join("&");
  link.href = url.href;
};
