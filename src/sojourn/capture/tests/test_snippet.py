"""The browser snippet as the front door serves it."""

import gzip
import json
import re
from pathlib import Path

import pytest

from sojourn.adapters.memory.directory import MemoryDirectory
from sojourn.capture import snippet
from sojourn.capture.snippet import BUILT, Answer, Snippet
from sojourn.capture.tests.door import KEYS, Door
from sojourn.ports.directory import KeyHolder

MOST_BYTES = 6 * 1024
PAGES = {**KEYS, "wk_ask": KeyHolder(workspace=1, source=7, name="Shop", consent_first=True)}


@pytest.fixture
def served(tmp_path: Path) -> Snippet:
    built = tmp_path / "sojourn.js"
    built.write_text("run();")
    return Snippet(MemoryDirectory(PAGES), built)


def fetch(served: Snippet, query: bytes = b"key=wk_shop", path: str = snippet.PATH, **headers: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    status, fields, body = answer(served, query, path, **headers)
    return status, dict(fields), body


def answer(served: Snippet, query: bytes, path: str, **headers: bytes) -> Answer:
    return served.serve(path, query, [(name.replace("_", "-").encode(), value) for name, value in headers.items()])


def settings(body: bytes) -> object:
    first = body.split(b"\n")[0]
    assert first.startswith(b"window.sojournSettings=")
    return json.loads(first.removeprefix(b"window.sojournSettings=").removesuffix(b";"))


@pytest.mark.parametrize(("key", "ask"), [("wk_shop", False), ("wk_ask", True)])
def test_the_script_comes_with_its_key_and_the_workspaces_rule_of_consent(served: Snippet, key: str, ask: bool) -> None:
    status, headers, body = fetch(served, f"key={key}".encode())

    assert status == 200
    assert settings(body) == {"key": key, "ask": ask}
    assert body.endswith(b"\nrun();")
    assert headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert headers[b"content-length"] == str(len(body)).encode()
    assert headers[b"cache-control"] == b"public, max-age=300"
    assert headers[b"access-control-allow-origin"] == b"*"
    assert headers[b"cross-origin-resource-policy"] == b"cross-origin"


def test_segments_address_of_a_script_gives_the_same(served: Snippet) -> None:
    assert fetch(served, b"", "/analytics.js/v1/wk_shop/analytics.min.js") == fetch(served)
    assert served.handles("/analytics.js/v1/wk_shop/analytics.min.js")
    assert not served.handles("/analytics.js/v1/a/b/analytics.min.js")


@pytest.mark.parametrize(("accepts", "zipped"), [(b"gzip, br", True), (b"br, gzip;q=1.0", True), (b"gzip;q=0", False), (b"br", False), (b"", False)])
def test_the_script_is_zipped_for_those_who_take_it(served: Snippet, accepts: bytes, zipped: bool) -> None:
    _, headers, body = fetch(served, accept_encoding=accepts)

    assert headers.get(b"content-encoding") == (b"gzip" if zipped else None)
    assert headers[b"vary"] == b"Accept-Encoding"
    assert (gzip.decompress(body) if zipped else body).endswith(b"run();")


def test_who_has_the_script_already_gets_no_body(served: Snippet) -> None:
    etag = fetch(served)[1][b"etag"]

    assert fetch(served, if_none_match=b'"other", W/' + etag)[0::2] == (304, b"")
    assert fetch(served, if_none_match=b'"other"')[0] == 200
    assert fetch(served, b"key=wk_ask", if_none_match=etag)[0] == 200


def test_a_newly_built_script_is_served_at_once(tmp_path: Path) -> None:
    built = tmp_path / "sojourn.js"
    served = Snippet(MemoryDirectory(PAGES), built)
    assert b"console.error" in fetch(served)[2]
    assert b"make assets" in fetch(served)[2]

    built.write_text("one();")
    first = fetch(served)
    built.write_text("second();")

    assert first[2].endswith(b"one();")
    assert fetch(served)[2].endswith(b"second();")
    assert fetch(served)[1][b"etag"] != first[1][b"etag"]


@pytest.mark.parametrize(
    "query", [b"", b"key=", b"key=wk_nobody", b"key=wk_off", b"key=sk_shop", b"key=%22);alert(1)//", b"key=" + b"x" * 5000, b"key=%ff", b"&" * 100]
)
def test_a_wrong_key_gives_a_script_that_says_so_and_does_nothing_else(served: Snippet, query: bytes) -> None:
    status, headers, body = fetch(served, query)

    assert status == 200
    assert headers[b"cache-control"] == b"no-store"
    assert re.fullmatch(rb'console\.error\("Sojourn: [^"\\]+"\);\n', body)
    assert b"alert" not in body


def test_the_front_door_has_the_script_beside_its_calls() -> None:
    with Door() as door:
        found = door.post("/sojourn.js?key=wk_nobody", b"", key=None, method="GET", origin="https://shop.example")
        refused = door.post("/sojourn.js?key=wk_shop", b"", key=None)
        handled = door.app.handles("/sojourn.js")

    assert handled
    assert found.status == 200
    assert found.body.startswith(b"console.error(")
    assert refused.status in (404, 405)


def test_the_built_script_stays_under_its_weight() -> None:
    assert BUILT.exists(), "the snippet is not built; run: make assets"
    served = Snippet(MemoryDirectory({"wk_" + "0123456789abcdef" * 2: KeyHolder(workspace=1, source=7, name="Shop")}))

    zipped = fetch(served, b"key=wk_" + b"0123456789abcdef" * 2, accept_encoding=b"gzip")[2]

    assert 3_000 < len(zipped) < MOST_BYTES


def test_the_snippet_says_the_products_version() -> None:
    root = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").exists())
    ours = re.search(r'^version = "([^"]+)"', (root / "pyproject.toml").read_text(), re.MULTILINE)
    its = re.search(r'VERSION = "([^"]+)"', (root / "frontend/sdk/src/version.ts").read_text())

    assert ours is not None
    assert its is not None
    assert its[1] == ours[1]
