"""The mapping of a webhook: a form beside a real call and what becomes of it."""

from typing import Any, Final

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.hooks import actions, forms, queries, vendors
from sojourn.apps.hooks.access import access_hook
from sojourn.apps.hooks.models import Hook
from sojourn.apps.sources.api import payload_text
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.catalogue import FAMILIES
from sojourn.terms.hooks import Previewed, Rule
from sojourn.terms.refusals import Code, Refusal

_BODY_CHARACTERS: Final = 20_000
_LABELS: Final = {
    "user_id": ("User id", "As your site calls them in identify.", "data.user.id"),
    "email": ("Email", "Joins them with the person of that address.", "data.user.email"),
    "anonymous_id": ("Anonymous id", "Where there is neither.", "data.visitor"),
    "message_id": ("Id of the call", "So that a redelivery counts once. Empty: the call's own id or its content.", "id"),
    "timestamp": ("When", "Empty: when it came.", "created_at"),
    "each": ("One event for each of", "A list in the call; the other fields then read its elements.", "items"),
}


@member_page()
def edit(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """The form for calls of a topic, `?topic=`; empty for all that nothing else reads."""
    found = access_hook(member.workspace, hook)
    topic = request.GET.get("topic", "")[:100]
    rule = next((one for one in queries.rules_of(found) if one.topic == topic), None)
    return _page(request, found, rule or Rule(topic=topic), {}, request.GET.get("sample", ""), known=rule is not None)


@member_page(Role.MEMBER, "POST")
def preview(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """What the chosen call becomes by the fields as they are; nothing is kept."""
    found = access_hook(member.workspace, hook)
    rule = forms.read_rule(request.POST)
    return render(request, "hooks/_preview.html", _preview(found, rule, actions.checked_rule(rule), request.POST.get("sample", "")))


@member_page(Role.MEMBER, "POST")
def save(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """A new version of the mapping."""
    found = access_hook(member.workspace, hook)
    rule = forms.read_rule(request.POST)
    troubles = actions.checked_rule(rule)
    if troubles:
        return _page(request, found, rule, troubles, request.POST.get("sample", ""), known=False, status=400)
    before = found.mapping.version if found.mapping is not None else 0
    made = actions.save_rule(member.workspace, hook, rule, member.email, now())
    undo = f"undo:{reverse('hook_restore', args=[hook])}?version={before}" if before and made.version != before else ""
    messages.success(request, f"Version {made.version} counts within 10 seconds, for calls that come from then on.", extra_tags=undo)
    return redirect("hook", hook)


@member_page(Role.MEMBER, "POST")
def remove(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """Take a topic's own meaning away."""
    found = access_hook(member.workspace, hook)
    before = found.mapping.version if found.mapping is not None else 0
    made = actions.remove_rule(member.workspace, hook, request.POST.get("topic", ""), member.email, now())
    if made is not None:
        messages.success(request, "Taken away. It counts within 10 seconds.", extra_tags=f"undo:{reverse('hook_restore', args=[hook])}?version={before}")
    return redirect("hook", hook)


@member_page(Role.MEMBER, "POST")
def restore(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """Let an older version count again, as a new one."""
    said = request.GET.get("version", "") or request.POST.get("version", "")
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        access_hook(member.workspace, hook)
        raise Refusal(Code.NOT_FOUND, "There is no such version here.")
    made = actions.restore_version(member.workspace, hook, int(said), member.email, now())
    messages.success(request, f"Version {said} counts again, as version {made.version}.")
    return redirect("hook", hook)


def _page(request: HttpRequest, hook: Hook, rule: Rule, troubles: dict[str, str], sample: str, *, known: bool, status: int = 200) -> HttpResponse:
    fields = [
        {"name": name, "label": label, "help": means, "example": example, "value": getattr(rule, name), "trouble": troubles.get(name, "")}
        for name, (label, means, example) in _LABELS.items()
    ]
    context = {
        "here": "sources",
        "hook": hook,
        "vendor": vendors.LISTED[hook.kind],
        "rule": rule,
        "known": known,
        "fields": fields,
        "event_trouble": troubles.get("event", ""),
        "properties": forms.rows(rule, "properties", troubles),
        "traits": forms.rows(rule, "traits", troubles),
        "names": [name for names in FAMILIES.values() for name in names],
        "read": any(rule.topic in topics for topics, _means in vendors.LISTED[hook.kind].reads) if rule.topic else False,
        **_preview(hook, rule, troubles if status != 200 else actions.checked_rule(rule) if known else None, sample),
    }
    return render(request, "hooks/mapping.html", context, status=status)


def _preview(hook: Hook, rule: Rule, troubles: dict[str, str] | None, chosen: str) -> dict[str, Any]:
    """`troubles` is None where nothing has been filled in yet: then what the rules in effect make of the call is shown."""
    at = now()
    every = queries.samples(hook, at)
    fitting = [one for one in every if one.topic == rule.topic] if rule.topic else every
    listed = fitting or every
    sample = next((one for one in listed if one.key == chosen), listed[0])
    # The rule counts for the topic of its own; shown on another topic's call it is tried as if it were that one's.
    trying = msgspec.structs.replace(rule, topic=sample.topic) if troubles is not None and sample.topic != rule.topic else rule
    found = Previewed() if troubles else queries.tried(hook, trying if troubles is not None else None, sample, at)
    facts = [_shown(fact) for fact in found.facts]
    body, cut = payload_text(sample.body, _BODY_CHARACTERS)
    return {
        "hook": hook,
        "samples": listed,
        "sample": sample,
        "body": body,
        "cut": cut,
        "facts": facts,
        "problems": found.problems,
        "troubles": [{"field": _name(field), "says": says} for field, says in (troubles or {}).items()],
        "fresh": troubles is None,
    }


def _name(field: str) -> str:
    kind, _, place = field.partition(".")
    return f"{kind.capitalize()}, row {int(place) + 1}" if place else _LABELS[field][0] if field in _LABELS else "Event"


def _shown(fact: dict[str, Any]) -> dict[str, Any]:
    who = fact.get("userId") or fact.get("anonymousId") or ""
    return {
        "name": fact.get("event") or fact["type"],
        "who": who,
        "at": fact.get("timestamp", ""),
        "id": fact.get("messageId", ""),
        "said": list({**fact.get("traits", {}), **fact.get("properties", {})}.items()),
        "email": fact.get("context", {}).get("traits", {}).get("email", ""),
    }
