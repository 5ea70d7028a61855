// Web vitals, small: one event for each that is worse than what Google calls "poor" (web.dev/vitals).

import { doc, listen, safely } from "./util";
import { notice } from "./calls";

const said: Record<string, number> = {};
/** When the page first lay in the background; what is slow there is nobody's wait. */
let hidden = doc.hidden ? 0 : Infinity;

function slow(metric: string, value: number, poor: number, at: number): void {
  if (value <= poor || at > hidden || said[metric]) return;
  said[metric] = value;
  notice("Page Slow", { metric, [metric === "cls" ? "value" : "value_ms"]: Math.round(value * 100) / 100 });
}

function observe(type: string, fn: (entry: any) => void): void {
  // Browsers that do not measure it say so by an error.
  safely(() => new PerformanceObserver((list) => list.getEntries().forEach(fn)).observe({ type, buffered: true, durationThreshold: 500 } as PerformanceObserverInit))();
}

export function watchVitals(): void {
  listen("visibilitychange", () => (hidden = Math.min(hidden, performance.now())));
  let shifted = 0;
  let first = 0;
  let last = 0;
  // A page that was made ready ahead counts from when it was shown.
  let start = 0;
  observe("navigation", ({ activationStart, responseStart }) => {
    start = activationStart || 0;
    slow("ttfb", responseStart - start, 1800, 0);
  });
  observe("largest-contentful-paint", ({ startTime }) => slow("lcp", startTime - start, 4000, startTime));
  observe("event", ({ interactionId, duration, startTime }) => interactionId && slow("inp", duration, 500, startTime));
  observe("layout-shift", ({ value, startTime, hadRecentInput }) => {
    if (hadRecentInput) return;
    // Shifts less than a second apart, in at most five seconds, are one.
    if (startTime - last > 1000 || startTime - first > 5000) {
      first = startTime;
      shifted = 0;
    }
    last = startTime;
    slow("cls", (shifted += value), 0.25, startTime);
  });
}
