"""The first steps: what is done is read from what is really there, never from what was clicked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from sojourn.apps.demo import api as demo
from sojourn.apps.people import api as people
from sojourn.apps.sources import api as sources
from sojourn.apps.workspace import queries
from sojourn.apps.workspace.access import Membership
from sojourn.apps.workspace.models import AuditRow, Member
from sojourn.terms.episodes import Episode
from sojourn.terms.person import Decision, Person
from sojourn.terms.time import DAY, Millis, duration_words, parse_duration

SETTING: Final = "first_steps"
HIDDEN: Final = "hidden"
AUTOMATION: Final = "abandoned-cart"
SETTLING: Final = frozenset(("name", "password", "invite", "smtp", "remove"))
UNNAMED: Final = "My shop"
"""What the first run calls the workspace."""
WALKED: Final = "demo_visitor"
"""The cookie in which the demo shop says which visitor a browser is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `href` opens the very record it is about; `post` is a verb behind a button instead; `owner` says that only an owner can do it."""

    key: str
    title: str
    text: str
    done: bool
    href: str = ""
    action: str = ""
    post: str = ""
    new_tab: bool = False
    owner: bool = False
    now: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is taken to be you: whom this browser is in the demo shop (`here`), else its newest visitor.

    `person` is None while they are on their way into the engine.
    """

    who: str
    person: Person | None = None
    title: str = ""
    email: str = ""
    here: bool = False

    @property
    def left(self) -> Episode | None:
        """The newest cart that counted as abandoned."""
        carts = self.person.carts if self.person else []
        return next((cart for cart in reversed(carts) if cart.abandonments), None)

    @property
    def carts(self) -> list[Episode]:
        """Carts with something in them."""
        return [cart for cart in self.person.carts if cart.items] if self.person else []

    @property
    def decision(self) -> Decision | None:
        """What was decided about the cart that was left."""
        left = self.left
        if self.person is None or left is None:
            return None
        return next((one for one in reversed(self.person.decisions) if one.episode in (left.id, *left.absorbed)), None)


@dataclass(frozen=True, slots=True)
class FirstRun:
    """The checklist as it stands. `fresh` is whether nothing has been tried yet: neither a demo nor an event of one's own."""

    steps: list[Step]
    demo: demo.DemoStatus
    visitor: Visitor | None
    fresh: bool
    cart_gap: str
    own_source: int
    hidden: bool

    @property
    def done(self) -> int:
        """Steps that are done."""
        return sum(1 for step in self.steps if step.done)

    @property
    def seeing(self) -> list[Step]:
        """Steps that show what Sojourn does."""
        return [step for step in self.steps if step.key not in SETTLING]

    @property
    def settling(self) -> list[Step]:
        """Steps that make the house one's own."""
        return [step for step in self.steps if step.key in SETTLING]


def first_run(member: Membership, now: Millis, walked: str = "", *, always: bool = False) -> FirstRun | None:
    """The first steps of a member's workspace; None where they were hidden and are not asked for.

    `walked` is the anonymous id that this browser has in the demo shop, empty where it was not there.
    """
    values = {one.key: one.value for one in queries.list_settings(member.workspace)}
    if values[SETTING] == HIDDEN and not always:
        return None
    status = demo.status(member.workspace)
    own = [line for line in sources.list_sources(member.workspace) if line.id not in (status.source, status.visitors)]
    visitor = _you(member.workspace, status.visitors, walked) if status.running else None
    heard = any(line.kept for line in own)
    place = _Place(member, now, values, status, visitor, _first_source(own), heard)
    steps = list(_steps(place))
    first = next((step.key for settling in (False, True) for step in steps if not step.done and (step.key in SETTLING) is settling), "")
    steps = [replace(step, now=True) if step.key == first else step for step in steps]
    return FirstRun(steps, status, visitor, not status.running and not heard, _words(values["cart_gap"]), place.source, values[SETTING] == HIDDEN)


def _words(duration: str) -> str:
    """A duration as settings have it (`1h30m`), as a sentence has it (`1 h 30 min`)."""
    return duration_words(parse_duration(duration))


def _first_source(own: list[sources.SourceLine]) -> int:
    """The first source that sends, else the first there is; 0 for none."""
    return next((line.id for line in own if line.kept), own[0].id if own else 0)


@dataclass(frozen=True, slots=True)
class _Place:
    """What the steps look at."""

    member: Membership
    now: Millis
    values: dict[str, str]
    demo: demo.DemoStatus
    visitor: Visitor | None
    source: int
    heard: bool


