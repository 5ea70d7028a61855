"""The project's settings: checked by Django itself, and under an https address."""

import json
import os
import subprocess
import sys

_ASK = """
import json
from sojourn.runtime import django_settings as s
import django
django.setup()
from django.core.management import call_command
call_command("check", "--deploy", "--fail-level", "WARNING", verbosity=0)
from django.core.management.base import SystemCheckError
print(json.dumps({k: getattr(s, k) for k in ("HTTPS", "HSTS", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE",
    "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG")}))
"""


def ask(tmp_path, **environment):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("SOJOURN_")}
    env = {**clean, "SOJOURN_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "sojourn.runtime.django_settings", **environment}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _ASK], env=env, capture_output=True, text=True, timeout=60, check=False)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else done.stderr


def test_under_https_cookies_are_bound_to_the_host_and_https_is_for_good(tmp_path):
    said = ask(tmp_path, SOJOURN_PUBLIC_URL="https://cx.example.com", SOJOURN_BIND="127.0.0.1:9000")
    assert said == {
        "HTTPS": True,
        "HSTS": "max-age=31536000; includeSubDomains",
        "SESSION_COOKIE_NAME": "__Host-sojourn",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-sojourn-csrf",
        "CSRF_COOKIE_SECURE": True,
        "ALLOWED_HOSTS": ["127.0.0.1", "[::1]", "cx.example.com", "localhost"],
        "CSRF_TRUSTED_ORIGINS": ["https://cx.example.com"],
        "DEBUG": False,
    }


def test_every_page_has_hsts_under_https_and_none_under_http(settings, db):
    from django.test import Client

    assert not Client().get("/accounts/login/").has_header("Strict-Transport-Security")
    settings.HSTS = "max-age=31536000; includeSubDomains"
    assert Client().get("/accounts/login/")["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_a_request_for_another_host_is_refused(db):
    from django.test import Client

    assert Client().get("/accounts/login/", HTTP_HOST="evil.example").status_code == 400


def test_the_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    assert isinstance(ask(tmp_path), (dict, str))
    secret = tmp_path / "secret"
    first = secret.read_text()
    assert secret.stat().st_mode & 0o777 == 0o600
    ask(tmp_path)
    assert secret.read_text() == first
