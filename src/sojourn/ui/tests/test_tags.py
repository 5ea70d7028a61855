import time

import pytest
from django.template import Context, Template
from django.urls import reverse
from whitenoise.responders import StaticFile

from sojourn.terms.episodes import CAUSE_WORDS, Cause
from sojourn.ui import addresses, assets, charts
from sojourn.ui.charts import Chart, number_words, spark
from sojourn.ui.templatetags import ui

EVIL = '"><script>alert(1)</script>'


def render(text: str, **context: object) -> str:
    return Template("{% load ui %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("past", "words"),
    [
        *((0, "just now"), (-5000, "just now"), (4_999, "just now"), (5_000, "5 s ago"), (59_999, "59 s ago"), (60_000, "1 min ago")),
        *((3_599_999, "59 min ago"), (3_600_000, "1 h ago"), (86_399_999, "23 h ago"), (86_400_000, "1 d ago"), (40 * 86_400_000, "40 d ago")),
    ],
)
def test_how_long_ago_is_said_in_the_largest_whole_unit(past, words):
    assert ui.ago_words(past) == words


def test_a_time_ago_holds_the_instant_for_the_browser_to_refresh():
    at = int(time.time() * 1000) - 3_660_000
    shown = render("{{ at|ago:'Europe/Berlin' }}", at=at)
    assert shown.startswith('<time class="ago" datetime="')
    assert shown.endswith(">1 h ago</time>")
    assert render("{{ at|ago }}", at=None) == "–"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (999, "999"),
        (9_999, "9,999"),
        (10_000, "10k"),
        (12_345, "12.3k"),
        (4_100_000, "4.1M"),
        (-12_345, "-12.3k"),
        (2_000_000_000, "2G"),
        (None, "–"),
    ],
)
def test_large_numbers_are_shortened_and_small_ones_are_not(number, words):
    assert ui.compact(number) == words


@pytest.mark.parametrize(
    ("tags", "path"),
    [
        ("undo:/sources/1/enable success", "/sources/1/enable"),
        *(("success", ""), ("", ""), (None, ""), ("undo:", ""), ("undo://evil.example/x", ""), ("undo:https://evil.example/", "")),
    ],
)
def test_an_undo_leads_to_a_path_of_this_site_only(tags, path):
    assert ui.undo_path(tags) == path


@pytest.mark.parametrize(
    ("name", "letters"), [("Ann Aldous", "AA"), ("ann.aldous@example.com", "AA"), ("Cher", "C"), ("", ""), ("  ", ""), ("Jan van der Berg", "JB"), ("<b>", "")]
)
def test_initials_are_those_of_the_first_and_last_word(name, letters):
    assert ui.initials(name) == letters


def test_an_avatar_keeps_its_tint_and_shows_a_silhouette_for_strangers():
    assert render("{% avatar 'Ann' 7 %}") == render("{% avatar 'Ann Aldous' 7 %}").replace("AA", "A")
    assert 'class="avatar anonymous"' in render("{% avatar 'Visitor 7' 7 %}")
    assert 'class="avatar anonymous"' in render("{% avatar '' 7 %}")


def test_names_are_text_never_markup():
    for text in ("{% person_link 7 evil %}", "{% avatar evil 7 %}", "{{ evil|cause_words }}", "{% cause evil %}"):
        assert "<script" not in render(text, evil=EVIL)


def test_a_person_opens_beside_the_page_and_has_a_name():
    shown = render("{% person_link 7 'Ann' %}")
    assert shown.startswith('<a class="person" href="/people/7/" data-panel>')
    assert '<span class="person-name">Visitor 7</span>' in render("{% person_link 7 '' %}")


def test_nothing_yet_has_a_title_and_its_one_next_action():
    shown = render("{% empty 'users' title %}<a href='/x'>Go</a>{% endempty %}", title="<Nobody>")
    assert "<h2>&lt;Nobody&gt;</h2><a href='/x'>Go</a>" in shown
    assert render("{% for x in none %}{% empty %}plain{% endfor %}", none=[]) == "plain"


