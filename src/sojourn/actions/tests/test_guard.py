"""The last look: every reason, in its order, and what transactional messages are exempt from."""

from datetime import UTC, datetime

import msgspec
import pytest

from sojourn.actions.guard import judge
from sojourn.actions.tests.samples import AT, RULES, intent
from sojourn.ports.intents import Claim, Verdict
from sojourn.terms.time import DAY, HOUR, MINUTE, from_datetime

NIGHT = from_datetime(datetime(2026, 1, 1, 23, tzinfo=UTC))
MORNING = from_datetime(datetime(2026, 1, 2, 8, tzinfo=UTC))


def claim(kind="bulk", **changes):
    return Claim(intent=intent(kind=kind), attempts=0, **changes)


def test_a_message_nothing_speaks_against_goes():
    assert judge(claim(), RULES, AT) == Verdict(True, "fits")


REFUSED = {
    "expired": (claim(), RULES, AT + DAY),
    "suppressed": (claim(suppressed="hard_bounce"), RULES, AT),
    "unsubscribed": (claim(consent=False), RULES, AT),
    "no_consent": (claim(), msgspec.structs.replace(RULES, consent="opt_in"), AT),
    "frequency_cap": (claim(sent_in_window=3), RULES, AT),
    "disabled": (claim(), msgspec.structs.replace(RULES, automations=()), AT),
    "held_out": (Claim(intent(state="held_out"), 0), RULES, AT),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_each_reason_refuses(reason):
    assert judge(*REFUSED[reason]) == Verdict(False, reason)


def test_a_consent_rule_nobody_knows_is_read_as_opt_in():
    assert judge(claim(), msgspec.structs.replace(RULES, consent="whatever"), AT).reason == "no_consent"


def test_opt_in_is_met_by_a_yes():
    assert judge(claim(consent=True), msgspec.structs.replace(RULES, consent="opt_in"), AT).go


@pytest.mark.parametrize("changes", [{"consent": False}, {"sent_in_window": 99}])
def test_transactional_messages_need_no_consent_and_have_no_cap(changes):
    assert judge(claim("transactional", **changes), RULES, NIGHT).go


@pytest.mark.parametrize(("changes", "reason"), [({"suppressed": "complaint"}, "suppressed"), ({"sent_for_cart": 1}, "one_per_cart")])
def test_transactional_messages_are_suppressed_all_the_same(changes, reason):
    assert judge(claim("transactional", **changes), RULES, AT) == Verdict(False, reason)


def test_a_kind_nobody_knows_is_held_to_the_strict_rules():
    assert judge(claim("promotional", consent=False), RULES, AT).reason == "unsubscribed"


def test_at_night_it_waits_for_the_morning_and_is_dropped_where_that_is_too_late():
    assert judge(claim(), RULES, NIGHT) == Verdict(False, "expired", MORNING)
    late = Claim(intent(expires_at=MORNING), 0)
    assert judge(late, RULES, NIGHT) == Verdict(False, "expired")


def test_a_pause_waits_a_few_minutes_and_is_not_a_refusal():
    verdict = judge(claim(paused=True), RULES, AT)
    assert (verdict.go, verdict.reason) == (False, "paused")
    assert AT + 5 * MINUTE <= verdict.at < AT + 10 * MINUTE


def test_mail_of_a_night_is_spread_over_the_morning():
    rules = msgspec.structs.replace(RULES, morning_spread=HOUR)
    ready = {judge(Claim(intent(number), 0), rules, NIGHT).at for number in range(50)}
    assert MORNING <= min(ready) < max(ready) < MORNING + HOUR
    assert len(ready) == 50
