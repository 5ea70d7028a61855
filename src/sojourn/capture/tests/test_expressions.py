"""What a member reads of an expression that cannot be read."""

import pytest

from sojourn.capture.protocols.hooks_expressions import BadExpression, check


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
