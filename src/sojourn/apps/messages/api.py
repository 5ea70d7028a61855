"""What other apps may ask of messages: what states and reasons are called."""

from sojourn.apps.messages.words import reason_short, reason_words, state_words

__all__ = ["reason_short", "reason_words", "state_words"]