def _you(workspace: int, source: int, walked: str) -> Visitor | None:
    """Whom this browser is in the demo shop, else whoever walked it last, as on a phone."""
    return (_known(workspace, f"anonymous_id:{walked}", here=True) if walked else None) or _visitor(workspace, source)


def _visitor(workspace: int, source: int) -> Visitor | None:
    """Whom a source named last, found by what their browser sent."""
    who = sources.newest_visitor(workspace, source)
    if not who:
        return None
    return _known(workspace, who) or Visitor(who)


def _known(workspace: int, who: str, *, here: bool = False) -> Visitor | None:
    """Whom an identifier names, None while the engine knows nobody by it."""
    found = next(iter(people.look_up(workspace, who, 1)), None)
    if found is None:
        return None
    known = people.get_person(workspace, str(found.id))
    return Visitor(who, known.person, known.title, known.email, here)


def _steps(place: _Place) -> Iterator[Step]:
    yield Step(
        "name",
        "Name the workspace",
        "It stands on the first page, and as the sender of your mail.",
        place.member.workspace_name != UNNAMED,
        reverse("settings") + "#workspace_name",
        "Name it",
        owner=True,
    )
    yield _begin(place)
    if place.demo.running:
        yield from _walk(place)
    elif place.heard:
        yield _newest(place)
    yield Step(
        "password",
        "Set a password",
        "Until then you come in by one-time links only.",
        place.member.has_password,
        reverse("account"),
        "Set one",
    )
    yield Step(
        "invite",
        "Invite a colleague",
        "They get a sign-in link from you; no mail server is needed.",
        Member.objects.filter(workspace_id=place.member.workspace).count() > 1,
        reverse("members") + "#invite",
        "Invite",
        owner=True,
    )
    yield _mail_server(place)
    if place.demo.running:
        yield Step(
            "remove",
            "Remove the demo data",
            "All of it, and nothing else. Settings that the demo changed go back to what they were.",
            place.demo.state == "removing",
            reverse("demo"),
            "Look first",
            owner=True,
        )
    elif AuditRow.objects.filter(workspace_id=place.member.workspace, verb="demo_removed").exists():
        yield Step("remove", "Remove the demo data", "It is gone.", True)


def _begin(place: _Place) -> Step:
    source = reverse("source", args=[place.source]) if place.source else reverse("sources")
    if place.demo.running:
        return Step("begin", "Start the demo shop", place.demo.words, True, reverse("demo"), "See the demo")
    if place.heard:
        return Step("begin", "Connect your site", "Events arrive.", True, source, "Watch them")
    return Step("begin", "Start the demo shop, or connect your site", "Sojourn shows nothing until somebody does something.", False, source, "Connect")


def _newest(place: _Place) -> Step:
    """Whoever one's own site has told of last."""
    seen = _visitor(place.member.workspace, place.source)
    if seen is None or seen.person is None:
        return Step("portrait", "See the first portrait", "It appears with the first event that names somebody.", False)
    return Step("portrait", "See the newest portrait", f"{seen.title}, as of their last event.", True, reverse("person", args=[seen.person.id]), "See it")


def _walk(place: _Place) -> Iterator[Step]:
    """What can be lived through with the demo: each step opens the very record."""
    visitor = place.visitor
    person = visitor.person if visitor else None
    page = reverse("person", args=[person.id]) if person else ""
    yield Step(
        "shop",
        "Walk through the demo shop",
        "In a new tab. You are a visitor there like any other. Director, in its lower left corner, makes the shop hurt: dear shipping, a declined card.",
        place.demo.visitor_events > 0,
        reverse("shop"),
        "Open the shop",
        new_tab=True,
    )
    yield Step(
        "portrait",
        "See your own portrait",
        f"{visitor.title}: {'you' if visitor.here else 'the newest visitor'} in the demo shop. It moves while you click."
        if visitor and person
        else "It appears with your first click.",
        person is not None,
        page,
        "See it",
    )
    yield _cart(place, page)
    yield from _after(place, visitor)
    yield _nothing_sent(place)


