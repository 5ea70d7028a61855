"""Fuzzers: requests of each protocol, mutated in their structure and in their bytes, against what must hold of every answer.

`python -m tests.capture.fuzz PROTOCOL MINUTES` runs one for long; what it finds is kept in tests/capture/corpus and tried again with every run of the tests.
"""

import base64
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sojourn.capture.limits import (
    BATCH_EVENTS,
    DEPTH,
    EVENT_NAME_CHARACTERS,
    ID_CHARACTERS,
    KEY_CHARACTERS,
    MESSAGE_ID_CHARACTERS,
    PROPERTIES,
    QUARANTINE_BYTES,
)
from sojourn.capture.tests.door import NOW, SHOP, Answer, Door
from sojourn.ports.directory import Policy
from sojourn.terms.facts import Fact, Kind
from sojourn.terms.time import DAY
from tests.capture.spoken import HOOKED, SPOKEN, Sent

CORPUS = Path(__file__).parent / "corpus"
SECONDS = 5.0
"""Processor time that one request may take; good ones take well under a thousandth of it."""
RENEWED = 300
"""A door is thrown away after so many requests, so that memory tells of leaks and not of a log that grows."""


def _deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


NASTY = [
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**40, 1e308, -0.0, 1e-320, 0.1, float("nan"), float("inf"),
    "", " ", "0", "-1", "nan", "1e999", "9" * 400, "\0", "\ud800", "\udfff\ud800", "a\0b", "\u202e", "💡", "null", "undefined", "{}", "[]", "{", "[[",
    '{"a":', "x" * 101, "x" * 256, "x" * 300, "x" * 70_000,
    "2026-02-30T25:61:61Z", "2026-11-18T11:00:60Z", "9999-12-31T23:59:59Z", "0001-01-01", "1795000000000", 1_795_000_000, 1_795_000_000.5, -1.5,
    "http://[", "https://shop.example:99999/%ff?utm_source=%ff", "//", "data:,", "?a=b&a=c", "wk_shop", "wk_other", "wk_off", "wk_none", "sk_shop",
    [], {}, [[]], [None], {"": None}, {"a": {"b": 1}}, {"\ud800": 1}, {"$merge_dangerously": 1}, {"k" * 257: 1}, {str(n): n for n in range(1_001)},
    _deep(31), _deep(34), _deep(140), list(range(2_000)),
    "$identify", "$create_alias", "identify", "alias", "group", "merge", "Sojourn Erased", "control", "e\u0301" * 120, "YQ==", "!!", "=",
]  # fmt: skip
WORDS = st.sampled_from(
    "type event name userId anonymousId messageId timestamp sentAt context traits properties batch data $set $set_once uuid offset alias previousId groupId "
    "$group_key $elements_chain $survey_questions ue_px ue_pr cx co eid dtm stm ttm idsite ec_items ec_id e_a e_n cdt payload website d domain n p $ "
    "specversion id source subject time data_base64 mergeProperties key event writeKey api_key token integrations requests "
    "object entry email line_items customer metadata list".split()
)
VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=40),
    st.integers(),
    st.floats(),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda s: st.lists(s, max_size=4) | st.dictionaries(WORDS, s, max_size=4)),
)
MEDIA = [
    "",
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/cloudevents+json",
    "é",
    "x" * 300,
]
CODINGS = ["", "identity", "gzip", "deflate", "zstd", "br", "gzip, gzip"]
HEADERS = {
    "content-type": MEDIA,
    "content-encoding": CODINGS,
    "authorization": ["", "Basic", "Basic !", "Basic d2tfc2hvcDo=", "Bearer wk_shop", "Bearer \xff", "Bearer " + "x" * 9_000, "Digest a"],
    "origin": ["null", "https://shop.example", "x" * 9_000],
    "user-agent": ["", "\xff" * 300],
    "x-forwarded-for": ["1.2.3.4", "x", "::1, 300.1.1.1"],
    "referer": ["http://[", "\xff"],
    "ce-specversion": ["1.0", "0.3", "%ff"],
    "ce-id": ["%", "%00", "x" * 300],
    "ce-time": ["%ff", "yesterday"],
    "x-shopify-topic": ["customers/update", "\xff", "x" * 300],
    "stripe-signature": ["t=,v1=", "t=1,v1=a,v1=\xff"],
    "webhook-timestamp": ["-1", "9" * 400],
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value within a value."""
    found = [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        found += places(part, (*path, key))
    return found


def changed(value: Any, path: tuple[Any, ...], change: Any) -> Any:
    """The value with `change` made to what stands at that path."""
    if not path:
        return change(value)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], change)
    return copy


@st.composite
def mutated(draw: Any, model: Any) -> Any:
    """A model with up to five changes: another value, a field gone, a field more, an item twice, one thousand times."""
    for _ in range(draw(st.integers(0, 5))):
        found = places(model)
        path = found[draw(st.integers(0, len(found) - 1))]
        value = draw(VALUES)
        match draw(st.sampled_from(("replace", "replace", "add", "drop", "repeat"))):
            case "replace":
                model = changed(model, path, lambda _, value=value: value)
            case "add":
                word = draw(WORDS)
                model = changed(
                    model,
                    path,
                    lambda old, word=word, value=value: {**old, word: value} if isinstance(old, dict) else [*old, value] if isinstance(old, list) else value,
                )
            case "drop" if path:
                last = path[-1]
                model = changed(model, path[:-1], lambda old, last=last: _without(old, last))
            case "repeat":
                times = draw(st.sampled_from((2, 3, 50)))
                model = changed(model, path, lambda old, times=times: old * times if isinstance(old, list | str) and len(old) < 500 else old)
            case _:
                pass
    return model


def _without(value: Any, key: Any) -> Any:
    return {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else [v for at, v in enumerate(value) if at != key]


@st.composite
def scratched(draw: Any, body: bytes) -> bytes:
    """Bytes with some of them changed, cut off, put in, or doubled."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(("flip", "cut", "insert", "double", "drop"))):
            case "flip":
                body = body[:at] + draw(st.binary(min_size=1, max_size=3)) + body[at + 1 :]
            case "cut":
                body = body[:at]
            case "insert":
                body = (
                    body[:at]
                    + draw(st.sampled_from((b"\0", b"\xff", b"\\", b'"', b"[", b"{", b"&" * 300, b"&a=b" * 1_100, b"[" * 3_000, b"%", b"\xed\xa0\x80")))
                    + body[at:]
                )
            case "double":
                body = body[:at] + body
            case _:
                body = body[:at] + body[at + draw(st.integers(1, 40)) :]
    return body


@st.composite
def requests(draw: Any, protocol: str) -> Sent:
    """A request of that protocol, more or less."""
    spoken = SPOKEN[protocol]
    sent: Sent = draw(st.sampled_from(spoken.packs))(draw(mutated(draw(st.sampled_from(spoken.models)))))
    how = draw(st.integers(0, 9))
    if how == 0:
        sent = sent._replace(body=draw(scratched(sent.body)))
    elif how == 1:
        path, _, query = sent.path.partition("?")
        sent = sent._replace(path=f"{path}?{quote_from_bytes(draw(scratched(query.encode())), safe='&=%?+{}[]').replace('#', '%23')}")
    elif how == 2:
        name = draw(st.sampled_from(sorted(HEADERS)))
        sent = sent._replace(headers={**sent.headers, name: draw(st.sampled_from(HEADERS[name]))})
    elif how == 3:
        sent = sent._replace(body=draw(st.binary(max_size=200)))
    elif how == 4:
        sent = sent._replace(method=draw(st.sampled_from(("GET", "POST", "OPTIONS", "HEAD", "PUT"))))
    return sent


class _Broken(dict[str, str]):
    """For each event, whatever its name, a contract that few keep; but none for the good one."""

    def get(self, name: str, default: Any = None) -> Any:
        return default if name == "Good" else '{"type":"object","properties":{"price":{"type":"string"}},"required":["colour"]}'

    def __bool__(self) -> bool:
        return True


STRICT = Policy(bots=True, refused=True, contracts=_Broken())


def _opened(policy: Policy) -> Door:
    """A door that knows a webhook of each kind."""
    door = Door()
    door.directory.put("wk_shop", msgspec.structs.replace(SHOP, policy=policy))
    for token, held in HOOKED.items():
        door.directory.put_hook(token, msgspec.structs.replace(held, holder=msgspec.structs.replace(held.holder, policy=policy)))
    return door


class Target:
    """Two doors that are asked one thing after the other: one takes all that can be taken, one keeps away crawlers, refusals and what breaks a contract."""

    def __init__(self) -> None:
        self._doors = self._new()
        self._asked = 0

    def _new(self) -> list[Door]:
        return [_opened(Policy()), _opened(STRICT)]

    @property
    def lenient(self) -> Door:
        return self._doors[0]

    def close(self) -> None:
        for door in self._doors:
            door.__exit__()

    def ask(self, protocol: str, sent: Sent) -> None:
        """Send it and look at the answers and at what came of it. Errors: AssertionError, and whatever the app raises."""
        if self._asked >= RENEWED:
            self.close()
            self._doors, self._asked = self._new(), 0
        self._asked += 1
        for door in self._doors:
            self._ask(door, protocol, sent)

    def _ask(self, door: Door, protocol: str, sent: Sent) -> None:
        before = door.log.head()
        began = time.process_time()
        headers = {name.replace("-", "_"): value for name, value in sent.headers.items()}
        answer = door.post(sent.path, sent.body, key=sent.key, method=sent.method, **headers)
        assert time.process_time() - began < SECONDS, "it took too long"
        told(protocol, sent, answer)
        for record in door.log.read(before, 10_000, 10_000_000):
            assert len(record.facts) <= 20 * BATCH_EVENTS
            assert record.workspace in (1, 2), "facts of nobody"
            for fact in record.facts:
                kept(fact)
            for aside in record.quarantined:
                assert len(aside.payload) <= QUARANTINE_BYTES
                aside.detail.encode()
        before = door.log.head()
        good = door.post("/v1/track", {"userId": "u-2", "event": "Good", "messageId": f"good-{self._asked}"})
        assert (good.status, [fact.name for record in door.log.read(before, 10) for fact in record.facts]) == (200, ["Good"])


def told(protocol: str, sent: Sent, answer: Answer) -> None:
    """What must hold of an answer in this protocol."""
    if answer.status == 503:
        assert "retry-after" in answer.headers
    else:
        assert answer.status in (200, 202, 400, 401, 403, 404, 405, 413, 415, 429), answer.status
    assert answer.headers["content-length"] == str(len(answer.body))
    if answer.status >= 400 and answer.headers["content-type"].startswith("application/json"):
        assert {"code", "message"} <= answer.json.keys() or "detail" in answer.json
    elif answer.status >= 400:
        raise AssertionError("a refusal that is not JSON")
    elif sent.method == "OPTIONS":
        assert answer.body == b""
    elif answer.headers["content-type"] == "application/json":
        assert isinstance(answer.json, dict)
    else:
        assert answer.body[:6] in (b"", b"ok", b"GIF89a") or protocol == "posthog"
    assert protocol != "posthog" or answer.status != 429, "posthog-js throws away what met 429"
    assert protocol != "snowplow" or answer.status not in (404, 408, 413), "trackers keep what met 404, 408 or 413 for ever"


def kept(fact: Fact) -> None:
    """What must hold of every fact, whoever sent it."""
    assert fact.kind in set(Kind) - {Kind.CONTROL}
    assert 0 <= fact.at <= NOW + DAY
    assert len(fact.name) <= EVENT_NAME_CHARACTERS
    assert 0 < len(fact.message_id) <= MESSAGE_ID_CHARACTERS
    assert fact.user_id or fact.anonymous_id
    for one in (fact.user_id, fact.anonymous_id, fact.link):
        assert one is None or 0 < len(one) <= ID_CHARACTERS
    for part in (fact.props, fact.traits, fact.context, fact.raw):
        bounded(part, DEPTH + 2)
    json.dumps([fact.name, fact.message_id, fact.props, fact.traits, fact.context, fact.raw], allow_nan=False, ensure_ascii=False).encode()


def bounded(value: Any, room: int) -> None:
    """Depth, keys and texts of a value that was kept."""
    assert room >= 0, "too deep"
    if isinstance(value, dict):
        assert len(value) <= PROPERTIES + 50
        for key, part in value.items():
            assert len(key) <= KEY_CHARACTERS
            assert "\0" not in key
            bounded(part, room - 1)
    elif isinstance(value, list):
        for part in value:
            bounded(part, room - 1)
    elif isinstance(value, str):
        assert "\0" not in value


def attack(protocol: str, examples: int, shuffled: bool = False) -> None:
    """Try so many requests. Errors: the first that breaks a promise, made small; it is left in `attack.last`."""
    target = Target()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=not shuffled,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink), report_multiple_bugs=False,
    )  # fmt: skip
    @given(requests(protocol))
    def run(sent: Sent) -> None:
        try:
            target.ask(protocol, sent)
        except BaseException:
            found[protocol] = sent
            raise

    try:
        run()
    finally:
        target.close()


