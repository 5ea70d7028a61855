"""What states, steps and probabilities of carts are called."""

from typing import Final

from sojourn.terms.episodes import EpisodeState

STATE: Final[dict[str, tuple[str, str]]] = {
    EpisodeState.OPEN: ("Open", "Being filled or looked at now; it counts as left when it rests for long enough."),
    EpisodeState.ABANDONED: ("Abandoned", "Left with something in it, and not bought so far."),
    EpisodeState.RECOVERED: ("Recovered", "Left first, bought later."),
    EpisodeState.ORDERED: ("Ordered", "Bought without having been left."),
    EpisodeState.EMPTIED: ("Emptied", "Every product was taken out by hand; that is not leaving it."),
}
STEP: Final[dict[str, str]] = {
    "cart": "Cart",
    "checkout": "Checkout begun",
    "account": "Account or address",
    "shipping": "Shipping",
    "payment": "Payment",
    "review": "Review",
}
"""The common steps of a checkout, in their order; a shop's own names are shown as they are."""
LIKELY: Final = 0.5
PERHAPS: Final = 0.25


def state_name(state: str) -> str:
    """A state's name; the state itself where the list does not know it."""
    found = STATE.get(EpisodeState(state)) if state in set(EpisodeState) else None
    return found[0] if found else state


def step_name(step: str) -> str:
    """A step's name."""
    return STEP.get(step) or step.replace("_", " ").capitalize()


def sure(probability: float | None) -> str:
    """How sure a cause is, in a word: `likely` from 50 % on, `perhaps` from 25 % on, `one of several` below."""
    if probability is None:
        return ""
    return "likely" if probability >= LIKELY else "perhaps" if probability >= PERHAPS else "one of several"
