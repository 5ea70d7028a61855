"""Runs what a page of sources gave to copy, as whoever copied it would: in a shell, in Python, in Node, or on a website in a browser."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.sdk.conftest import FOLDER

ROOT = Path(__file__).parents[2]
SHOP = "https://shop.example/"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
BUNDLE = """
import {rolldown} from "ROLLDOWN";
const packed = await rolldown({input: process.argv[2], platform: "browser", resolve: {modules: [process.argv[3]]}, logLevel: "silent"});
const {output} = await packed.generate({format: "iife"});
process.stdout.write(output[0].code);
"""


def shell(code: str) -> None:
    _done(["bash", "-euo", "pipefail", "-c", code])


def python(code: str) -> None:
    _done([sys.executable, "-c", code])


def _done(command: list[str], said: str = "", folder: Path | None = None) -> str:
    done = subprocess.run(command, input=said, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Website:
    """A customer's website in a visitor's browser, at an address that is nobody's own machine: some clients say nothing there."""

    def __init__(self, browser: Browser, node: str, folder: Path) -> None:
        self._node = node
        self._folder = folder
        self._page = ""
        self._context: BrowserContext = browser.new_context(user_agent=AGENT, permissions=["local-network-access"])
        # Clients that stay silent where a browser says that it is steered are to be heard here.
        self._context.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})")
        self._context.route(SHOP + "**", lambda route: route.fulfill(content_type="text/html; charset=utf-8", body=self._page))

    def close(self) -> None:
        self._context.close()

    def open(self, code: str) -> Page:
        """A page with this in it."""
        self._page = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title><link rel=icon href=data:,>{code}</head><body><h1>Lamps</h1>"
        page = self._context.new_page()
        page.goto(SHOP)
        return page

    def node(self, code: str) -> None:
        """Run a module of Node."""
        _done([self._node, "--input-type=module"], code, FOLDER)

    def module(self, code: str) -> None:
        """A page whose script is this module, with the packages it imports."""
        written = self._folder / "main.mjs"
        written.write_text(code)
        bundler = self._folder / "bundle.mjs"
        bundler.write_text(BUNDLE.replace("ROLLDOWN", (ROOT / "frontend/node_modules/rolldown/dist/index.mjs").as_uri()))
        packed = _done([self._node, str(bundler), str(written), str(FOLDER / "node_modules")])
        self.open("").add_script_tag(content=packed)


def runner(key: str, website: Website) -> Callable[[str], object]:
    """How the snippet of this key is run."""
    return {"shell": shell, "python": python, "node": website.node, "module": website.module, "page": website.open}[RUNS[key]]


RUNS = {
    "browser": "page",
    "next": "module",
    "node": "node",
    "python": "python",
    "rudder": "module",
    "posthog": "page",
    "snowplow": "module",
    "matomo": "page",
    "plausible": "page",
    "plausible-npm": "module",
    "umami": "page",
    "cloudevents": "shell",
    "pixel": "page",
    "curl": "shell",
}
NOT_HERE = {"go", "php", "ruby", "java", "dotnet", "kotlin", "swift", "native"}
"""Snippets for what CI does not have."""
