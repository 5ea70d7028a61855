"""A pytest plugin, loaded before Django's settings are: tests never read or write the data of the installation they run beside."""

import atexit
import os
import shutil
import tempfile

import pytest
from hypothesis import settings

for _key in [key for key in os.environ if key.startswith("SOJOURN_") and key != "SOJOURN_NO_BROWSER"]:
    del os.environ[_key]
_home = tempfile.mkdtemp(prefix="sojourn-tests-")
os.environ["SOJOURN_HOME"] = _home
# How long an example takes says more about the machine than about the code.
settings.register_profile("sojourn", deadline=None)
settings.load_profile("sojourn")
atexit.register(shutil.rmtree, _home, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are counted each time: a page that is asked twice within a test shows what happened in between."""
    # Here, because it must not be imported before the lines above have been run.
    from sojourn.apps.people import kept

    monkeypatch.setattr(kept, "_keeper", None)
