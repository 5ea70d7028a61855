"""The demo's loop in the work process: it fills in the past, plays the shoppers of the present, and sees a removal through."""

import heapq
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
import structlog

from sojourn.adapters.sqlite.demo import DemoRows, Mail, Run
from sojourn.apps.demo import paced, story
from sojourn.apps.demo.shoppers import Journey
from sojourn.runtime.demo_door import Door
from sojourn.runtime.settings import Settings
from sojourn.runtime.wiring import House
from sojourn.terms.episodes import Cause
from sojourn.terms.facts import SOURCE_REMOVED, Fact, Flag, Kind
from sojourn.terms.ids import digest
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import MINUTE, SECOND, Millis, to_iso

log = structlog.get_logger("demo")

IDLE_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 0.25
MAIL_SECONDS: Final = 2.0
BATCH: Final = 500
KEYS_WORK_FOR: Final = 13 * SECOND
"""After a source is switched off capture may take its key for another ten seconds."""
STORY_YOUNG: Final = 5 * MINUTE
"""The story is told of the last minutes: one that waited longer begins anew."""
EVENTS_EACH: Final = 14.0
"""What a shopper sends on average."""
REMEMBERED: Final = 2_000
FITS: Final[dict[str, tuple[str, ...]]] = {
    Cause.SHIPPING_COST: ("free_shipping",),
    Cause.OTHER_FEES: ("price_help",),
    Cause.TOTAL_PRICE: ("price_help",),
    Cause.CONFUSING_CHECKOUT: ("short_checkout",),
    Cause.PAYMENT_TROUBLE: ("payment_help",),
    Cause.FORCED_ACCOUNT: ("short_checkout",),
    Cause.DELIVERY_TIME: ("delivery_help",),
    Cause.OUT_OF_STOCK: ("stock_help",),
    Cause.TECHNICAL_TROUBLE: ("short_checkout",),
    Cause.COMPARING: ("reminder",),
}
"""Which mail is about the reason that was planted. None is for those who left for no reason we know."""


def truth_path(settings: Settings) -> Path:
    """Where the planted reasons are written down. Nothing in the product reads it."""
    return settings.home / "demo-truth.jsonl"


