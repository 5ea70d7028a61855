// Charts, drawn by ECharts in the colours of the page. Fetched only where a chart comes into sight.
import { BarChart, CustomChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([LineChart, BarChart, PieChart, CustomChart, GridComponent, TooltipComponent, CanvasRenderer]);

type Value = number | null;
type Told = {
  kind: "line" | "area" | "bar" | "stacked" | "interval" | "donut";
  unit: string;
  across: string;
  labels: string[];
  series: { name: string; values: Value[] }[];
  low: Value[];
  high: Value[];
  causes: string[];
  tones: string[];
  links: string[];
  decimals: number;
};
type Look = ReturnType<typeof look>;
type Drawn = { chart: echarts.ECharts; told: Told; text: string };

const TONES = ["--accent", "--cause-confusing_checkout", "--cause-shipping_cost", "--cause-delivery_time", "--cause-other_fees", "--cause-forced_account", "--cause-out_of_stock", "--cause-unknown"];
const drawn = new Map<HTMLElement, Drawn>();

/** The page's colours as they come out in its theme; a custom property alone would still say light-dark(…). */
function look(causes: string[]) {
  const probe = document.createElement("i");
  document.body.append(probe);
  const colour = (name: string): string => {
    probe.style.color = "";
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    ink: colour("--ink"),
    muted: colour("--muted"),
    grid: colour("--grid"),
    strong: colour("--line-strong"),
    raised: colour("--raised"),
    surface: colour("--surface"),
    tones: TONES.map(colour),
    named: new Map([["good", colour("--good")], ["warn", colour("--warn")], ["bad", colour("--bad")], ["info", colour("--info")], ["accent", colour("--accent")], ["quiet", colour("--control")]]),
    causes: new Map(causes.map((name) => [name, colour(`--cause-${name}`)])),
    font: getComputedStyle(document.body).fontFamily,
  };
  probe.remove();
  return found;
}

const faded = (colour: string, share: number): string => {
  const parts = colour.match(/[\d.]+/g) ?? ["0", "0", "0"];
  return `rgba(${parts.slice(0, 3).join(", ")}, ${share})`;
};

const said = (value: Value | undefined, told: Told): string =>
  value === null || value === undefined ? "–" : `${value.toLocaleString("en-GB", { minimumFractionDigits: told.decimals, maximumFractionDigits: told.decimals })} ${told.unit}`;

const short = (value: number): string => Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 }).format(value);

/** One tone for each series; for one series with a cause for each label, the tone of each label. */
function toneOf(told: Told, looks: Look, series: number, label: number): string {
  const named = told.tones[told.kind === "donut" ? label : series];
  if (named) return looks.named.get(named) ?? looks.muted;
  const cause = told.causes.length === told.series.length ? told.causes[series] : undefined;
  if (cause && told.series.length > 1) return looks.causes.get(cause) ?? looks.muted;
  const own = told.series.length === 1 ? told.causes[label] : undefined;
  if (own) return looks.causes.get(own) ?? looks.muted;
  const tone = told.kind === "donut" ? label : series;
  return looks.tones[tone % looks.tones.length] as string;
}

function tip(told: Told, at: number): HTMLElement {
  const box = document.createElement("div");
  box.className = "chart-tip";
  const cell = (tag: "b" | "span", text: string): void => {
    const made = document.createElement(tag);
    made.textContent = text;
    box.append(made);
  };
  cell("b", told.labels[at] ?? "");
  for (const one of told.series) {
    cell("span", one.name);
    cell("span", said(one.values[at], told));
  }
  if (told.low.length) {
    cell("span", "between");
    cell("span", `${said(told.low[at], told)} and ${said(told.high[at], told)}`);
  }
  return box;
}

const lying = (told: Told): boolean => told.kind === "interval" || (told.kind === "bar" && told.series.length === 1 && told.across !== "When");

