"""Every protocol against mutated requests, a few at each run of the tests; what was ever found is tried again each time."""

import pytest

from sojourn.capture.protocols.all import PROTOCOLS
from tests.capture.fuzz import CORPUS, Target, attack, load, told
from tests.capture.spoken import SPOKEN

FOUND = sorted(CORPUS.glob("*.json"))


@pytest.mark.parametrize("protocol", SPOKEN)
def test_mutated_requests_break_no_promise(protocol):
    attack(protocol, 60)


@pytest.mark.parametrize("protocol", SPOKEN)
def test_the_requests_that_the_fuzzers_begin_with_are_good_ones(protocol):
    spoken = SPOKEN[protocol]
    target = Target()
    for pack in spoken.packs:
        sent = pack(spoken.models[0])
        headers = {name.replace("-", "_"): value for name, value in sent.headers.items()}
        answer = target.lenient.post(sent.path, sent.body, key=sent.key, method=sent.method, **headers)
        assert answer.status in ((401,) if sent.path.startswith(("/sourceConfig", "/flags")) else (200, 202)), (sent, answer)
        told(protocol, sent, answer)
    assert target.lenient.facts()
    target.close()


@pytest.mark.parametrize("path", FOUND, ids=[path.stem for path in FOUND])
def test_what_was_found_once_stays_mended(path):
    target = Target()
    target.ask(path.stem.rpartition("-")[0], load(path))
    target.close()


def test_every_protocol_has_a_fuzzer():
    assert {protocol.name for protocol in PROTOCOLS} <= SPOKEN.keys()
