"""What every page's template may use of the look: the theme, the layout, the time."""

from typing import Any

from django.http import HttpRequest

from sojourn.ui.assets import built
from sojourn.ui.themes import chosen


def look(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("" follows the system), `layout` (the template a page extends: whole, or for the side panel), `built` (whether the browser side was made)."""
    panel = request.headers.get("X-Panel") == "1"
    return {"theme": chosen(request), "layout": "ui/panel.html" if panel else "ui/page.html", "built": built()}
