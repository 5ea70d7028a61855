"""Which sources are webhooks, for the pages of sources."""

from django.urls import reverse

from sojourn.apps.hooks.models import Hook
from sojourn.apps.hooks.vendors import LISTED
from sojourn.apps.sources.api import Origin


def origins(workspace: int) -> dict[int, Origin]:
    """Source id to its webhook."""
    found = {}
    for pk, source, kind in Hook.objects.filter(workspace_id=workspace).values_list("pk", "source_id", "kind"):
        vendor = LISTED[kind]
        first = "Its address and secret are on its own page."
        found[source] = Origin(f"Webhook, {vendor.title}", vendor.icon, reverse("hook", args=[pk]), first)
    return found
