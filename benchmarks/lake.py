"""The lake at five million facts: one person's timeline, appends, small files and their merge, a rebuild's history, questions.

Usage: python -m benchmarks.lake [facts]; beside each figure the same rows in a plain DuckDB table, or plain Parquet, of the same run.
"""

import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import duckdb

from benchmarks.table import Figure, show
from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.ports.lake import Row
from sojourn.terms.facts import Fact

FACTS = 5_000_000
PEOPLE = 50_000
MONTHS = 6
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
SPAN_SECONDS = 180 * 86_400

GENERATED = f"""
    SELECT
        1 AS workspace,
        (1 + (pow((hash(i) % 1000003) / 1000003.0, 2) * {PEOPLE})::BIGINT) << 14 AS person,
        make_timestamp_ms({START} + (i * {SPAN_SECONDS}000.0 / $facts)::BIGINT) AS happened_at,
        i << 14 AS id,
        (hash(i + 1) % 1000000)::BIGINT AS session,
        3 AS source,
        make_timestamp_ms({START} + (i * {SPAN_SECONDS}000.0 / $facts)::BIGINT) AS recorded_at,
        'track' AS kind,
        ['page', 'Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'][1 + (hash(i + 2) % 5)::INT] AS name,
        'm-' || md5(i::VARCHAR) AS message_id,
        'anon-' || md5((hash(i) % 1000003)::VARCHAR) AS anonymous_id,
        CASE WHEN hash(i + 3) % 2 = 0 THEN 'u-' || (hash(i) % 1000003) END AS user_id,
        NULL AS link,
        32 AS flags,
        (hash(i + 4) % 10000) / 100.0 AS value,
        'EUR' AS currency,
        '{{"product_id":"p' || (i % 500) || '","price":' || (i % 100) || ',"name":"Running Shoe ' || (i % 500) || '","category":"Shoes"}}' AS props,
        '{{"context":{{"page":{{"url":"https://shop.example/p/' || (i % 500) || '?q=' || md5(i::VARCHAR) || '","path":"/p/' || (i % 500)
            || '"}},"userAgent":"Mozilla/5.0 (X11; Linux x86_64) Chrome/' || (i % 40) || '","locale":"en-US"}},"raw":{{"sentAt":"' || i || '"}}}}' AS rest
    FROM range($first, $last) AS numbers(i)
"""


