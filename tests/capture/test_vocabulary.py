"""The page on what maps to what says what the front door does."""

from sojourn.capture.protocols.all import PROTOCOLS
from sojourn.terms.catalogue import FAMILIES
from tests.capture.vocabulary import PAGE, ROWS, written


def test_the_table_is_what_comes_of_each_wording():
    assert PAGE.read_text() == written(), "run: .venv/bin/python -m tests.capture.vocabulary"


def test_every_name_of_the_catalogue_is_on_the_page():
    text = PAGE.read_text()
    assert [name for names in FAMILIES.values() for name in names if f"`{name}`" not in text] == []


def test_every_protocol_of_a_vendor_is_in_the_table():
    names = {"rudder" if name == "RudderStack" else name.lower() for name in ROWS}
    assert {protocol.name for protocol in PROTOCOLS} - {"segment", "hooks"} <= names
