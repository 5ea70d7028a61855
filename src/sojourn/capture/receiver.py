"""The receiver: a raw ASGI app that answers 200 only after what it took in is durable."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from hashlib import blake2b
from ipaddress import ip_address
from time import thread_time
from typing import Any, Final

import msgspec

from sojourn.capture import answers, scripts
from sojourn.capture.answers import Headers
from sojourn.capture.body import check_media, inflated, is_packed
from sojourn.capture.call import Opened, Refused
from sojourn.capture.committer import Committer
from sojourn.capture.heard import Heard
from sojourn.capture.intake import Intake, Names, Steps, Turned
from sojourn.capture.items import Laborious
from sojourn.capture.keys import holder, key_in_headers
from sojourn.capture.limits import INFLATED_AT_ONCE, LANE_BYTES, LARGE_BYTES, RETRY_AFTER_SECONDS
from sojourn.capture.protocols import Document, Protocol, Reply, Request, Route
from sojourn.capture.protocols.all import PROTOCOLS
from sojourn.capture.rates import Rates
from sojourn.capture.reading import Gone, Receive, Watch
from sojourn.capture.recent import PAYLOAD_BYTES, Recent
from sojourn.capture.screen import wished
from sojourn.capture.snippet import Snippet
from sojourn.capture.tarpit import Tarpit
from sojourn.capture.traffic import LET_BY_SECONDS, Pace, Traffic, keep
from sojourn.ports.clock import Clock
from sojourn.ports.directory import Directory, HookHolder, KeyHolder
from sojourn.ports.log import Full, Log
from sojourn.ports.state import Unavailable
from sojourn.terms.outcomes import Reason
from sojourn.terms.time import DAY

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, Headers, bytes]
Made = tuple[KeyHolder, Turned, Any]
"""Who sent, what became of each call, and what the route's own reply needs to know."""

_READ: Final = frozenset(
    (
        b"authorization",
        b"content-type",
        b"content-encoding",
        b"content-length",
        b"transfer-encoding",
        b"origin",
        b"host",
        b"access-control-request-headers",
        b"user-agent",
        b"x-forwarded-for",
        b"posthog-sdk-info",
        b"posthog-request-timestamp",
        b"webhook-request-origin",
    )
)
_ANY: Final = frozenset((b"user-agent", b"x-forwarded-for", b"access-control-request-headers", b"posthog-sdk-info", b"posthog-request-timestamp"))
"""Headers of these that may come twice, as any other header may: the last one counts."""
_PREFIX: Final = "/v1/"


class _Work:
    """What a request has cost, in seconds of CPU time; whether nothing, or little of it, was good; and whether it counts as short."""

    __slots__ = ("bad", "cpu", "short")

    def __init__(self) -> None:
        self.bad = False
        self.cpu = 0.0
        self.short = False


