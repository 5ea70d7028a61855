"""JMESPath within bounds: an expression that a member wrote is evaluated between requests, so none may take long or grow large.

Every step of an evaluation costs one of a budget, and whatever is linear in a value is paid for by that value's size before it is done. Three things of the
language can double a value at every step (`[@,@]`, `[]` and `join`); comparing or printing what they made is paid for as a tree.
"""

from functools import lru_cache
from math import isfinite
from typing import Any, Final

from jmespath import exceptions, functions, parser, visitor

from sojourn.terms.hooks import EXPRESSION_CHARACTERS

STEPS: Final = 20_000
"""Steps of all expressions of one call together: some tens of milliseconds at the very worst."""

_FAILED: Final = (exceptions.JMESPathError, RecursionError, ValueError, OverflowError, TypeError)


class BadExpression(Exception):
    """An expression that cannot be read or evaluated; the text says why."""


class Budget:
    """Steps that are left."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Pay. Errors: BadExpression where there is not enough."""
        self.left -= steps
        if self.left < 0:
            raise BadExpression("the expressions take too many steps on this call; make them smaller")

    def spend_tree(self, value: Any) -> None:
        """Pay for everything inside a value, each part as often as it is in it."""
        waiting = [value]
        while waiting:
            part = waiting.pop()
            self.spend(1 + (len(part) >> 6 if isinstance(part, str) else 0))
            if isinstance(part, list):
                self.spend(len(part))
                waiting += part
            elif isinstance(part, dict):
                self.spend(len(part))
                waiting += part.values()


class _Interpreter(visitor.TreeInterpreter):  # type: ignore[misc]  # the library has no types
    """The library's interpreter, which pays."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._budget.spend(1)
        return super().visit(node, *args, **kwargs)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self._budget.spend(sum(len(part) if isinstance(part, list) else 1 for part in base))
        return super().visit_flatten({"children": [{"type": "literal", "value": base}]}, value)

    def visit_slice(self, node: Any, value: Any) -> Any:
        if isinstance(value, list):
            self._budget.spend(len(value) >> 3)
        return super().visit_slice(node, value)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        sides = [self.visit(child, value) for child in node["children"]]
        for side in sides:
            self._budget.spend_tree(side)
        literals = [{"type": "literal", "value": side} for side in sides]
        return super().visit_comparator({"value": node["value"], "children": literals}, value)

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        given = [self.visit(child, value) for child in node["children"]]
        for one in given:
            self._budget.spend_tree(one)
        if node["value"] == "join" and len(given) == 2 and isinstance(given[0], str) and isinstance(given[1], list):
            self._budget.spend(len(given[0]) * len(given[1]) >> 6)
        return _FUNCTIONS.call_function(node["value"], given)


_FUNCTIONS: Final = functions.Functions()


@lru_cache(maxsize=2048)
def _parsed(expression: str) -> Any:
    return parser.Parser().parse(expression).parsed


def check(expression: str) -> None:
    """Errors: BadExpression where it is too long or no JMESPath."""
    if len(expression) > EXPRESSION_CHARACTERS:
        raise BadExpression(f"an expression has at most {EXPRESSION_CHARACTERS} characters")
    try:
        _parsed(expression)
    except _FAILED as failed:
        raise BadExpression(_said(failed)) from None


def evaluate(expression: str, value: Any, budget: Budget) -> Any:
    """What an expression finds in a decoded JSON value, as JSON; None where there is nothing. Errors: BadExpression."""
    check(expression)
    try:
        found = _Interpreter(budget).visit(_parsed(expression), value)
        budget.spend_tree(found)
        return _json(found)
    except _FAILED as failed:
        raise BadExpression(_said(failed)) from None


def _json(value: Any) -> Any:
    """The value as JSON can hold it: sums and `to_number` may go beyond what a double holds, and `&x` is an expression, no value. Errors: BadExpression."""
    if isinstance(value, dict):
        return {key: _json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_json(part) for part in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    raise BadExpression("it finds an expression, no value: & stands only before what sort_by and its like go by")


def _said(failed: BaseException) -> str:
    """What is wrong, and where; else the first line of what the library says: the others draw an arrow below the expression."""
    if isinstance(failed, RecursionError):
        return "it is nested too deep"
    if isinstance(failed, exceptions.JMESPathTypeError):
        return f"{failed.function_name}() was given {failed.actual_type}"  # its own text would print the value, whatever its size
    if isinstance(failed, exceptions.ArityError):
        # A ParseError by name, but found while evaluating: it has no place in the expression.
        given = failed.actual_arity
        return f"{failed.function_name}() was given {given} {'value' if given == 1 else 'values'}, which is not as many as it takes"
    if isinstance(failed, exceptions.LexerError):
        return f"what begins at character {failed.lex_position + 1} is not understood: {str(failed.token_value)[:40]}"
    if isinstance(failed, exceptions.IncompleteExpressionError) or (isinstance(failed, exceptions.ParseError) and failed.token_type.lower() == "eof"):
        return "it is not finished"
    if isinstance(failed, exceptions.ParseError):
        return f"“{str(failed.token_value)[:40]}” does not fit at character {failed.lex_position + 1}"
    first = str(failed).partition("\n")[0].strip()
    return first[:200] or "it is no JMESPath expression"
