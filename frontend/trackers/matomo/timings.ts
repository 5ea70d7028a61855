// How long the page took, as Matomo divides it.

import type { Settings } from "./settings";
import type { Values } from "./util";

const PHASES = ["pf_net", "pf_srv", "pf_tfr", "pf_dm1", "pf_dm2", "pf_onl"];

/** Tells the milliseconds of each phase that is over, once; of the first page view, or as the page itself says it. */
export const timings = (s: Settings): (() => Values) => {
  let told: string[] = [];
  return () => {
    if (s.timings) {
      const said = Object.fromEntries(PHASES.map((name, place) => [name, s.timings![place]]));
      s.timings = undefined;
      told = PHASES;
      return said;
    }
    const page = performance.getEntriesByType?.("navigation")[0] as PerformanceNavigationTiming | undefined;
    if (!s.performance || !page || s.views > 1) return {};
    const phases = [
      [page.fetchStart, page.connectEnd],
      [page.requestStart, page.responseStart],
      [page.responseStart, page.responseEnd],
      [page.responseEnd, page.domInteractive],
      [page.domInteractive, page.domComplete],
      [page.loadEventStart, page.loadEventEnd],
    ] as const;
    const out: Values = {};
    phases.forEach(([from, to], place) => {
      const name = PHASES[place]!;
      if (to <= 0 || to < from || told.includes(name)) return;
      out[name] = Math.round(to - from);
      told.push(name);
    });
    return out;
  };
};
