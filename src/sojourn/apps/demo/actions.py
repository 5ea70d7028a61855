"""Verbs of the demo: start it, let no more shoppers come, remove everything it brought."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from msgspec.structs import replace

from sojourn.apps.demo.access import access_run
from sojourn.apps.demo.models import DemoRun, State
from sojourn.apps.people.api import control, put_on_log
from sojourn.apps.sources.api import create_source, set_enabled
from sojourn.apps.workspace.api import audit, list_settings, publish_rules, rules, set_setting, setting
from sojourn.terms.facts import SOURCE_REMOVED
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY, SECOND, Millis, format_duration

SEED = 7
SHOPPERS = 3_000
DAYS = 60
RATE = 2.0
SHOP = "Demo shop"
VISITORS = "Demo shop visitors"
FREE_SHIPPING = "FREESHIP"
GAP = 20 * SECOND
"""How long a cart in the demo shop rests before it counts as left. The workspace's own sources keep theirs."""
ACTOR = "demo"


@transaction.atomic
def start(
    workspace: int,
    actor: str,
    now: Millis,
    *,
    seed: int = SEED,
    shoppers: int = SHOPPERS,
    days: int = DAYS,
    rate: float = RATE,
    live: bool = True,
    gap: Millis = GAP,
) -> DemoRun:
    """Begin a demo: two sources, a past of so many days, then shoppers at `rate` events a second. One that is stopped goes on.

    A cart that somebody leaves in the demo shop rests for `gap` only, from the first click on; that of a simulated shopper from `quicken` on.
    Settings that a look needs and nobody has set are set, and remembered (`DemoRun.before`).
    Errors: BAD_VALUE; CONFLICT while an earlier demo is being removed.
    """
    if not 0.1 <= rate <= 1_000 or not 0 <= shoppers <= 100_000 or not 1 <= days <= 365:
        raise Refusal(Code.BAD_VALUE, "A demo takes 0.1 to 1,000 events a second, at most 100,000 shoppers, and 1 to 365 days.")
    if not SECOND <= gap <= DAY:
        raise Refusal(Code.BAD_VALUE, "Carts of a demo rest for 1 second to 1 day.")
    run = access_run(workspace)
    if run is not None and run.state == State.REMOVING:
        raise Refusal(Code.CONFLICT, "The last demo is still being removed. Try again in a minute.")
    if run is not None:
        if run.state == State.STOPPED:
            run.state = State.SEEDING if run.day < run.days else State.LIVE
            run.live, run.rate = True, rate
            run.save(update_fields=["state", "live", "rate"])
            audit(workspace, actor, "demo_started", SHOP, now)
        return run
    source, key = create_source(workspace, SHOP, actor, now)
    visitors, visitors_key = create_source(workspace, VISITORS, actor, now)
    wanted = (("cart_url", f"{settings.PUBLIC_URL}/demo-shop/cart/"), ("free_shipping_code", FREE_SHIPPING))
    before = _set(workspace, [(key, value) for key, value in wanted if not setting(workspace, key)], actor, now)
    _rest(workspace, {str(visitors.pk): gap}, actor, now)
    audit(workspace, actor, "demo_started", SHOP, now, {"seed": seed, "shoppers": shoppers, "days": days})
    return DemoRun.objects.create(
        workspace_id=workspace,
        state=State.SEEDING,
        seed=seed,
        rate=rate,
        shoppers=shoppers,
        days=days,
        live=live,
        started_at=now,
        source_id=source.pk,
        write_key=key,
        visitors_id=visitors.pk,
        visitors_key=visitors_key,
        before=before,
    )


@transaction.atomic
def quicken(workspace: int, now: Millis) -> None:
    """Have the carts of simulated shoppers rest as shortly as those of the demo shop's visitors.

    Not before the past is there: the shoppers of the past rest as long as people do. Doing it again changes nothing.
    """
    run = access_run(workspace)
    if run is not None and run.state in (State.SEEDING, State.LIVE) and not run.quick:
        gap = rules(workspace).cart_gaps.get(str(run.visitors_id))
        if gap is not None:
            _rest(workspace, {str(run.source_id): gap}, ACTOR, now)
        run.quick = True
        run.save(update_fields=["quick"])


