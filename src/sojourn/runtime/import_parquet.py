"""Rows of a Parquet file for the import, read by DuckDB in the order of the file."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import Any, Final

import duckdb

from sojourn.terms.refusals import Code, Refusal

AT_ONCE: Final = 1_000
_MEMORY: Final = "512MB"


class Rows:
    """The columns of a file, how many rows it has, and its rows from any of them on. Errors: Refusal for what is not Parquet, or damaged."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._name = path.name
        try:
            with closing(self._connection()) as connection:
                described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [self._path]).fetchall()
                counted = connection.execute("SELECT count(*) FROM read_parquet(?)", [self._path]).fetchone()
        except duckdb.Error as error:
            raise Refusal(Code.BAD_VALUE, f"{path.name} is not a Parquet file that can be read: {self._why(error)}") from error
        self.columns = [str(column[0]) for column in described]
        self.total = int(counted[0]) if counted else 0
        self.done = 0

    def after(self, row: int) -> Iterator[list[Any]]:
        """The rows after the first `row` of them; values as JSON has them, None where there is none."""
        self.done = row
        for values in self._fetched(row):
            self.done += 1
            yield [_plain(value) for value in values]

    def _fetched(self, row: int) -> Iterator[tuple[Any, ...]]:
        try:
            with closing(self._connection()) as connection:
                found = connection.execute("SELECT * FROM read_parquet(?) OFFSET ?", [self._path, row])
                while rows := found.fetchmany(AT_ONCE):
                    yield from rows
        except duckdb.Error as error:
            words = f"{self._name} cannot be read any further than row {self.done:,}; it seems to be damaged, so write it again"
            raise Refusal(Code.BAD_VALUE, f"{words} ({self._why(error)})") from error

    def _why(self, error: duckdb.Error) -> str:
        """DuckDB's words, without the path: who reads them knows the file by its name."""
        return str(error).splitlines()[0].replace(self._path, self._name)[:200]

    def _connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config={"memory_limit": _MEMORY, "threads": 1, "preserve_insertion_order": True, "autoinstall_known_extensions": False})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, str | int | float | bool):
        return None if isinstance(value, float) and isnan(value) else value  # NaN is how dataframes write that there is nothing
    return str(value)
