"""Device, operating system and browser as a user agent names them: coarse words to count by, no versions."""

from functools import lru_cache
from typing import Final

_BOTS: Final = ("bot", "crawl", "spider", "slurp", "headless", "preview", "python-requests", "curl/", "wget/", "lighthouse")
_SYSTEMS: Final = (
    ("windows phone", "Windows Phone"),
    ("windows", "Windows"),
    ("ipad", "iPadOS"),
    ("iphone", "iOS"),
    ("ipod", "iOS"),
    ("android", "Android"),
    ("cros", "ChromeOS"),
    ("mac os x", "macOS"),
    ("macintosh", "macOS"),
    ("darwin", "macOS"),
    ("linux", "Linux"),
)
# The first that fits: nearly every browser also claims to be Safari, and most claim to be Chrome.
_BROWSERS: Final = (
    ("edg/", "Edge"),
    ("edge/", "Edge"),
    ("edga/", "Edge"),
    ("edgios/", "Edge"),
    ("opr/", "Opera"),
    ("opera", "Opera"),
    ("samsungbrowser/", "Samsung Internet"),
    ("yabrowser/", "Yandex"),
    ("vivaldi/", "Vivaldi"),
    ("duckduckgo/", "DuckDuckGo"),
    ("fxios/", "Firefox"),
    ("firefox/", "Firefox"),
    ("crios/", "Chrome"),
    ("fban/", "Facebook"),
    ("fbav/", "Facebook"),
    ("instagram", "Instagram"),
    ("chrome/", "Chrome"),
    ("chromium/", "Chrome"),
    ("msie ", "Internet Explorer"),
    ("trident/", "Internet Explorer"),
    ("safari/", "Safari"),
)


@lru_cache(maxsize=4096)
def classify(user_agent: str) -> tuple[str, str, str]:
    """(device, operating system, browser); device is desktop, mobile, tablet or bot, the others are empty where unknown."""
    agent = user_agent[:1000].lower()
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    if any(sign in agent for sign in _BOTS):
        return "bot", system, browser
    if system == "iPadOS" or "tablet" in agent or (system == "Android" and "mobile" not in agent):
        return "tablet", system, browser
    if system in ("iOS", "Android", "Windows Phone") or "mobi" in agent:
        return "mobile", system, browser
    return ("desktop" if system else ""), system, browser