class CaptureApp:
    """The front door as an ASGI app; one per process and event loop."""

    def __init__(
        self, log: Log, directory: Directory, clock: Clock, protocols: Sequence[Protocol] = PROTOCOLS, secret: bytes = b"", tarpit: Tarpit | None = None
    ) -> None:
        """`secret` is this installation's: the salt of visitors' daily ids is made from it. Without a tarpit bad requests are answered at once."""
        self._secret = secret
        self._directory = directory
        self._clock = clock
        self._protocols = protocols
        self._routes: dict[str, Route] = {path: route for protocol in protocols for path, route in protocol.routes.items()}
        self._snippet = Snippet(directory)
        self._committer = Committer(log)
        self.recent = Recent()
        self.heard = Heard()
        self._watch = Watch()
        self._names = Names()
        self._rates = Rates()
        self._tarpit = tarpit or Tarpit(0)
        self._traffic = Traffic()
        self._lane = asyncio.Lock()
        self._lane_bytes = 0
        self._statistics: Counter[str] = Counter()

    def handles(self, path: str) -> bool:
        """Whether a request for this path is for this app."""
        bare = path.rstrip("/")
        if path.startswith(_PREFIX) or self._route(bare) is not None or self._snippet.handles(path):
            return True
        return scripts.find(bare) is not None or self._document(bare) is not None

    def stats(self) -> dict[str, int]:
        """Counters since the start: requests by status, facts, duplicates, unknown keys, commits, how many requests wait now, how many answers are held."""
        committer = self._committer
        return {**self._statistics, "commits": committer.commits, "log_failures": committer.failures, "waiting": committer.depth, "held": self._tarpit.held}

    async def close(self) -> None:
        """Put what is counted on the log and stop. No request may come after it."""
        await self._committer.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        origin = b""
        path = scope["path"]
        if path[-1:] == "/":
            path = path.rstrip("/")
        route = self._route(path)
        work = _Work()
        try:
            headers = _headers(scope["headers"], route is not None and route.all_headers)
            origin = headers.get(b"origin", b"")
            status, fields, body = await self._serve(scope, path, route, headers, receive, work)
        except Refused as refused:
            # Both know frames that know the refusal, and the body: such a ring would stay in memory until the collector comes round, which is seldom.
            refused.__traceback__ = refused.__context__ = None
            status, fields, body = answers.refusal(refused if route is None else route.refuse(refused), origin)
            work.bad = refused.status < 500
        except (Full, Unavailable) as trouble:
            self._statistics["unavailable"] += 1
            status, fields, body = answers.refusal(Refused(503, "unavailable", str(trouble), RETRY_AFTER_SECONDS), origin)
        except Gone:
            self._statistics["gone"] += 1
            return
        if work.bad and not await self._tarpit.hold(work.cpu):
            fields = [*fields, (b"connection", b"close")]
        self._statistics["status_200" if status == 200 else f"status_{status}"] += 1
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    async def _serve(self, scope: Scope, path: str, route: Route | None, headers: dict[bytes, bytes], receive: Receive, work: _Work) -> Answer:
        method = scope["method"]
        if method == "OPTIONS":
            asked = headers.get(b"access-control-request-headers", b"")
            return answers.preflight(headers.get(b"origin", b""), asked, headers.get(b"webhook-request-origin", b""))
        if route is None:
            return self._fetch(scope, path, headers)
        if method not in route.methods:
            raise Refused(405, "method_not_allowed", f"{method} is not read here; send {' or '.join(sorted(route.methods))}")
        declared = _declared(headers)
        source, body, problem = await self._read(scope, route, headers, receive, declared)
        if problem is not None:
            raise self._refused(source, problem)
        self._traffic.short += 1
        work.short = True
        try:
            if source is not None and source.policy.rate:
                self._rates.check(source, self._clock.now())  # before anything is spent on the body
            encoding = headers.get(b"content-encoding", b"")
            if len(body) > INFLATED_AT_ONCE and is_packed(body, encoding):  # takes milliseconds, in which zlib lets others go on
                whole = await asyncio.to_thread(_inflated, body, encoding, work)
            else:
                whole = _inflated(body, encoding, work)
            request = Request(method, path, scope["query_string"], headers, whole, scope.get("scheme", "http"), parameters=route.parameters)
            if route.hook:
                request = msgspec.structs.replace(request, hook=self._hook(route.hook).hook, now=self._clock.now())
            if route.visitors:
                request = msgspec.structs.replace(request, client=client_of(scope, headers), salt=self._salt())
            del body, whole
            source, turned, note = await self._taken(self._turn(route, request, source, work), work, len(request.body))
            del request  # while this waits for the disk, the next requests are read into the memory that is still in the processor's cache
            if not turned.arrival.items and not turned.arrival.quarantined:
                return self._nothing(route, turned, note, source, headers.get(b"origin", b""))
            return await self._keep(route, turned, note, headers.get(b"origin", b""))
        except Refused as refused:
            raise self._refused(source, refused) from None
        finally:
            self._traffic.short -= work.short

    async def _read(
        self, scope: Scope, route: Route, headers: dict[bytes, bytes], receive: Receive, declared: int | None
    ) -> tuple[KeyHolder | None, bytes, Refused | None]:
        """The source where headers or query name it, the body, and what is wrong. The body is read to its end, but kept only where nothing is wrong."""
        source: KeyHolder | None = None
        problem: Refused | None = None
        try:
            if route.hook:
                source = self._hook(route.hook).holder
            key = "" if route.own_key else key_in_headers(headers.get(b"authorization", b""), scope["query_string"])
            if key:
                source = holder(self._directory, key, b"origin" in headers)
            if not route.any_media:
                check_media(headers.get(b"content-type", b""))
        except Refused as refused:
            problem = refused
        try:
            body = await self._watch.read(receive, declared, keep=problem is None)
        except Refused as refused:
            return source, b"", problem or refused
        return source, body, problem

    def _hook(self, token: str) -> HookHolder:
        """A webhook. Errors: Refused(404), the same answer whatever is wrong with the address."""
        found = self._directory.hook(token)
        if found is None or not found.holder.enabled:
            raise Refused(404, "unknown_hook", "there is no webhook at this address, or it is switched off")
        return found

    def _refused(self, source: KeyHolder | None, refused: Refused) -> Refused:
        """Count a request that was refused whole."""
        self._statistics[f"refused_{refused.reason}"] += 1
        source = source or refused.source
        if source is not None:
            if source.policy.rate and refused.reason != Reason.RATE_LIMITED:
                self._rates.charge(source, 1, self._clock.now())
            self._committer.count(source.workspace, source.source, {refused.reason: 1})
            self.recent.refused(source.workspace, source.source, self._clock.now(), refused.reason, refused.message, refused.body)
        return refused

    async def _taken(self, steps: Steps[Made], work: _Work, size: int) -> Made:
        """What comes of steps between which others are looked after. Errors: Full where too much waits for another thread, a body of `size` bytes included."""
        done = _step(steps, work)
        if not isinstance(done, bool):
            return done
        self._traffic.short -= 1
        work.short = False
        if not done:
            return await self._finished(steps, work, done)
        if self._lane_bytes and self._lane_bytes + size > LANE_BYTES:
            raise Full("too many large bodies are waiting for each other")
        self._lane_bytes += size
        try:
            async with self._lane:
                await asyncio.to_thread(_paced_step, steps, work, self._traffic)
                return await self._finished(steps, work, done=False)
        finally:
            self._lane_bytes -= size

    async def _finished(self, steps: Steps[Made], work: _Work, done: bool | Made) -> Made:
        while isinstance(done, bool):
            await asyncio.sleep(LET_BY_SECONDS if self._traffic.short else 0)
            done = _step(steps, work)
        return done

    def _turn(self, route: Route, request: Request, source: KeyHolder | None, work: _Work) -> Steps[Made]:
        """Who sends, and what becomes of each call. Not part of the coroutine, so that the calls are let go of before it waits for the disk."""
        opened = Laborious() if len(request.body) > LARGE_BYTES else _opened(route, request)
        if isinstance(opened, Laborious):
            yield True
            opened = _opened(route, request)
            yield False
        try:
            if not isinstance(opened, Opened):
                raise opened
            if source is None:
                source = holder(self._directory, opened.key, b"origin" in request.headers)
            now = self._clock.now()
            if source.policy.rate:
                self._rates.take(source, len(opened.calls), now)
            agent = request.headers.get(b"user-agent", b"").decode("latin-1") if b"origin" in request.headers else ""
            turned = yield from Intake(source, now, route.kind, route.historical or opened.historical, agent=agent).steps(opened, self._names)
        except Refused as refused:
            refused.body, refused.source = request.body[:PAYLOAD_BYTES], source
            if source is not None and request.hook is not None:
                self.heard.refused(source, request, refused)
            raise
        if request.hook is not None and request.method == "POST":
            self.heard.taken(source, request, opened.calls, turned)
        if turned.others:
            work.bad = 2 * len(turned.others) > len(opened.calls) and not wished(turned.others)
            self.recent.lost((source.workspace, source.source), now, turned.others, opened.calls, request.body)
        return source, turned, opened.note

    def _nothing(self, route: Route, turned: Turned, note: Any, source: KeyHolder, origin: bytes) -> Answer:
        """The answer where there is nothing for the log."""
        if turned.arrival.counts:
            self._committer.count(source.workspace, source.source, turned.arrival.counts)
        if route.reply is not None:
            return answers.reply(route.reply(note, answers.results(turned, None)), origin)
        if not turned.arrival.counts and not turned.others:
            return answers.success(origin)
        if wished(turned.others):
            return answers.answer(200, {"success": True, "results": answers.results(turned, None)}, origin)
        return answers.refusal(answers.nothing_kept(turned), origin, answers.results(turned, None))

    async def _keep(self, route: Route, turned: Turned, note: Any, origin: bytes) -> Answer:
        """The answer once the arrival is durable. Errors: Full."""
        appended = await self._committer.submit(turned.arrival)
        self._statistics["facts"] += appended.kept
        if appended.duplicates:
            self.recent.repeated(turned.arrival, self._clock.now(), appended)
        if route.reply is not None:
            self._statistics["duplicates"] += len(appended.duplicates)
            return answers.reply(route.reply(note, answers.results(turned, appended)), origin)
        if not turned.others and not appended.duplicates and not appended.conflicts:
            return answers.success(origin)
        self._statistics["duplicates"] += len(appended.duplicates)
        return answers.answer(200, {"success": True, "results": answers.results(turned, appended)}, origin)

    def _salt(self) -> bytes:
        """The secret of this UTC day."""
        return blake2b(b"%d" % (self._clock.now() // DAY), key=self._secret[:64]).digest()

    def _route(self, path: str) -> Route | None:
        return self._routes.get(path) or self._find(path)

    def _find(self, path: str) -> Route | None:
        """A route whose path has parameters."""
        for protocol in self._protocols:
            route = protocol.find(path)
            if route is not None:
                return route
        return None

    def _document(self, path: str) -> Document | None:
        for protocol in self._protocols:
            document = protocol.document(path)
            if document is not None:
                return document
        return None

    def _fetch(self, scope: Scope, path: str, headers: dict[bytes, bytes]) -> Answer:
        """A document that a client fetches before it sends."""
        origin = headers.get(b"origin", b"")
        if scope["method"] in ("GET", "HEAD"):
            if self._snippet.handles(path):
                return self._snippet.serve(path, scope["query_string"], scope["headers"])
            if (script := scripts.find(path)) is not None:
                return scripts.serve(script, scope["headers"])
        document = self._document(path)
        if document is None:
            raise Refused(404, "not_found", f"there is nothing at {path[:100]}")
        if scope["method"] not in document.methods:
            raise Refused(405, "method_not_allowed", f"{scope['method']} is not read here; send {' or '.join(sorted(document.methods))}")
        if document.key:
            holder(self._directory, document.key, bool(origin))
        request = Request("GET", path, scope["query_string"], headers, b"", scope.get("scheme", "http"))
        made = document.make(request)
        if type(made) is Reply:
            return answers.reply(made, origin)
        return answers.answer(200, made, origin, [(b"cache-control", b"no-cache")])


def _inflated(body: bytes, encoding: bytes, work: _Work) -> bytes:
    """Errors: Refused(400, 413, 415)."""
    began = thread_time()
    try:
        return inflated(body, encoding)
    finally:
        work.cpu = thread_time() - began


def _opened(route: Route, request: Request) -> Opened | Refused | Laborious:
    try:
        return route.open(request)
    except (Refused, Laborious) as why:
        return why


def _step(steps: Steps[Made], work: _Work) -> bool | Made:
    """Take one step, and add up what it cost: whether the next is for another thread, or what came of all."""
    began = thread_time()
    try:
        return next(steps)
    except StopIteration as end:
        made: Made = end.value
        return made
    finally:
        work.cpu += thread_time() - began


def _paced_step(steps: Steps[Made], work: _Work, traffic: Traffic) -> bool | Made:
    """A step in another thread."""
    keep(Pace(traffic))
    return _step(steps, work)


def _headers(pairs: Sequence[tuple[bytes, bytes]], everything: bool = False) -> dict[bytes, bytes]:
    """The headers that are read here, or all. Errors: Refused(400) for one of the former twice with different values, and for line breaks."""
    out: dict[bytes, bytes] = {}
    for name, value in pairs:
        if everything or name in _READ:
            if name in out and out[name] != value and name in _READ and name not in _ANY:
                raise Refused(400, "bad_header", f"two different {name.decode()} headers")
            out[name] = value
    whole = b" ".join(out.values())
    if b"\r" in whole or b"\n" in whole or b"\0" in whole:
        raise Refused(400, "bad_header", "a header holds a line break or NUL")
    return out


def client_of(scope: Scope, headers: dict[bytes, bytes]) -> str:
    """The address a request came from; the last one of X-Forwarded-For where a proxy on this machine or in a private network passed it on."""
    found = scope.get("client")
    peer = str(found[0]) if found else ""
    passed_on = headers.get(b"x-forwarded-for", b"")
    if not passed_on:
        return peer
    try:
        if not ip_address(peer.partition("%")[0]).is_private:
            return peer
        return str(ip_address(passed_on.rpartition(b",")[2].strip().decode("ascii")))
    except ValueError:
        return peer


def _declared(headers: dict[bytes, bytes]) -> int | None:
    """Content-Length. Errors: Refused(400) beside Transfer-Encoding, or where it is no number."""
    length = headers.get(b"content-length")
    if length is None:
        return None
    if b"transfer-encoding" in headers:
        raise Refused(400, "bad_header", "Content-Length and Transfer-Encoding exclude each other")
    if not length.isdigit() or len(length) > 15:
        raise Refused(400, "bad_header", "Content-Length is no number")
    return int(length)