def _cart(place: _Place, page: str) -> Step:
    gap = place.demo.gap_words
    visitor = place.visitor
    text = f"Put something in, give an address at the checkout, look at the shipping cost, stop there and come back. After {gap} without a click it is left."
    if visitor and visitor.carts and not visitor.left:
        text = f"Your cart is noticed. Now leave it alone for {gap}."
        if not visitor.email:
            text = "Your cart is noticed. Give an email at the checkout, so that Sojourn can write to you, then stop."
    done = bool(visitor and visitor.left)
    text = "It was noticed, with what was in it and how far you came." if done else text
    return Step("cart", "Leave a full cart behind", text, done, page if done else reverse("shop"), "See it" if done else "Open the shop", new_tab=not done)


def _after(place: _Place, visitor: Visitor | None) -> Iterator[Step]:
    left = visitor.left if visitor else None
    decision = visitor.decision if visitor else None
    why = _why(visitor.person.id) if visitor and visitor.person else ""
    if left is not None and left.causes:
        first = left.causes[0]
        text = f"{people.cause_words(first.cause)}, {first.probability * 100:.0f} % sure, from what you met on the way."
        if first.cause == "unknown":
            text = "Nothing you met speaks clearly for a reason, so it says that it does not know. Director in the shop makes one plainer."
        yield Step("why", "See why you left", text, True, reverse("person", args=[visitor.person.id]) if visitor and visitor.person else "", "See it")
    else:
        yield Step("why", "See why you left", "Sojourn weighs what you met on the way, and says how sure it is.", False)
    if decision is None:
        text = "" if settings.SOJOURN.smtp else " No mail server is set up, so it stays in the built-in mailbox."
        yield Step("mail", "See the mail about it", f"It fits the reason.{text}", False)
    elif decision.outcome == "send" and decision.state in ("", "ready"):
        yield Step("mail", "See the mail about it", "It is decided, and goes out in a moment.", False, why, "See why")
    elif decision.outcome == "send" and decision.state in ("sent", "unknown"):
        text = "A plain reminder: nothing you met asked for more." if decision.template == "reminder" else "Written for the reason you left."
        yield Step("mail", "See the mail about it", text, True, reverse("message", args=[decision.id]), "Read it")
    else:
        yield Step("mail", "See why you got no mail", _no_mail(place, decision), True, why, "See why")


def _no_mail(place: _Place, decision: Decision) -> str:
    """Why nothing was sent, and what to do to see a mail."""
    if decision.outcome == "hold_out":
        share = place.values["holdout"].replace("%", " %")
        held = f"Chance put you among the {share} who get nothing, so that the effect on the others can be told from luck."
        return f"{held} To get a mail, press “Be somebody new” under Director in the shop, and leave another cart."
    if decision.outcome == "send":
        return "It was taken back before it went out: you bought, came back, or something spoke against it."
    if decision.reason == "no_address":
        return "You gave no address, so there was nobody to write to. Give one at the checkout, then stop again."
    return f"Reason: {decision.reason.replace('_', ' ')}. Under Director in the shop you can be somebody new."


def _why(person: int) -> str:
    return f"{reverse('why')}?{urlencode({'person': person, 'automation': AUTOMATION})}"


def _nothing_sent(place: _Place) -> Step:
    title = "See somebody who got nothing, and why"
    you = place.visitor.person.id if place.visitor and place.visitor.person else 0
    found, _after_them = people.find_skips(place.member.workspace, place.now - 90 * DAY, limit=5)
    skips = [skip for skip in found if skip.person != you]
    if skips:
        text = f"{skips[0].person_name or 'A visitor'}: {skips[0].reason.replace('_', ' ')}."
        return Step("nothing", title, text, True, _why(skips[0].person), "See why")
    held, _cursor = people.list_messages(place.member.workspace, state="held_out", limit=1)
    if held:
        return Step("nothing", title, f"{held[0].person_name}: held back at random.", True, _why(held[0].person), "See why")
    return Step("nothing", title, "Nobody was left out so far; it takes a few shoppers.", False)


def _mail_server(place: _Place) -> Step:
    title, sender = "Set up a mail server", reverse("settings") + "#from_email"
    if settings.SOJOURN.smtp and place.values["from_email"]:
        return Step("smtp", title, f"Mail goes out as {place.values['from_email']}.", True, sender, "See it")
    if settings.SOJOURN.smtp:
        return Step("smtp", title, "The server is set. Say which address mail comes from.", False, sender, "Set the address", owner=True)
    text = "Set SOJOURN_SMTP and start again. Until then mail stays in the built-in mailbox and reaches nobody."
    return Step("smtp", title, text, False, reverse("mailbox"), "See the mailbox")
