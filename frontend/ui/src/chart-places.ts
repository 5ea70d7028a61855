// Finds charts on the page, and fetches the drawing part only when one comes into sight.
import { all } from "./dom";
import { afterSwap } from "./swap";
import { onTheme } from "./theme";

type Drawing = typeof import("./charts");
let drawing: Promise<Drawing> | null = null;

const load = (): Promise<Drawing> => (drawing ??= import("./charts"));

const sight = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      sight.unobserve(entry.target);
      void load().then((part) => part.draw(entry.target as HTMLElement));
    }
  },
  { rootMargin: "200px" },
);

function look(): void {
  for (const place of all(".chart-canvas[data-chart]")) {
    if (place.dataset["drawn"] === undefined) sight.observe(place);
    else if (drawing) void drawing.then((part) => part.redraw(place));
  }
}

export function startCharts(): void {
  look();
  afterSwap(look);
  onTheme(() => void drawing?.then((part) => part.retheme()));
}
