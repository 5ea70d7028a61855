"""How often the first cause is the planted one, and how far its probability can be trusted: shoppers with known reasons against the engine's weighing.

Usage: python benchmarks/causes.py [shoppers] [seed]
"""

import sys
from collections import Counter
from math import log

from benchmarks.table import Figure
from sojourn.apps.demo.shoppers import fact_of, journeys
from sojourn.engine import carts
from sojourn.engine.priors import EVIDENCES
from sojourn.engine.working import Moment, Working
from sojourn.terms.episodes import Cause, Episode
from sojourn.terms.person import Person
from sojourn.terms.rules import RuleBook

START = 1_767_600_000_000
BINS = 10


def left_carts(shoppers: int, seed: int) -> list[tuple[str, Episode]]:
    """(planted reason, episode as it stood when it was first left) of every journey whose cart was left."""
    rules = RuleBook(evidence=EVIDENCES, currency="EUR")
    found = []
    for journey in journeys(seed, shoppers, START):
        if not journey.truth:
            continue
        person, work = Person(id=1), Working(1, rules)
        for number, event in enumerate(journey.events, 1):
            fact = fact_of(event)
            carts.fold(work, person, fact, Moment(number, fact.at, 1))
            if any(episode.abandonments for episode in person.carts):
                break
        due = carts.due(person, rules)
        if due is not None:
            carts.fire(work, person, due)
        if person.carts:
            found.append((journey.truth, person.carts[0]))
    return found


def report(cases: list[tuple[str, Episode]]) -> dict[str, float]:
    """The figures of one run; `curve` figures are told by `main`."""
    share = 1 / len(cases)
    largest = Counter(truth for truth, _ in cases).most_common(1)[0][1] * share
    first = sum(episode.causes[0].cause == truth for truth, episode in cases) * share
    second = sum(truth in (guess.cause for guess in episode.causes[:2]) for truth, episode in cases) * share
    unknown = sum(episode.causes[0].cause == Cause.UNKNOWN for _, episode in cases) * share
    brier = loss = 0.0
    for truth, episode in cases:
        chances = {guess.cause: guess.probability for guess in episode.causes}
        brier += sum((chance - (cause == truth)) ** 2 for cause, chance in chances.items())
        loss -= log(max(chances.get(truth, 0.0), 1e-6))
    error = sum(abs(said - seen) * count for said, seen, count in curve(cases)) * share
    return {
        "carts": len(cases), "first cause right": first, "always the largest class": largest, "among the first two": second,
        "left unknown": unknown, "Brier score": brier * share, "log loss": loss * share, "calibration error": error,
    }  # fmt: skip


def curve(cases: list[tuple[str, Episode]]) -> list[tuple[float, float, int]]:
    """Per tenth of the first cause's probability: mean said, share right, count; empty tenths are left out."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for truth, episode in cases:
        guess = episode.causes[0]
        bins[min(BINS - 1, int(guess.probability * BINS))].append((guess.probability, guess.cause == truth))
    return [(sum(p for p, _ in b) / len(b), sum(right for _, right in b) / len(b), len(b)) for b in bins if b]


def figures(shoppers: int = 4_000, seed: int = 11) -> list[Figure]:
    """The rows of `make bench`: how often it is right, how much is left unknown, and the reliability curve."""
    cases = left_carts(shoppers, seed)
    said = report(cases)
    first, largest = said["first cause right"], said["always the largest class"]
    rows = [
        Figure(
            f"first cause right, {len(cases):,} left carts", f"{first:.1%}", "clearly above", f"always the largest class {largest:.1%}", first > largest + 0.15
        ),
        Figure("truth among the first two", f"{said['among the first two']:.1%}"),
        Figure("left unknown", f"{said['left unknown']:.1%}"),
        Figure("calibration error", f"{said['calibration error']:.3f}"),
    ]
    return rows + [Figure(f"  where {mean:.0%} was said", f"{seen:.0%} were right", "", f"{count} carts") for mean, seen, count in curve(cases)]


def main() -> None:
    shoppers = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 11
    cases = left_carts(shoppers, seed)
    print(f"causes of {len(cases)} left carts, {shoppers} shoppers, seed {seed}")
    for name, figure in report(cases).items():
        print(f"  {name:<26}{figure:>10.3f}" if isinstance(figure, float) else f"  {name:<26}{figure:>10}")
    print("  reliability of the first cause: said, right, carts")
    for said, seen, count in curve(cases):
        print(f"    {said:5.2f}  {seen:5.2f}  {count:>6}  {'#' * round(seen * 40)}")
    print("  by planted reason: carts, found first, said first, of those right")
    for cause in Cause:
        mine = [episode for truth, episode in cases if truth == cause]
        named = [truth for truth, episode in cases if episode.causes[0].cause == cause]
        hit = sum(episode.causes[0].cause == cause for episode in mine)
        print(f"    {cause:<20}{len(mine):>6}{hit / len(mine) if mine else 0:>8.2f}{len(named):>8}{hit / len(named) if named else 0:>8.2f}")


if __name__ == "__main__":
    main()
