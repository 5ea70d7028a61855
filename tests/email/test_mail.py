"""The mails as a real server receives them: composed, handed over by the courier, read back byte by byte."""

from html.parser import HTMLParser

import pytest

from sojourn.actions import api
from sojourn.actions.compose import Composer
from sojourn.actions.courier import Courier, Desk, Watermark
from sojourn.actions.tests.samples import AT, MAIL, RULES, SALT, intent
from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.intents import MemoryIntents
from sojourn.adapters.memory.state import MemoryState
from sojourn.adapters.smtp.channel import Server, SmtpChannel
from sojourn.ports.state import Progress
from sojourn.terms.effects import Commit
from sojourn.terms.messages import stream
from tests.email.sink import Sink


class Links(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name == "href"]


@pytest.fixture(scope="module")
def composer():
    made = Composer()
    yield made
    made.close()


class PostOffice:
    def __init__(self, sink, composer):
        self.state, self.clock = MemoryState(), SettableClock(AT)
        self.intents = MemoryIntents(self.state, SALT)
        desk = Desk(rules=lambda _: RULES, mail=lambda _: MAIL)
        channel = SmtpChannel(Server("127.0.0.1", sink.port, "smtp+plain", helo="test"))
        self.courier = Courier(self.intents, channel, composer, self.clock, desk, Watermark(lambda: 1, lambda: 1))

    def send(self, *intents):
        before = self.state.progress()
        after = Progress(before.position + 1, AT)
        self.state.commit([Commit(workspace=1, position=after.position, now=AT, intents=list(intents))], before, after)
        while self.courier.run_once():
            pass
        return [self.intents.get(one.id)[1] for one in intents]


def body(message, kind):
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("template", api.template_names())
def test_each_mail_arrives_whole_with_its_headers_parts_and_links(composer, template):
    with Sink() as sink:
        assert PostOffice(sink, composer).send(intent(template=template)) == ["accepted"]
        [(sender, recipients, raw)] = sink.messages
        [message] = sink.parsed()
    assert (sender, recipients) == ("hello@shop.example", ["ann1@example.com"])
    assert max(raw) < 128
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert message["Message-ID"] == f"<{intent().id}@shop.example>"
    assert message["From"] == "Fjäll & Co <hello@shop.example>"
    assert message["To"] == "ann1@example.com"
    assert message["Date"] == "Thu, 01 Jan 2026 12:00:00 +0000"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    listed, _, mailed = message["List-Unsubscribe"].partition(", ")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mailed == f"<mailto:help@shop.example?subject=unsubscribe%20{intent().id}>"
    links = set(Links(body(message, "html")).found)
    assert listed[1:-1] in links
    asked = api.verify_unsubscribe({1: SALT}.get, listed[1:-1].rsplit("/u/", 1)[1])
    assert asked == api.Unsubscribe(1, 101, "marketing", "ann1@example.com", intent().id)
    [click] = [api.verify_click({1: SALT}.get, link.rsplit("/l/", 1)[1]) for link in links if "/l/" in link]
    assert (click.intent, click.person) == (intent().id, 101)
    assert click.url.startswith("https://shop.example/cart?size=42&sojourn_cart=")
    assert f"utm_content={template}#items" in click.url.replace("&sojourn_offer=free_shipping", "").replace("&sojourn_checkout=short", "")
    assert all(link in body(message, "plain") for link in links)


def test_after_unsubscribing_by_the_link_in_the_mail_nothing_more_of_that_purpose_goes_out(composer):
    with Sink() as sink:
        office = PostOffice(sink, composer)
        office.send(intent(1))
        url = sink.parsed()[0]["List-Unsubscribe"].partition(">")[0][1:]
        asked = api.verify_unsubscribe({1: SALT}.get, url.rsplit("/u/", 1)[1])
        office.intents.suppress(asked.workspace, asked.address, stream(asked.purpose), "unsubscribed", AT)
        again = intent(2, address="ann1@EXAMPLE.com")
        other_purpose = intent(3, address="ann1@example.com", purpose="news")
        receipt = intent(4, address="ann1@example.com", kind="transactional")
        assert office.send(again, other_purpose, receipt) == ["refused", "accepted", "accepted"]
        assert len(sink.messages) == 3


def test_a_transactional_mail_offers_no_one_click(composer):
    with Sink() as sink:
        PostOffice(sink, composer).send(intent(kind="transactional"))
        assert sink.parsed()[0]["List-Unsubscribe"] is None


def test_the_same_message_tried_again_has_the_same_bytes(composer):
    with Sink() as sink:
        office = PostOffice(sink, composer)
        sink.answers["DATA"] = "451 4.7.1 later"
        assert office.send(intent()) == ["ready"]
        del sink.answers["DATA"]
        office.clock.set(office.intents.next_ready())
        office.courier.run_once()
        first = composer.compose(intent(), MAIL).raw
        assert [raw for _, _, raw in sink.messages] == [first]
