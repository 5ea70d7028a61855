"""The lake on DuckLake: Parquet files with a SQLite catalog, DuckDB in process."""
