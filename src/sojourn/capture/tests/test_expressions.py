"""What a member reads of an expression that cannot be read."""

import pytest

from sojourn.capture.protocols.hooks_expressions import BadExpression, Budget, check, evaluate


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("data..[", "“.” does not fit at character 6"),
        ("a b", "“b” does not fit at character 3"),
        ("data.", "it is not finished"),
        ("items[", "it is not finished"),
        ("a.'b", "what begins at character 3 is not understood: 'b"),
        ("#", "what begins at character 1 is not understood: #"),
    ],
)
def test_a_bad_expression_says_where_it_is_bad(expression, said):
    with pytest.raises(BadExpression) as refused:
        check(expression)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("length()", "length() was given 0 values, which is not as many as it takes"),
        ("contains(@)", "contains() was given 1 value, which is not as many as it takes"),
        ("merge()", "merge() was given 0 values, which is not as many as it takes"),
    ],
)
def test_a_function_that_is_given_too_little_is_named(expression, said):
    with pytest.raises(BadExpression) as refused:
        evaluate(expression, {"a": 1}, Budget())
    assert str(refused.value) == said
