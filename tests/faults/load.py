"""Load from real threads: shoppers whose every acknowledged event is remembered."""

import threading
import time
from collections import Counter
from random import Random
from typing import Any

from sojourn.terms.time import to_iso
from tests.faults.processes import Installation


class Load:
    """Threads that shop until told to stop. An event counts as acknowledged when its 200 has been read; without one it is sent again."""

    def __init__(self, house: Installation, seed: int, threads: int = 4) -> None:
        self._house = house
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._seed = seed
        self._threads = [threading.Thread(target=self._shop, args=(number,), daemon=True) for number in range(threads)]
        self.acknowledged: set[str] = set()
        self.names: Counter[str] = Counter()
        self.left: set[str] = set()
        self.retries = 0

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish what they began; every event sent is then acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive(), "a client never got its answer"

    def _shop(self, thread: int) -> None:
        rng = Random(self._seed * 1_000 + thread)
        number = 0
        while not self._stop.is_set():
            user = f"{thread}-{number}"
            buys = rng.random() < 0.3
            self._send(self._visit(user, buys))
            with self._lock:
                if not buys:
                    self.left.add(user)
            number += 1
            self._stop.wait(rng.uniform(0.02, 0.15))

    def _visit(self, user: str, buys: bool) -> list[dict[str, Any]]:
        now = time.time_ns() // 1_000_000
        who = {"anonymousId": f"a-{user}", "userId": f"u-{user}"}
        cart = {"cart_id": f"c-{user}", "currency": "EUR"}
        told: list[tuple[str, dict[str, Any]]] = [
            ("identify", {"traits": {"email": f"{user}@customers.internal"}}),
            ("Product Added", {**cart, "product_id": "p1", "name": "Walnut lamp", "price": 49.9, "quantity": 1}),
            ("Checkout Started", {**cart, "value": 49.9}),
            ("Shipping Cost Shown", {**cart, "shipping": 12.9, "value": 49.9}),
        ]
        if buys:
            told.append(("Order Completed", {**cart, "order_id": f"o-{user}", "total": 62.8}))
        events: list[dict[str, Any]] = []
        for index, (name, said) in enumerate(told):
            event = {"messageId": f"{user}-{index}", "timestamp": to_iso(now + index), **who}
            event |= {"type": "identify", **said} if name == "identify" else {"type": "track", "event": name, "properties": said}
            events.append(event)
        return events

    def _send(self, events: list[dict[str, Any]]) -> None:
        while True:
            status, _ = self._house.post(events)
            if status == 200:
                break
            assert status in (0, 503), f"the front answered {status}"
            with self._lock:
                self.retries += 1
            time.sleep(0.1)
        with self._lock:
            self.acknowledged.update(event["messageId"] for event in events)
            self.names.update(event.get("event", "identify") for event in events)
