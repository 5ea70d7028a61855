"""Settings of the Django project, made from sojourn.runtime.settings."""

import hashlib
import os
import secrets
from pathlib import Path

from sojourn.runtime.settings import read

SOJOURN = read()
SOJOURN.home.mkdir(parents=True, exist_ok=True)


def _secret(path: Path) -> str:
    """A secret of this installation, made on the first run, readable by its owner only."""
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = hashlib.sha256(_secret(SOJOURN.home / "secret").encode()).hexdigest()
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "sojourn.runtime.urls"
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "sojourn.apps.workspace",
    "sojourn.apps.sources",
    "sojourn.apps.people",
    "sojourn.apps.messages",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SOJOURN.database_path,
        "OPTIONS": {
            "timeout": 10,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
