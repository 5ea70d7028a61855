"""The SMTP channel against a real server and one that misbehaves: what may be tried again, what may not, what nobody knows."""

import re

import pytest

from sojourn.adapters.smtp.channel import Server, SmtpChannel
from sojourn.ports.channel import Envelope
from sojourn.terms.refusals import Refusal
from tests.email.sink import Script, Sink, client_context, server_context, starttls_sink

RAW = b"Subject: x\r\nMessage-ID: <i@shop.example>\r\n\r\nline\r\n.\r\n..two\r\nlast line without an end"
ENVELOPE = Envelope("i", 1, "hello@shop.example", "ann@example.com", RAW, "<i@shop.example>", 0)


def channel(port, security="smtp+plain", context=None, final_seconds=5.0, command_seconds=5.0, **more):
    return SmtpChannel(Server("127.0.0.1", port, security, command_seconds=command_seconds, final_seconds=final_seconds, helo="test", **more), context)


def hand_over(port, **options):
    return channel(port, **options).hand_over(ENVELOPE)


def test_a_message_arrives_byte_for_byte_and_its_queue_id_is_kept():
    with Sink() as sink:
        answer = hand_over(sink.port)
        assert (answer.outcome, answer.code, answer.enhanced, answer.queue_id) == ("accepted", 250, "2.0.0", "Q1")
        [(sender, recipients, raw)] = sink.messages
        assert (sender, recipients, raw) == ("hello@shop.example", ["ann@example.com"], RAW + b"\r\n")


def test_lines_that_begin_with_a_dot_do_not_end_the_message_early():
    with Script() as server:
        assert hand_over(server.port).outcome == "accepted"
        assert server.received == b"Subject: x\r\nMessage-ID: <i@shop.example>\r\n\r\nline\r\n..\r\n...two\r\nlast line without an end\r\n.\r\n"


EXPLICIT = [
    (stage, reply, outcome)
    for stage in ("MAIL", "RCPT", "DATA")
    for reply, outcome in (
        ("421 4.3.2 closing", "retry"), ("450 4.2.1 busy", "retry"), ("451 4.7.1 greylisted", "retry"), ("452 4.2.2 full", "retry"),
        ("550 5.1.1 no such user", "failed"), ("552 5.2.2 full", "failed"), ("554 5.7.1 refused", "failed"),
    )
]  # fmt: skip


@pytest.mark.parametrize(("stage", "reply", "outcome"), EXPLICIT)
def test_an_explicit_answer_is_believed(stage, reply, outcome):
    with Sink() as sink:
        sink.answers[stage] = reply
        answer = hand_over(sink.port)
        assert (answer.outcome, answer.code, answer.enhanced) == (outcome, int(reply[:3]), reply[4:9])
        assert sink.messages == []


BEFORE_THE_DOT = {
    "nobody greets": {"greeting": Script.DROP},
    "the greeting hangs": {"greeting": Script.HANG},
    "the greeting refuses": {"greeting": b"554 no\r\n"},
    "EHLO and HELO are refused": {"EHLO": b"500 no\r\n", "HELO": b"500 no\r\n"},
    "MAIL drops": {"MAIL": Script.DROP},
    "MAIL hangs": {"MAIL": Script.HANG},
    "MAIL wants a login": {"MAIL": b"530 5.7.0 Authentication required\r\n"},
    "RCPT drops": {"RCPT": Script.DROP},
    "DATA drops": {"DATA": Script.DROP},
    "DATA hangs": {"DATA": Script.HANG},
    "DATA is answered with 250": {"DATA": b"250 what?\r\n"},
    "an answer is nonsense": {"RCPT": b"hello\r\n"},
}


@pytest.mark.parametrize("case", BEFORE_THE_DOT)
def test_whatever_breaks_before_the_final_dot_may_be_tried_again(case):
    with Script(**BEFORE_THE_DOT[case]) as server:
        assert hand_over(server.port, command_seconds=0.3).outcome == "retry"
        assert not server.received.endswith(b"\r\n.\r\n")


