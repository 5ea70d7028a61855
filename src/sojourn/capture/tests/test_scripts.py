"""Vendors' tracker scripts where their snippets look for them."""

import gzip
from pathlib import Path

import pytest

from sojourn.capture import scripts
from sojourn.capture.tests.door import Door


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "posthog"
    folder.mkdir()
    for name in ("array", "array.full", "array.full.no-external", "exception-autocapture"):
        (folder / f"{name}.js").write_text(f"{name}();")
    (folder / "version.txt").write_text("1.449.2")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/matomo.js", "matomo.js"),
        ("/piwik.js", "matomo.js"),
        ("/stats/matomo/matomo.js", "matomo.js"),
        ("/script.js", "umami.js"),
        ("/umami.js", "umami.js"),
        ("/js/script.js", "plausible.js"),
        ("/js/plausible.js", "plausible.js"),
        ("/js/script.hash.outbound-links.file-downloads.js", "plausible.js"),
        ("/js/pa-Ab_3-x.js", "plausible.js"),
        ("/static/array.js", "posthog/array.js"),
        ("/static/array.full.no-external.js", "posthog/array.full.no-external.js"),
        ("/array/wk_shop/array.js", "posthog/array.js"),
        ("/static/exception-autocapture.js", "posthog/exception-autocapture.js"),
        ("/static/1.449.2/exception-autocapture.js", "posthog/exception-autocapture.js"),
    ],
)
def test_each_vendors_snippet_finds_its_script(built: Path, path: str, file: str) -> None:
    assert scripts.find(path, built) == built / file


@pytest.mark.parametrize(
    "path",
    [
        "/static/1.448.0/exception-autocapture.js",  # the client then asks for the one without a version
        "/static/recorder.js",
        "/static/array.js.map",
        "/static/version.txt",
        "/static/../posthog/array.js",
        "/static/ui/built/ui.js",
        "/array/wk_shop/config.js",
        "/js/other.js",
        "/js/script.js/x",
        "/matomo.php",
        "/a/b/c/d/matomo.js",
    ],
)
def test_nothing_else_is_found(built: Path, path: str) -> None:
    assert scripts.find(path, built) is None


def test_a_script_that_was_not_built_says_so_in_the_console(tmp_path: Path) -> None:
    for path in ("/matomo.js", "/static/array.js"):
        file = scripts.find(path, tmp_path)
        assert file is not None
        status, headers, body = scripts.serve(file, [])
        assert (status, dict(headers)[b"cache-control"]) == (200, b"no-store")
        assert body == b'console.error("Sojourn: this script has not been built on the server; run there: make assets");\n'
    assert scripts.find("/static/1.449.2/array.js", tmp_path) is None


def test_a_script_comes_zipped_to_pages_of_every_origin_and_once(built: Path) -> None:
    file = built / "posthog/array.js"
    status, fields, body = scripts.serve(file, [(b"accept-encoding", b"gzip")])
    headers = dict(fields)
    assert (status, gzip.decompress(body), headers[b"content-encoding"]) == (200, b"array();", b"gzip")
    assert (headers[b"access-control-allow-origin"], headers[b"cross-origin-resource-policy"]) == (b"*", b"cross-origin")
    assert scripts.serve(file, [(b"if-none-match", headers[b"etag"])])[::2] == (304, b"")
    file.write_text("newer();")
    assert scripts.serve(file, [(b"if-none-match", headers[b"etag"])])[::2] == (200, b"newer();")


def test_the_front_door_has_the_scripts() -> None:
    with Door() as door:
        found = door.post("/static/array.js?v=1.449.2", b"", key=None, method="GET", origin="https://shop.example")
        assert (found.status, found.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert door.post("/matomo.js", b"", key=None, method="HEAD").status == 200
        assert door.post("/static/array.js", b"", key=None).status == 405
        assert all(door.app.handles(path) for path in ("/static/array.js", "/matomo.js", "/script.js", "/js/script.js"))
        assert not any(door.app.handles(path) for path in ("/static/ui/built/ui.js", "/js/x.js"))