function axes(told: Told, looks: Look): EChartsCoreOption {
  const words = { color: looks.muted, fontSize: 11, fontFamily: looks.font };
  const names = {
    type: "category",
    data: told.labels,
    boundaryGap: told.kind !== "line" && told.kind !== "area",
    axisLine: { lineStyle: { color: looks.strong } },
    axisTick: { show: false },
    axisLabel: { ...words, hideOverlap: true, ...(lying(told) ? { color: looks.ink, fontSize: 12, width: 150, overflow: "truncate" } : {}) },
    inverse: lying(told),
  };
  const numbers = {
    type: "value",
    axisLabel: { ...words, formatter: short },
    splitLine: { lineStyle: { color: looks.grid } },
    splitNumber: 4,
    minInterval: told.decimals ? 0 : 1,
    scale: told.kind === "interval",
  };
  return lying(told) ? { xAxis: numbers, yAxis: names } : { xAxis: names, yAxis: numbers };
}

/** Where the truth may lie: a band around a line. */
function band(told: Told, looks: Look): object[] {
  if (!told.low.length) return [];
  const quiet = { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, z: 1 };
  const spread = told.high.map((high, at) => (high === null || told.low[at] == null ? null : high - (told.low[at] as number)));
  return [{ ...quiet, data: told.low }, { ...quiet, data: spread, areaStyle: { color: faded(looks.tones[0] as string, 0.16) } }];
}

function lines(told: Told, looks: Look): object[] {
  const drawnLines = told.series.map((one, at) => {
    const colour = toneOf(told, looks, at, -1);
    return {
      type: "line",
      name: one.name,
      data: one.values,
      symbol: "circle",
      symbolSize: 5,
      showSymbol: told.labels.length === 1,
      lineStyle: { width: 1.75, color: colour },
      itemStyle: { color: colour },
      z: 3,
      ...(told.kind === "area" ? { areaStyle: { color: new echarts.graphic.LinearGradient(0, 0, 0, 1, [{ offset: 0, color: faded(colour, 0.22) }, { offset: 1, color: faded(colour, 0.02) }]) } } : {}),
    };
  });
  return [...band(told, looks), ...drawnLines];
}

function bars(told: Told, looks: Look): object[] {
  return told.series.map((one, at) => ({
    type: "bar",
    name: one.name,
    stack: told.kind === "stacked" ? "all" : undefined,
    barMaxWidth: lying(told) ? 14 : 26,
    barCategoryGap: "34%",
    data: one.values.map((value, label) => ({ value, itemStyle: { color: toneOf(told, looks, at, label), borderRadius: told.kind === "stacked" ? 0 : lying(told) ? [0, 3, 3, 0] : [3, 3, 0, 0] } })),
    cursor: told.links.length ? "pointer" : "default",
    label: lying(told) ? { show: true, position: "right", color: looks.muted, fontSize: 11, fontFamily: looks.font, formatter: (item: { value: number }) => said(item.value, told) } : undefined,
  }));
}

type Api = { value(dimension: number): number; coord(point: [number, number]): [number, number] };

/** A value as a dot, and where it may lie as a line with ends. */
function whiskers(told: Told, looks: Look): object[] {
  const values = told.series[0]?.values ?? [];
  const data = values.map((value, at) => [at, value, told.low[at] ?? value, told.high[at] ?? value]);
  const renderItem = (_params: unknown, api: Api): object => {
    const at = api.value(0);
    const [x, y] = api.coord([api.value(1), at]);
    const [low] = api.coord([api.value(2), at]);
    const [high] = api.coord([api.value(3), at]);
    const stroke = toneOf(told, looks, 0, at);
    const line = (x1: number, y1: number, x2: number, y2: number): object => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 1.75 } });
    return { type: "group", children: [line(low, y, high, y), line(low, y - 5, low, y + 5), line(high, y - 5, high, y + 5), { type: "circle", shape: { cx: x, cy: y, r: 4.5 }, style: { fill: stroke, stroke: looks.surface, lineWidth: 2 } }] };
  };
  return [{ type: "custom", data, renderItem, encode: { x: [1, 2, 3], y: 0 } }];
}

