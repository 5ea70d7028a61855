"""Every route of the project with the address to try it under."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """A pattern of the URLconf, such as `people/<str:person>/`, and its view."""

    pattern: str
    view: object

    @property
    def parameters(self) -> list[str]:
        """Names in the pattern."""
        return [part.split(">")[0].split(":")[-1] for part in self.pattern.split("<")[1:]]

    def address(self, values: dict[str, object]) -> str:
        """The address with these values in the pattern's places."""
        out, rest = "/", self.pattern
        while "<" in rest:
            before, _, rest = rest.partition("<")
            name, _, rest = rest.partition(">")
            out += before + str(values[name.split(":")[-1]])
        return out + rest


def routes() -> list[Route]:
    """All routes."""
    return list(_walk("", get_resolver()))


def _walk(prefix: str, resolver: URLResolver) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield Route(prefix + str(entry.pattern), entry.callback)
        else:
            yield from _walk(prefix + str(entry.pattern), entry)
