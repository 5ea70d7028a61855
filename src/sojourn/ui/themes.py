"""Which colours somebody chose: kept in a cookie, so that the server draws the page in them at once."""

from django.http import HttpRequest

COOKIE = "sojourn-theme"
THEMES = ("light", "dark", "contrast")


def known(name: str) -> str:
    """The theme of that name; empty, which follows the system, for any other."""
    return name if name in THEMES else ""


def chosen(request: HttpRequest) -> str:
    """The theme of a request: that of its cookie, or of `?theme=` on the gallery, whose pictures are taken so."""
    if request.path.startswith("/gallery/") and "theme" in request.GET:
        return known(request.GET["theme"])
    return known(request.COOKIES.get(COOKIE, ""))
