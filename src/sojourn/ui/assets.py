"""Static files: served without a collecting step, under addresses that change with their content."""

from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import msgspec
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

BUILT = Path(__file__).parent / "static" / "ui" / "built"
NEEDED = ("ui.css", "ui.js", "icons.json")


@lru_cache(maxsize=1)
def built() -> bool:
    """Whether the style sheet, the script and the icons were made (`make assets`). Without them pages can be read, but look like nothing."""
    return all((BUILT / name).is_file() for name in NEEDED)


@lru_cache(maxsize=1)
def icons() -> dict[str, str]:
    """Icon name to the inner markup of its SVG; empty where they were not built."""
    file = BUILT / "icons.json"
    return dict(msgspec.json.decode(file.read_bytes(), type=dict[str, str])) if file.is_file() else {}


@lru_cache(maxsize=256)
def version(name: str) -> str:
    """Eight hex digits of the file's content; empty where there is no such file."""
    found = finders.find(name)
    return blake2b(Path(found).read_bytes(), digest_size=4).hexdigest() if found else ""


class VersionedStorage(StaticFilesStorage):
    """Adds `?v=<digest>`, so that browsers may keep a file for a year and still see a new one at once."""

    def url(self, name: str | None) -> str:
        """The file's address with its version."""
        plain: str = super().url(name)
        mark = version(name or "")
        return f"{plain}?v={mark}" if mark else plain


class Assets(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise ships no types
    """WhiteNoise with plain bodies: its streamed ones are read as a whole under ASGI anyway, with a warning for each."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The file, or 304 where the browser has it. One that a build replaced since the start is sent as it is now; one that is gone is not found."""
        try:
            found = static_file.get_response(request.method, request.META)
        except FileNotFoundError:
            return HttpResponse(status=404)
        with found.file or BytesIO() as file:
            body = file.read()
        response = HttpResponse(body, status=int(found.status))
        del response["Content-Type"]
        for key, value in found.headers:
            response[key] = value
        if found.file is not None and response.status_code == 200:
            response["Content-Length"] = str(len(body))
        return response
