"""Signatures: the examples of Amazon's documentation, letter by letter."""

from datetime import UTC, datetime

from sojourn.adapters.s3.signing import encoded, query, signed

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"


def test_a_part_of_an_object_is_signed_as_in_amazon_s_first_example():
    headers = signed("/test.txt", "", {"host": HOST, "range": "bytes=0-9"}, KEY, SECRET, "us-east-1", NOW)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_a_list_is_signed_as_in_amazon_s_last_example():
    headers = signed("/", query({"prefix": "J", "max-keys": "2"}), {"host": HOST}, KEY, SECRET, "us-east-1", NOW)
    assert headers["authorization"].endswith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")


def test_keys_and_questions_are_encoded_once():
    assert encoded("a b/größe//../c%20&d+e~.csv") == "a%20b/gr%C3%B6%C3%9Fe//../c%2520%26d%2Be~.csv"
    assert query({"prefix": "ü /", "a": "~"}) == "a=~&prefix=%C3%BC%20%2F"