def test_a_drop_in_the_middle_of_a_large_text_may_be_tried_again():
    large = Envelope("i", 1, "a@shop.example", "b@example.com", b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n" * 4_000_000, "<i@x>", 0)
    with Script(text=Script.DROP) as server:
        assert channel(server.port).hand_over(large).outcome == "retry"


AFTER_THE_DOT = {
    "drop": {"dot": Script.DROP},
    "hang": {"dot": Script.HANG},
    "nonsense": {"dot": b"hello\r\n"},
    "half an answer": {"dot": b"250-still\r\n"},
    "an answer that is none": {"dot": b"354 go on\r\n"},
    "another kind of yes": {"dot": b"251 forwarded\r\n"},
}


@pytest.mark.parametrize("case", AFTER_THE_DOT)
def test_without_a_verdict_after_the_final_dot_nobody_knows(case):
    with Script(**AFTER_THE_DOT[case]) as server:
        assert hand_over(server.port, final_seconds=0.3).outcome == "unknown"
        assert server.received.endswith(b"\r\n.\r\n")
        assert server.connections == 1


@pytest.mark.parametrize(("reply", "outcome"), [(b"421 4.3.2 x\r\n", "retry"), (b"451 x\r\n", "retry"), (b"554-5.7.1 a\r\n554 5.7.1 b\r\n", "failed")])
def test_an_explicit_no_after_the_final_dot_is_a_no(reply, outcome):
    with Script(dot=reply) as server:
        assert hand_over(server.port).outcome == outcome


def test_the_answer_to_quit_changes_nothing():
    for quit_step in (Script.DROP, b"500 no\r\n"):
        with Script(QUIT=quit_step) as server:
            assert hand_over(server.port).outcome == "accepted"


def test_where_nobody_listens_it_is_tried_again():
    with Script() as server:
        port = server.port
    assert hand_over(port).outcome == "retry"


def test_smtp_requires_starttls_and_never_falls_back():
    with Sink() as sink:
        answer = hand_over(sink.port, security="smtp", context=client_context())
        assert (answer.outcome, sink.messages) == ("retry", [])
        assert "STARTTLS" in answer.detail


def test_starttls_and_smtps_carry_a_message_and_check_the_certificate():
    with starttls_sink() as sink:
        assert hand_over(sink.port, security="smtp", context=client_context()).outcome == "accepted"
        assert hand_over(sink.port, security="smtp").outcome == "retry"  # our certificate is in no public list
        assert len(sink.messages) == 1
    with Script() as plain:
        assert hand_over(plain.port, security="smtps", context=client_context(), command_seconds=0.5).outcome == "retry"
    sink = Sink(ssl_context=server_context())
    with sink:
        assert hand_over(sink.port, security="smtps", context=client_context()).outcome == "accepted"
        assert len(sink.messages) == 1


def test_a_login_is_made_where_one_is_given():
    sink = Sink(auth_require_tls=False)
    sink.controller.SMTP_kwargs["authenticator"] = sink.authenticate
    with sink:
        assert hand_over(sink.port, user="shop", password="open sesame").outcome == "accepted"
        assert sink.logins == [("shop", "open sesame")]


def test_a_refused_login_says_nothing_about_the_message():
    with Script(EHLO=b"250-hi\r\n250 AUTH PLAIN\r\n", AUTH=b"535 5.7.8 wrong\r\n") as server:
        answer = hand_over(server.port, user="shop", password="wrong")
        assert (answer.outcome, answer.code) == ("retry", 535)


UNFIT = ("", "ann", "@example.com", "a b@example.com", "ann@example.com\r\nRCPT TO:<x@example.com>", "<ann@example.com>", "änn@example.com")


@pytest.mark.parametrize("bad", UNFIT)
def test_an_address_that_cannot_stand_in_a_command_never_reaches_the_server(bad):
    with Script() as server:
        assert channel(server.port).hand_over(Envelope("i", 1, "a@shop.example", bad, RAW, "<i@x>", 0)).outcome == "failed"
        assert channel(server.port).hand_over(Envelope("i", 1, bad, "a@shop.example", RAW, "<i@x>", 0)).outcome == "failed"
        assert server.connections == 0


def test_a_domain_in_other_letters_goes_out_in_its_ascii_form():
    with Sink() as sink:
        channel(sink.port).hand_over(Envelope("i", 1, "a@shop.example", "ann@müller.example", RAW, "<i@x>", 0))
        assert sink.messages[0][1] == ["ann@xn--mller-kva.example"]


def test_the_address_of_the_server_is_read_with_its_defaults():
    assert Server.parse("smtp://us%40er:p%3Aw@mail.example") == Server("mail.example", 587, "smtp", "us@er", "p:w")
    assert Server.parse("smtps://mail.example").port == 465
    assert Server.parse("smtp+plain://127.0.0.1:2525") == Server("127.0.0.1", 2525, "smtp+plain")


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://x:99999", "mail.example:25", ""])
def test_an_address_of_no_server_is_refused_in_words(url):
    with pytest.raises(Refusal, match=re.escape("SOJOURN_SMTP must be")):
        Server.parse(url)
