"""Marks of what the engine has committed, for those who watch: whether somebody's portrait has changed, and whose workspaces moved."""

import zlib
from collections.abc import Collection

from sojourn.apps.people.models import HandoverRow, MergedRow, PersonRow, ProgressRow
from sojourn.terms.time import Millis

SEEN_AT_ONCE = 1_000


def folded() -> tuple[int, Millis]:
    """Log position and record time (ms) of the engine's last commit; zeros before the first."""
    return ProgressRow.objects.values_list("position", "now").first() or (0, 0)


def handed_over(after: int) -> list[tuple[int, int]]:
    """(sequence, workspace) of what batches have left for the lake after that sequence, in order; at most a thousand.

    Each batch that touches somebody of a workspace leaves one. The lake writer removes them, so a gap says that some were there and are gone.
    """
    return list(HandoverRow.objects.filter(sequence__gt=after).order_by("sequence").values_list("sequence", "workspace_id")[:SEEN_AT_ONCE])


def newest_handover() -> int:
    """The newest sequence that is still there, 0 where the lake has taken all."""
    return HandoverRow.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0


def portraits(workspace: int, people: Collection[int]) -> dict[int, int]:
    """A checksum of each portrait, under the id that was asked for; whoever was merged has that of whom they became. Strangers are left out."""
    asked = list(people)
    found = _checksums(workspace, asked)
    missing = [person for person in asked if person not in found]
    if missing:
        became = dict(MergedRow.objects.filter(workspace_id=workspace, pk__in=missing).values_list("pk", "into"))
        sums = _checksums(workspace, list(became.values())) if became else {}
        found |= {person: sums[into] for person, into in became.items() if into in sums}
    return found


def _checksums(workspace: int, people: list[int]) -> dict[int, int]:
    rows = PersonRow.objects.filter(workspace_id=workspace, pk__in=people).values_list("pk", "body")
    return {person: zlib.crc32(body) for person, body in rows}
