"""What came in from each source, what was dropped and why, and what was set aside."""

from dataclasses import dataclass

from django.db.models import Count as CountRows
from django.db.models import Sum

from sojourn.apps.sources.models import Alias, Count, QuarantinedEvent, Source
from sojourn.terms.outcomes import MEANING, Reason
from sojourn.terms.time import Millis, from_datetime

PAGE = 50
DROPPED = frozenset(
    """
    no_event_name event_name_too_long event_name_reserved no_identifier bad_identifier identifier_too_long message_id_too_long bad_type bad_shape
    bad_number event_too_large traits_too_large erased bad_json bad_encoding body_too_large too_many_events too_many_event_names body_too_slow unsupported_media
    sampled_away bot consent_refused rate_limited forged far_too_deep
    """.split()
)
QUARANTINED = frozenset("too_deep too_many_properties key_too_long time_out_of_range poison contract_broken unmapped".split())

_MEANING: dict[str, str] = {reason.value: text for reason, text in MEANING.items()}


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source with its counts since it was made. `dropped`, `quarantined` and `flagged` are events by reason; a flagged event is kept."""

    id: int
    name: str
    kind: str
    key_hint: str
    enabled: bool
    created_at: Millis
    kept: int
    duplicate: int
    dropped: dict[str, int]
    quarantined: dict[str, int]
    flagged: dict[str, int]

    @property
    def dropped_total(self) -> int:
        """Events refused for good."""
        return sum(self.dropped.values())

    @property
    def quarantined_total(self) -> int:
        """Events set aside."""
        return sum(self.quarantined.values())


def list_sources(workspace: int) -> list[SourceLine]:
    """All sources of a workspace, the oldest first."""
    sums: dict[int, dict[str, int]] = {}
    rows = Count.objects.filter(workspace_id=workspace).values_list("source_id", "reason").annotate(events_sum=Sum("events")).order_by("source_id", "reason")
    for source, reason, events in rows:
        sums.setdefault(source, {})[reason] = events
    return [_line(source, sums.get(source.pk, {})) for source in Source.objects.filter(workspace_id=workspace).order_by("pk")]


def one_source(workspace: int, source: Source) -> SourceLine:
    """The counts of one source."""
    rows = Count.objects.filter(workspace_id=workspace, source_id=source.pk).values_list("reason").annotate(events_sum=Sum("events")).order_by("reason")
    return _line(source, dict(rows))


def _line(source: Source, counts: dict[str, int]) -> SourceLine:
    rest = {reason: n for reason, n in counts.items() if reason not in (Reason.KEPT, Reason.DUPLICATE)}
    return SourceLine(
        id=source.pk,
        name=source.name,
        kind=source.kind,
        key_hint=source.key_hint,
        enabled=source.disabled_at is None,
        created_at=from_datetime(source.created_at),
        kept=counts.get(Reason.KEPT, 0),
        duplicate=counts.get(Reason.DUPLICATE, 0),
        dropped={reason: n for reason, n in rest.items() if reason in DROPPED},
        quarantined={reason: n for reason, n in rest.items() if reason in QUARANTINED},
        flagged={reason: n for reason, n in rest.items() if reason not in DROPPED | QUARANTINED},
    )


def meaning(reason: str) -> str:
    """What a reason means, in a sentence; the reason itself where the list does not know it."""
    return _MEANING.get(reason, reason)


def quarantined(workspace: int, source: int, before: int = 0, limit: int = PAGE) -> list[QuarantinedEvent]:
    """The newest events set aside of a source, with ids below `before` where given."""
    rows = QuarantinedEvent.objects.filter(workspace_id=workspace, source_id=source)
    return list((rows.filter(pk__lt=before) if before else rows).order_by("-pk")[:limit])


def aside_count(workspace: int, source: int, reason: str) -> int:
    """How many events of a source are set aside for this reason now."""
    return QuarantinedEvent.objects.filter(workspace_id=workspace, source_id=source, reason=reason).count()


def aside_waiting(workspace: int, source: int) -> int:
    """How many events of a source are set aside now."""
    return QuarantinedEvent.objects.filter(workspace_id=workspace, source_id=source).count()


def waiting_for(workspace: int, reason: str) -> list[tuple[int, str, int]]:
    """Where events are set aside for this reason now: source, its name and how many, the most first."""
    rows = (
        QuarantinedEvent.objects.filter(workspace_id=workspace, reason=reason).values_list("source_id").annotate(n=CountRows("pk")).order_by("-n", "source_id")
    )
    names = dict(Source.objects.filter(workspace_id=workspace).values_list("pk", "name"))
    return [(source, names[source], n) for source, n in rows if source in names]


def aside_reasons(workspace: int, source: int) -> list[tuple[str, int]]:
    """Why events of a source are set aside now, and how many for each reason, the most first."""
    rows = QuarantinedEvent.objects.filter(workspace_id=workspace, source_id=source).values_list("reason").annotate(n=CountRows("pk")).order_by("-n", "reason")
    return list(rows)


def aliases(workspace: int, source: int) -> list[Alias]:
    """Keys of other products that lead to a source, the oldest first."""
    return list(Alias.objects.filter(workspace_id=workspace, source_id=source).order_by("pk"))
