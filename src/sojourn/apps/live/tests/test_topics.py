"""What may be watched."""

import pytest

from sojourn.apps.live.topics import MOST_TOPICS, parse, person_of
from sojourn.terms.refusals import Code, Refusal


def test_pages_people_and_sources_may_be_watched_and_doubles_count_once():
    assert parse("people,home,person:17,source:3,people") == {"people", "home", "person:17", "source:3"}


@pytest.mark.parametrize(
    "text", ["", ",", "mice", "person:", "person:0", "person:-1", "person:x", "person:1x", "source:", f"person:{2**63}", "person:١", "people;home"]
)
def test_anything_else_is_refused_with_what_there_is(text):
    with pytest.raises(Refusal) as refused:
        parse(text)
    assert refused.value.code == Code.BAD_VALUE
    assert "person:<id>" in refused.value.message


def test_a_stream_watches_so_many_topics_and_no_more():
    most = ",".join(f"person:{number + 1}" for number in range(MOST_TOPICS))
    assert len(parse(most)) == MOST_TOPICS == 40
    with pytest.raises(Refusal, match="at most 40 topics; 41"):
        parse(f"{most},people")


def test_only_a_persons_topic_names_a_person():
    assert person_of("person:17") == 17
    assert person_of("source:17") is None
    assert person_of("people") is None
