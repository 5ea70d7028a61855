// Plausible's tracker: its own library, with the settings that the script's element, the script's name and plausible.init say (plausible.io/docs).

import { DEFAULT_FILE_TYPES, init, track, type CustomProperties, type PlausibleConfig, type PlausibleEventOptions } from "@plausible-analytics/tracker";

type Said = [name: string, options?: PlausibleEventOptions];

interface Plausible {
  (...said: Said): void;
  q?: { push: (said: Said) => unknown };
  o?: Partial<PlausibleConfig>;
  init?: (options?: Partial<PlausibleConfig>) => void;
  /** Whether the script is there, as pages ask it. */
  l?: boolean;
}

/*! Contains @plausible-analytics/tracker: MIT License, Copyright 2020 Plausible Insights OÜ */
const win = window as typeof window & { plausible?: Plausible };
// The id is how Plausible's variant for browsers without currentScript finds it.
const script = (document.currentScript || document.getElementById("plausible") || document.querySelector("script[data-domain]")) as HTMLScriptElement | null;
const address = new URL(script?.src || location.href);
const [name = "", ...variants] = address.pathname.split("/").pop()!.split(".");

const has = (variant: string): boolean => variants.includes(variant);
const attribute = (key: string): string => script?.getAttribute(key) || "";
const listed = (key: string): string[] => attribute(key).split(",").map((one) => one.trim()).filter(Boolean);

/** Whether a page's path fits one of the patterns of this attribute: `*` stands for a part of one step, `**` for anything. */
const fits = (key: string): boolean => {
  return listed(key).some((pattern) => {
    const parts = pattern.split(/(\*+)/).map((part) => (part === "*" ? "[^/]*" : part[0] === "*" ? ".*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")));
    return new RegExp(`^${parts.join("")}/?$`).test(location.pathname);
  });
};
const excluded = (): boolean => fits("data-exclude") || (!!attribute("data-include") && !fits("data-include"));

const fileTypes = (): string[] => {
  const own = listed("file-types");
  return own.length ? own : [...DEFAULT_FILE_TYPES, ...listed("add-file-types")];
};

const properties = (): CustomProperties => {
  const found: CustomProperties = {};
  for (const { name: key, value } of script?.attributes || []) if (key.startsWith("event-")) found[key.slice(6)] = value;
  return found;
};

/** What the element of the script and the script's name say, of the form until 2025. */
const classic = (): Partial<PlausibleConfig> => ({
  autoCapturePageviews: !has("manual"),
  hashBasedRouting: has("hash"),
  outboundLinks: has("outbound-links"),
  fileDownloads: has("file-downloads") && { fileExtensions: fileTypes() },
  captureOnLocalhost: has("local"),
  customProperties: properties(),
  transformRequest: (said) => (said.n === "pageview" && excluded() ? null : said),
});

/** What Plausible switches on for a new site, where the form since then leaves it to the site's settings. */
const SITE: Partial<PlausibleConfig> = { outboundLinks: true, fileDownloads: true, formSubmissions: true };

/** A write key can stand in the script's name too: pa-wk_….js. */
const named = (): string => (/^pa-wk_/.test(name) ? name.slice(3) : name.startsWith("pa-") ? name : location.hostname.replace(/^www\./, ""));

const say: Plausible = (...said) => {
  try {
    track(said[0], said[1] as PlausibleEventOptions);
  } catch (trouble) {
    console.error(trouble);
  }
};

const start = (options: Partial<PlausibleConfig>): void => {
  const waiting = win.plausible?.q as Said[] | undefined;
  if (say.l) return;
  say.l = true;
  init({
    ...options,
    domain: options.domain || attribute("data-domain") || named(),
    endpoint: options.endpoint || attribute("data-api") || address.origin + "/api/event",
    bindToWindow: false,
  });
  win.plausible = say;
  for (const said of waiting || []) say(...said);
};

say.init = () => undefined;
// Whoever kept the page's own function goes on putting calls here.
say.q = { push: (said) => say(...said) };

if (!win.plausible?.l) {
  if (attribute("data-domain")) start(classic());
  else if (win.plausible?.o) start({ ...SITE, ...win.plausible.o });
  else {
    const stub: Plausible = win.plausible || ((...said) => (stub.q ||= [] as Said[]).push(said));
    stub.init = (options = {}) => start({ ...SITE, ...options });
    win.plausible = stub;
  }
}
