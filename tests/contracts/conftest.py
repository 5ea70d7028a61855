"""A migrated database file for each test that wants one: made once, copied."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

SALT = b"s" * 32


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that migrations make, with workspaces 1 and 2."""
    home = tmp_path_factory.mktemp("migrated")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOJOURN_")} | {"SOJOURN_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "sojourn.runtime.manage", "migrate", "-v", "0", "--skip-checks"], env=environment, check=True, capture_output=True)
    path = home / "sojourn.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for workspace in (1, 2):
            connection.execute(
                "INSERT INTO workspace_workspace (id, name, created_at, settings, salt) VALUES (?, ?, '2026-01-01 00:00:00', '{}', ?)",
                (workspace, f"Workspace {workspace}", SALT),
            )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(migrated, tmp_path / "sojourn.sqlite"))
