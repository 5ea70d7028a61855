"""The front door as the demo's shoppers use it: capture over loopback HTTP, and the links of their mail."""

import time
import urllib.error
import urllib.request
from http.client import HTTPMessage, HTTPResponse
from typing import IO, Any, Final

import msgspec

from sojourn.runtime.settings import Settings
from sojourn.terms.refusals import Code, Refusal

ATTEMPTS: Final = 6


class _Still(urllib.request.HTTPRedirectHandler):
    """A link is followed only as far as our own door; the shop it leads to is made up."""

    def redirect_request(self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str) -> None:
        return None


class Door:
    """Where to send events, and links to follow."""

    def __init__(self, settings: Settings) -> None:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(settings.host, settings.host)
        self._address = f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.port}"
        self._public_host = settings.public_url.partition("://")[2].partition("/")[0]
        self._opener = urllib.request.build_opener(_Still)

    def post(self, key: str, path: str, events: list[dict[str, Any]]) -> None:
        """Send events; tried again as an SDK would, their messageIds make it safe. Errors: Refusal(NOT_READY)."""
        if not events:
            return
        body = msgspec.json.encode({"writeKey": key, "batch": events})
        request = urllib.request.Request(self._address + path, data=body, headers={"Content-Type": "application/json"})
        for attempt in range(ATTEMPTS):
            try:
                with urllib.request.urlopen(request, timeout=30):
                    return
            except urllib.error.HTTPError as error:
                if error.code < 500 and error.code != 429:
                    raise Refusal(Code.NOT_READY, f"The capture endpoint answered {error.code}: {error.read(200).decode(errors='replace')}") from error
            except (urllib.error.URLError, OSError) as error:
                if attempt == ATTEMPTS - 1:
                    raise Refusal(Code.NOT_READY, f"Nothing listens on {self._address}; start Sojourn first: sojourn up") from error
            time.sleep(0.2 * 2**attempt)
        raise Refusal(Code.NOT_READY, f"The capture endpoint on {self._address} kept failing; run: sojourn doctor")

    def follow(self, path: str, browser: str, *, post: bool = False) -> None:
        """Press a link of a mail, as that browser. What goes wrong is a click less, and nobody's trouble."""
        headers = {"User-Agent": browser, "Host": self._public_host}
        request = urllib.request.Request(self._address + path, data=b"List-Unsubscribe=One-Click" if post else None, headers=headers)
        try:
            answer: HTTPResponse = self._opener.open(request, timeout=10)
            answer.close()
        except urllib.error.HTTPError as error:
            error.close()  # a redirect that is not followed ends up here: the click is counted
        except OSError:
            return
