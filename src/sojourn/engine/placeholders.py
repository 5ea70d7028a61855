"""Values that are not what they claim to be: placeholder ids, email addresses and telephone numbers that are none."""

import re
from functools import lru_cache
from typing import Final
from unicodedata import normalize

_INVISIBLE: Final = dict.fromkeys(
    [0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)],
)
_EDGES: Final = " \t\r\n\v\f'\"`´‘’‚“”„«»‹›"

BLOCKED: Final = frozenset(
    {
        *"null none nil undefined nan void empty missing 0 -1 00 - -- . ? {} [] () true false anonymous anon guest visitor nobody".split(),
        *"unknown unset n/a na n.a. (none) (null) not_set not-set (unset) test tester testing default placeholder dummy sample".split(),
        *"distinct_id distinctid user_id userid user-id anonymous_id anonymousid anonymous-id id uid uuid guid user email e-mail".split(),
        *"not_authenticated not-authenticated notauthenticated unauthenticated not_logged_in logged_out".split(),
        *"test@test.com test@example.com user@example.com email@example.com example@example.com foo@bar.com a@a.com none@none.com".split(),
        *"00000000-0000-0000-0000-000000000000 0000-0000".split(),
        "",
        "not set",
        "(not set)",
        "not authenticated",
        "not logged in",
        "logged out",
        "null null",
        "undefined undefined",
        "[object object]",
        "[object undefined]",
        "[object null]",
    },
)
"""Normal forms of ids that programs send when they have none. An id of this list links nobody to anybody."""

_TEMPLATE: Final = re.compile(r"\$\{|\{\{|\}\}|<%|%%|^your[_\- ]|^<your|^<.*_?id>$|^\{.*\}$|^insert[_\- ]|^\[object ")


def normal(value: str) -> str:
    """The form in which values are compared with the list of placeholders: NFKC, nothing invisible, no quotes around, case folded."""
    if not value.isascii():
        value = normalize("NFKC", value).translate(_INVISIBLE)
    return value.strip(_EDGES).casefold()


@lru_cache(maxsize=8192)
def is_placeholder(value: str) -> bool:
    """Whether an id names nobody: `null`, `undefined`, `${user.id}`, `YOUR_USER_ID` and their kind."""
    plain = normal(value)
    return plain in BLOCKED or _TEMPLATE.search(plain) is not None


@lru_cache(maxsize=64)
def _normals(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(normal(value) for value in values)


def is_blocked(value: str, blocked: tuple[str, ...]) -> bool:
    """Whether an id is a placeholder or on the workspace's own list."""
    return is_placeholder(value) or (bool(blocked) and normal(value) in _normals(blocked))


_LOCAL: Final = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,64}")
_LABEL: Final = re.compile(r"(?!-)[^\W_](?:[\w-]{0,61}[^\W_])?", re.UNICODE)


def email_address(value: object) -> str | None:
    """The address with spaces around it taken off and its domain in lower case; None where the value is no address that mail could go to.

    The local part keeps its case: servers may tell `Ann` from `ann`, and lower-casing `İ` changes its length.
    """
    if not isinstance(value, str) or len(value) > 320:
        return None
    local, at, domain = value.strip(" ").rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or local[0] == "." or local[-1] == "." or ".." in local:
        return None
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return f"{local}@{domain.lower()}"


_PHONE: Final = re.compile(r"\+?[0-9]{6,15}")


def phone_number(value: object) -> str | None:
    """Digits with the leading plus kept, blanks and brackets taken out; None where that leaves no number of 6 to 15 digits."""
    if not isinstance(value, str):
        return None
    compact = value.translate({ord(sign): None for sign in " \u00a0-./()"})
    return compact if _PHONE.fullmatch(compact) else None
