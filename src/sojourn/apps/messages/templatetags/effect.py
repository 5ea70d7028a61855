"""Comparisons of those written to with those held back, in templates."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sojourn.measure.api import Verdict

register = template.Library()

TONE = {Verdict.HELPS: "good", Verdict.HURTS: "bad", Verdict.NO_DIFFERENCE_SEEN: "", Verdict.TOO_EARLY: ""}
NAME = {Verdict.HELPS: "helps", Verdict.HURTS: "hurts", Verdict.NO_DIFFERENCE_SEEN: "no difference seen", Verdict.TOO_EARLY: "too early to say"}


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign: `+4.2`."""
    return f"{100 * share:+.1f}".replace("-", "−")


@register.filter
def difference(row: Any) -> SafeString | str:
    """The verdict of a measure.api.LiftRow, and its difference with the interval where both arms hold somebody."""
    found = row.lift
    verdict = format_html('<span class="tag {}">{}</span>', TONE[found.verdict], NAME[found.verdict])
    if found.difference is None or found.low is None or found.high is None:
        return verdict
    inside = '{} <span class="interval"><b>{}</b> <small>points, {} to {}</small></span>'
    return format_html(inside, verdict, points(found.difference), points(found.low), points(found.high))
