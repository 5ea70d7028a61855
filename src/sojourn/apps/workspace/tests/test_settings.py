import msgspec
import pytest

from sojourn.apps.workspace import actions, queries
from sojourn.apps.workspace.api import mail_settings
from sojourn.apps.workspace.models import AuditRow, RuleVersion, Workspace
from sojourn.apps.workspace.preferences import BY_KEY, PREFERENCES, text_of
from sojourn.apps.workspace.tests.house import NOW, RULES, browser, build, outbox, post
from sojourn.terms.facts import Kind
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import DAY, QuietHours

pytestmark = pytest.mark.django_db


def set_to(workspace: int, key: str, value: str) -> str:
    return actions.set_setting(workspace, key, value, "alice@example.com", NOW)


@pytest.mark.parametrize("preference", PREFERENCES, ids=lambda p: p.key)
def test_the_text_of_each_default_is_read_back_to_the_same_text(preference):
    text = text_of(preference, RULES, {})
    read = preference.read(text, RULES)
    again = preference.put(RULES, read) if preference.put else RULES
    assert text_of(preference, again, {preference.key: read}) == text


@pytest.mark.parametrize(
    ("key", "typed", "shown", "field", "value"),
    [
        ("cart_gap", "5s", "5s", "cart_gap", 5_000),
        ("cart_gap", " 1H30M ", "1h30m", "cart_gap", 5_400_000),
        ("session_gap", "20m", "20m", "session_gap", 1_200_000),
        ("max_age", "48h", "2d", "max_age", 2 * DAY),
        ("holdout", "0", "0%", "holdout", 0.0),
        ("holdout", "12.5%", "12.5%", "holdout", 0.125),
        ("holdout", "0.2", "20%", "holdout", 0.2),
        ("holdout", "100%", "100%", "holdout", 1.0),
        ("timezone", "Europe/Berlin", "Europe/Berlin", "timezone", "Europe/Berlin"),
        ("currency", " eur", "EUR", "currency", "EUR"),
        ("quiet_hours", "22:30-7:00", "22:30-07:00", "quiet_hours", QuietHours(1350, 420)),
        ("cap", "2/1d", "2/1d", "cap_count", 2),
        ("cap", "off", "off", "cap_count", 1_000_000),
        ("consent", "opt_in", "opt_in", "consent", "opt_in"),
        ("attribution_window", "3d", "3d", "attribution_window", 3 * DAY),
        ("blocked_values", "test, demo,test", "test, demo", "blocked_values", ("test", "demo")),
        ("unknown_zones", "Europe/Lisbon,Europe/Kyiv", "Europe/Lisbon, Europe/Kyiv", "unknown_zone_span", ("Europe/Lisbon", "Europe/Kyiv")),
    ],
)
def test_a_rule_setting_publishes_a_new_version_that_holds_it(key, typed, shown, field, value):
    house = build()
    assert set_to(house.workspace, key, typed) == shown
    book = queries.rules(house.workspace)
    assert (book.version, getattr(book, field)) == (2, value)
    assert queries.setting(house.workspace, key) == shown


def test_quiet_hours_can_be_switched_off_again():
    house = build()
    assert queries.rules(house.workspace).quiet_hours is None
    set_to(house.workspace, "quiet_hours", "22:30-7:00")
    assert set_to(house.workspace, "quiet_hours", "off") == "off"
    assert queries.rules(house.workspace).quiet_hours is None


@pytest.mark.parametrize(
    ("key", "typed", "field", "value"),
    [("automation", "off", "enabled", False), ("message_delay", "1h", "delay", 3_600_000), ("min_value", "19.90", "min_value", 1990)],
)
def test_a_setting_of_the_automations_reaches_each_of_them(key, typed, field, value):
    house = build()
    set_to(house.workspace, key, typed)
    assert [getattr(one, field) for one in queries.rules(house.workspace).automations] == [value]