class DemoLoop:
    """Call `step` for ever. What is under way is in memory only: shoppers who were in the shop when the process ended have simply left."""

    def __init__(self, settings: Settings, stop: threading.Event, door: Door | None = None) -> None:
        self._settings = settings
        self._stop = stop
        self._house = House(settings)
        self._rows = DemoRows(settings.database_path)
        self._door = door or Door(settings)
        self._present: _Present | None = None
        self._handed = 0

    def step(self) -> None:
        """Do what is next, then rest a moment."""
        run = self._rows.run()
        if run is None or run.state != "live":
            self._present = None
        if run is None:
            self._stop.wait(IDLE_SECONDS)
        elif run.state == "seeding":
            self._guarded(run, self._fill_in)
        elif run.state == "live":
            self._guarded(run, self._play)
        else:
            self._see_through(run)

    def _guarded(self, run: Run, do: Callable[[Run], None]) -> None:
        try:
            do(run)
        except Refusal as refusal:
            self._rows.advance(run, trouble=refusal.message[:300])
            self._stop.wait(5.0)

    # -- the past

    def _fill_in(self, run: Run) -> None:
        if run.day < run.days:
            self._day(run)
        elif not run.quick:
            self._quicken(run)
        elif not run.story:
            self._tell(run)
        else:
            self._rows.advance(run, state="live" if run.live else "stopped", trouble="")

    def _tell(self, run: Run) -> None:
        """What the named people did in the last minutes, once the engine knows the short gap."""
        if self._house.intents().outbox(1):
            self._stop.wait(BEAT_SECONDS)
            return
        _, fresh = story.told(self._moment())
        self._send(run, fresh, "/v1/batch")
        self._rows.advance(run, story=1, people=run.people + len(story.ROLES), events=run.events + len(fresh), trouble="")

    def _moment(self) -> Millis:
        """The moment of the story: when the last truth was written, a few seconds ago. Told again after a kill it must be the same, or it counts twice."""
        now = self._house.clock.now()
        try:
            written = truth_path(self._settings).stat().st_mtime_ns // 1_000_000
        except FileNotFoundError:
            return now
        if 0 <= now - written < STORY_YOUNG:
            return written
        truth_path(self._settings).touch()
        return truth_path(self._settings).stat().st_mtime_ns // 1_000_000

    def _quicken(self, run: Run) -> None:
        """Settings are the pages' business, and this process has none: another one does it and ends."""
        done = subprocess.run([sys.executable, "-m", "sojourn.runtime.demo_settings", str(run.workspace)], check=False, stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode:
            raise Refusal(Code.NOT_READY, "The demo could not set the cart gap; the log of the work process says why.")

    def _day(self, run: Run) -> None:
        """One day of the past. It may have been cut off half-way and be sent again: the same events, and the same lines of truth in the same place."""
        told = story.told(run.started_at)[0] if not run.day else []
        lines = [{"at": "story", **line} for line in story.truths()]
        ways = paced.day_of_past(run.seed, run.shoppers, run.days, run.day, run.started_at)
        truths = [_truth(way, "past") for way in ways]
        self._write(truths if run.day else [*lines, *truths], after=len(lines) + run.people if run.day else 0)
        events = sorted((event for way in ways for event in way.events), key=lambda event: str(event["timestamp"]))
        self._send(run, told, "/v1/import")
        self._send(run, events, "/v1/import")
        self._rows.advance(run, day=run.day + 1, people=run.people + len(ways), events=run.events + len(told) + len(events), trouble="")

    # -- the present

    def _play(self, run: Run) -> None:
        if self._present is None:
            self._present = _Present(self, run)
        self._present.beat(run)
        self._stop.wait(BEAT_SECONDS)

    # -- the end

    def _see_through(self, run: Run) -> None:
        """Remove once more what came in while the keys still worked; end when engine and lake are done with it."""
        now = self._house.clock.now()
        if not run.swept:
            if not 0 <= now - run.removing_at < KEYS_WORK_FOR:
                told = {"sources": [run.source, run.visitors]}
                number = digest(run.workspace, SOURCE_REMOVED, run.source, "second")
                self._rows.sweep(run, Fact(Kind.CONTROL, SOURCE_REMOVED, now, number, props=told, flags=int(Flag.TRUSTED)), now)
                self._handed = 0
        elif self._done():
            truth_path(self._settings).unlink(missing_ok=True)
            self._rows.end(run)
            self._rows.settle(self._settings.database_path, self._settings.log_path)
            log.info("demo removed")
            return
        self._stop.wait(IDLE_SECONDS / 2)

    def _done(self) -> bool:
        """Whether all that is on the log by now is folded, and what that left is in the lake."""
        state = self._house.state()
        if not self._handed:
            if self._house.intents().outbox(1) or state.progress().position < self._house.log().head():
                return False
            waiting = state.handovers(0, 1_000_000)
            self._handed = waiting[-1].sequence if waiting else -1
        first = state.handovers(0, 1)
        return not first or first[0].sequence > self._handed

    # -- sending, for the present too

    def _send(self, run: Run, events: list[dict[str, Any]], path: str) -> None:
        for start in range(0, len(events), BATCH):
            self._door.post(run.write_key, path, events[start : start + BATCH])

    def _write(self, lines: Iterable[dict[str, Any]], *, after: int | None = None) -> None:
        """Add lines of truth, `after` so many of those that are there: what follows these goes."""
        path = truth_path(self._settings)
        path.touch()
        with path.open("r+b") as file:
            if after is None:
                file.seek(0, os.SEEK_END)
            else:
                for _ in range(after):
                    file.readline()
                file.truncate()
            file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)

    def close(self) -> None:
        """Let go of files."""
        self._rows.close()


