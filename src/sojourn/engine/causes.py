"""Why a cart was left: a transparent weighing of evidence into a ranked list of causes."""

from math import exp, log

from sojourn.terms.episodes import Cause, CauseGuess, Episode
from sojourn.terms.rules import Evidences

BEFORE_CHECKOUT = "left_before_checkout"
_RANK = {str(cause): place for place, cause in enumerate(Cause)}


def weigh(episode: Episode, evidence: Evidences) -> list[CauseGuess]:
    """The causes of one cart, likeliest first; `unknown` is always among them and the probabilities sum to 1.

    Naive Bayes on the log scale over `episode.evidence`. Kinds of one family tell the same story twice, so the strongest counts in full,
    the others by `evidence.share`, and a family never moves a cause by more than `evidence.limit`. A family of which nothing was seen
    counts by `evidence.absent` once the cart came as far as a checkout. Every sum runs in one fixed order.
    Errors: none; a kind or cause without a weight leaves everything as it is.
    Source: docs/explanation/causes.md
    """
    kinds = sorted({entry.kind for entry in episode.evidence})
    causes = _known(evidence)
    scores = {cause: log(prior) for cause, prior in causes.items()}
    raised: dict[str, list[tuple[float, str]]] = {cause: [] for cause in causes}
    families: dict[str, list[str]] = {}
    for kind in kinds:
        families.setdefault(evidence.families.get(kind, kind), []).append(kind)
    for family in sorted(families):
        for cause in causes:
            steps = sorted(((_log(evidence.weights.get(kind, {}).get(cause, 1.0)), kind) for kind in families[family]), key=lambda s: (-abs(s[0]), s[1]))
            scores[cause] += _together([step for step, _ in steps], evidence)
            raised[cause].extend((step, kind) for step, kind in steps if step > 0)
    if BEFORE_CHECKOUT not in kinds:
        for family in sorted(evidence.absent):
            if family not in families:
                for cause, ratio in evidence.absent[family].items():
                    if cause in scores:
                        scores[cause] += _log(ratio)
    shares = _shares(scores)
    return [
        CauseGuess(cause, shares[cause], [kind for _, kind in sorted(raised[cause], key=lambda step: (-step[0], step[1]))])
        for cause in sorted(shares, key=lambda cause: (-shares[cause], _RANK.get(cause, len(_RANK)), cause))
    ]


def _known(evidence: Evidences) -> dict[str, float]:
    """The causes with a prior above zero, in the order of the list of causes; `unknown` is put in where it is missing."""
    given = {cause: prior for cause, prior in evidence.priors.items() if prior > 0}
    given.setdefault(str(Cause.UNKNOWN), 0.01 if given else 1.0)
    return {cause: given[cause] for cause in sorted(given, key=lambda cause: (_RANK.get(cause, len(_RANK)), cause))}


def _together(steps: list[float], evidence: Evidences) -> float:
    """What one family adds to one cause, log scale: the strongest kind and a share of the others, within the limit."""
    total = steps[0]
    for step in steps[1:]:
        total += evidence.share * step
    return max(-evidence.limit, min(evidence.limit, total))


def _log(ratio: float) -> float:
    return log(ratio) if ratio > 0 else -20.0


def _shares(scores: dict[str, float]) -> dict[str, float]:
    """Probabilities of log scores, rounded to 6 digits; the largest takes what rounding left over."""
    top = max(scores.values())
    parts = {cause: exp(score - top) for cause, score in scores.items()}
    total = 0.0
    for part in parts.values():
        total += part
    shares = {cause: round(part / total, 6) for cause, part in parts.items()}
    largest = max(shares, key=lambda cause: (shares[cause], -_RANK.get(cause, len(_RANK))))
    rest = 0.0
    for cause, share in shares.items():
        if cause != largest:
            rest += share
    shares[largest] = round(1.0 - rest, 6)
    return shares
