"""The child that fills templates: Liquid on plain dicts with every limit set, MJML by mrml; reads and writes one JSON line a message."""

import json
import resource
import sys
from functools import lru_cache
from typing import Any, Final

import mrml
from liquid import BoundTemplate, DictLoader, Environment, Mode, StrictUndefined
from liquid.exceptions import LiquidError

MEMORY_BYTES: Final = 256 * 1024 * 1024
CPU_SECONDS: Final = 3
LONGEST_LINE: Final = 2 * 1024 * 1024
TAGS: Final = ("if", "unless", "case", "for", "break", "continue", "assign", "comment", "content", "output", "illegal", "#")
FILTERS: Final = (
    "default", "upcase", "downcase", "capitalize", "strip", "truncate", "size", "first", "last", "join", "escape", "url_encode",
    "plus", "minus", "times", "divided_by", "round",
)  # fmt: skip


class Limited(Environment):
    """Liquid without a loader, with a closed list of tags and filters, and a limit on everything. A name that is not there is an error."""

    block_nesting_limit = 12
    context_depth_limit = 12
    loop_iteration_limit = 2_000
    local_namespace_limit = 64 * 1024
    output_stream_limit = 512 * 1024


@lru_cache(maxsize=2)
def environment(html: bool) -> Environment:
    """The environment for HTML (values escaped) or for text (values as they are)."""
    env = Limited(tolerance=Mode.STRICT, loader=DictLoader({}), undefined=StrictUndefined, strict_filters=True, autoescape=html)
    env.tags = {name: tag for name, tag in env.tags.items() if name in TAGS}
    env.filters = {name: function for name, function in env.filters.items() if name in FILTERS}
    return env


@lru_cache(maxsize=256)
def template(source: str, html: bool) -> BoundTemplate:
    """A parsed template. MJML becomes HTML before Liquid sees it, so that no value can ever be read as markup."""
    if html:
        source = mrml.to_html(source, None, mrml.RenderOptions(disable_comments=True, fonts={})).content
    return environment(html).from_string(source)


def render(sources: dict[str, str], data: dict[str, Any]) -> dict[str, str]:
    """Each part filled with the data; the part named html is MJML, and may use the preheader rendered before it."""
    out: dict[str, str] = {}
    for name, source in sources.items():
        if name != "html":
            out[name] = template(source, False).render(**data)
    if "html" in sources:
        out["html"] = template(sources["html"], True).render(**data, preheader=out.get("preheader", ""))
    return out


def answer(line: bytes) -> dict[str, Any]:
    """The reply to one request: the parts, or the error in words for the author of the template."""
    try:
        request = json.loads(line)
        return {"parts": render(request["sources"], request["data"])}
    except LiquidError as error:
        return {"error": f"{type(error).__name__}: {error}"[:1_000]}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, MemoryError, OSError) as error:
        return {"error": f"{type(error).__name__}: {error}"[:1_000]}


def allow_cpu(seconds: int) -> None:
    """Let this process use that much more CPU time; the kernel ends it when it takes more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, resource.RLIM_INFINITY))


def main() -> None:
    """Serve requests from standard input until it closes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in iter(lambda: sys.stdin.buffer.readline(LONGEST_LINE), b""):
        allow_cpu(CPU_SECONDS)
        sys.stdout.buffer.write(json.dumps(answer(line)).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
