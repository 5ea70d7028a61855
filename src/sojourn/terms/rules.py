"""The RuleBook: every number and list a decision rests on, versioned, published as a fact."""

import msgspec

from sojourn.terms.time import DAY, HOUR, MINUTE, Millis, QuietHours


class Automation(msgspec.Struct, frozen=True):
    """When something happens, for one person, decide once whether to send what."""

    name: str
    trigger: str  # a derived fact's name, such as "Cart Abandoned"
    templates: dict[str, str]  # cause -> template; "unknown" is the fallback and must be there
    enabled: bool = True
    channel: str = "email"
    purpose: str = "marketing"
    kind: str = "bulk"  # bulk | transactional
    delay: Millis = 0
    expires_after: Millis = DAY
    min_probability: float = 0.4  # below it the fallback is sent
    min_value: int = 0  # minor units


class Evidences(msgspec.Struct, frozen=True):
    """How causes are weighed: prior probability by cause, and by evidence kind the likelihood ratio of each cause it speaks for or against.

    `weights[kind][cause]` = P(kind seen | cause) / P(kind seen | unknown); a cause that is not listed has 1.
    """

    priors: dict[str, float]
    weights: dict[str, dict[str, float]]
    source: str = ""
    families: dict[str, str] = {}  # evidence kind -> family of kinds that say the same thing twice; one that is not listed is its own family
    absent: dict[str, dict[str, float]] = {}  # family -> likelihood ratios when nothing of it was seen, in a cart that came as far as a checkout
    share: float = 0.5  # how much the second and later kinds of a family add to its strongest, on the log scale
    limit: float = 4.0  # the most a family may add or take, on the log scale (4.0 is a likelihood ratio of 55)


class RuleBook(msgspec.Struct, frozen=True):
    """All rules of one workspace at one version."""

    version: int = 0
    cart_gap: Millis = 30 * MINUTE
    session_gap: Millis = 30 * MINUTE
    max_age: Millis = DAY  # what happened longer ago than this fires nothing
    timezone: str = "UTC"
    currency: str = "USD"
    holdout: float = 0.10
    holdout_salt: str = "sojourn"
    quiet_hours: QuietHours | None = None
    cap_count: int = 3
    cap_window: Millis = 7 * DAY
    consent: str = "opt_out"  # opt_out: write unless they said no; opt_in: write only to those who said yes
    attribution_window: Millis = 7 * DAY
    identifier_limits: dict[str, int] = msgspec.field(default_factory=lambda: {"user_id": 1, "anonymous_id": 100, "email": 5, "phone": 5})
    default_identifier_limit: int = 20
    blocked_values: tuple[str, ...] = ()  # beside the built-in placeholders
    affinity_half_life: Millis = 14 * DAY
    unknown_zone_span: tuple[str, ...] = ()  # zones that must also be outside quiet hours where a person's zone is unknown
    automations: tuple[Automation, ...] = ()
    evidence: Evidences = Evidences(priors={"unknown": 1.0}, weights={})
    new_devices_per_day: int = 5  # anonymous ids a public write key may link to one person on one day; 0 means no such limit
    morning_spread: Millis = HOUR  # mail held over quiet hours goes out within this time after them, not all at once
    cart_gaps: dict[str, Millis] = {}  # source id as text -> the gap after what that source said, where it is another than `cart_gap`

    def cart_gap_after(self, source: int) -> Millis:
        """How long a cart rests, before it counts as left, after something that this source said."""
        return self.cart_gaps.get(str(source), self.cart_gap) if self.cart_gaps else self.cart_gap


CLAIM_PATIENCE: Millis = HOUR
"""How long a message that found the engine behind the log waits before it is looked at again at the latest."""
