"""Verbs of webhooks: make one, give it another secret, say what its calls mean."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from typing import Final

import msgspec
from django.db import transaction

from sojourn.apps.hooks import reach
from sojourn.apps.hooks.access import access_hook, access_mapping
from sojourn.apps.hooks.models import Hook, Mapping
from sojourn.apps.hooks.queries import rules_of
from sojourn.apps.hooks.vendors import LISTED
from sojourn.apps.sources.api import create_source
from sojourn.apps.workspace.api import audit
from sojourn.terms.hooks import GENERIC, NAME_CHARACTERS, PROPERTIES, RULES, STANDARD, Rule
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis, to_datetime

SECRET_CHARACTERS: Final = 500
_SOURCE_KIND: Final = "server"


@transaction.atomic
def create_hook(workspace: int, name: str, kind: str, secret: str, actor: str, now: Millis) -> Hook:
    """A webhook at a new address, as a source of its own. Errors: BAD_VALUE."""
    if kind not in LISTED:
        raise Refusal(Code.BAD_VALUE, "Choose who calls: one of the kinds listed here.")
    given = checked_secret(kind, secret) if secret.strip() else new_secret(kind) if LISTED[kind].ours else ""
    source, _key = create_source(workspace, name, actor, now, _SOURCE_KIND)
    token = "hk_" + secrets.token_urlsafe(24)
    hook = Hook(workspace_id=workspace, source=source, kind=kind, token=token, created_at=to_datetime(now))
    hook.secret = given
    hook.save()
    return hook


def new_secret(kind: str) -> str:
    """A secret as this kind has it."""
    return "whsec_" + b64encode(secrets.token_bytes(24)).decode() if kind == STANDARD else secrets.token_urlsafe(32)


def checked_secret(kind: str, text: str) -> str:
    """A pasted secret without the blanks around it. Errors: BAD_VALUE."""
    secret = text.strip()
    if len(secret) > SECRET_CHARACTERS or not secret.isprintable():
        raise Refusal(Code.BAD_VALUE, f"A secret is one line of at most {SECRET_CHARACTERS} characters.")
    if kind == STANDARD and not secret.startswith("whsec_"):
        raise Refusal(Code.BAD_VALUE, "A secret of Standard Webhooks starts with whsec_. Keys that start with whpk_ are another way of signing, not read here.")
    if 0 < len(secret) < 8 or (not secret and kind != GENERIC):
        raise Refusal(Code.BAD_VALUE, "Paste the whole secret: it has at least 8 characters.")
    return secret


@transaction.atomic
def change_secret(workspace: int, hook: int, secret: str, actor: str, now: Millis) -> Hook:
    """Another secret, effective within 10 seconds; the old one ends then. Empty takes it away, for generic ones only. Errors: NOT_FOUND, BAD_VALUE."""
    found = access_hook(workspace, hook)
    found.secret = checked_secret(found.kind, secret)
    found.changed_secret_at = to_datetime(now)
    found.save(update_fields=["sealed", "changed_secret_at"])
    audit(workspace, actor, "change_hook_secret" if found.secret else "remove_hook_secret", found.source.name, now, {"hook": found.pk})
    return found


def checked_rule(rule: Rule) -> dict[str, str]:
    """What is wrong with a rule, by field of the form; nothing where it can be saved."""
    wrong = dict(reach.problems(rule))
    if not rule.event and not rule.traits:
        wrong.setdefault("event", "say what happened, or set a trait")
    elif len(rule.event) > NAME_CHARACTERS and not rule.event.startswith("="):
        wrong.setdefault("event", f"a name has at most {NAME_CHARACTERS} characters")
    if not (rule.user_id or rule.anonymous_id or rule.email):
        wrong.setdefault("user_id", "say who: a user id, an anonymous id or an email address")
    if len(rule.properties) > PROPERTIES or len(rule.traits) > PROPERTIES:
        wrong.setdefault("event", f"at most {PROPERTIES} properties")
    for kind in ("properties", "traits"):
        names = [name for name, _ in getattr(rule, kind)]
        for place, (name, expression) in enumerate(getattr(rule, kind)):
            if not name or not expression:
                wrong.setdefault(f"{kind}.{place}", "needs a name and an expression")
            elif len(name) > NAME_CHARACTERS or names.index(name) != place:
                wrong.setdefault(f"{kind}.{place}", "this name is too long, or there twice")
    return wrong


@transaction.atomic
def save_rule(workspace: int, hook: int, rule: Rule, actor: str, now: Millis) -> Mapping:
    """A new version in which calls of the rule's topic mean this. Errors: NOT_FOUND, BAD_VALUE."""
    found = access_hook(workspace, hook)
    if checked_rule(rule):
        raise Refusal(Code.BAD_VALUE, "The mapping cannot be saved yet: see the fields.")
    before = rules_of(found)
    rules = [one for one in before if one.topic != rule.topic] + [rule]
    if len(rules) > RULES:
        raise Refusal(Code.BAD_VALUE, f"A webhook has at most {RULES} topics of its own. Remove one first.")
    return _put(found, before, rules, "map_hook", actor, now)


@transaction.atomic
def remove_rule(workspace: int, hook: int, topic: str, actor: str, now: Millis) -> Mapping | None:
    """A new version without the rule of this topic; None where there is none. Errors: NOT_FOUND."""
    found = access_hook(workspace, hook)
    before = rules_of(found)
    rules = [one for one in before if one.topic != topic]
    return _put(found, before, rules, "unmap_hook", actor, now) if len(rules) < len(before) else None


@transaction.atomic
def restore_version(workspace: int, hook: int, version: int, actor: str, now: Millis) -> Mapping:
    """A new version that says what an older one said. Errors: NOT_FOUND."""
    found = access_hook(workspace, hook)
    old = access_mapping(workspace, hook, version)
    return _put(found, rules_of(found), msgspec.json.decode(old.rules, type=list[Rule]), "restore_hook_mapping", actor, now)


def _put(hook: Hook, before: Sequence[Rule], rules: Sequence[Rule], verb: str, actor: str, now: Millis) -> Mapping:
    if hook.mapping is not None and list(before) == list(rules):
        return hook.mapping
    last = Mapping.objects.filter(hook=hook).order_by("-version").first()
    made = Mapping.objects.create(
        hook=hook,
        version=last.version + 1 if last is not None else 1,
        rules=msgspec.json.encode(list(rules)).decode(),
        actor=actor,
        created_at=to_datetime(now),
    )
    hook.mapping = made
    hook.save(update_fields=["mapping"])
    audit(hook.workspace_id, actor, verb, hook.source.name, now, {"hook": hook.pk, "version": made.version})
    return made
