"""DuckLake: Parquet files with an SQLite catalog, read and written by DuckDB in process."""
