"""Webhooks of people who say something: Typeform's answers, and what reaches a page on Facebook, Instagram or WhatsApp."""

from typing import Any, Final

from sojourn.capture.protocols.hooks_words import Told, Who, epoch, obj, objects, text
from sojourn.capture.protocols.wording import Json, some
from sojourn.terms.hooks import META, TYPEFORM
from sojourn.terms.time import to_iso

_SCORES: Final = {"nps": "nps", "opinion_scale": "rating", "rating": "csat"}
_NETWORKS: Final = {"page": "facebook", "instagram": "instagram", "whatsapp_business_account": "whatsapp"}
_TEXT: Final = 4_000


# -- Typeform


def typeform(topic: str, body: Any) -> list[Json] | None:
    """One Survey Answered for each question; None for anything else than an answered form."""
    payload = obj(body)
    form = obj(payload.get("form_response"))
    if topic != "form_response" or not form:
        return None
    definition = obj(form.get("definition"))
    answers = objects(form.get("answers"))
    who = Who(TYPEFORM, text(form.get("token")), traits=_answered_traits(form, answers)).own_ids(form.get("hidden"))
    told = Told(TYPEFORM, topic, f"typeform:{text(form.get('token')) or text(payload.get('event_id'))}", text(form.get("submitted_at")) or None, who)
    questions = {text(one.get("id")): text(one.get("title")) for one in objects(definition.get("fields"))}
    base = some(survey=definition.get("title"), survey_id=form.get("form_id"))
    found = told.identify()
    for answer in answers:
        asked = obj(answer.get("field"))
        number = text(asked.get("id"))
        props = {**base, **some(question=questions.get(number), question_id=text(asked.get("ref")) or number), **_answer(answer, text(asked.get("type")))}
        found.append(told.track("Survey Answered", props, suffix=number))
    return found or [told.track("Survey Answered", base)]


def _answered_traits(form: Json, answers: list[Json]) -> Json:
    email = next((text(one.get("email")) for one in answers if one.get("type") == "email"), "")
    phone = next((text(one.get("phone_number")) for one in answers if one.get("type") == "phone_number"), "")
    hidden = obj(form.get("hidden"))
    return some(email=email or text(hidden.get("email")), phone=phone, name=text(hidden.get("name")))


def _answer(answer: Json, asked: str) -> Json:
    kind = text(answer.get("type"))
    value = answer.get(kind)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"kind": _SCORES.get(asked, "number"), "score": value}
    if isinstance(value, dict):  # choice: {label, other}; choices: {labels, other}; payment: {amount, last4}
        chosen = value.get("labels")
        value = [*(chosen if isinstance(chosen, list) else [value.get("label")]), value.get("other")]
        value = [one for one in value if isinstance(one, str) and one]
        return {"kind": "choice", "text": value[0] if len(value) == 1 else value}
    if isinstance(value, bool):
        return {"kind": "choice", "text": "yes" if value else "no"}
    return {"kind": "open" if kind in ("text", "") else kind, "text": text(value)[:_TEXT]}


# -- Facebook, Instagram, WhatsApp


def meta(topic: str, body: Any) -> list[Json] | None:
    """A fact for each message, comment and mention in a call; None where there is none that is understood."""
    payload = obj(body)
    network = _NETWORKS.get(topic)
    if network is None:
        return None
    found: list[Json] = []
    understood = False
    for entry in objects(payload.get("entry")):
        for event in objects(entry.get("messaging")):
            understood = True
            found += _message(network, text(entry.get("id")), event)
        for change in objects(entry.get("changes")):
            calls = _change(network, entry, text(change.get("field")), obj(change.get("value")))
            understood = understood or calls is not None
            found += calls or []
    return found if understood else None


def _author(network: str, number: str, **traits: Any) -> Who:
    return Who(network, number, traits=some(**traits))


def _message(network: str, page: str, event: Json) -> list[Json]:
    """Somebody writes to the page. What the page itself wrote comes back as an echo and is nobody's."""
    message, sender = obj(event.get("message")), text(obj(event.get("sender")).get("id"))
    if not sender or sender == page or message.get("is_echo") or not message.get("mid"):
        return []
    at = event.get("timestamp")
    moment = to_iso(at) if isinstance(at, int) and 0 <= at < 253_402_300_800_000 else None
    told = Told(META, "messages", f"{network}:{text(message.get('mid'))}", moment, _author(network, sender))
    kinds = [text(one.get("type")) for one in objects(message.get("attachments"))]
    return [told.track("Message Received", some(network=network, text=text(message.get("text"))[:_TEXT], attachments=kinds or None))]


def _change(network: str, entry: Json, field: str, value: Json) -> list[Json] | None:
    if network == "whatsapp":
        return _whatsapp(value) if field == "messages" else None
    author = obj(value.get("from"))
    number = text(value.get("comment_id")) or text(value.get("id")) or text(value.get("media_id")) or text(value.get("post_id"))
    who = _author(network, text(author.get("id")), name=text(author.get("name")), username=text(author.get("username")))
    if text(author.get("id")) == text(entry.get("id")) and who.id:
        return []  # the page itself
    moment = epoch(value.get("created_time")) or epoch(entry.get("time"))
    told = Told(META, field, f"{network}:{field}:{number}", moment, who)
    said = text(value.get("text"))[:_TEXT] or text(value.get("message"))[:_TEXT]
    media = text(obj(value.get("media")).get("id")) or text(value.get("media_id")) or text(value.get("post_id"))
    props = some(network=network, text=said, url=value.get("permalink_url"), media_id=media, comment_id=value.get("comment_id"))
    match field:
        case "comments" | "live_comments":
            return [*told.identify(), told.track("Mention", {**props, "kind": "comment"})] if who.known else []
        case "mentions" | "mention":
            # Instagram tells that there is a mention, not by whom: it belongs to nobody in particular.
            told.who = who if who.known else Who(network, f"mention-{number}")
            return [told.track("Mention", {**props, "kind": "mention"})]
        case "feed" if value.get("item") in ("comment", "post", "status") and value.get("verb") == "add":
            return [*told.identify(), told.track("Mention", {**props, "kind": text(value.get("item"))})] if who.known else []
        case "feed":
            return []  # likes, edits and removals
    return None


def _whatsapp(value: Json) -> list[Json]:
    names = {text(one.get("wa_id")): text(obj(one.get("profile")).get("name")) for one in objects(value.get("contacts"))}
    found: list[Json] = []
    for message in objects(value.get("messages")):
        sender = text(message.get("from"))
        at = text(message.get("timestamp"))
        if not sender or not message.get("id"):
            continue
        phone = f"+{sender}" if sender.isdigit() else ""
        who = _author("whatsapp", sender, name=names.get(sender), phone=phone)
        told = Told(META, "messages", f"whatsapp:{text(message.get('id'))}", epoch(int(at)) if at.isdigit() and len(at) < 12 else None, who)
        said = text(obj(message.get("text")).get("body"))[:_TEXT]
        kind = text(message.get("type"))
        props = some(network="whatsapp", text=said, attachments=[kind] if kind not in ("", "text") else None)
        found += [*told.identify(), told.track("Message Received", props)]
    return found  # statuses of messages that were sent are nothing a customer did
