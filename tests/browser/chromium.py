"""The system's Chromium for the browser tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_SECONDS = 30.0
"""What is waited for takes a second at most on a quiet machine; Playwright's own waiting, but for `expect`, is as long."""
MISSING = "there is no Chromium; install one (Debian: apt-get install chromium), or set SOJOURN_CHROMIUM to its path"


def path() -> str | None:
    """Where Chromium lies, or None."""
    return os.environ.get("SOJOURN_CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def running() -> Iterator[Browser]:
    """A browser without a window, closed at the end."""
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()