@transaction.atomic
def stop(workspace: int, actor: str, now: Millis) -> None:
    """Let no more shoppers come; what is here stays. Doing it again changes nothing. Errors: NOT_FOUND."""
    run = _there(workspace)
    if run.state in (State.SEEDING, State.LIVE):
        run.state = State.STOPPED
        run.save(update_fields=["state"])
        audit(workspace, actor, "demo_stopped", SHOP, now)


@transaction.atomic
def set_rate(workspace: int, rate: float, actor: str, now: Millis) -> None:
    """How many events a second the shoppers make. Errors: NOT_FOUND, BAD_VALUE."""
    run = _there(workspace)
    if not 0.1 <= rate <= 1_000:
        raise Refusal(Code.BAD_VALUE, "The demo takes 0.1 to 1,000 events a second.")
    run.rate = rate
    run.save(update_fields=["rate"])
    audit(workspace, actor, "demo_rate", f"{rate:g} events a second", now)


@transaction.atomic
def restore_setting(workspace: int, key: str, actor: str, now: Millis) -> None:
    """Give one setting back the value it had before the demo, where nobody changed it since. Errors: NOT_FOUND.

    `cart_gap` lets carts of the demo rest as long as all others do.
    """
    run = _there(workspace)
    if key == "cart_gap" and key not in run.before:
        _rest(workspace, {str(run.source_id): None, str(run.visitors_id): None}, actor, now)
        return
    was, made = run.before.get(key, ("", None))
    if made is None:
        raise Refusal(Code.NOT_FOUND, "The demo did not change this setting.")
    if _values(workspace)[key] == made:
        set_setting(workspace, key, was, actor, now)
    run.before = {other: values for other, values in run.before.items() if other != key}
    run.save(update_fields=["before"])


@transaction.atomic
def remove(workspace: int, actor: str, now: Millis) -> None:
    """Remove all that the demo brought, and nothing else: the engine forgets its people, the lake and the log what it said.

    It is done by the work process (runtime/demo.py) and cannot be undone; a new demo can be started afterwards. Doing it again changes nothing.
    """
    run = access_run(workspace)
    if run is None or run.state == State.REMOVING:
        return
    for source in (run.source_id, run.visitors_id):
        set_enabled(workspace, source, enabled=False, actor=actor, now=now)
    _rest(workspace, {str(run.source_id): None, str(run.visitors_id): None}, actor, now)
    there = _values(workspace)
    for key, (was, made) in run.before.items():
        if there[key] == made:
            set_setting(workspace, key, was, actor, now)
    run.state, run.removing_at, run.trouble = State.REMOVING, now, ""
    run.save(update_fields=["state", "removing_at", "trouble"])
    put_on_log(workspace, control(workspace, SOURCE_REMOVED, now, {"sources": [run.source_id, run.visitors_id]}, run.source_id, "first"))
    audit(workspace, actor, "demo_removed", SHOP, now)


def _there(workspace: int) -> DemoRun:
    run = access_run(workspace)
    if run is None:
        raise Refusal(Code.NOT_FOUND, "There is no demo here.")
    return run


def _rest(workspace: int, gaps: dict[str, Millis | None], actor: str, now: Millis) -> None:
    """Have the carts of these sources rest so long; None is as long as everybody's."""
    book = rules(workspace)
    made = {source: gap for source, gap in {**book.cart_gaps, **gaps}.items() if gap is not None}
    if made != book.cart_gaps:
        words = ", ".join(f"source {source} {format_duration(gap) if gap else 'as all'}" for source, gap in gaps.items())
        publish_rules(workspace, replace(book, cart_gaps=made), f"cart gaps of the demo: {words}", actor, now)


def _values(workspace: int) -> dict[str, str]:
    return {one.key: one.value for one in list_settings(workspace)}


def _set(workspace: int, wanted: Iterable[tuple[str, str]], actor: str, now: Millis) -> dict[str, tuple[str, str]]:
    """Set these; of those that changed what each was, and is now."""
    before: dict[str, tuple[str, str]] = {}
    for key, value in wanted:
        was = setting(workspace, key)
        made = set_setting(workspace, key, value, actor, now)
        if made != was:
            before[key] = (was, made)
    return before
