"""What a server says is read without believing it."""

import pytest

from sojourn.adapters.s3.bucket import _xml

LIST = '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><KeyCount>0</KeyCount></ListBucketResult>'
ENTITIES = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_list_is_read(encoding):
    root = _xml(LIST.encode(encoding))
    assert root is not None
    assert root.findtext("{*}KeyCount") == "0"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_what_declares_entities_is_not_read_in_whichever_letters(encoding):
    assert _xml(ENTITIES.encode(encoding)) is None


def test_what_calls_itself_otherwise_encoded_is_read_as_what_it_is():
    assert _xml(b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>') is None
    root = _xml(b'<?xml version="1.0" encoding="utf-16"?><a>\xc3\xa4</a>')
    assert root is not None
    assert root.text == "\u00e4"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<a>", b"\0" * 40, b"<html><br></html>"])
def test_what_is_no_xml_is_nothing(body):
    assert _xml(body) is None
