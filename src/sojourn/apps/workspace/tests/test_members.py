import pytest

from sojourn.apps.workspace import actions, queries, sign_in
from sojourn.apps.workspace.api import secret_key_owner
from sojourn.apps.workspace.models import AuditRow, Member, Role, SecretKey
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import MINUTE

pytestmark = pytest.mark.django_db


def test_a_secret_key_is_kept_as_its_digest_and_ends_when_revoked():
    house = build()
    key = actions.create_secret_key(house.workspace, "Warehouse", "alice@example.com", NOW)
    row = SecretKey.objects.get()
    assert key.startswith("sk_")
    assert (row.hash, row.hint) == (sign_in.hash_of(key), f"{key[:7]}…{key[-4:]}")
    assert secret_key_owner(key).workspace == house.workspace
    actions.revoke_secret_key(house.workspace, row.pk, "alice@example.com", NOW)
    assert secret_key_owner(key) is None
    actions.revoke_secret_key(house.workspace, row.pk, "alice@example.com", NOW)
    assert AuditRow.objects.filter(verb="revoke_secret_key").count() == 1


def test_charlie_cannot_revoke_a_key_of_alice():
    house = build()
    actions.create_secret_key(house.workspace, "Warehouse", "alice@example.com", NOW)
    with pytest.raises(Refusal) as refused:
        actions.revoke_secret_key(house.next_door, SecretKey.objects.get().pk, "charlie@example.com", NOW)
    assert refused.value.code == Code.NOT_FOUND
    assert SecretKey.objects.get().revoked_at is None


def test_the_page_shows_a_new_key_once():
    client = browser(build().alice)
    page = post(client, "/settings/keys/create", {"name": "Warehouse"}).content.decode()
    key = page.split('<code id="key">')[1].split("<")[0]
    assert secret_key_owner(key) is not None
    assert key not in client.get("/settings/keys/").content.decode()


def test_an_invited_member_comes_in_by_a_link_with_their_role():
    house = build()
    member, token = actions.invite_member(house.workspace, " Dora@Example.com ", "viewer", "alice@example.com", NOW)
    assert (member.user.email, member.role, member.user.has_usable_password()) == ("dora@example.com", "viewer", False)
    assert sign_in.use_link(token, NOW).pk == member.user_id


@pytest.mark.parametrize(
    ("email", "role", "code"),
    [("nobody", "viewer", Code.BAD_VALUE), ("dora@example.com", "admin", Code.BAD_VALUE), ("BOB@example.com", "viewer", Code.CONFLICT)],
)
def test_an_invitation_that_does_not_fit_is_refused(email, role, code):
    house = build()
    before = Member.objects.count()
    with pytest.raises(Refusal) as refused:
        actions.invite_member(house.workspace, email, role, "alice@example.com", NOW)
    assert (refused.value.code, Member.objects.count()) == (code, before)


def test_the_last_owner_stays_an_owner():
    house = build()
    alice = Member.objects.get(user=house.alice)
    for verb in (
        lambda: actions.remove_member(house.workspace, alice.pk, "a", NOW),
        lambda: actions.change_role(house.workspace, alice.pk, "viewer", "a", NOW),
    ):
        with pytest.raises(Refusal) as refused:
            verb()
        assert refused.value.code == Code.CONFLICT
    alice.refresh_from_db()
    assert alice.role == Role.OWNER


def test_a_removed_member_sees_nothing_at_the_next_click():
    house = build()
    bob = browser(house.bob)
    assert bob.get("/people/").status_code == 200
    actions.remove_member(house.workspace, Member.objects.get(user=house.bob).pk, "alice@example.com", NOW)
    assert bob.get("/people/").status_code == 403
    assert [one.user.email for one in queries.members(house.workspace)] == ["alice@example.com", "vera@example.com"]


def test_an_address_that_somebody_else_has_cannot_be_taken():
    house = build()
    with pytest.raises(Refusal) as refused:
        actions.change_email(house.workspace, house.bob.pk, "Alice@Example.com", "bob@example.com", NOW)
    assert refused.value.code == Code.CONFLICT
    house.bob.refresh_from_db()
    assert house.bob.email == "bob@example.com"


def test_a_removal_can_be_undone_for_ten_minutes():
    house = build()
    bob = Member.objects.get(user=house.bob)
    removal = actions.remove_member(house.workspace, bob.pk, "alice@example.com", NOW)
    assert actions.restore_member(house.workspace, removal, "alice@example.com", NOW + 10 * MINUTE) == "bob@example.com"
    assert Member.objects.get(user=house.bob, workspace_id=house.workspace).role == Role.MEMBER
    assert actions.restore_member(house.workspace, removal, "alice@example.com", NOW) == "bob@example.com"
    assert Member.objects.filter(user=house.bob).count() == 1


def test_after_ten_minutes_somebody_removed_has_to_be_invited_again():
    house = build()
    bob = Member.objects.get(user=house.bob)
    removal = actions.remove_member(house.workspace, bob.pk, "alice@example.com", NOW)
    with pytest.raises(Refusal) as refused:
        actions.restore_member(house.workspace, removal, "alice@example.com", NOW + 10 * MINUTE + 1)
    assert refused.value.code == Code.CONFLICT
    with pytest.raises(Refusal) as strangers:
        actions.restore_member(house.next_door, removal, "charlie@example.com", NOW)
    assert strangers.value.code == Code.NOT_FOUND
    assert not Member.objects.filter(user=house.bob).exists()
