"""A DuckDB connection with the lake attached: extensions from the wheels, nothing from the network, no file outside the lake's folder."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb

INLINE_ROWS: Final = 0
"""Rows kept in the catalog instead of a Parquet file: none, for a reader that asks while they are flushed to a file does not see them; see ADR 0036."""

OPTIONS: Final[Mapping[str, str]] = {
    "parquet_compression": "zstd",
    "parquet_row_group_size": "20000",
    "target_file_size": "128MB",
}
"""Kept in the catalog. `data_inlining_row_limit` is given on ATTACH instead: CALL set_option with it ends DuckDB 1.5.5 with a segmentation fault."""

_EXTENSIONS: Final = ("sqlite_scanner", "ducklake")


def catalog_of(folder: Path) -> Path:
    """Where a lake's catalog lies."""
    return folder / "catalog.sqlite"


def connect(folder: Path, *, read_only: bool, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    """Open the lake in that folder; a writer makes it where it is missing. Afterwards the connection reads and writes below `folder` only.

    Errors: duckdb.Error, sqlite3.Error, OSError; FileNotFoundError for a reader where there is no lake yet.
    """
    catalog = catalog_of(folder)
    if read_only and not catalog.exists():
        raise FileNotFoundError(catalog)
    spill = folder / "tmp"
    if not read_only:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        spill.mkdir(exist_ok=True)
        _ensure_wal(catalog)
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory_limit,
            "threads": str(threads),
            "temp_directory": str(spill),
            "preserve_insertion_order": "false",
        }
    )
    try:
        connection.execute("SET enable_progress_bar = false")  # it goes to standard output, between the lines of JSON
        for name in _EXTENSIONS:
            connection.execute(f"LOAD {_quoted(_extension_file(name))}")
        # The data path is given anew each time, so that the whole folder may be moved.
        mode = "READ_ONLY" if read_only else f"DATA_INLINING_ROW_LIMIT {INLINE_ROWS}"
        data = _quoted(f"{folder / 'data'}/")
        connection.execute(f"ATTACH {_quoted(f'ducklake:sqlite:{catalog}')} AS lake ({mode}, DATA_PATH {data}, OVERRIDE_DATA_PATH true)")
        connection.execute("USE lake")
        if not read_only:
            _ensure_schema(connection)
        connection.execute(f"SET allowed_directories = [{_quoted(f'{folder}/')}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


def _ensure_wal(catalog: Path) -> None:
    """In rollback mode readers and the writer collide; WAL is a property of the file and is set once."""
    with closing(sqlite3.connect(catalog, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")


def _ensure_schema(connection: duckdb.DuckDBPyConnection) -> None:
    there = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = 'position'").fetchone()
    assert there is not None
    if there[0]:
        return
    statements = resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    for name, value in OPTIONS.items():
        connection.execute(f"CALL lake.set_option({_quoted(name)}, {_quoted(value)})")
    connection.execute("BEGIN")
    connection.execute(statements)
    connection.execute("COMMIT")


def _extension_file(name: str) -> str:
    """The signed extension as its wheel brings it; DuckDB checks the signature when it loads it."""
    return str(resources.files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension")


def _quoted(text: str) -> str:
    """A text as a literal, for the statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"
