"""The application as the front serves it: over ASGI, views in threads."""

import asyncio

import pytest
from asgiref.testing import ApplicationCommunicator

from sojourn.apps.people import lake_hook
from sojourn.runtime.web import django_app


async def fetch(app, path: str) -> tuple[int, dict[str, str], bytes]:
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8000),
    }
    talk = ApplicationCommunicator(app, scope)
    await talk.send_input({"type": "http.request", "body": b"", "more_body": False})
    start = await talk.receive_output(10)
    body = b""
    while True:
        part = await talk.receive_output(10)
        body += part.get("body", b"")
        if not part.get("more_body"):
            return start["status"], {key.decode().lower(): value.decode() for key, value in start["headers"]}, body


@pytest.fixture
def app():
    yield django_app()
    lake_hook.connect(lambda: None)


def test_pages_and_static_files_come_over_asgi_without_a_warning(app):
    status, headers, body = asyncio.run(fetch(app, "/accounts/login/"))
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    sheet = body.decode().split('rel="stylesheet" href="')[1].split("?")[0]
    status, headers, body = asyncio.run(fetch(app, sheet))
    assert (status, headers["content-type"]) == (200, 'text/css; charset="utf-8"')
    assert len(body) == int(headers["content-length"]) > 5_000


def test_an_unknown_address_is_404_over_asgi(app):
    assert asyncio.run(fetch(app, "/nowhere"))[0] == 404


def test_before_the_first_fact_there_is_no_lake_to_ask(app):
    assert lake_hook.lake() is None
