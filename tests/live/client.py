"""A browser as far as these tests need one: signs in by a link, reads pages, listens."""

import http.client
import re
import threading
import urllib.request
from http.cookiejar import CookieJar
from typing import Final

from tests.faults.processes import Installation

_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PATIENCE_SECONDS: Final = 30.0


class Member:
    """The owner of the house, signed in by a one-time link."""

    def __init__(self, house: Installation) -> None:
        self._port = house.port
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        link = re.search(r"/sign-in/\S+", house.run("sign-in").stdout)
        assert link is not None
        token = _TOKEN.search(self.page(link[0]))
        assert token is not None
        self._opener.open(self._url(link[0]), data=f"csrfmiddlewaretoken={token[1]}".encode(), timeout=PATIENCE_SECONDS).close()

    def page(self, path: str) -> str:
        """What stands on a page."""
        with self._opener.open(self._url(path), timeout=PATIENCE_SECONDS) as answer:
            return str(answer.read().decode())

    def listen(self, topics: str) -> "Stream":
        """An open stream."""
        return Stream(self._port, topics, "; ".join(f"{one.name}={one.value}" for one in self._cookies))

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}{path}"


class Stream:
    """What a stream has said so far, read by a thread of its own."""

    def __init__(self, port: int, topics: str, cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self._connection.request("GET", f"/live/?topics={topics}", headers={"Cookie": cookie})
        self.answer = self._connection.getresponse()
        self.lines: list[str] = []
        self.ended = False
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while line := self.answer.readline():
                self._say(line.decode().strip())
        except (OSError, ValueError, http.client.HTTPException):
            pass  # cut, which is an end as well
        self.ended = True
        self._say("")

    def _say(self, line: str) -> None:
        with self._news:
            self.lines.append(line)
            self._news.notify_all()

    def until(self, line: str) -> None:
        """Wait for a line after those waited for so far, and forget what came before it. Errors: AssertionError."""
        with self._news:
            found = self._news.wait_for(lambda: line in self.lines or self.ended, PATIENCE_SECONDS)
            assert found, f"waited in vain for {line!r}; there came {self.lines}"
            assert line in self.lines, f"it ended before {line!r}; there came {self.lines}"
            del self.lines[: self.lines.index(line) + 1]

    def wait_for_the_end(self) -> None:
        """Until it ended. Errors: AssertionError."""
        with self._news:
            assert self._news.wait_for(lambda: self.ended, PATIENCE_SECONDS), "the stream goes on"

    def close(self) -> None:
        """Leave."""
        self._connection.close()
