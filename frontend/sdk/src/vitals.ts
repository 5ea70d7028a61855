// Web vitals, small: one event for each that is worse than what Google calls "poor" (web.dev/vitals).

import { doc, safely } from "./util";
import { notice } from "./calls";
import { shifts } from "../../shared/shifts";

const said: Record<string, number> = {};

const slow = (metric: string, value: number, poor: number): void => {
  if (value <= poor || doc.hidden || said[metric]) return;
  said[metric] = value;
  notice("Page Slow", { metric, [metric === "cls" ? "value" : "value_ms"]: Math.round(value * 100) / 100 });
};

const observe = (type: string, fn: (entry: any) => void): void => {
  // Browsers that do not measure it say so by an error.
  safely(() => new PerformanceObserver((list) => list.getEntries().forEach(fn)).observe({ type, buffered: true }))();
};

export const watchVitals = (): void => {
  // A page that was made ready ahead counts from when it was shown.
  let start = 0;
  // Nobody waits for a page that loads in the background.
  if (!doc.hidden) {
    observe("navigation", ({ activationStart, responseStart }) => {
      start = activationStart || 0;
      slow("ttfb", responseStart - start, 1800);
    });
    observe("largest-contentful-paint", ({ startTime }) => slow("lcp", startTime - start, 4000));
  }
  observe("event", ({ interactionId, duration }) => interactionId && slow("inp", duration, 500));
  observe("layout-shift", shifts((sum) => slow("cls", sum, 0.25)));
};
