"""From an expression tree to named nodes: one operation a node, equal subexpressions one node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic._errors import InvalidArgument, LimitReached

__all__ = ["Node", "build_nodes"]

_MOST_NODES = 200  # a drawing beyond that helps nobody
_LETTERS = ("u", "v", "w", "p", "q", "r", "s", "t")


@dataclass(frozen=True)
class Node:
    """One node of a computation graph.

    Attributes
    ----------
    name : str
        ``"u"``.
    symbol : sympy.Symbol
    definition : sympy.Expr or None
        The operation in the symbols of its operands, ``b*c``; ``None`` for an input.
    operands : tuple of str
        Names of the nodes that the definition uses.
    label : str
        The definition as people write it.
    """

    name: str
    symbol: Any
    definition: Any
    operands: tuple[str, ...]
    label: str

    @property
    def is_input(self) -> bool:
        """Whether the node is a variable of the expression."""
        return self.definition is None


def build_nodes(expression: Any, output: str) -> tuple[Node, ...]:
    """Return the nodes of an expression, operands before what uses them, the output last.

    Parameters
    ----------
    expression : sympy.Expr
        Unevaluated where the order of operations shall stay as written.
    output : str
        Name of the last node.

    Raises
    ------
    InvalidArgument
        If the output's name is already a variable.
    LimitReached
        Beyond 200 nodes.
    """
    return _Builder(expression, output).nodes


class _Builder:
    """Walks the tree once; a definition that was seen before gets the node it has."""

    def __init__(self, expression: Any, output: str) -> None:
        inputs = sorted(expression.free_symbols, key=lambda v: v.name)
        if output in {v.name for v in inputs}:
            raise InvalidArgument(
                f"The output is called {output!r}, and so is a variable of {expression}; expected another name."
            )
        self._by_definition: dict[Any, Any] = {}
        self._nodes: list[Node] = [Node(v.name, v, None, (), v.name) for v in inputs]
        self._fresh = _fresh_names({v.name for v in inputs} | {output})
        definition = self._definition(expression)
        if definition.is_Symbol and len(self._nodes) > len(inputs):
            last = self._nodes.pop()  # the output was named as an inner node
            definition = last.definition
        self._add(definition, output)
        self.nodes = tuple(self._nodes)

    def _add(self, definition: Any, name: str | None = None) -> Any:
        known = self._by_definition.get(definition)
        if known is not None and name is None:
            return known
        if len(self._nodes) >= _MOST_NODES:
            raise LimitReached(f"The graph has more than {_MOST_NODES} nodes; take a smaller expression.")
        symbol = sp.Symbol(name or next(self._fresh), real=True)
        used = {v.name for v in definition.free_symbols}
        operands = tuple(n.name for n in self._nodes if n.name in used)
        self._nodes.append(Node(symbol.name, symbol, definition, operands, _label(definition)))
        self._by_definition[definition] = symbol
        return symbol

    def _visit(self, expr: Any) -> Any:
        """The symbol (or number) that stands for a subexpression."""
        if expr.is_Symbol or expr.is_number:
            return expr
        return self._add(self._definition(expr))

    def _definition(self, expr: Any) -> Any:
        """One operation on symbols and numbers."""
        if expr.is_Symbol or expr.is_number:
            return expr
        inner = _sigmoid_argument(expr)
        if inner is not None:
            return 1 / (1 + sp.exp(-self._visit(inner)))
        if expr.is_Add:
            return sp.Add(*[self._signed(term) for term in expr.args])
        if expr.is_Mul:
            return sp.Mul(*[self._factor(f) for f in _flat_factors(expr)])
        if expr.is_Pow:
            return sp.Pow(self._visit(expr.base), self._visit(expr.exp))
        if isinstance(expr, sp.Max) and len(expr.args) == 2 and 0 in expr.args:
            inside = self._visit(next(a for a in expr.args if a != 0))
            return sp.Piecewise((inside, inside > 0), (0, True))
        if isinstance(expr, sp.Piecewise) or not expr.args or not isinstance(expr, sp.Function):
            return expr  # cases stay one node: its operands are its variables
        return expr.func(*[self._visit(a) for a in expr.args])

    def _signed(self, term: Any) -> Any:
        """A term of a sum; its minus belongs to the sum, not to a node of its own."""
        if term.is_Mul and term.args[0] == -1:
            rest = term.args[1:]
            return -self._visit(rest[0] if len(rest) == 1 else sp.Mul(*rest, evaluate=False))
        return self._visit(term)

    def _factor(self, factor: Any) -> Any:
        """A factor of a product; 1/x divides, it makes no node."""
        if factor.is_Pow and factor.exp == -1:
            return 1 / self._visit(factor.base)
        return self._visit(factor)


def _flat_factors(expr: Any) -> list[Any]:
    """The factors of a quotient of products as one list: (b c)/d is one operation with a division."""
    factors = list(expr.args)
    divides = any(f.is_Pow and f.exp == -1 for f in factors)
    numbers = [f for f in factors if f.is_number]
    if divides and len(factors) - len(numbers) == 2:
        inner = [f for f in factors if f.is_Mul and not f.is_number]
        if len(inner) == 1 and all(g.is_Symbol or g.is_number for g in inner[0].args):
            return [f for f in factors if f is not inner[0]] + list(inner[0].args)
    return factors


def _sigmoid_argument(expr: Any) -> Any:
    """z, where the expression is 1/(1 + exp(-z)); otherwise None."""
    power = next((f for f in expr.args if f.is_Pow), None) if expr.is_Mul else expr
    if expr.is_Mul and not all(f == 1 or f is power for f in expr.args):
        return None
    if power is None or not power.is_Pow or power.exp != -1 or not power.base.is_Add:
        return None
    terms = power.base.args
    exps = [t for t in terms if isinstance(t, sp.exp)]
    if len(terms) != 2 or len(exps) != 1 or sp.Integer(1) not in terms:
        return None
    argument = exps[0].args[0]
    if argument.is_Mul and argument.args[0] == -1:
        rest = argument.args[1:]
        return rest[0] if len(rest) == 1 else sp.Mul(*rest, evaluate=False)
    return None


def _label(definition: Any) -> str:
    from symbolic._printing import to_text

    inner = _sigmoid_argument(definition)
    if inner is not None:
        return f"σ({to_text(inner)})"
    if isinstance(definition, sp.Piecewise) and definition.args[-1][0] == 0 and len(definition.args) == 2:
        value, condition = definition.args[0]
        if condition == (value > 0):
            return f"max(0, {to_text(value)})"
    return to_text(definition).replace("*", "·")


def _fresh_names(taken: set[str]) -> Iterator[str]:
    for suffix in range(10_000):
        for letter in _LETTERS:
            name = letter if suffix == 0 else f"{letter}{suffix}"
            if name not in taken:
                yield name
