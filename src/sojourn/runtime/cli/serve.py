"""Commands that run the product: up, front, capture, web, work."""

import time
import urllib.error
import urllib.request
from typing import Annotated

import typer

from sojourn.runtime.cli.common import load_django, notes, out, settings
from sojourn.runtime.settings import Settings
from sojourn.runtime.soundness import look, tables
from sojourn.terms.refusals import Code, Refusal

READY_SECONDS = 60.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command(hidden=True)(front)
    app.command()(capture)
    app.command()(web)
    app.command()(work)


def up() -> None:
    """Set up what is missing, then run everything: capture, pages, engine, lake, courier, streams."""
    found = settings()
    _pages_are_built()
    _port_is_free(found)
    look(found)
    load_django()
    from sojourn.runtime.bootstrap import bootstrap, sign_in_link

    first = bootstrap()
    link = f"{found.public_url}{sign_in_link()}"
    from django.db import connections

    connections.close_all()
    from sojourn.runtime.supervisor import supervise

    def tell() -> None:
        if _wait_until_ready(found):
            out.print(f"\n[bold]Sojourn is ready:[/] {found.public_url}")
        else:
            notes.print("[red]Sojourn is not ready after a minute; see the log lines above, or run: sojourn doctor")
        out.print(f"Sign in (once, within 15 minutes): {link}", soft_wrap=True)
        if first.write_key:
            out.print(f"Your first source, [bold]{first.source_name}[/], has the write key {first.write_key} (shown once)", soft_wrap=True)
        out.print("Stop with Ctrl+C.\n")

    supervise(["front", "work"], tell)


def front() -> None:
    """Run capture and pages in one process (what `up` starts)."""
    from sojourn.runtime.front import run

    run(_looked_at(listens=True))


def capture() -> None:
    """Run capture alone."""
    from sojourn.runtime.front import run

    run(_looked_at(listens=True), web=False)


def web() -> None:
    """Run the pages alone."""
    _pages_are_built()
    from sojourn.runtime.front import run

    run(_looked_at(listens=True), capture=False)


def work(loops: Annotated[str, typer.Option(help="Which loops, separated by commas.")] = "engine,lake,courier") -> None:
    """Run the loops: the engine (with the streams and the demo's shoppers), the lake writer, the courier."""
    from sojourn.runtime.watch import LOOPS
    from sojourn.runtime.work import run

    names = [name.strip() for name in loops.split(",") if name.strip()]
    if not names or any(name not in LOOPS for name in names):
        raise Refusal(Code.BAD_VALUE, f"--loops takes any of {', '.join(LOOPS)}")
    run(_looked_at(), names)


def _looked_at(*, listens: bool = False) -> Settings:
    found = settings()
    if listens:
        _port_is_free(found)
    look(found)
    tables(found)
    return found


def _pages_are_built() -> None:
    from sojourn.ui.assets import built

    if not built():
        raise Refusal(Code.NOT_READY, "the pages' styles and scripts are not built yet; in the source folder run: make assets")


def _port_is_free(found: Settings) -> None:
    import socket

    family = socket.AF_INET6 if ":" in found.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((found.host, found.port))
        except OSError as error:
            raise Refusal(
                Code.NOT_READY,
                f"cannot listen on {found.bind} ({error.strerror}); is Sojourn running already? Choose another address with SOJOURN_BIND=127.0.0.1:8001",
            ) from error


def _wait_until_ready(found: Settings) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    host = "127.0.0.1" if found.host in ("0.0.0.0", "") else f"[{found.host}]" if ":" in found.host else found.host
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{host}:{found.port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    return False
