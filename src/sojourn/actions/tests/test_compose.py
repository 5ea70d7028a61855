"""Templates: each renders, says what it should, and takes what customers typed as text."""

from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser

import msgspec
import pytest

from sojourn.actions import links
from sojourn.actions.compose import TEMPLATES, Composer, template_names
from sojourn.actions.renderer import Renderer, RenderFailed
from sojourn.actions.tests.samples import DATA, MAIL, SALT, intent
from sojourn.engine.defaults import ABANDONED_CART, default_rules


@pytest.fixture(scope="module")
def composer():
    made = Composer()
    yield made
    made.close()


class Page(HTMLParser):
    """What a mail program would see: tags, links, text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.words = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.words.append(data)


def parts(envelope):
    message = message_from_bytes(envelope.raw, policy=default)
    html, text = (message.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("html", "plain"))
    return message["Subject"], html, text


def test_every_template_the_default_rules_name_exists():
    assert set(ABANDONED_CART.templates.values()) == set(template_names())


def test_every_template_is_of_the_class_bulk():
    """All of them are advertisement; none may ever be sent as if it were a receipt, past consent and caps."""
    assert [automation.kind for automation in default_rules().automations] == ["bulk"]
    assert {name for automation in default_rules().automations for name in automation.templates.values()} == set(template_names())


@pytest.mark.parametrize("name", sorted(folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()))
def test_every_template_greets_lists_the_cart_and_offers_both_links(composer, name):
    subject, html, text = parts(composer.compose(intent(template=name), MAIL))
    page = Page(html)
    words = " ".join(" ".join(page.words).split())
    for body in (words, text):
        assert "Hi Ann," in body
        assert "Boots" in body
        assert "€99.80" in body
        assert "1 Main Street, Springfield" in body
    assert 10 < len(subject) < 60
    assert {link.split("/")[3] for link in page.links} == {"u", "l"}
    assert all(link.startswith("https://cx.shop.example/") for link in page.links)  # nothing is fetched from anywhere
    assert [t for t in page.tags if t in ("script", "form", "iframe", "img", "link")] == []
    assert "prefers-color-scheme: dark" in html
    assert all(link in text for link in page.links)


def test_the_links_lead_to_this_cart_and_to_unsubscribing_from_this_purpose(composer):
    _, html, _ = parts(composer.compose(intent(), MAIL))
    by_kind = {link.split("/")[3]: link.rsplit("/", 1)[1] for link in Page(html).links}
    asked = links.verify_unsubscribe({1: SALT}.get, by_kind["u"])
    assert (asked.person, asked.purpose, asked.address) == (101, "marketing", "ann1@example.com")
    click = links.verify_click({1: SALT}.get, by_kind["l"])
    assert click.intent == intent().id
    assert click.url.startswith("https://shop.example/cart?size=42&sojourn_cart=1.")
    assert "sojourn_offer=free_shipping" in click.url


def test_the_header_and_the_body_hold_the_same_unsubscribe_link(composer):
    envelope = composer.compose(intent(), MAIL)
    _, html, _ = parts(envelope)
    [link] = {link for link in Page(html).links if "/u/" in link}
    assert f"List-Unsubscribe: <{link}>,".encode() in envelope.raw


HOSTILE = [
    "{{7*7}}",
    "{% for i in (1..99999999) %}x{% endfor %}",
    "<img src=x onerror=alert(1)>",
    "</mj-text><mj-raw><script>",
    '"><a href="https://evil.example">',
    "&lt;b&gt;",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_customers_typed_prints_as_text(composer, name):
    data = {**DATA, "first_name": name, "items": [{"name": name, "quantity": 1, "price": ""}]}
    subject, html, text = parts(composer.compose(intent(data=data), MAIL))
    page = Page(html)
    assert f"Hi {name}," in "".join(page.words)
    assert f"Hi {name}," in text
    assert [t for t in page.tags if t in ("script", "img")] == []
    assert not any("evil" in link for link in page.links)
    assert "49" not in subject


def test_without_a_name_it_still_greets(composer):
    _, _, text = parts(composer.compose(intent(data={**DATA, "first_name": ""}), MAIL))
    assert text.startswith("Hello,\n")


@pytest.mark.parametrize("name", sorted(folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()))
def test_no_message_asks_for_a_reply_that_nobody_reads(composer, name):
    silent = msgspec.structs.replace(MAIL, from_email="", reply_to="")
    _, html, text = parts(composer.compose(intent(template=name), silent))
    assert "reply" not in (" ".join(Page(html).words) + text).lower().replace("no-reply@", "")


def test_a_code_is_printed_only_where_there_is_one(composer):
    assert "code" not in parts(composer.compose(intent(), MAIL))[2]
    assert "Use the code SHIP-0 at checkout." in parts(composer.compose(intent(), msgspec.structs.replace(MAIL, free_shipping_code="SHIP-0")))[2]


def link_back(composer, given, settings=MAIL):
    _, html, _ = parts(composer.compose(intent(data={**DATA, "cart_url": "", **given}), settings))
    [link] = [link for link in Page(html).links if "/l/" in link]
    return links.verify_click({1: SALT}.get, link.rsplit("/", 1)[1]).url.partition("?")[0]


def test_the_way_back_is_what_the_events_said_else_the_setting_else_the_first_product(composer):
    settings = msgspec.structs.replace(MAIL, cart_url="https://shop.example/basket")
    items = [{**DATA["items"][0], "url": "https://shop.example/p/1"}]
    assert link_back(composer, {"cart_url": "https://shop.example/c/9", "items": items}, settings) == "https://shop.example/c/9"
    assert link_back(composer, {"items": items}, settings) == "https://shop.example/basket"
    assert link_back(composer, {"items": items}) == "https://shop.example/p/1"


@pytest.mark.parametrize("name", sorted(folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()))
def test_where_no_way_back_is_known_no_link_is_promised(composer, name):
    subject, html, text = parts(composer.compose(intent(template=name, data={**DATA, "cart_url": ""}), MAIL))
    assert [link for link in Page(html).links if "/l/" in link] == []
    assert "Your cart waits for you at Fjäll & Co." in text
    assert "link" not in (subject + text.partition("--")[0]).lower()


def test_what_events_say_leads_to_the_shops_own_hosts_only(composer):
    settings = msgspec.structs.replace(MAIL, cart_url="https://www.shop.example/basket")
    for told, target in {
        "https://shop.example/c/9": "https://shop.example/c/9",
        "https://pay.shop.example/c/9": "https://pay.shop.example/c/9",
        "https://evil.example/c/9": "https://www.shop.example/basket",
        "https://evilshop.example/c/9": "https://www.shop.example/basket",
        "javascript:alert(1)": "https://www.shop.example/basket",
    }.items():
        assert link_back(composer, {"cart_url": told}, settings) == target


def test_a_template_nobody_has_is_held(composer):
    with pytest.raises(RenderFailed, match="there is no template 'nope'"):
        composer.compose(intent(template="nope"), MAIL)


def test_every_attempt_composes_the_same_bytes(composer):
    assert composer.compose(intent(), MAIL).raw == composer.compose(intent(), MAIL).raw


@pytest.fixture(scope="module")
def renderer():
    with Renderer(deadline_seconds=2.0) as made:
        yield made


WRONG = {
    "{{ missing }}": "'missing' is undefined",
    "{{ a.b.c }}": "undefined",
    "{% include 'x' %}": "unexpected tag 'include'",
    "{% render 'x' %}": "unexpected tag 'render'",
    "{{ x | safe }}": "unknown filter",
    "{% if x %}": "expected tag",
    "{{ x": "",
    "{% for i in (1..3000) %}{{ i }}{% endfor %}": "loop iteration limit",
    "{% for i in (1..1900) %}" + "x" * 400 + "{% endfor %}": "output",
}


@pytest.mark.parametrize("source", WRONG)
def test_a_template_error_is_told_in_words(renderer, source):
    with pytest.raises(RenderFailed) as told:
        renderer.render({"subject": source}, {"x": "1", "a": {}})
    assert WRONG[source] in str(told.value)
    assert not told.value.overrun


BOMBS = ("{{ (1..999999999) | join: 'x' }}", "{{ x | times: 9 | append: 'x' }}{% for a in (1..2000) %}{% for b in (1..2000) %}{% endfor %}{% endfor %}")


@pytest.mark.parametrize("source", BOMBS)
def test_a_bomb_ends_the_attempt_and_nothing_else(renderer, source):
    with pytest.raises(RenderFailed):
        renderer.render({"subject": source}, {"x": "1"})
    assert renderer.render({"subject": "{{ x }}"}, {"x": "still here"}).subject == "still here"


def test_a_child_that_was_ended_is_replaced(renderer):
    renderer.render({"subject": "a"}, {})
    renderer._child.kill()
    renderer._child.wait()
    assert renderer.render({"subject": "b"}, {}).subject == "b"


def test_templates_see_nothing_of_python(renderer):
    for source in ("{{ x.__class__ }}", "{{ items.__len__ }}", "{{ x['__class__'] }}"):
        with pytest.raises(RenderFailed, match="undefined"):
            renderer.render({"subject": source}, {"x": "1", "items": [1]})