class _Present:
    """The shoppers who are in the shop now, those who left a cart there, and what they do about the mail they get."""

    def __init__(self, loop: DemoLoop, run: Run) -> None:
        self._loop = loop
        self._random = Random(f"{run.seed}/present/{run.number}")
        self._queue: list[tuple[Millis, int, dict[str, Any]]] = []
        self._ends: list[tuple[Millis, int, Journey]] = []
        self._left: dict[str, paced.Plan] = {}
        self._order = 0
        self._next_at = 0.0
        self._mail_at = 0.0

    def beat(self, run: Run) -> None:
        """Send what is due; let new ones in; now and then look at the mail."""
        now = self._loop._house.clock.now()
        number = self._let_in(run, now)
        if number != run.number:
            # Before anything of theirs is sent: who was in the shop when the process ended never comes a second time.
            self._loop._rows.advance(run, number=number, people=run.people + number - run.number)
        ready: list[dict[str, Any]] = []
        while self._queue and self._queue[0][0] <= now:
            at, _, event = heapq.heappop(self._queue)
            ready.append({**event, "timestamp": to_iso(at)})
        self._loop._send(run, ready, "/v1/batch")
        self._let_go(run, now)
        seen = self._look_at_mail(run, now) if time.monotonic() >= self._mail_at else run.mail_seen
        if ready or seen != run.mail_seen:
            self._loop._rows.advance(run, events=run.events + len(ready), mail_seen=seen, trouble="")

    def _let_in(self, run: Run, now: Millis) -> int:
        """Shoppers begin so that in all about `rate` events a second come; how many have begun ever."""
        number = run.number
        clock = time.monotonic()
        self._next_at = max(self._next_at, clock - 5.0)
        while self._next_at <= clock:
            way = paced.present(run.seed, number)
            at = now
            for rest, event in paced.rests(way):
                at += rest
                self._put(at, event)
            heapq.heappush(self._ends, (at, number, way))
            number += 1
            self._next_at += self._random.expovariate(run.rate / EVENTS_EACH)
        return number

    def _put(self, at: Millis, event: dict[str, Any]) -> None:
        self._order += 1
        heapq.heappush(self._queue, (at, self._order, event))

    def _let_go(self, run: Run, now: Millis) -> None:
        """Those whose visit is over: their truth is written down, and what they will do later is settled."""
        gone: list[dict[str, Any]] = []
        while self._ends and self._ends[0][0] <= now:
            _, _, way = heapq.heappop(self._ends)
            plan = paced.plan_of(run.seed, way)
            gone.append({**_truth(way, "present"), "buys_by_themselves": plan.buys(None), "buys_after_fitting_mail": plan.buys(True)})
            if way.outcome != "abandoned":
                continue
            if plan.buys(None):
                later = now + int(SECOND * self._random.uniform(40, 150))
                self._come_back(plan, later)
            elif plan.email:
                self._left[plan.email] = plan
                if len(self._left) > REMEMBERED:
                    self._left.pop(next(iter(self._left)))
        if gone:
            self._loop._write(gone)

    def _come_back(self, plan: paced.Plan, at: Millis) -> None:
        for number, event in enumerate(paced.return_and_buy(plan.journey, at)):
            self._put(at + 2 * SECOND * number, event)

    def _look_at_mail(self, run: Run, now: Millis) -> int:
        """Read the mail that came, as each of them would; the last one looked at."""
        self._mail_at = time.monotonic() + MAIL_SECONDS
        mails = self._loop._rows.mails(run.workspace, run.mail_seen, story.DOMAIN)
        for mail in mails:
            plan = self._left.pop(mail.recipient, None)
            if plan is not None:
                self._react(plan, mail, now)
        return mails[-1].id if mails else run.mail_seen

    def _react(self, plan: paced.Plan, mail: Mail, now: Millis) -> None:
        cart, unsubscribe = paced.links_of(mail.raw)
        if plan.enough and unsubscribe:
            self._loop._door.follow(unsubscribe, plan.journey.persona.browser, post=True)
        elif plan.buys(mail.template in FITS.get(plan.truth, ())) or plan.looks():
            if cart:
                self._loop._door.follow(cart, plan.journey.persona.browser)
            if plan.buys(mail.template in FITS.get(plan.truth, ())):
                self._come_back(plan, now + int(SECOND * self._random.uniform(4, 25)))


def _truth(way: Journey, at: str) -> dict[str, Any]:
    return {"at": at, "anonymous_id": way.persona.anonymous_id, "user_id": way.persona.user_id, "outcome": way.outcome, "cause": way.truth}


def looped(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """The demo's step for the work process."""
    return DemoLoop(settings, stop).step
