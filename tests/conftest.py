"""What all tests across rooms share: no test may reach beyond the loopback address."""

import socket
from typing import Any

import pytest

_LOOPBACK = ("127.0.0.1", "::1", "localhost", "testserver", "")


class Beyond(AssertionError):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anything but the loopback address and local sockets."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and str(address[0]) not in _LOOPBACK:
            raise Beyond(f"a test tried to connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
