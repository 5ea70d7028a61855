import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.terms.seals import MARK, Seal, Unsealable

SEAL = Seal(b"of this installation")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_is_sealed_opens_again_and_shows_nothing(text):
    sealed = SEAL.close(text)
    assert SEAL.open(sealed) == text
    assert sealed.startswith(MARK)
    assert len(text) < 4 or text not in sealed
    assert SEAL.close(text) != sealed, "the same secret twice does not show that it is the same"


def test_nothing_stays_nothing_and_what_was_never_sealed_is_itself():
    assert (SEAL.close(""), SEAL.open(""), SEAL.open("whsec_plain")) == ("", "", "whsec_plain")


@pytest.mark.parametrize(
    "change", [lambda sealed: sealed[:-1], lambda sealed: sealed[:20] + "x" + sealed[21:], lambda _sealed: MARK, lambda sealed: sealed + "é"]
)
def test_what_was_changed_is_not_opened(change):
    with pytest.raises(Unsealable):
        SEAL.open(change(SEAL.close("whsec_1")))


def test_another_installation_opens_nothing():
    with pytest.raises(Unsealable):
        Seal(b"of another").open(SEAL.close("whsec_1"))