function donut(told: Told, looks: Look): EChartsCoreOption {
  const values = told.series[0]?.values ?? [];
  const total = values.reduce((sum: number, value) => sum + (value ?? 0), 0);
  const data = values.map((value, at) => ({ name: told.labels[at] ?? "", value: value ?? 0, itemStyle: { color: toneOf(told, looks, 0, at), borderColor: looks.surface, borderWidth: 2 } }));
  const middle = { show: true, position: "center", formatter: `{n|${total < 100_000 ? total.toLocaleString("en-GB") : short(total)}}\n{u|${told.unit}}`, rich: { n: { fontSize: 20, lineHeight: 24, fontWeight: 600, color: looks.ink, fontFamily: looks.font }, u: { fontSize: 11, lineHeight: 14, color: looks.muted, fontFamily: looks.font } } };
  return { series: [{ type: "pie", radius: ["62%", "88%"], data, label: middle, labelLine: { show: false }, emphasis: { scaleSize: 3, label: middle }, cursor: told.links.length ? "pointer" : "default" }] };
}

function options(told: Told): EChartsCoreOption {
  const looks = look(told.causes);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pointer = told.kind === "donut" || told.kind === "interval" ? "item" : "axis";
  const at = (hit: unknown): number => ((Array.isArray(hit) ? hit[0] : hit) as { dataIndex: number } | undefined)?.dataIndex ?? 0;
  const base: EChartsCoreOption = {
    animationDuration: still ? 0 : 150,
    animationDurationUpdate: still ? 0 : 150,
    textStyle: { fontFamily: looks.font },
    grid: { left: 2, right: told.kind === "bar" && lying(told) ? 64 : 12, top: 10, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: pointer,
      axisPointer: { type: told.kind === "line" || told.kind === "area" ? "line" : "shadow", lineStyle: { color: looks.strong }, shadowStyle: { color: faded(looks.muted, 0.08) } },
      backgroundColor: looks.raised,
      borderColor: looks.strong,
      borderWidth: 1,
      padding: [7, 10],
      confine: true,
      transitionDuration: 0,
      formatter: (hit: unknown) => tip(told, at(hit)),
    },
  };
  const series = told.kind === "interval" ? whiskers(told, looks) : told.kind === "line" || told.kind === "area" ? lines(told, looks) : bars(told, looks);
  return told.kind === "donut" ? { ...base, ...donut(told, looks) } : { ...base, ...axes(told, looks), series };
}

const grown = new ResizeObserver((entries) => {
  for (const entry of entries) drawn.get(entry.target as HTMLElement)?.chart.resize();
});

/** Draw a chart into its place for the first time. */
export function draw(place: HTMLElement): void {
  const text = place.dataset["chart"] ?? "";
  const told = JSON.parse(text) as Told;
  const inside = document.createElement("div");
  inside.className = "chart-inside";
  place.replaceChildren(inside);
  const chart = echarts.init(inside);
  chart.setOption(options(told));
  chart.on("click", (hit) => {
    const link = drawn.get(place)?.told.links[(hit as { dataIndex: number }).dataIndex];
    if (link) location.assign(link);
  });
  drawn.set(place, { chart, told, text });
  place.dataset["drawn"] = "";
  grown.observe(place);
}

/** Draw what the server changed. */
export function redraw(place: HTMLElement): void {
  const one = drawn.get(place);
  const text = place.dataset["chart"] ?? "";
  if (!one || one.text === text) return;
  one.text = text;
  one.told = JSON.parse(text) as Told;
  one.chart.setOption(options(one.told), { notMerge: true });
}

/** Draw everything in the colours of now, and let go of what has left the page. */
export function retheme(): void {
  for (const [place, one] of drawn) {
    if (place.isConnected) one.chart.setOption(options(one.told), { notMerge: true });
    else {
      one.chart.dispose();
      grown.unobserve(place);
      drawn.delete(place);
    }
  }
}