def fill(lake: DuckLake, facts: int) -> None:
    """Make so many facts inside DuckDB, month by month, as they would have come."""
    lake.write([], [], 1)
    for month in range(MONTHS):
        with lake._guarded() as connection:
            span = {"facts": facts, "first": month * facts // MONTHS + 1, "last": (month + 1) * facts // MONTHS + 1}
            connection.execute(f"INSERT INTO facts {GENERATED}", span)


def some_rows(facts: int, sequence: int, count: int) -> list[Row]:
    """Rows that come after those of `fill`."""
    at = START + SPAN_SECONDS * 1000
    props = {"product_id": "p-1", "price": 19.99, "name": "Running Shoe", "category": "Shoes", "quantity": 1}
    context = {"page": {"url": "https://shop.example/p/1", "path": "/p/1"}, "userAgent": "Mozilla/5.0 (X11; Linux x86_64)", "locale": "en-US"}
    return [
        Row(
            1,
            (facts + sequence * 100_000 + i) << 14,
            (1 + i % PEOPLE) << 14,
            0,
            3,
            at,
            Fact("track", "page", at + i, f"m-{sequence}-{i}", "a", None, props, {}, context),
        )
        for i in range(count)
    ]


def timed(ask: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Median wall and CPU milliseconds."""
    wall, cpu = [], []
    for _ in range(times):
        began, burnt = perf_counter(), process_time()
        ask()
        wall.append((perf_counter() - began) * 1000)
        cpu.append((process_time() - burnt) * 1000)
    return median(wall), median(cpu)


def figure(what: str, ask: Callable[[], object], target: float | None, baseline: Callable[[], object] | None, times: int = 5) -> Figure:
    """One row of the table; targets are wall milliseconds."""
    wall, cpu = timed(ask, times)
    beside = "{:,.0f} ms, {:,.0f} CPU".format(*timed(baseline, times)) if baseline else ""
    return Figure(what, f"{wall:,.0f} ms, {cpu:,.0f} CPU", f"≤ {target:,.0f} ms" if target else "", beside, wall <= target if target else None)


TIMELINE = "SELECT * FROM plain WHERE workspace = 1 AND person = {} ORDER BY happened_at DESC, id DESC LIMIT 1000"
UNIQUES = "SELECT happened_at::DATE, count(DISTINCT person) FROM {} WHERE workspace = 1 GROUP BY 1"
BREAKDOWN = "SELECT name, count(*), sum(value) FROM {} WHERE workspace = 1 GROUP BY 1"


def _figures(folder: Path, facts: int) -> list[Figure]:
    """Fill a lake and a plain table, and ask both."""
    lake = DuckLake(folder / "lake")
    began = perf_counter()
    fill(lake, facts)
    filled = perf_counter() - began
    plain = duckdb.connect(str(folder / "plain.duckdb"), config={"memory_limit": "256MB", "threads": "2", "temp_directory": str(folder / "tmp")})
    for month in range(MONTHS):
        span = {"facts": facts, "first": month * facts // MONTHS + 1, "last": (month + 1) * facts // MONTHS + 1}
        verb = "INSERT INTO plain" if month else "CREATE TABLE plain AS"
        plain.execute(f"{verb} SELECT * FROM ({GENERATED}) ORDER BY person, happened_at", span)
    people = {"the busiest of": 1 << 14, "an average one of": 12_500 << 14, "a quiet one of": 49_000 << 14}
    rows = [Figure("load, facts a second", f"{facts / filled:,.0f}")]
    for who, person in people.items():
        baseline = TIMELINE.format(person)
        rows.append(
            figure(f"last 1,000 facts of {who} {PEOPLE:,}", lambda p=person: lake.timeline(1, [p], 1000), 100, lambda b=baseline: plain.execute(b).fetchall())
        )
    for count, target in ((1, None), (1_000, 50), (20_000, None)):
        sequences = iter(range(count + 2, 10**9))
        batches = [some_rows(facts, count + number, count) for number in range(5)]
        left = iter(batches)
        spare = folder / "spare.parquet"
        copied = f"COPY (SELECT * FROM plain LIMIT {count}) TO '{spare}' (COMPRESSION zstd)"
        rows.append(figure(f"append {count:,}", lambda b=left, s=sequences: lake.write(next(b), [], next(s)), target, lambda c=copied: plain.execute(c)))
    for sequence in range(10**6, 10**6 + 40):
        lake.write(some_rows(facts, sequence, 50), [], sequence)
    rows.append(figure("timeline with 55 small files not yet merged", lambda: lake.timeline(1, [1 << 14], 1000), 100, None))
    rows.append(figure("merge of these", lake.compact, None, None, times=1))
    rows.append(figure("timeline after it", lambda: lake.timeline(1, [1 << 14], 1000), 100, None))
    rows.append(figure("history of one, for a rebuild", lambda: lake.history(1, [49_000 << 14]), None, None))
    rows.append(figure("uniques per day", lambda: lake.query(UNIQUES.format("facts"), {}), None, lambda: plain.execute(UNIQUES.format("plain")).fetchall(), 3))
    rows.append(
        figure("breakdown by name", lambda: lake.query(BREAKDOWN.format("facts"), {}), None, lambda: plain.execute(BREAKDOWN.format("plain")).fetchall(), 3)
    )
    reader = DuckLake(folder / "lake", read_only=True)
    rows.append(figure("a fresh reader attaches and answers", reader.sequence, None, None, times=1))
    rows.append(figure("erase one person", lambda: lake.erase(1, [40_000 << 14]), None, None, times=1))
    size = sum(path.stat().st_size for path in (folder / "lake").rglob("*") if path.is_file())
    rows.append(Figure("bytes on disk a fact", f"{size / facts:,.0f}", baseline=f"{(folder / 'plain.duckdb').stat().st_size / facts:,.0f}"))
    rows.append(Figure("resident at most, both together", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB"))
    for one in (reader, lake, plain):
        one.close()
    return rows


def figures(facts: int = FACTS) -> list[Figure]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        return _figures(Path(folder), facts)


if __name__ == "__main__":
    many = int(sys.argv[1]) if len(sys.argv) > 1 else FACTS
    show(f"The lake at {many:,} facts of {PEOPLE:,} people", figures(many))
