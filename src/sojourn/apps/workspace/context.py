"""What every page's template may use of the signed-in member."""

from typing import Any

from django.http import HttpRequest

from sojourn.apps.workspace.access import member_of


def member(request: HttpRequest) -> dict[str, Any]:
    """`member`, `zone` and `here` (the part of the navigation a page belongs to). Pages for recipients look nobody up and stay unidentified."""
    here = "mailbox" if request.path.startswith("/messages/mailbox/") else request.path.strip("/").partition("/")[0] or "home"
    if not hasattr(request, "user") or getattr(request, "unidentified", False):
        return {"member": None, "zone": "UTC", "here": here}
    found = member_of(request)
    return {"member": found, "zone": found.zone if found else "UTC", "here": here}
