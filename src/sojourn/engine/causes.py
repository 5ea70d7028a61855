"""Why a cart was left: a transparent weighing of evidence into a ranked list of causes."""

from math import exp, log
from typing import Final, NamedTuple

from sojourn.terms.episodes import Cause, CauseGuess, Episode
from sojourn.terms.rules import Evidences

BEFORE_CHECKOUT: Final = "left_before_checkout"
IMPOSSIBLE: Final = -20.0
"""What a likelihood ratio of 0 counts for on the log scale: a wrong 0 in the weights must not make a cause impossible for good."""
TOLD_KEPT: Final = 4096
_RANK: Final = {str(cause): place for place, cause in enumerate(Cause)}

Steps = tuple[tuple[str, float], ...]


class _Scale(NamedTuple):
    """The weights of one set of evidences on the log scale, only what is not 0."""

    evidence: Evidences
    priors: dict[str, float]
    kinds: dict[str, tuple[str, Steps]]  # kind -> family, steps by cause
    absent: tuple[tuple[str, Steps], ...]
    told: dict[tuple[str, ...], list[tuple[str, float, list[str]]]]  # what was weighed before: carts leave the same few mixtures again and again


def weigh(episode: Episode, evidence: Evidences) -> list[CauseGuess]:
    """The causes of one cart, likeliest first; `unknown` is always among them and the probabilities sum to 1.

    Naive Bayes on the log scale over `episode.evidence`. Kinds of one family tell the same story twice, so the strongest counts in full,
    the others by `evidence.share`, and a family never moves a cause by more than `evidence.limit`. A family of which nothing was seen
    counts by `evidence.absent` once the cart came as far as a checkout. Every sum runs in one fixed order.
    Errors: none; a kind or cause without a weight leaves everything as it is.
    Source: docs/explanation/causes.md
    """
    scale = _scale(evidence)
    kinds = tuple(sorted({entry.kind for entry in episode.evidence}))
    ranked = scale.told.get(kinds)
    if ranked is None:
        if len(scale.told) >= TOLD_KEPT:
            scale.told.clear()
        ranked = scale.told[kinds] = _ranked(kinds, scale)
    return [CauseGuess(cause, share, list(raised)) for cause, share, raised in ranked]


def _ranked(kinds: tuple[str, ...], scale: _Scale) -> list[tuple[str, float, list[str]]]:
    """Causes with probability and the kinds that raised them, for one mixture of evidence."""
    evidence = scale.evidence
    scores = dict(scale.priors)
    raised: dict[str, list[tuple[float, str]]] = {}
    families: dict[str, dict[str, list[float]]] = {}
    for kind in kinds:
        family, steps = scale.kinds.get(kind, (evidence.families.get(kind, kind), ()))
        told = families.setdefault(family, {})
        for cause, step in steps:
            told.setdefault(cause, []).append(step)
            if step > 0:
                raised.setdefault(cause, []).append((-step, kind))
    for family in sorted(families):
        for cause, parts in families[family].items():
            scores[cause] += _together(parts, evidence)
    if BEFORE_CHECKOUT not in kinds:
        for family, steps in scale.absent:
            if family not in families:
                for cause, step in steps:
                    scores[cause] += step
    shares = _shares(scores)
    ranked = sorted(shares, key=lambda cause: (-shares[cause], _RANK.get(cause, len(_RANK)), cause))
    return [(cause, shares[cause], [kind for _, kind in sorted(raised.get(cause, ()))]) for cause in ranked]


_scales: list[_Scale] = []


def _scale(evidence: Evidences) -> _Scale:
    """The weights in the form they are used in, made once for a set of evidences."""
    for scale in _scales:
        if scale.evidence is evidence:
            return scale
    priors = _known(evidence)
    kinds = {kind: (evidence.families.get(kind, kind), _steps(weights, priors)) for kind, weights in evidence.weights.items()}
    absent = tuple((family, _steps(evidence.absent[family], priors)) for family in sorted(evidence.absent))
    scale = _Scale(evidence, {cause: log(prior) for cause, prior in priors.items()}, kinds, absent, {})
    _scales[:] = [scale, *_scales[:7]]
    return scale


def _known(evidence: Evidences) -> dict[str, float]:
    """The causes with a prior above zero, in the order of the list of causes; `unknown` is put in where it is missing."""
    given = {cause: prior for cause, prior in evidence.priors.items() if prior > 0}
    given.setdefault(str(Cause.UNKNOWN), 0.01 if given else 1.0)
    return {cause: given[cause] for cause in sorted(given, key=lambda cause: (_RANK.get(cause, len(_RANK)), cause))}


def _steps(weights: dict[str, float], priors: dict[str, float]) -> Steps:
    """Likelihood ratios on the log scale, in the order of the causes."""
    found = ((cause, log(weights[cause]) if weights[cause] > 0 else IMPOSSIBLE) for cause in priors if cause in weights)
    return tuple((cause, step) for cause, step in found if step)


def _together(steps: list[float], evidence: Evidences) -> float:
    """What one family adds to one cause, log scale: the strongest kind and a share of the others, within the limit."""
    if len(steps) > 1:
        steps = sorted(steps, key=lambda step: (-abs(step), step))
    total = steps[0]
    for step in steps[1:]:
        total += evidence.share * step
    return max(-evidence.limit, min(evidence.limit, total))


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
