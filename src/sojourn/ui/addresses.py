"""Addresses of records, quick enough to be asked for in each row of a table; and the way back from a form."""

from functools import lru_cache
from urllib.parse import quote

from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.http import url_has_allowed_host_and_scheme

_PLACE = "0"
_PLAIN = "~:@-._!$&'()*+,;="
"""What stands in a path as it is, as in django.urls; a slash would begin another part."""


def address(name: str, record: object) -> str:
    """What `reverse(name, args=[record])` gives, for addresses with one record in them. Errors: NoReverseMatch."""
    before, after = _around(get_urlconf(), get_script_prefix(), name)
    text = str(record)
    return f"{before}{text if text.isalnum() and text.isascii() else quote(text, safe=_PLAIN)}{after}"


def back_to(there: str, otherwise: str) -> str:
    """The path on this host that a form names as the place where its button was; `otherwise` where it names none."""
    return there if there.startswith("/") and url_has_allowed_host_and_scheme(there, allowed_hosts=None) else otherwise


@lru_cache(maxsize=256)
def _around(_urlconf: str | None, _prefix: str, name: str) -> tuple[str, str]:
    """What stands before and behind the record; what precedes it in our addresses holds no digit, so its place is the last one."""
    before, _, after = reverse(name, args=[_PLACE]).rpartition(_PLACE)
    return before, after
