"""What a chart says: a title, a unit, a period, numbers and how sure they are. How it looks is the browser's business (frontend/ui/src/charts.ts)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

Kind = Literal["line", "area", "bar", "stacked", "spark", "interval", "donut"]
Tone = Literal["good", "warn", "bad", "info", "accent", "quiet"]
Number = int | float | None
MAX_POINTS = 400
MAX_SERIES = 12


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Units: `unit` stands beside every number ("EUR", "carts", "%"); `period` is what they cover ("last 30 days").
    Shapes: each series is (name, values) with one value, or None for a gap, for each of `labels`; `low` and `high`, where given, bound the first series.
    `causes` gives a cause for each series, or for each label of a chart with one series, to colour it by; `tones` a
    meaning for each series (of a donut: for each label) instead; `links` an address for each label.
    Errors: ValueError for lengths that differ, or more than MAX_POINTS labels or MAX_SERIES series.
    """

    kind: Kind
    title: str
    unit: str
    period: str
    labels: Sequence[str]
    series: Sequence[tuple[str, Sequence[Number]]]
    low: Sequence[Number] = ()
    high: Sequence[Number] = ()
    causes: Sequence[str] = ()
    tones: Sequence[Tone] = ()
    links: Sequence[str] = ()
    across: str = "When"
    note: str = ""
    size: Literal["", "low", "tall"] = ""
    decimals: int = 0

    def __post_init__(self) -> None:
        """Check the shape: a chart that lies about its lengths would draw nonsense."""
        rows = [values for _name, values in self.series] + [row for row in (self.low, self.high, self.links) if row]
        if any(len(row) != len(self.labels) for row in rows) or bool(self.low) != bool(self.high):
            raise ValueError("Every series, low, high and links need one entry for each label.")
        if self.tones and len(self.tones) != (len(self.labels) if self.kind == "donut" else len(self.series)):
            raise ValueError("Tones need one entry for each series, of a donut for each label.")
        if len(self.labels) > MAX_POINTS or len(self.series) > MAX_SERIES:
            raise ValueError(f"A chart shows at most {MAX_POINTS} labels and {MAX_SERIES} series.")

    @property
    def says(self) -> str:
        """Unit and period in one line."""
        return ", ".join(part for part in (self.unit, self.period) if part)

    @property
    def id(self) -> str:
        """Stable as long as the title and the names of the series are."""
        return "chart-" + blake2b(repr((self.title, [name for name, _values in self.series])).encode(), digest_size=4).hexdigest()


def number_words(value: Number, decimals: int = 0) -> str:
    """`1,234.5`; a dash for none."""
    return "–" if value is None else f"{value:,.{decimals}f}"


def drawn(chart: Chart) -> dict[str, Any]:
    """What the browser needs to draw it."""
    return {
        "kind": chart.kind,
        "unit": chart.unit,
        "across": chart.across,
        "labels": list(chart.labels),
        "series": [{"name": name, "values": list(values)} for name, values in chart.series],
        "low": list(chart.low),
        "high": list(chart.high),
        "causes": list(chart.causes),
        "tones": list(chart.tones),
        "links": list(chart.links),
        "decimals": chart.decimals,
    }


def table(chart: Chart) -> tuple[list[str], list[tuple[str, str, list[str]]]]:
    """The same numbers as a table: names of columns; for each label its link (may be empty) and its cells."""
    columns = [name for name, _values in chart.series] + (["low", "high"] if chart.low else [])
    across = [values for _name, values in chart.series] + ([chart.low, chart.high] if chart.low else [])
    links = chart.links or [""] * len(chart.labels)
    return columns, [(label, links[at], [number_words(row[at], chart.decimals) for row in across]) for at, label in enumerate(chart.labels)]


def legend(chart: Chart) -> list[dict[str, str]]:
    """Names and tones of the series, or of a donut's parts, where there is more than one to tell apart."""
    names = list(chart.labels) if chart.kind == "donut" else [name for name, _values in chart.series]
    if len(names) < 2:
        return []
    return [{"name": name, "tone": _tone(chart, at, len(names))} for at, name in enumerate(names)]


def _tone(chart: Chart, at: int, names: int) -> str:
    if chart.tones:
        return f"tone-{chart.tones[at]}"
    return f"by-cause {chart.causes[at]}" if len(chart.causes) == names else f"tone-{at % 8 + 1}"


def summary(chart: Chart) -> str:
    """One sentence for those who do not see it: the last value of each series, or the largest parts."""
    if not chart.labels or not chart.series:
        return "No numbers yet."
    if chart.kind in ("bar", "donut", "interval") and len(chart.series) == 1:
        parts = sorted(zip(chart.labels, chart.series[0][1], strict=True), key=lambda pair: -(pair[1] or 0))[:5]
        return "; ".join(f"{label}: {number_words(value, chart.decimals)}" for label, value in parts) + "."
    return "; ".join(f"{name} at {chart.labels[-1]}: {number_words(values[-1], chart.decimals)}" for name, values in chart.series) + "."


def spark(values: Sequence[Number], width: int = 120, height: int = 28) -> tuple[str, str]:
    """Path data of a line and of the area below it, in a box of `width` × `height`; empty for fewer than two values."""
    if len(values) < 2:
        return "", ""
    top = max((value or 0) for value in values) or 1
    step = width / (len(values) - 1)
    points = [f"{at * step:.1f},{height - 2 - (value or 0) / top * (height - 4):.1f}" for at, value in enumerate(values)]
    line = "M" + "L".join(points)
    return line, f"{line}L{width},{height}L0,{height}Z"
