"""Settings of the machine: what is meant is taken, what is wrong is refused by the name of its variable."""

import pytest

from sojourn.runtime.settings import read
from sojourn.terms.refusals import Code, Refusal


@pytest.mark.parametrize(
    ("bind", "host", "port", "public"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000, "http://127.0.0.1:8000"),
        ("[::1]:8956", "::1", 8956, "http://[::1]:8956"),
        ("[::]:80", "::", 80, "http://[::]:80"),
        ("cx.internal:8080", "cx.internal", 8080, "http://cx.internal:8080"),
    ],
)
def test_an_address_to_listen_on_is_host_and_port(bind, host, port, public):
    found = read({"SOJOURN_BIND": bind})
    assert (found.host, found.port, found.public_url) == (host, port, public)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(
            ("SOJOURN_BIND", value)
            for value in ("8000", ":8000", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:²", "::1:8956", "[::1:8956", "[:80")
        ),
        *(("SOJOURN_BIND", value) for value in ("*:8000", "a b:80", " :80", "http://127.0.0.1:8000", "a/b:80", "127.0.0.1:8000 ", "u@h:80", "[x]:80")),
        *(
            ("SOJOURN_PUBLIC_URL", value)
            for value in ("http://[", "https://", "ftp://x", "http://exa mple.com", "http://x:abc", "http://x:99999", "//x", "http://u:p@x")
        ),
        ("SOJOURN_PUBLIC_URL", "https://x?y=1"),
        *(("SOJOURN_SMTP", value) for value in ("smtp://[", "smtp://", "smtp://h:99999", "smtp://h:abc", "mail.example.com", "smtp://h:0")),
        *(("SOJOURN_RETENTION_DAYS", value) for value in ("27", "-1", "²", "1e3", "3.5", "99999999999999999999")),
        ("SOJOURN_HOME", " "),
        ("SOJOURN_HOME", "/dev/null"),
        ("SOJOURN_HOME", "~nobody-of-that-name/data"),
        ("SOJOURN_LOG_FORMAT", "JSON"),
        ("SOJOURN_DATABASE", "postgres://x"),
        ("SOJOURN_BIN", "127.0.0.1:8000"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_name(variable, value):
    with pytest.raises(Refusal) as refused:
        read({variable: value})
    assert refused.value.code == Code.BAD_VALUE
    assert variable in refused.value.message


def test_home_may_have_blanks_and_letters_of_any_language_and_begin_at_ones_own(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read({"SOJOURN_HOME": "~/Größe 東京"}).database_path == tmp_path / "Größe 東京" / "sojourn.sqlite"
