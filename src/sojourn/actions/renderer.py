"""The renderer: templates filled in a child process that may not take long, nor much memory, and is ended when it does."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Any, Final, Self

import msgspec

DEADLINE_SECONDS: Final = 2.0
START_SECONDS: Final = 20.0
_CHUNK: Final = 65_536
_LONGEST_ANSWER: Final = 4 * 1024 * 1024


class RenderFailed(Exception):
    """A template could not be filled. `overrun` where the child took too long or died, which may be the machine's fault and not the template's."""

    def __init__(self, message: str, overrun: bool = False) -> None:
        super().__init__(message)
        self.overrun = overrun


class Rendered(msgspec.Struct, frozen=True):
    """A message's parts, as text."""

    subject: str
    html: str
    text: str
    preheader: str = ""


class Renderer:
    """Fills templates, one at a time. The child is started when first needed, lives on, and is replaced when it overran. Thread-safe."""

    def __init__(self, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def render(self, sources: dict[str, str], data: dict[str, Any]) -> Rendered:
        """Fill `sources` (subject, preheader, text: Liquid; html: MJML with Liquid) with plain data. Errors: RenderFailed."""
        request = json.dumps({"sources": sources, "data": data}).encode() + b"\n"
        with self._lock:
            try:
                reply = json.loads(self._ask(self._running(), request, self._deadline))
            except (OSError, ValueError, TimeoutError) as error:
                self._end()
                raise RenderFailed(f"the template took longer than {self._deadline} s or used too much memory ({error})", overrun=True) from error
        if "error" in reply:
            raise RenderFailed(reply["error"])
        parts = reply["parts"]
        return Rendered(parts.get("subject", ""), parts.get("html", ""), parts.get("text", ""), parts.get("preheader", ""))

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        env = {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry), "PYTHONUTF8": "1", "PATH": os.defpath}
        command = [sys.executable, "-P", "-m", "sojourn.actions.renderer_child"]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, bufsize=0)
        self._ask(self._child, b'{"sources": {"subject": "ready"}, "data": {}}\n', START_SECONDS)
        return self._child

    def _ask(self, child: subprocess.Popen[bytes], request: bytes, seconds: float) -> bytes:
        """One request, one line back. Errors: TimeoutError, OSError when the child is gone, ValueError when it says too much."""
        if child.stdin is None or child.stdout is None:
            raise OSError("no pipes")
        until = time.monotonic() + seconds
        rest, answer = memoryview(request), bytearray()
        os.set_blocking(child.stdin.fileno(), False)
        while not answer.endswith(b"\n"):
            left = until - time.monotonic()
            readable, writable, _ = select.select([child.stdout], [child.stdin] if rest else [], [], max(0.0, left))
            if left <= 0 or not (readable or writable):
                raise TimeoutError(f"no answer within {seconds} s")
            if writable:
                rest = rest[os.write(child.stdin.fileno(), rest[:_CHUNK]) :]
            if readable:
                chunk = os.read(child.stdout.fileno(), _CHUNK)
                if not chunk:
                    raise OSError("the child is gone")
                answer += chunk
                if len(answer) > _LONGEST_ANSWER:
                    raise ValueError("the answer is too long")
        return bytes(answer)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
