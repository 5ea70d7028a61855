"""The demo: simulated shoppers through the real capture endpoint, with the truth about each kept aside."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from sojourn.apps.demo.shoppers import Journey, journeys
from sojourn.apps.sources import actions
from sojourn.runtime.clock import SystemClock
from sojourn.runtime.settings import Settings
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import HOUR

BATCH = 100
ATTEMPTS = 6


class Streamed(msgspec.Struct, frozen=True):
    """What was sent, and where the truth lies."""

    shoppers: int
    events: int
    truth: Path


def stream(settings: Settings, workspace: int, shoppers: int, seed: int, rate: float, progress: Callable[[int, int], None]) -> Streamed:
    """Send the shoppers' events, oldest first, at `rate` events per second; they begin seven hours ago and are done about now.

    Errors: Refusal(NOT_READY) where nothing listens.
    """
    _, key = actions.create_source(workspace, "Demo shop", "demo", SystemClock().now())
    walked = list(journeys(seed, shoppers, SystemClock().now() - 7 * HOUR))
    truth = settings.home / "demo-truth.jsonl"
    with truth.open("wb") as file:
        for journey in walked:
            file.write(msgspec.json.encode(_truth(journey)) + b"\n")
    events = sorted((event for journey in walked for event in journey.events), key=lambda event: str(event["timestamp"]))
    started = time.monotonic()
    for sent, batch in _batches(events):
        _post(settings, key, batch)
        progress(sent, len(events))
        ahead = sent / rate - (time.monotonic() - started)
        if ahead > 0:
            time.sleep(ahead)
    return Streamed(shoppers=len(walked), events=len(events), truth=truth)


def _truth(journey: Journey) -> dict[str, Any]:
    return {"anonymous_id": journey.events[0].get("anonymousId"), "cause": journey.truth}


def _batches(events: list[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    for start in range(0, len(events), BATCH):
        yield min(start + BATCH, len(events)), events[start : start + BATCH]


def _post(settings: Settings, key: str, batch: list[dict[str, Any]]) -> None:
    """Send one batch; retried like an SDK would, the messageIds make it safe."""
    body = msgspec.json.encode({"writeKey": key, "batch": batch})
    request = urllib.request.Request(f"http://{settings.bind}/v1/batch", data=body, headers={"Content-Type": "application/json"})
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=30):
                return
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                raise Refusal(Code.NOT_READY, f"the capture endpoint answered {error.code}: {error.read(500).decode(errors='replace')}") from error
        except urllib.error.URLError as error:
            if attempt == ATTEMPTS - 1:
                raise Refusal(Code.NOT_READY, f"nothing listens on {settings.bind}; start Sojourn first: sojourn up") from error
        time.sleep(0.2 * 2**attempt)
    raise Refusal(Code.NOT_READY, f"the capture endpoint on {settings.bind} kept failing; run: sojourn doctor")
