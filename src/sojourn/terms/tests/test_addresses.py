"""One spelling for each address, and a key that gives nothing away."""

import hashlib
import hmac

import pytest

from sojourn.terms.addresses import canonical_address, is_reserved, suppression_key


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("Ann@Example.COM", "Ann@example.com"),
        (" ann@example.com. ", "ann@example.com"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"),
        ('"a@b"@example.com', '"a@b"@example.com'),
        ("ann@" + "x" * 70 + ".Example", "ann@" + "x" * 70 + ".example"),
        ("ann@a..b", "ann@a..b"),
        ("Nobody", "Nobody"),
        ("", ""),
    ],
)
def test_the_local_part_stays_and_the_domain_is_lower_case_ascii(given: str, canonical: str) -> None:
    assert canonical_address(given) == canonical
    assert canonical_address(canonical) == canonical


@pytest.mark.parametrize("domain", ["mail.example", "Example", "example.com", "sub.example.ORG.", "example.net", "x.test", "a.invalid", "localhost"])
def test_names_for_examples_are_nobodys(domain: str) -> None:
    assert is_reserved(f"ann@{domain}")


@pytest.mark.parametrize("address", ["ann@counterexample.com", "ann@example.com.evil.io", "ann@example.de", "ann@test.io", "example.com@lamps.io", ""])
def test_all_other_names_may_be_somebodys(address: str) -> None:
    assert not is_reserved(address)


def test_the_key_is_an_hmac_under_the_salt() -> None:
    assert suppression_key(b"salt", "Ann@EXAMPLE.com") == hmac.new(b"salt", b"Ann@example.com", hashlib.sha256).hexdigest()
    assert suppression_key(b"other", "Ann@example.com") != suppression_key(b"salt", "Ann@example.com")
    assert suppression_key(b"salt", "ann@example.com") != suppression_key(b"salt", "Ann@example.com")


def test_a_text_that_is_no_unicode_still_has_a_key() -> None:
    assert len(suppression_key(b"salt", "\ud800@example.com")) == 64
