"""Formulas in mappings: a small, safe expression language (simpleeval).

Only the record's own values go in, as numbers, texts and dates; there is no attribute
access, no import, no call but those listed. Numbers are Decimal throughout.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from connectors.sdk.errors import MappingError
from connectors.sdk.records import Fields, Scalar

MAX_LENGTH = 500


def _number(value: Any) -> Decimal:
    text = str(value).strip()
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        raise ValueError(f"“{text}” is not a number") from None


def _round(value: Decimal, places: Any = 0) -> Decimal:
    # Half up, as the transform of that name does.
    return value.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "len": len,
    "round": _round,
    "upper": lambda text: str(text).upper(),
    "lower": lambda text: str(text).lower(),
    "number": _number,
    "text": str,
}


class _Exact(ast.NodeTransformer):
    """Turns number literals into Decimals: 0.1 in a formula means one tenth."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            exact = ast.Constant(Decimal(str(node.value)))  # type: ignore[arg-type]
            return ast.copy_location(exact, node)
        return node


def _parse(formula: str) -> ast.expr:
    if len(formula) > MAX_LENGTH:
        raise ValueError(f"Keep the formula under {MAX_LENGTH} characters.")
    try:
        tree = ast.parse(formula.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ValueError(f"The formula cannot be read: {error}.") from error
    return tree.body


def names(formula: str) -> set[str]:
    """The field names a formula reads; none when it cannot be read."""
    try:
        tree = _parse(formula)
    except ValueError:
        return set()
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found - set(_FUNCTIONS) - {"True", "False", "None"}


def prepare(formula: str) -> Callable[[Scalar, Fields], Scalar]:
    """Parse once; the step evaluates per record.

    Raises ValueError for what cannot be a formula, the step MappingError for what it
    cannot compute with this record.
    """
    tree = _parse(formula)
    read = names(formula)
    _refuse_forbidden(tree)
    exact = ast.fix_missing_locations(_Exact().visit(tree))

    def step(value: Scalar, fields: Fields) -> Scalar:
        known = {name: _operand(fields.get(name)) for name in read}
        known["value"] = _operand(value)
        try:
            # One evaluator per call: it keeps state and workers have threads.
            evaluator = SimpleEval(functions=_FUNCTIONS, names=known)
            return _result(evaluator.eval(formula, previously_parsed=exact))
        except ZeroDivisionError:
            raise MappingError(f"The formula {formula} divides by zero.") from None
        except InvalidOperation:
            # Decimal's own word for 0 / 0, for x % 0 and for numbers out of range.
            raise MappingError(
                f"The formula {formula} divides by zero or runs out of range."
            ) from None
        except (InvalidExpression, ArithmeticError, TypeError, ValueError) as error:
            raise MappingError(f"The formula {formula} fails: {error}.") from error

    return step


_ALLOWED = (
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name,
    ast.Constant, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip


def _refuse_forbidden(tree: ast.expr) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED) or isinstance(node, ast.keyword):
            raise ValueError(  # noqa: TRY004 - about the text, not a type
                f"{type(node).__name__} is not allowed in a formula."
            )
        if isinstance(node, ast.Call) and (
            not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS
        ):
            raise ValueError(f"Only these can be called: {', '.join(_FUNCTIONS)}.")


def _operand(value: Scalar) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return "" if value is None else value


def _result(value: Any) -> Scalar:
    if isinstance(value, float):
        return Decimal(str(value))
    return (
        value if value is None or isinstance(value, (str, int, Decimal)) else str(value)
    )
