"""The reference page says what the code does."""

import re
from pathlib import Path

from sojourn.capture import limits
from sojourn.capture.protocols.all import PROTOCOLS

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "capture-http.md"


def test_every_limit_is_documented_with_its_value():
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| ([0-9.]+) \|", PAGE.read_text(), re.MULTILINE))
    real = {name: str(value) for name, value in vars(limits).items() if name.isupper() and name not in ("KIB", "MIB")}
    assert documented == real


def test_every_route_is_documented():
    text = PAGE.read_text()
    routes = {path for protocol in PROTOCOLS for path in protocol.routes}
    assert set(re.findall(r"`(?:POST |GET )?(/v1/[a-z/]+)`", text)) == {path for path in routes if path.startswith("/v1/")}
    assert {path for path in routes if f"{path}`" not in text} == set()
