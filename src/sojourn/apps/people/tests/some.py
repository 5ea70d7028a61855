"""Some people for the tests: Ann with an abandoned cart, and strangers."""

import msgspec

from sojourn.apps.people.models import IdentifierRow, IntentRow, MergedRow, PersonRow
from sojourn.terms.effects import Intent
from sojourn.terms.episodes import CartItem, CauseGuess, Episode, Evidence, Friction, Step
from sojourn.terms.ids import fact_id
from sojourn.terms.person import Consent, Decayed, Decision, Engagement, Money, OpenSession, Person, Sessions, Touch, Trait

AT = 1_767_225_600_000  # 2026-01-01T00:00:00.000Z
ANN = fact_id(7, 3)


def ann() -> Person:
    """Somebody known, with a cart left because of shipping."""
    cart = Episode(
        id=fact_id(8, 0),
        started_at=AT,
        last_at=AT + 60_000,
        key="c-1",
        state="abandoned",
        ended_at=AT + 1_860_000,
        currency="EUR",
        value=4990,
        items=[CartItem("p-1", 1, 4990, "Boots")],
        steps=[Step("shipping", AT + 30_000, AT + 40_000, 2, True)],
        reached="shipping",
        shipping=1290,
        evidence=[Evidence("shipping_high", [fact_id(8, 1)], {"shipping": 1290, "value": 4990, "currency": "EUR"})],
        friction=[Friction(fact_id(8, 2), AT + 50_000, "Rage Click", "#pay")],
        causes=[CauseGuess("shipping_cost", 0.71, ["shipping_high", "left_after_shipping"]), CauseGuess("unknown", 0.29, [])],
        abandonments=1,
        intent="i-1",
    )
    made = Decision(
        id="i-1",
        automation="abandoned-cart",
        outcome="send",
        reason="fits",
        at=AT + 1_860_000,
        channel="email",
        rule_version=1,
        episode=cart.id,
        cause="shipping_cost",
        template="free_shipping",
        values={"value": 4990},
        state="sent",
    )
    return Person(
        id=ANN,
        identified=True,
        identifiers=["user_id:u-1", "anonymous_id:a:1", "email:ann@example.com"],
        merged=[fact_id(9, 0)],
        first_seen=AT - 86_400_000,
        last_seen=AT + 60_000,
        facts=12,
        traits={"name": Trait("Ann", AT, 1, "m-1"), "email": Trait("ann@example.com", AT, 1, "m-1")},
        about={"timezone": Trait("Europe/Berlin", AT, 1, "m-1")},
        first_touch=Touch(AT, "news", "email", "autumn", "", "https://shop.example/"),
        counts={"page": 4, "Product Added": 1},
        money={"EUR": Money(2, 12990, 0, AT)},
        affinity={"brand:Acme": Decayed(1.0, AT), "category:Shoes": Decayed(2.5, AT)},
        engagement={"email": Engagement(sent=1)},
        consent={"email:marketing": Consent(True, AT, 1, "m-1", "v2")},
        sessions=Sessions(count=3, total_ms=90_000, open=OpenSession(fact_id(8, 0), AT, AT + 60_000, 5, 4)),
        carts=[cart],
        decisions=[made],
    )


def store(workspace: int, person: Person, name: str = "", email: str = "") -> PersonRow:
    """Write a person as the engine does."""
    for key in person.identifiers:
        IdentifierRow.objects.create(workspace_id=workspace, key=key, person=person.id)
    for gone in person.merged:
        MergedRow.objects.create(id=gone, workspace_id=workspace, into=person.id)
    return PersonRow.objects.create(
        id=person.id,
        workspace_id=workspace,
        body=msgspec.msgpack.encode(person),
        name=name,
        email=email,
        identified=person.identified,
        first_seen=person.first_seen,
        last_seen=person.last_seen,
        due=person.due,
    )


def store_ann(workspace: int) -> PersonRow:
    """Ann in that workspace."""
    return store(workspace, ann(), "Ann Winter", "ann@example.com")


def store_intent(workspace: int, person: int, name: str = "i-1", state: str = "accepted", reason: str = "", at: int = AT) -> IntentRow:
    """A message as the engine and the courier leave it."""
    intent = Intent(
        id=name,
        workspace=workspace,
        person=person,
        automation="abandoned-cart",
        rule_version=1,
        episode=fact_id(8, 0),
        channel="email",
        purpose="marketing",
        kind="bulk",
        template="free_shipping",
        cause="shipping_cost",
        address="ann@example.com",
        decided_at=at,
        ready_at=at,
        expires_at=at + 1,
        data={"first_name": "Ann"},
    )
    columns = {key: getattr(intent, key) for key in "id person automation channel purpose kind template cause address decided_at ready_at expires_at".split()}
    return IntentRow.objects.create(workspace_id=workspace, state=state, reason=reason, body=msgspec.msgpack.encode(intent), **columns)