def test_an_icon_that_was_not_built_is_an_empty_drawing(monkeypatch):
    monkeypatch.setattr(ui, "icons", lambda: {"home": "<path d='M1 1'/>"})
    assert render("{% icon 'home' %}") == '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=\'M1 1\'/></svg>'
    assert render("{% icon 'no-such' 'big' %}") == '<svg class="icon big" viewBox="0 0 24 24" aria-hidden="true"></svg>'


def test_whether_the_browser_side_was_built_is_told_by_its_files(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "BUILT", tmp_path)
    for found, name in enumerate(assets.NEEDED):
        assets.built.cache_clear()
        assert assets.built() is False
        (tmp_path / name).write_text("{}")
        assert found < len(assets.NEEDED)
    assets.built.cache_clear()
    assert assets.built() is True
    assets.built.cache_clear()


def test_a_file_that_a_build_replaced_is_sent_whole_and_one_that_is_gone_is_not_found(tmp_path, rf):
    file = tmp_path / "ui.css"
    file.write_text("a")
    kept = StaticFile(str(file), [("Content-Type", "text/css")])
    file.write_text("a{color:red}")
    answer = assets.Assets.serve(kept, rf.get("/ui.css"))
    assert (answer.content, answer.headers["Content-Length"]) == (b"a{color:red}", "12")
    assert assets.Assets.serve(kept, rf.head("/ui.css")).content == b""
    file.unlink()
    assert assets.Assets.serve(kept, rf.get("/ui.css")).status_code == 404


# -- charts


def test_a_chart_says_its_unit_and_period_and_has_its_numbers_as_a_table():
    one = Chart("line", "Share", "%", "last 2 days", ["Mon", "Tue"], [("won", [1.25, None])], low=[0.5, None], high=[2, None], decimals=1)
    shown = render("{% chart one %}", one=one)
    assert "<figcaption><b>Share</b><span>%, last 2 days</span></figcaption>" in shown
    assert '<th scope="row">Mon</th><td class="number">1.2</td><td class="number">0.5</td><td class="number">2.0</td>' in shown
    assert '<th scope="row">Tue</th><td class="number">–</td><td class="number">–</td><td class="number">–</td>' in shown
    assert "won at Tue: –." in shown


def test_a_chart_without_numbers_says_so():
    shown = render("{% chart one %}", one=Chart("bar", "Carts", "carts", "last 30 days", [], [("carts", [])]))
    assert "No numbers yet, last 30 days." in shown
    assert "data-chart=" not in shown


def test_a_chart_is_data_never_markup():
    shown = render("{% chart one %}", one=Chart("bar", EVIL, EVIL, EVIL, [EVIL], [(EVIL, [1])], links=["/x"]))
    assert "<script" not in shown
    assert '<a href="/x">' in shown


@pytest.mark.parametrize(
    ("labels", "series", "low", "high"),
    [
        (["a"], [("x", [1, 2])], (), ()),
        (["a"], [("x", [1])], [1], ()),
        (["a"], [("x", [1])], [1, 2], [1, 2]),
        (["a"] * 401, [("x", [1] * 401)], (), ()),
        (["a"], [("x", [1])] * 13, (), ()),
    ],
)
def test_a_chart_of_the_wrong_shape_is_refused(labels, series, low, high):
    with pytest.raises(ValueError, match=r"chart|entry"):
        Chart("line", "t", "u", "p", labels, series, low=low, high=high)


def test_a_legend_names_what_is_told_apart_in_its_tones():
    two = [("left", [1]), ("won", [2])]
    assert charts.legend(Chart("bar", "t", "u", "p", ["a"], two[:1])) == []
    assert [one["tone"] for one in charts.legend(Chart("line", "t", "u", "p", ["a"], two))] == ["tone-1", "tone-2"]
    assert [one["tone"] for one in charts.legend(Chart("line", "t", "u", "p", ["a"], two, tones=("warn", "good")))] == ["tone-warn", "tone-good"]
    assert [one["tone"] for one in charts.legend(Chart("stacked", "t", "u", "p", ["a"], two, causes=("unknown", "comparing")))] == [
        "by-cause unknown",
        "by-cause comparing",
    ]
    assert [one["name"] for one in charts.legend(Chart("donut", "t", "u", "p", ["a", "b"], [("x", [1, 2])]))] == ["a", "b"]
    with pytest.raises(ValueError, match="Tones"):
        Chart("line", "t", "u", "p", ["a"], two, tones=("warn",))


