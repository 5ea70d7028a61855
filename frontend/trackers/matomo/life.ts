// Methods: links that are followed, how long a page is looked at, and what went wrong on it.

import type { Core } from "./core";
import { ownDomains, watchLinks } from "./links";
import { doc, list, listen, win, type Call } from "./util";

/** Pings end half an hour after the last thing that happened: the visit is over then. */
const VISIT_MS = 1_800_000;
/** Errors that are told of one page. */
const ERRORS = 50;

export const linkMethods = ({ s, visitor }: Core, trackLink: Call) => {
  let watching = false;
  return {
    enableLinkTracking: (also?: unknown): void => {
      if (!watching) watchLinks(s, visitor, doc, also === true, trackLink);
      watching = true;
    },
    addListener: (element: Element): void => watchLinks(s, visitor, element, false, trackLink),
    setDomains: (given: unknown): void => {
      s.domains = ownDomains(given);
    },
    getDomains: (): string[] => s.domains,
    addDownloadExtensions: (more: unknown): void => {
      s.downloads = [...s.downloads, ...list(more)];
    },
    removeDownloadExtensions: (less: unknown): void => {
      s.downloads = s.downloads.filter((one) => !list(less).includes(one));
    },
    setLinkClasses: (names: unknown): void => {
      s.linkClasses = [...s.linkClasses, ...list(names)];
    },
    setDownloadClasses: (names: unknown): void => {
      s.downloadClasses = [...s.downloadClasses, ...list(names)];
    },
    setIgnoreClasses: (names: unknown): void => {
      s.ignoreClasses = [...s.ignoreClasses, ...list(names)];
    },
    getCrossDomainLinkingUrlParameter: visitor.crossing,
    isCrossDomainLinkingEnabled: (): boolean => s.crossing,
  };
};

/** A ping when the page is left that was looked at for so many seconds. */
const beat = (core: Core, ping: () => void, least: number): void => {
  const ms = Math.max(5, Number(least) || 15) * 1000;
  let since = doc.hasFocus() ? Date.now() : 0;
  const come = (): void => {
    since ||= Date.now();
  };
  const leave = (): void => {
    const before = core.lastAt;
    if (since && Date.now() - since >= ms && Date.now() - before < VISIT_MS) {
      ping();
      // A ping is no sign of life: else each would keep the visit open for the next.
      core.lastAt = before;
    }
    since = 0;
  };
  listen(win, "focus", come);
  listen(win, "blur pagehide", leave);
  listen(doc, "visibilitychange", () => (doc.visibilityState === "hidden" ? leave() : come()));
};

export const lifeMethods = (core: Core, ping: () => void) => {
  const { s, track } = core;
  const errors = new Set<string>();
  let beats = false;
  let listens = false;
  const methods = {
    enableHeartBeatTimer: (least = 15): void => {
      if (!beats) beat(core, () => beats && ping(), least);
      beats = true;
    },
    setHeartBeatTimer: (_visit?: number, least?: number): void => methods.enableHeartBeatTimer(least),
    disableHeartBeatTimer: (): void => {
      beats = false;
    },
    enableJSErrorTracking: (): void => {
      if (listens) return;
      listens = true;
      listen(win, "error", ({ message, error, filename, lineno, colno }: ErrorEvent) => {
        const said = [message, filename, lineno].join();
        // A picture that is missing is an event of this name too, without a message.
        if (!message || errors.has(said) || errors.size >= ERRORS) return;
        errors.add(said);
        const { name, stack } = (error ?? {}) as Partial<Error>;
        track({ ca: 1, cra: message, cra_tp: name, cra_st: stack, cra_ru: filename, cra_rl: lineno, cra_rc: colno }, undefined, "crash");
      });
    },
    setPagePerformanceTiming: (...given: (number | undefined)[]): void => {
      if (given.some((one) => Number(one) >= 0)) s.timings = given;
    },
  };
  return methods;
};