found: dict[str, Sent] = {}
"""What broke a promise last, by protocol."""


def keep(protocol: str, sent: Sent) -> Path:
    """Put a request into the corpus."""
    number = sum(1 for _ in CORPUS.glob(f"{protocol}-*.json")) + 1
    path = CORPUS / f"{protocol}-{number:03d}.json"
    path.write_text(json.dumps({**sent._asdict(), "body": base64.b64encode(sent.body).decode()}, indent=1) + "\n")
    return path


def load(path: Path) -> Sent:
    """A request of the corpus."""
    said = json.loads(path.read_text())
    return Sent(**{**said, "body": base64.b64decode(said["body"])})


def main(protocol: str, minutes: float) -> int:
    """Run for long; what was found is put into the corpus and shown."""
    end = time.monotonic() + minutes * 60
    tried, memory = 0, 0
    while time.monotonic() < end:
        try:
            attack(protocol, 1_000, shuffled=True)
        except Exception as error:
            path = keep(protocol, found[protocol])
            print(f"{protocol}: {type(error).__name__}: {error}\nkept as {path}", flush=True)
            raise
        tried += 1_000
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        memory = memory or peak
        assert peak < memory + 512, f"memory grew from {memory} to {peak} MiB"
    print(f"{protocol}: {tried} requests in {minutes:g} minutes, no finding; at most {peak} MiB of memory (after the first thousand: {memory})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
