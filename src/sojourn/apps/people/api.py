"""What other apps may ask of people: a fact on the log, an overview, messages, what a recipient's click does."""

from sojourn.apps.people.actions import record_click, unsubscribe
from sojourn.apps.people.lake_hook import Month, month
from sojourn.apps.people.lookup import Known, get_person, look_up
from sojourn.apps.people.marks import handed_over, newest_handover, portraits, position
from sojourn.apps.people.messages import (
    Aftermath,
    Group,
    Message,
    Sought,
    Tally,
    find_messages,
    get_aftermath,
    get_message,
    group_messages,
    intents_of,
    list_messages,
    names_of,
    tally,
)
from sojourn.apps.people.outbox import control, put_on_log
from sojourn.apps.people.overview import Carts, count, open_carts
from sojourn.apps.people.skips import Skip, SkipGroup, find_skips, group_skips
from sojourn.apps.people.words import cause_words, evidence_words

__all__ = [
    "Aftermath",
    "Carts",
    "Group",
    "Known",
    "Message",
    "Month",
    "Skip",
    "SkipGroup",
    "Sought",
    "Tally",
    "cause_words",
    "control",
    "count",
    "evidence_words",
    "find_messages",
    "find_skips",
    "get_aftermath",
    "get_message",
    "get_person",
    "group_messages",
    "group_skips",
    "handed_over",
    "intents_of",
    "list_messages",
    "look_up",
    "month",
    "names_of",
    "newest_handover",
    "open_carts",
    "portraits",
    "position",
    "put_on_log",
    "record_click",
    "tally",
    "unsubscribe",
]
