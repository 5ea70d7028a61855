"""Settings: environment variables SOJOURN_*, read once into one typed tree; bad values are refused loudly."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from sojourn.terms.refusals import Code, Refusal


class Settings(msgspec.Struct, frozen=True):
    """Everything the machine decides; what a workspace decides lives in its own settings."""

    home: Path
    bind: str  # host:port of the front
    public_url: str  # as customers and staff reach it
    database: str  # empty: embedded SQLite under home
    log: str
    lake: str
    catalog: str
    smtp: str  # smtp://user:password@host:port, smtps://…; empty: built-in mailbox
    log_format: str  # text | json
    retention_days: int  # how long the log keeps what engine and lake have taken in

    @property
    def database_path(self) -> Path:
        """The SQLite file of Django and the engine."""
        return self.home / "sojourn.sqlite"

    @property
    def log_path(self) -> Path:
        """The SQLite file of the log."""
        return self.home / "log.sqlite"

    @property
    def lake_path(self) -> Path:
        """The folder of the lake: catalog.sqlite and data/."""
        return self.home / "lake"

    @property
    def locks_path(self) -> Path:
        """The folder of the loops' lock files."""
        return self.home / "locks"

    @property
    def host(self) -> str:
        """The host part of `bind`."""
        return self.bind.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port part of `bind`."""
        return int(self.bind.rpartition(":")[2])


MEANING: Final[dict[str, str]] = {
    "SOJOURN_HOME": "Folder for all data. Default: ./sojourn-data.",
    "SOJOURN_BIND": "Address and port to listen on. Default: 127.0.0.1:8000.",
    "SOJOURN_PUBLIC_URL": "The address under which customers and staff reach Sojourn; links in messages start with it. Default: http:// and SOJOURN_BIND.",
    "SOJOURN_DATABASE": "URL of the database. Only the embedded SQLite exists today; leave it unset.",
    "SOJOURN_LOG": "URL of the log. Only the embedded SQLite log exists today; leave it unset.",
    "SOJOURN_LAKE": "URL of the lake's files. Only a folder under SOJOURN_HOME exists today; leave it unset.",
    "SOJOURN_CATALOG": "URL of the lake's catalog. Only SQLite exists today; leave it unset.",
    "SOJOURN_SMTP": "Mail server: smtp://user:password@host:587 (STARTTLS), smtps://host:465, smtp+plain://127.0.0.1:25 (no TLS). Unset: the built-in mailbox.",
    "SOJOURN_LOG_FORMAT": "text or json. Default: text on a terminal, else json.",
    "SOJOURN_RETENTION_DAYS": "Days the log keeps what the engine and the lake have taken in; at least 28. Default: 90.",
}

_HOST: Final = re.compile(r"[^\s/\\*@\[\]]+")


def read(environment: Mapping[str, str] | None = None, terminal: bool = False) -> Settings:
    """Read the settings. Errors: Refusal(BAD_VALUE) that names the variable and what it takes; unknown SOJOURN_* variables are refused too."""
    env = os.environ if environment is None else environment
    unknown = sorted(k for k in env if k.startswith("SOJOURN_") and k not in MEANING)
    if unknown:
        raise Refusal(Code.BAD_VALUE, f"unknown setting {unknown[0]}; the settings are {', '.join(sorted(MEANING))}")
    for name in ("SOJOURN_DATABASE", "SOJOURN_LOG", "SOJOURN_LAKE", "SOJOURN_CATALOG"):
        if env.get(name):
            raise Refusal(Code.BAD_VALUE, f"{name} is set, but only the embedded default exists in this version; unset it")
    bind = env.get("SOJOURN_BIND") or "127.0.0.1:8000"
    if not _is_bind(bind):
        raise Refusal(Code.BAD_VALUE, f"SOJOURN_BIND={bind} must be host:port, such as 127.0.0.1:8000, 0.0.0.0:8000 or [::1]:8000")
    public = (env.get("SOJOURN_PUBLIC_URL") or f"http://{bind}").rstrip("/")
    if not _is_address(public, ("http", "https"), plain=True):
        raise Refusal(Code.BAD_VALUE, f"SOJOURN_PUBLIC_URL={public} must be an http or https address, such as https://cx.example.com")
    smtp = env.get("SOJOURN_SMTP", "")
    if smtp and not _is_address(smtp, ("smtp", "smtps", "smtp+plain")):
        raise Refusal(Code.BAD_VALUE, "SOJOURN_SMTP must be smtp://user:password@host:587, smtps://host:465 or smtp+plain://host:25")
    log_format = env.get("SOJOURN_LOG_FORMAT") or ("text" if terminal else "json")
    if log_format not in ("text", "json"):
        raise Refusal(Code.BAD_VALUE, f"SOJOURN_LOG_FORMAT={log_format} must be text or json")
    days = env.get("SOJOURN_RETENTION_DAYS") or "90"
    if not _is_number(days, 28, 36_500):
        raise Refusal(Code.BAD_VALUE, f"SOJOURN_RETENTION_DAYS={days} must be a whole number of 28 to 36,500")
    return Settings(
        home=_home(env.get("SOJOURN_HOME") or "sojourn-data"),
        bind=bind,
        public_url=public,
        database="",
        log="",
        lake="",
        catalog="",
        smtp=smtp,
        log_format=log_format,
        retention_days=int(days),
    )


def _home(said: str) -> Path:
    try:
        path = Path(said).expanduser().absolute()
    except (RuntimeError, OSError) as error:  # whose home ~ is cannot be found out, or this folder is gone
        raise Refusal(Code.BAD_VALUE, f"SOJOURN_HOME={said} cannot be found ({error}); give the whole path of the folder") from error
    if said != said.strip() or (path.exists() and not path.is_dir()):
        raise Refusal(Code.BAD_VALUE, f"SOJOURN_HOME={said} must be a folder, or nothing yet")
    return path


def _is_bind(said: str) -> bool:
    host, _, port = said.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]") and ":" in host
    named = bracketed or (host and ":" not in host and "/" not in host)
    return bool(named) and _is_number(port, 1, 65_535) and _is_address(f"http://{said}", ("http",), plain=True)


def _is_address(said: str, schemes: tuple[str, ...], *, plain: bool = False) -> bool:
    """Whether it is a URL with a host that may be one; a `plain` one names neither a user nor a question."""
    try:
        parts = urlsplit(said)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if plain and (parts.username is not None or parts.query or parts.fragment):
        return False
    return parts.scheme in schemes and port != 0 and _HOST.fullmatch(host) is not None


def _is_number(said: str, least: int, most: int) -> bool:
    return said.isascii() and said.isdecimal() and len(said) < 10 and least <= int(said) <= most
