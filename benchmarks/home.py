"""A fresh installation in a folder, for benchmarks."""

import os
from pathlib import Path

from sojourn.runtime.settings import read
from sojourn.runtime.wiring import House


def fresh(folder: Path) -> House:
    """Migrate and set up in `folder`; the environment of this process points there from then on."""
    os.environ["SOJOURN_HOME"] = str(folder)
    from sojourn.runtime.bootstrap import bootstrap

    bootstrap()
    return House(read({"SOJOURN_HOME": str(folder)}))
