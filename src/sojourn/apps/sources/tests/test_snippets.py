"""Each piece of code holds the key and the address, and nothing is left to fill in."""

import re
import subprocess
from pathlib import Path

import pytest

from sojourn.apps.sources.kinds import KINDS
from sojourn.apps.sources.snippets import snippets

KEY = "wk_HOST-KEY_SSL-PORT.NAME-0123456"
"""A key in which the names of the holes stand."""


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "https://sojourn.example", "https://sojourn.example:8443"])
def test_every_snippet_holds_the_key_once_and_where_to_send(address):
    host = address.split("//")[1]
    for one in snippets(address, KEY, "website"):
        assert one.code.count(KEY) == 1, one.key
        assert host.partition(":")[0] in one.code, one.key
        assert not re.search(r"\b(ADDRESS|HOST|NAME|PORT|SSL)\b", one.code.replace(KEY, "")), one.key
        assert "/v1/import" not in one.code, "history fires nothing"


def test_the_browser_snippet_on_the_screen_is_that_of_the_docs():
    page = (Path(__file__).parents[5] / "docs" / "how-to" / "use-the-snippet.md").read_text()
    [shown] = [one.code for one in snippets("https://sojourn.example", KEY, "website") if "/sojourn.js" in one.code]
    assert f"```html\n{shown.replace(KEY, 'wk_…')}\n```" in page


@pytest.mark.parametrize("kind", KINDS)
def test_what_fits_the_kind_stands_first(kind):
    shown = snippets("https://sojourn.example", KEY, kind)
    fits = [kind in one.kinds for one in shown]
    assert fits == sorted(fits, reverse=True)
    assert fits[0]
    assert len({one.key for one in shown}) == len(shown) == 22


def test_what_speaks_https_only_says_so_where_there_is_none():
    def warned(address: str) -> set[str]:
        return {one.key for one in snippets(address, KEY, "app") if "https only" in one.note}

    assert warned("http://127.0.0.1:8000") == {"ruby", "dotnet", "kotlin", "swift"}
    assert warned("https://sojourn.example") == set()


def test_the_python_code_can_be_compiled_and_the_shell_code_parsed():
    code = {one.key: one.code for one in snippets("https://sojourn.example", "wk_1", "server")}
    compile(code["python"], "python", "exec")
    assert subprocess.run(["sh", "-n", "-c", code["curl"]], check=False).returncode == 0
