"""Webhooks for tests: one of each kind at the front door, and calls signed as their vendors sign them."""

import hashlib
import hmac
import json
from base64 import b64encode

from sojourn.capture.tests.door import NOW, SHOP
from sojourn.ports.directory import HookHolder
from sojourn.terms.hooks import Hook, Rule
from sojourn.terms.time import SECOND

TOKEN = "hk_0123456789abcdef01"
SECRET = "shpss_71f3ae"
STANDARD_KEY = b"0123456789abcdef0123456789abcdef"


def digest(secret, body):
    return hmac.new(secret if isinstance(secret, bytes) else secret.encode(), body, hashlib.sha256)


def shopify(body, secret=SECRET, topic="orders/create"):
    return {"x-shopify-hmac-sha256": b64encode(digest(secret, body).digest()).decode(), "x-shopify-topic": topic}


def stripe(body, secret=SECRET, at=NOW // SECOND, more=""):
    return {"stripe-signature": f"t={at}{more},v1={digest(secret, f'{at}.'.encode() + body).hexdigest()},v0=0"}


def woo(body, secret=SECRET, topic="order.created"):
    return {"x-wc-webhook-signature": b64encode(digest(secret, body).digest()).decode(), "x-wc-webhook-topic": topic}


def typeform(body, secret=SECRET):
    return {"typeform-signature": "sha256=" + b64encode(digest(secret, body).digest()).decode()}


def meta(body, secret=SECRET):
    return {"x-hub-signature-256": "sha256=" + digest(secret, body).hexdigest()}


def standard(body, secret=STANDARD_KEY, at=NOW // SECOND, number="msg_1", before=""):
    signed = b64encode(digest(secret, f"{number}.{at}.".encode() + body).digest()).decode()
    return {"webhook-id": number, "webhook-timestamp": str(at), "webhook-signature": f"{before}v1,{signed}"}


def generic(body, secret=SECRET):
    return {"x-webhook-secret": secret}


SIGN = {"shopify": shopify, "stripe": stripe, "woocommerce": woo, "typeform": typeform, "meta": meta, "standard": standard, "generic": generic}
SECRETS = {"standard": "whsec_" + b64encode(STANDARD_KEY).decode()}
BODIES = {
    "shopify": {"id": 1, "created_at": "2026-11-18T11:00:00+00:00", "email": "ann@shop.example", "total_price": "49.90", "currency": "EUR"},
    "stripe": {"id": "evt_1", "type": "customer.created", "created": NOW // SECOND, "data": {"object": {"id": "cus_1", "email": "ann@shop.example"}}},
    "woocommerce": {"id": 9, "status": "processing", "total": "49.90", "currency": "EUR", "billing": {"email": "ann@shop.example"}},
    "typeform": {
        "event_type": "form_response",
        "form_response": {"token": "t1", "answers": [{"type": "number", "number": 9, "field": {"id": "q", "type": "nps"}}]},
    },
    "meta": {
        "object": "instagram",
        "entry": [{"id": "page", "messaging": [{"sender": {"id": "7"}, "timestamp": NOW, "message": {"mid": "m1", "text": "Hi"}}]}],
    },
    "standard": {"type": "plan.changed", "data": {"user": "u-1"}},
    "generic": {"type": "plan.changed", "data": {"user": "u-1"}},
}
RULE = Rule(topic="plan.changed", event="Plan Changed", user_id="data.user")


def put(door, kind, secret=None, rules=(RULE,), token=TOKEN, holder=SHOP):
    door.directory.put_hook(token, HookHolder(holder, Hook(kind, SECRETS.get(kind, SECRET) if secret is None else secret, token, tuple(rules))))


def send(door, kind, body=None, headers=None, token=TOKEN, **signing):
    raw = body if isinstance(body, bytes) else json.dumps(BODIES[kind] if body is None else body).encode()
    return door.post(f"/hooks/{token}", raw, key=None, **(headers if headers is not None else SIGN[kind](raw, **signing)))


def shown(door):
    return [(fact.kind, fact.name) for fact in door.facts()]
