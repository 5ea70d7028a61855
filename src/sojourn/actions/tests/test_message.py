"""The bytes of a message: headers, parts, and what customers cannot put into them."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from email.utils import parseaddr

import msgspec
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sojourn.actions.message import Letter, assemble, one_line
from sojourn.actions.tests.samples import AT
from sojourn.terms.refusals import Refusal

LETTER = Letter(
    intent="ab" * 16, from_name="Fjäll & Co", from_email="hello@shop.example", to="ann@example.com", subject="Your cart – still here", text="Hello,\nyou\n",
    html="<p>Hello</p>", at=AT, reply_to="help@shop.example", unsubscribe_url="https://cx.shop.example/u/1." + "x" * 200, unsubscribe_mail="help@shop.example",
)  # fmt: skip


def parse(raw):
    return message_from_bytes(raw, policy=default)


def content(part):
    return part.get_content().replace("\r\n", "\n")


def test_the_headers_are_those_of_a_careful_sender():
    message = parse(assemble(LETTER))
    assert {name: str(message[name]) for name in message} == {
        "List-Unsubscribe": f"<https://cx.shop.example/u/1.{'x' * 200}>, <mailto:help@shop.example?subject=unsubscribe%20{'ab' * 16}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "From": "Fjäll & Co <hello@shop.example>",
        "To": "ann@example.com",
        "Reply-To": "help@shop.example",
        "Subject": "Your cart – still here",
        "Date": "Thu, 01 Jan 2026 12:00:00 +0000",
        "Message-ID": f"<{'ab' * 16}@shop.example>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="=_{"ab" * 16}"',
    }


def test_a_long_unsubscribe_address_stays_on_one_line():
    assert f"<{LETTER.unsubscribe_url}>".encode() in assemble(LETTER)


def test_text_comes_first_and_html_second():
    parts = list(parse(assemble(LETTER)).iter_parts())
    assert [(part.get_content_type(), content(part)) for part in parts] == [("text/plain", "Hello,\nyou\n"), ("text/html", "<p>Hello</p>\n")]


def test_every_attempt_has_the_same_bytes_in_seven_bits_and_short_lines():
    raw = assemble(msgspec.structs.replace(LETTER, html="<p>" + "ü" * 5_000 + "</p>"))
    assert raw == assemble(msgspec.structs.replace(LETTER, html="<p>" + "ü" * 5_000 + "</p>"))
    assert max(raw) < 128
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert re.search(rb"(?<!\r)\n", raw) is None


EVIL = "Hi\r\nBcc: all@example.com\r\n\r\nbody\u202e\u2028x"


def test_line_breaks_and_direction_marks_cannot_enter_a_header():
    raw = assemble(msgspec.structs.replace(LETTER, subject=EVIL, from_name=EVIL))
    message = parse(raw)
    assert message["Subject"] == "Hi Bcc: all@example.com body x"
    assert message["From"].addresses[0].display_name == "Hi Bcc: all@example.com body x"
    assert message["Bcc"] is None
    assert b"\r\nBcc" not in raw


@pytest.mark.parametrize("field", ["to", "from_email", "reply_to"])
@pytest.mark.parametrize("address", ["ann@example.com\r\nBcc: x@example.com", "ann", "a b@example.com", "@example.com"])
def test_an_address_that_is_none_is_refused(field, address):
    with pytest.raises(Refusal):
        assemble(msgspec.structs.replace(LETTER, **{field: address}))


@pytest.mark.parametrize("url", ["https://x/u/1\r\nBcc: a@example.com", "https://ü.example/u/1"])
def test_an_unsubscribe_address_that_would_break_the_header_is_refused(url):
    with pytest.raises(Refusal):
        assemble(msgspec.structs.replace(LETTER, unsubscribe_url=url))


def test_a_transactional_message_has_no_unsubscribing():
    message = parse(assemble(msgspec.structs.replace(LETTER, unsubscribe_url="", bulk=False)))
    assert [name for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "Precedence") if name in message] == []


def test_a_header_text_is_cut_and_tidied():
    assert one_line("  a\t b\x00c  ") == "a b c"
    assert one_line("x" * 300) == "x" * 200


def test_broken_unicode_is_replaced_and_nothing_fails():
    assert content(parse(assemble(msgspec.structs.replace(LETTER, text="a\ud800b\x00"))).get_body(("plain",))) == "a?b\ufffd\n"


def decoded(text):
    """A header's text by RFC 2047; the newer parser of Python 3.11 puts a blank between two encoded words of a name."""
    return str(make_header(decode_header(text.replace("\r\n", ""))))


@settings(max_examples=100, phases=[Phase.explicit, Phase.generate])
@given(st.text(max_size=120), st.text(max_size=250))
@example("0 0000000000000¡¡¡¡¡¡¡𐀀𐀀𐀀𐀀", 'a "quoted", name <x@y>; =?utf-8?q?b?=')
@example('Shop "The Best", Inc. <evil@example.com>', "")
def test_any_name_and_subject_arrive_as_they_were_tidied(name, subject):
    raw = assemble(msgspec.structs.replace(LETTER, from_name=name, subject=subject))
    message = message_from_bytes(raw)
    sender, address = parseaddr(message["From"])
    assert (decoded(sender), address) == (one_line(name, 100), "hello@shop.example")
    assert decoded(message["Subject"]) == one_line(subject)
    assert sorted(message.keys()) == sorted(parse(assemble(LETTER)).keys())
    assert max(raw.partition(b"\r\n\r\n")[0]) < 128