def test_a_spark_is_drawn_by_the_server():
    assert spark([0, 10], 10, 28) == ("M0.0,26.0L10.0,2.0", "M0.0,26.0L10.0,2.0L10,28L0,28Z")
    assert spark([5]) == ("", "")
    shown = render("{% chart one %}", one=Chart("spark", "Events", "events", "last 2 minutes", ["1", "2"], [("events", [3, 4])]))
    assert shown.startswith('<svg class="spark"')
    assert 'aria-label="Events, events, last 2 minutes. events at 2: 4."' in shown


def test_a_number_and_its_unit_stay_on_one_line():
    assert (
        ui.glued("left a cart of 49.90 EUR: 75 % likely, after 12 min and 1 page")
        == "left a cart of 49.90\u00a0EUR: 75\u00a0% likely, after 12\u00a0min and 1\u00a0page"
    )
    assert ui.glued("1.00 USD + 2.00 EUR") == "1.00\u00a0USD\u00a0+ 2.00\u00a0EUR"
    assert ui.glued("Lamp 3 USB") == "Lamp 3\u00a0USB"
    assert render("{{ said|glued }}", said="<b> 5 s") == "&lt;b&gt; 5\u00a0s"


def test_numbers_have_commas_and_gaps_have_dashes():
    assert (number_words(1234.56, 1), number_words(0), number_words(None)) == ("1,234.6", "0", "–")


@pytest.mark.parametrize("key", [7, "i1a2b", "a b", "ä", "x%2Fy", "a?b#c&d", "'<b>\"", "0"])
def test_the_quick_address_of_a_record_is_that_of_url(key):
    for name in ("person", "cart", "message"):
        assert addresses.address(name, key) == reverse(name, args=[key])
        assert render("{% record name key %}", name=name, key=key) == render("{% url name key %}", name=name, key=key)


def test_times_are_shown_in_the_zone_and_exact_on_hover():
    at = 1_795_316_537_042  # 2026-11-22 03:02:17 UTC
    assert render("{{ at|moment:'Europe/Berlin' }}", at=at) == (
        '<time datetime="2026-11-22T03:02:17.042Z" title="2026-11-22 04:02:17 (Europe/Berlin)">22 Nov 2026, 04:02</time>'
    )
    assert 'title="22 Nov 2026, 04:02:17 (Europe/Berlin)"' in render("{{ at|ago:'Europe/Berlin' }}", at=at)


def test_every_cause_has_a_name_and_a_new_one_its_key():
    assert set(CAUSE_WORDS) == set(Cause)
    assert render("{{ 'forced_account'|cause_words }} {{ 'bad_weather'|cause_words }}") == "Had to make an account Bad weather"


def test_a_nested_page_marks_its_own_part_and_the_one_above_it():
    wide = render("{% navigation 'mailbox' %}")
    assert (wide.count('aria-current="page"'), wide.count("data-within")) == (1, 1)
    assert f'<a href="{reverse("messages")}" data-within' in wide
    assert f'<a href="{reverse("messages")}" data-within' in render("{% navigation_short 'mailbox' %}")


@pytest.mark.parametrize(("here", "marked"), [("home", False), ("mailbox", False), ("health", True), ("tracking", True)])
def test_a_phone_marks_more_where_the_page_is_behind_it(here, marked):
    assert ("<summary data-within>" in render("{% navigation_short here %}", here=here)) is marked


def test_keys_are_shown_as_words():
    assert (ui.words("shipping_cost"), ui.words("abandoned-cart")) == ("shipping cost", "abandoned cart")


def test_a_duration_is_told_in_words():
    assert render("{{ one|duration }}, {{ two|duration }}", one=7 * 86_400_000, two=5_400_000) == "7 days, 1 h 30 min"
