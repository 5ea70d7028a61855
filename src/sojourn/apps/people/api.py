"""What other apps may ask of people: a fact on the log, an overview, messages, what a recipient's click does."""

from sojourn.apps.people.actions import record_click, unsubscribe
from sojourn.apps.people.lake_hook import Month, month
from sojourn.apps.people.lookup import Known, get_person, look_up
from sojourn.apps.people.marks import handed_over, newest_handover, portraits, position
from sojourn.apps.people.messages import Message, Tally, get_message, list_messages, tally
from sojourn.apps.people.outbox import control, put_on_log
from sojourn.apps.people.overview import Carts, count, open_carts
from sojourn.apps.people.words import cause_words, evidence_words

__all__ = [
    "Carts",
    "Known",
    "Message",
    "Month",
    "Tally",
    "cause_words",
    "control",
    "count",
    "evidence_words",
    "get_message",
    "get_person",
    "handed_over",
    "list_messages",
    "look_up",
    "month",
    "newest_handover",
    "open_carts",
    "portraits",
    "position",
    "put_on_log",
    "record_click",
    "tally",
    "unsubscribe",
]
