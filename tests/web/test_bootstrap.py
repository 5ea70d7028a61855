"""The first run: made once, safe to repeat."""

import msgspec
import pytest

from sojourn.apps.people.models import OutboxRow
from sojourn.apps.sources.models import Source
from sojourn.apps.workspace.clock import now
from sojourn.apps.workspace.models import Member, Workspace
from sojourn.apps.workspace.sign_in import hash_of, link_is_good
from sojourn.engine.defaults import default_rules
from sojourn.runtime import bootstrap
from sojourn.terms.facts import Fact
from sojourn.terms.refusals import Refusal
from sojourn.terms.rules import RuleBook

pytestmark = pytest.mark.django_db


def test_the_first_run_makes_a_workspace_its_owner_a_source_and_the_rules():
    first = bootstrap.bootstrap()
    assert (first.workspace, first.created, first.source_name, first.owner, first.owner_has_password) == (1, True, "Website", "owner@localhost", False)
    assert Source.objects.get().key_hash == hash_of(first.write_key)
    assert len(Workspace.objects.get().salt) == 32
    (row,) = OutboxRow.objects.all()
    fact = msgspec.msgpack.decode(row.fact, type=Fact)
    assert (row.workspace_id, fact.name, fact.props["version"]) == (1, "Rules Published", 1)
    assert msgspec.convert(fact.props["rules"], RuleBook) == default_rules()


def test_running_it_again_changes_nothing_and_tells_no_key():
    bootstrap.bootstrap()
    salt = bytes(Workspace.objects.get().salt)
    again = bootstrap.bootstrap()
    assert (again.created, again.write_key, again.source_name) == (False, None, "Website")
    assert (Workspace.objects.count(), Member.objects.count(), Source.objects.count(), OutboxRow.objects.count()) == (1, 1, 1, 1)
    assert bytes(Workspace.objects.get().salt) == salt


def test_a_sign_in_link_is_a_path_that_works():
    bootstrap.bootstrap()
    path = bootstrap.sign_in_link()
    assert path.startswith("/sign-in/")
    assert link_is_good(path.removeprefix("/sign-in/"), now())
    with pytest.raises(Refusal):
        bootstrap.sign_in_link("nobody@example.com")
