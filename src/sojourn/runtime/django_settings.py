"""Settings of the Django project, made from sojourn.runtime.settings."""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF

from sojourn.runtime.settings import read
from sojourn.runtime.soundness import make_folder, secret
from sojourn.terms.seals import Seal

SOJOURN = read()
make_folder(SOJOURN.home)
PUBLIC_URL = SOJOURN.public_url
_PUBLIC = urlsplit(PUBLIC_URL)
HTTPS = _PUBLIC.scheme == "https"

_SECRET = secret(SOJOURN.home / "secret")
SECRET_KEY = hashlib.sha256(_SECRET).hexdigest()
SEAL = Seal(_SECRET)
DEBUG = False
# Whoever listens on every address is reached under names this process cannot know. Links are made from PUBLIC_URL only, never from the Host header.
_NAMES = {str(_PUBLIC.hostname), SOJOURN.host, "localhost", "127.0.0.1", "::1"}
ALLOWED_HOSTS = ["*"] if SOJOURN.host in ("0.0.0.0", "::", "") else sorted(f"[{name}]" if ":" in name else name for name in _NAMES)
ROOT_URLCONF = "sojourn.runtime.urls"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
APPEND_SLASH = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "sojourn.ui",
    "sojourn.apps.home",
    "sojourn.apps.workspace",
    "sojourn.apps.sources",
    "sojourn.apps.hooks",
    "sojourn.apps.tracking",
    "sojourn.apps.streams",
    "sojourn.apps.people",
    "sojourn.apps.messages",
    "sojourn.apps.carts",
    "sojourn.apps.why",
    "sojourn.apps.health",
    "sojourn.apps.live",
    "sojourn.apps.finder",
    "sojourn.apps.demo",
]
MIDDLEWARE = [
    "sojourn.ui.middleware.Headers",
    "sojourn.ui.assets.Assets",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sojourn.apps.workspace.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sojourn.ui.middleware.Refusals",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # `ui` stands before allauth in the search, so that its pages wear our look.
        "DIRS": [Path(__file__).parent.parent / "ui" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sojourn.apps.workspace.context.member",
                "sojourn.ui.context.look",
            ],
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SOJOURN.database_path,
        "OPTIONS": {
            "timeout": 10,
            "transaction_mode": "IMMEDIATE",
            # Checkpoints are the engine's business (adapters/sqlite/checkpoints.py): a page must not wait for one.
            # What is changed or taken away is overwritten: a secret that was replaced must not stay in a free page.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=ON;",
        },
    }
}

# -- who may come in

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # Argon2id
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "sojourn.apps.workspace.sign_in.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False

# -- sessions: half an hour without a click, twelve hours at most (sojourn.apps.workspace.middleware)

SESSION_COOKIE_AGE = 30 * 60
SESSION_LONGEST_SECONDS = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_ENGINE = "sojourn.apps.workspace.sessions"
SESSION_COOKIE_NAME = "__Host-sojourn" if HTTPS else "sojourn"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # a link in a mail to staff must arrive signed in; Strict would show the sign-in page
CSRF_COOKIE_NAME = "__Host-sojourn-csrf" if HTTPS else "sojourn-csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_TRUSTED_ORIGINS = [f"{_PUBLIC.scheme}://{_PUBLIC.netloc}"]
CSRF_FAILURE_VIEW = "sojourn.ui.views.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# -- headers

HSTS = "max-age=31536000; includeSubDomains" if HTTPS else ""
# W004, W021: sojourn.ui.middleware.Headers sends HSTS whenever the public address has https, also behind a proxy that ends TLS; preloading is the
# owner's choice. W008: plain http is answered for the proxy's sake; who comes without https to an https address gets no cookie.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# -- static files: found in the apps, served from memory's list of them, no collecting step; their addresses carry a digest of the content

STATIC_URL = "/static/"
STORAGES = {"staticfiles": {"BACKEND": "sojourn.ui.assets.VersionedStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 31_536_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # Not found, refused and mistyped addresses are everyday business, and their paths may hold tokens.
        "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
        "django.security": {"handlers": [], "level": "ERROR", "propagate": True},
    },
}
