"""The table of what maps to what, made by sending each vendor's wording through the front door: `python -m tests.capture.vocabulary` writes it."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from sojourn.capture.tests.door import Door
from sojourn.terms.facts import Fact
from tests.capture.spoken import CHAIN, SPOKEN, Sent

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "vocabulary.md"
BEGIN, END = "<!-- made by tests/capture/vocabulary.py -->", "<!-- end -->"
ITEM = {"id": "p-1", "price": 79.9, "currency": "EUR"}
URL = "https://shop.example/"


def posthog(event: str, /, **props: Any) -> Sent:
    return SPOKEN["posthog"].packs[0]({"api_key": "wk_shop", "batch": [{"uuid": "e-1", "event": event, "distinct_id": "ann", "properties": props}]})


def hit(**fields: str) -> Sent:
    return SPOKEN["matomo"].packs[0]({"idsite": "wk_shop", "_id": "92ca3b419ffd7555", "url": URL, **fields})


def snowplow(kind: str, /, **fields: Any) -> Sent:
    return SPOKEN["snowplow"].packs[0]({"data": [{"aid": "wk_shop", "eid": "e-1", "duid": "d-1", "e": kind, **fields}]})


def described(schema: str, data: Any, shop: str = "com.snowplowanalytics.snowplow.ecommerce", **entities: Any) -> Sent:
    vendor = "com.snowplowanalytics.snowplow"
    inner = {"schema": f"iglu:{schema}/jsonschema/1-0-0", "data": data}
    packed = urlsafe_b64encode(json.dumps({"schema": f"iglu:{vendor}/unstruct_event/jsonschema/1-0-0", "data": inner}).encode()).decode()
    named = [{"schema": f"iglu:{shop}/{name}/jsonschema/1-0-0", "data": one} for name, one in entities.items()]
    return snowplow("ue", ue_px=packed, co={"schema": f"iglu:{vendor}/contexts/jsonschema/1-0-0", "data": named})


def action(kind: str, /, **entities: Any) -> Sent:
    return described("com.snowplowanalytics.snowplow.ecommerce/snowplow_ecommerce_action", {"type": kind}, **entities)


def google(kind: str, /, **entities: Any) -> Sent:
    vendor = "com.google.analytics.enhanced-ecommerce"
    return described(f"{vendor}/action", {"action": kind}, vendor, **entities)


def core(name: str, /, **data: Any) -> Sent:
    return described(f"com.snowplowanalytics.snowplow/{name}", data)


def plausible(name: str, /, **fields: Any) -> Sent:
    return SPOKEN["plausible"].packs[0]({"n": name, "u": URL, "d": "wk_shop", **fields})


def umami(kind: str, /, **payload: Any) -> Sent:
    return SPOKEN["umami"].packs[0]({"type": kind, "payload": {"website": "wk_shop", "hostname": "shop.example", "url": "/", **payload}})


def cloudevent(kind: str, data: Any) -> Sent:
    return SPOKEN["cloudevents"].packs[1]({"specversion": "1.0", "id": "1", "source": "/shop", "type": kind, "data": data})


def rudder(**call: Any) -> Sent:
    return SPOKEN["rudder"].packs[0]({"messageId": "m-1", **call})


ROWS: dict[str, dict[str, Sent]] = {
    "RudderStack": {
        "merge of an email and a phone number": rudder(
            type="merge", mergeProperties=[{"type": "email", "value": "ann@shop.example"}, {"type": "mobile", "value": "+49 30 1"}]
        ),
    },
    "PostHog": {
        "`$pageview`": posthog("$pageview", **{"$current_url": URL}),
        "`$pageleave`": posthog("$pageleave", **{"$prev_pageview_duration": 4.5, "$prev_pageview_max_scroll_percentage": 0.5}),
        "`$screen`": posthog("$screen", **{"$screen_name": "Cart"}),
        "`$identify` with `$anon_distinct_id`": posthog("$identify", **{"$anon_distinct_id": "a-1", "$set": {"plan": "gold"}}),
        "`$set`, `$set_once`": posthog("$set", **{"$set": {"plan": "gold"}}),
        "any event with `$set`": posthog("Seen", **{"$set": {"plan": "gold"}}),
        "`$create_alias`": posthog("$create_alias", alias="a-1"),
        "`$groupidentify`": posthog("$groupidentify", **{"$group_type": "company", "$group_key": "g-1", "$group_set": {"name": "G"}}),
        "`$autocapture` of a click on a link": posthog("$autocapture", **{"$elements_chain": 'a:href="/x"text="More"'}),
        "`$autocapture` of another click": posthog("$autocapture", **{"$elements_chain": CHAIN.partition(";")[0]}),
        "`$autocapture` of a submit": posthog("$autocapture", **{"$event_type": "submit", "$elements_chain": 'form:attr__id="f"'}),
        "`$autocapture` of a change": posthog("$autocapture", **{"$event_type": "change", "$elements_chain": 'input:attr__name="city"'}),
        "`$rageclick`": posthog("$rageclick", **{"$elements_chain": 'button:text="Buy"'}),
        "`$dead_click`": posthog("$dead_click", **{"$elements_chain": 'button:text="Buy"'}),
        "`$exception`": posthog("$exception", **{"$exception_list": [{"type": "TypeError", "value": "x is not a function"}]}),
        "`$web_vitals`, one beyond what Google calls poor": posthog("$web_vitals", **{"$web_vitals_LCP_value": 5_000}),
        "`$web_vitals`, otherwise": posthog("$web_vitals", **{"$web_vitals_LCP_value": 900}),
        "`$feature_flag_called`": posthog("$feature_flag_called", **{"$feature_flag": "cart", "$feature_flag_response": "b"}),
        "`survey shown`": posthog("survey shown", **{"$survey_id": "s-1"}),
        "`survey sent`, a number": posthog("survey sent", **{"$survey_id": "s-1", "$survey_response": "9"}),
        "`survey sent`, a text": posthog("survey sent", **{"$survey_id": "s-1", "$survey_response": "too dear"}),
        "`survey dismissed`": posthog("survey dismissed", **{"$survey_id": "s-1"}),
        "`purchase`, `order_completed`, …": posthog("order_completed", order_id="o-1"),
    },
    "Snowplow": {
        "`pv`": snowplow("pv", url=URL, page="Home"),
        "`pp`": snowplow("pp", pp_miy="0", pp_may="100"),
        "`se`": snowplow("se", se_ca="Shop", se_ac="Coupon Entered", se_la="SPRING", se_va="1"),
        "`tr`": snowplow("tr", tr_id="o-1", tr_tt="79.9", tr_cu="EUR"),
        "`screen_view`": core("screen_view", name="Cart"),
        "`button_click`": core("button_click", label="Buy"),
        "`link_click`": core("link_click", targetUrl=URL),
        "`change_form`, `focus_form`": core("change_form", formId="f", elementId="city"),
        "`submit_form`": core("submit_form", formId="f"),
        "`site_search` without a result": core("site_search", terms=["lamp"], totalResults=0),
        "`application_error`": core("application_error", message="x is not a function", exceptionName="TypeError"),
        "`web_vitals`, one beyond what Google calls poor": core("web_vitals", lcp=5_000),
        "`identify`, of any vendor": described("example.shop/identify", {"plan": "gold"}),
        "e-commerce `product_view`": action("product_view", product=ITEM),
        "e-commerce `list_view`": action("list_view", product=ITEM),
        "e-commerce `list_click`": action("list_click", product=ITEM),
        "e-commerce `add_to_cart`": action("add_to_cart", product=ITEM, cart={"cart_id": "c-1", "total_value": 79.9}),
        "e-commerce `remove_from_cart`": action("remove_from_cart", product=ITEM, cart={"cart_id": "c-1", "total_value": 0}),
        "e-commerce `checkout_step`": action("checkout_step", checkout_step={"step": 1}),
        "e-commerce `transaction`": action("transaction", product=ITEM, transaction={"transaction_id": "o-1", "revenue": 79.9, "currency": "EUR"}),
        "e-commerce `refund`": action("refund", refund={"transaction_id": "o-1", "refund_amount": 79.9, "currency": "EUR"}),
        "e-commerce `transaction_error`": action("transaction_error", transaction_error={"error_code": "declined"}),
        "e-commerce `promo_view`": action("promo_view", promotion={"id": "pr-1"}),
        "Google's enhanced e-commerce, `add`": google("add", productFieldObject=ITEM),
        "Google's enhanced e-commerce, `purchase`": google("purchase", actionFieldObject={"id": "o-1", "revenue": 79.9}, productFieldObject=ITEM),
    },
    "Matomo": {
        "a page (`url`, `action_name`)": hit(action_name="Home"),
        "`search` with `search_count=0`": hit(search="lamp", search_count="0"),
        "`_pks`, `_pkn`, `_pkp`": hit(_pks="p-1", _pkn="Lamp", _pkp="79.9"),
        "`_pkc` alone": hit(_pkc="Lamps"),
        "`idgoal=0` with `ec_items`": hit(idgoal="0", ec_items='[["p-1","Lamp","",79.9,1]]', revenue="79.9"),
        "`idgoal=0` with `ec_id`": hit(idgoal="0", ec_id="o-1", revenue="79.9", ec_items='[["p-1","Lamp","",79.9,1]]'),
        "`idgoal=3`": hit(idgoal="3", revenue="5"),
        "`e_c`, `e_a`, `e_n`, `e_v`": hit(e_c="Shop", e_a="Coupon Entered", e_n="SPRING", e_v="1"),
        "`e_a=identify` with traits in `e_n`": hit(e_c="Identity", e_a="identify", e_n='{"plan":"gold"}'),
        "`e_c=JavaScript Errors`": hit(e_c="JavaScript Errors", e_a="https://shop.example/a.js:1", e_n="x is null"),
        "`link`": hit(link="https://a.example/"),
        "`download`": hit(download="https://shop.example/a.pdf"),
        "`c_n`": hit(c_n="Banner"),
        "`cra`": hit(cra="x is null", ca="1"),
        "`ping=1`": hit(ping="1"),
    },
    "Plausible": {
        "`pageview`": plausible("pageview"),
        "`engagement`": plausible("engagement", e=4_500, sd=50),
        "`Outbound Link: Click`": plausible("Outbound Link: Click", p={"url": "https://a.example/"}),
        "`File Download`": plausible("File Download", p={"url": "a.pdf"}),
        "`Form: Submission`": plausible("Form: Submission"),
        "`404`": plausible("404", p={"path": "/x"}),
        "`Purchase` with revenue": plausible("Purchase", **{"$": {"amount": "79.9", "currency": "EUR"}}),
    },
    "Umami": {
        "`event` without a name": umami("event", title="Home"),
        "`event` with a name": umami("event", name="add_to_cart", data={"product_id": "p-1"}),
        "`event` with a basket in `data.commerce`": umami(
            "event", name="basket", data={"commerce": {"currency": "EUR", "cartId": "c-1", "items": [{"productId": "p-1", "price": 79.9, "quantity": 1}]}}
        ),
        "`identify`": umami("identify", data={"plan": "gold"}),
        "`performance`, one beyond what Google calls poor": umami("performance", lcp=5_000),
        "`engagement`": umami("engagement", engagement=4_500),
        "`error`": umami("error", name="TypeError", message="x is not a function"),
    },
    "CloudEvents": {
        "type `com.shop.order.completed`": cloudevent("com.shop.order.completed", {"userId": "ann", "order_id": "o-1"}),
        "data with `call` and `traits`": cloudevent("com.shop.signed", {"call": "identify", "userId": "ann", "traits": {"plan": "gold"}}),
        "data that is no object": cloudevent("com.shop.reading", 21.5),
    },
    "Pixel": {
        "without `event`": SPOKEN["pixel"].packs[0]({"key": "wk_shop", "url": URL}),
        "with `event`": SPOKEN["pixel"].packs[0]({"key": "wk_shop", "event": "message_opened", "user_id": "ann", "message": "7"}),
    },
}


def became(sent: Sent) -> list[Fact]:
    with Door() as door:
        headers = {name.replace("-", "_"): value for name, value in sent.headers.items()}
        answer = door.post(sent.path, sent.body, key=sent.key, method=sent.method, **headers)
        assert answer.status in (200, 202), (sent, answer)
        return door.facts()


def said(fact: Fact) -> str:
    keys = ", ".join(f"`{key}`" for key in (fact.traits if fact.kind in ("identify", "group") else fact.props))
    name = f"**{fact.name}**" if fact.kind == "track" else f"{fact.kind} call" + (f" “{fact.name}”" if fact.name else "")
    return f"{name}{f': {keys}' if keys else ''}"


def table() -> str:
    """The whole table, vendor by vendor."""
    parts = []
    for vendor, rows in ROWS.items():
        lines = [f"| {wording} | {'; and '.join(said(fact) for fact in became(sent))} |" for wording, sent in rows.items()]
        parts.append(f"### {vendor}\n\n| What it sends | What is kept |\n|---|---|\n" + "\n".join(lines))
    return "\n\n".join(parts)


def written() -> str:
    """The page with its table as it must be now."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written())