def test_the_engine_is_told_the_new_rules_by_one_fact_it_can_read():
    house = build()
    set_to(house.workspace, "cart_gap", "5s")
    fact = outbox(house.workspace)[-1]
    assert (fact.kind, fact.name, fact.at, fact.props["version"]) == (Kind.CONTROL, "Rules Published", NOW, 2)
    told = msgspec.convert(fact.props["rules"], RuleBook)
    assert told == queries.rules(house.workspace)
    assert told == msgspec.structs.replace(RULES, version=2, cart_gap=5_000)


def test_two_versions_have_two_message_ids_so_that_both_count():
    house = build()
    set_to(house.workspace, "cart_gap", "5s")
    set_to(house.workspace, "cart_gap", "6s")
    assert len({fact.message_id for fact in outbox(house.workspace)}) == 3


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("cart_gap", "soon"),
        ("cart_gap", "0s"),
        ("cart_gap", "31d"),
        ("session_gap", "2d"),
        ("holdout", "10"),
        ("holdout", "-1%"),
        ("holdout", "nan"),
        ("timezone", "Mars/Olympus"),
        ("timezone", ""),
        ("currency", "euro"),
        ("quiet_hours", "25:00-08:00"),
        ("cap", "3"),
        ("cap", "0/7d"),
        ("consent", "maybe"),
        ("automation", "perhaps"),
        ("min_value", "-1"),
        ("min_value", "1e400"),
        ("from_email", "nobody"),
        ("from_name", "Shop\r\nBcc: x@example.com"),
        ("from_name", "\u202eevil"),
        ("cart_url", "javascript:alert(1)"),
        ("reply_to", "a@b@c"),
        ("nonsense", "1"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_changes(key, typed):
    house = build()
    before = (queries.rules(house.workspace), outbox(house.workspace), Workspace.objects.get(pk=house.workspace).settings, AuditRow.objects.count())
    with pytest.raises(Refusal) as refused:
        set_to(house.workspace, key, typed)
    assert refused.value.code == Code.BAD_VALUE
    assert BY_KEY[key].forms in refused.value.message if key in BY_KEY else "cart_gap" in refused.value.message
    assert before == (queries.rules(house.workspace), outbox(house.workspace), Workspace.objects.get(pk=house.workspace).settings, AuditRow.objects.count())


def test_a_setting_that_changes_nothing_publishes_nothing():
    house = build()
    set_to(house.workspace, "cart_gap", "1800s")
    assert RuleVersion.objects.filter(workspace_id=house.workspace).count() == 1


def test_an_amount_follows_the_digits_of_the_currency():
    house = build()
    set_to(house.workspace, "currency", "JPY")
    set_to(house.workspace, "min_value", "2000")
    assert queries.rules(house.workspace).automations[0].min_value == 2000
    assert queries.setting(house.workspace, "min_value") == "2000"


def test_mail_settings_are_no_rules_and_reach_the_mail():
    house = build()
    for key, value in (("from_name", "Alice"), ("from_email", "shop@alice.example"), ("paused", "on"), ("free_shipping_code", "FREE")):
        set_to(house.workspace, key, value)
    mail = mail_settings(house.workspace)
    assert (mail.from_name, mail.from_email, mail.paused, mail.free_shipping_code) == ("Alice", "shop@alice.example", True, "FREE")
    assert RuleVersion.objects.filter(workspace_id=house.workspace).count() == 1
    assert Workspace.objects.get(pk=house.workspace).settings["paused"] == "on"
    assert mail_settings(house.next_door).from_name == "Charlie's shop"


def test_every_change_leaves_an_audit_row_with_before_and_after():
    house = build()
    set_to(house.workspace, "holdout", "20%")
    row = AuditRow.objects.get(verb="set_setting")
    assert (row.workspace_id, row.actor, row.subject, row.detail) == (house.workspace, "alice@example.com", "holdout", {"before": "10%", "after": "20%"})


def test_who_did_what_names_a_setting_as_its_page_does():
    house = build()
    set_to(house.workspace, "holdout", "20%")
    page = browser(house.alice).get("/settings/audit/").content.decode()
    assert '<a href="/settings/#holdout">Held back at random</a>' in page


def test_what_a_setting_means_is_said_without_the_words_that_programs_use():
    for one in PREFERENCES:
        if one.titles:
            assert not {word for word in one.choices if "_" in word and word in one.meaning}, one.key


def test_the_form_saves_what_fits_and_shows_what_does_not_beside_its_field():
    house = build()
    answer = post(browser(house.alice), "/settings/save", {"cart_gap": "45m", "holdout": "lots"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert 'value="lots"' in page
    assert ">&#x27;lots&#x27; is no share; write it like 0.1 or 10%.</span>" in page
    assert 'aria-invalid="true" autofocus' in page
    assert queries.setting(house.workspace, "cart_gap") == "45m"
    assert queries.setting(house.workspace, "holdout") == "10%"


def test_a_saving_can_be_taken_back_as_one():
    house = build()
    client = browser(house.alice)
    page = post(client, "/settings/save", {"cart_gap": "45m", "holdout": "20%", "timezone": "UTC"}, follow=True).content.decode()
    assert "Saved 2 settings." in page
    undo = page.split('data-undo="')[1].split('"')[0]
    post(client, undo)
    assert (queries.setting(house.workspace, "cart_gap"), queries.setting(house.workspace, "holdout")) == ("30m", "10%")
    assert queries.rules(house.workspace).version == 5


def test_what_somebody_changed_since_is_left_as_it_is():
    house = build()
    client = browser(house.alice)
    page = post(client, "/settings/save", {"cart_gap": "45m", "holdout": "20%"}, follow=True).content.decode()
    undo = page.split('data-undo="')[1].split('"')[0]
    set_to(house.workspace, "cart_gap", "50m")
    told = post(client, undo, follow=True).content.decode()
    assert (queries.setting(house.workspace, "cart_gap"), queries.setting(house.workspace, "holdout")) == ("50m", "10%")
    assert "Left as it is, because somebody changed it since: cart_gap." in told


@pytest.mark.parametrize("rows", ["0", "x", "1-", "999999", "1-2-x"])
def test_what_was_no_change_of_a_setting_cannot_be_taken_back(rows):
    house = build()
    assert post(browser(house.alice), f"/settings/undo/{rows}").status_code == 404


def test_a_neighbours_change_cannot_be_taken_back():
    house = build()
    set_to(house.next_door, "cart_gap", "45m")
    row = AuditRow.objects.get(workspace_id=house.next_door, verb="set_setting")
    assert post(browser(house.alice), f"/settings/undo/{row.pk}").status_code == 404
    assert queries.setting(house.next_door, "cart_gap") == "45m"


@pytest.mark.parametrize(
    ("text", "found"), [("quiet", ["timezone", "quiet_hours", "unknown_zones"]), ("first page", ["browser_consent"]), ("CURRENCY", ["currency", "min_value"])]
)
def test_settings_are_found_by_what_they_are_called_and_what_they_do(text, found):
    house = build()
    assert [one.key for one in queries.list_settings(house.workspace) if one.fits(text)] == found
    page = browser(house.vera).get("/settings/", {"q": text}).content.decode()
    index = page.split('id="settings-index"')[1].split("</nav>")[0]
    assert [part.split('"')[0] for part in index.split('href="#')[1:]] == found


def test_whether_visitors_are_asked_first_is_a_setting_of_the_workspace():
    house = build()
    assert queries.setting(house.workspace, "browser_consent") == "implied"
    set_to(house.workspace, "browser_consent", "ask_first")
    assert Workspace.objects.get(pk=house.workspace).settings["browser_consent"] == "ask_first"
    assert RuleVersion.objects.filter(workspace_id=house.workspace).count() == 1
