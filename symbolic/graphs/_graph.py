"""The computation graph of an expression, with its forward values and its backward derivatives."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn

import sympy as sp

from symbolic._derivation import Derivation, Step
from symbolic._errors import InvalidArgument
from symbolic._printing import to_text
from symbolic.graphs._kinks import has_kink
from symbolic.graphs._nodes import Node, build_nodes

__all__ = ["Graph", "Node", "graph"]

# An inner value beyond the floats may lead back to one that is none: log(1 + exp(1000)). Beyond this, digits run out.
_LARGEST = 20_000  # binary
_NAME = re.compile(r"[^\W\d_]\w*")
_DIGITS = 50  # enough for three times the digits of a float to cancel


@dataclass(frozen=True, eq=False)
class Graph:
    """A computation graph.

    Attributes
    ----------
    nodes : tuple of Node
        Operands before what uses them; the last is the output.
    output : str
        Name of the output.
    expression : sympy.Expr
        The output in the inputs.
    local : mapping of (str, str) to sympy.Expr
        ``local["v", "u"]`` is ∂v/∂u, as SymPy's ``diff`` gives it, in the symbols of the operands.
    derivatives : mapping of str to sympy.Expr
        ``derivatives["u"]`` is dJ/du by the chain rule, in the symbols of the nodes. For the inputs it was
        proved equal to the derivative of the whole expression.
    derivation : Derivation
        The chain rule, node by node from the output back.
    """

    nodes: tuple[Node, ...]
    output: str
    expression: Any
    local: Mapping[tuple[str, str], Any]
    derivatives: Mapping[str, Any]
    derivation: Derivation

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(n.name for n in self.nodes if n.is_input)

    def __getitem__(self, name: str) -> Node:
        """The node of a name."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise InvalidArgument(
            f"The graph has no node {name!r}; it has {', '.join(n.name for n in self.nodes)}."
        )

    def users(self, name: str) -> tuple[str, ...]:
        """Names of the nodes that use a node: one path backwards each."""
        return tuple(n.name for n in self.nodes if name in n.operands)

    def forward(self, values: Mapping[str, Any] | None = None, /, **inputs: Any) -> dict[str, float]:
        """Return the value of every node.

        Parameters
        ----------
        values : mapping, optional
        **inputs : number
            A value for every input, by name: ``forward(a=5, b=3, c=2)``.

        Returns
        -------
        dict of str to float

        Raises
        ------
        InvalidArgument
            If an input is missing or unknown, or a node has no finite real value there.

        Notes
        -----
        Evaluated by SymPy with 50 digits, then rounded once. An inner node beyond the range of float64 is infinite;
        the output has to be finite.
        """
        exact = self._exact(_together(values, inputs))
        return {name: _as_float(v, name, inner=name != self.output) for name, v in exact.items()}

    def backward(self, values: Mapping[str, Any] | None = None, /, **inputs: Any) -> dict[str, float]:
        """Return dJ/d(node) of every node at given inputs.

        Parameters, errors and precision as in `forward`. At a kink of max(0, x) the slope on the left counts.
        """
        _, slopes, _ = self.numbers(_together(values, inputs))
        return {
            name: _as_float(d, f"d{self.output}/d{name}", inner=name not in self.inputs)
            for name, d in slopes.items()
        }

    def kinks(self, values: Mapping[str, Any] | None = None, /, **inputs: Any) -> tuple[str, ...]:
        """Name the nodes that have no derivative by one of their operands at given inputs.

        Examples
        --------
        >>> import symbolic
        >>> g = symbolic.graph("abs(a) + max(0, b)")
        >>> g.kinks(a=0, b=2)
        ('u',)
        """
        exact = self._exact(_together(values, inputs))
        point = {node.symbol: exact[node.name] for node in self.nodes}
        return tuple(
            node.name for node in self.nodes if not node.is_input and has_kink(node.definition, point)
        )

    def local_slopes(self, values: Mapping[str, Any]) -> dict[tuple[str, str], float]:
        """Return the number on every edge: ∂(user)/∂(operand), infinite where it is beyond the range of float64."""
        _, _, edges = self.numbers(values)
        return {edge: _as_float(d, f"∂{edge[0]}/∂{edge[1]}", inner=True) for edge, d in edges.items()}

    def numbers(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[Any, Any]]:
        """Return values and derivatives by node and the slopes on the edges, as SymPy numbers of any size."""
        exact = self._exact(values)
        point = {node.symbol: exact[node.name] for node in self.nodes}
        J = self.output
        _as_float(exact[J], J)
        slopes = {name: _as_number(d.subs(point), f"d{J}/d{name}") for name, d in self.derivatives.items()}
        edges = {edge: _as_number(d.subs(point), f"∂{edge[0]}/∂{edge[1]}") for edge, d in self.local.items()}
        return exact, slopes, edges

    def _exact(self, values: Mapping[str, Any]) -> dict[str, Any]:
        missing, unknown = set(self.inputs) - set(values), set(values) - set(self.inputs)
        if missing or unknown:
            wrong = (
                f"missing: {', '.join(sorted(missing))}"
                if missing
                else f"unknown: {', '.join(sorted(unknown))}"
            )
            raise InvalidArgument(f"The inputs are {', '.join(self.inputs) or 'none'}; {wrong}.")
        known: dict[Any, Any] = {}
        for node in self.nodes:
            if node.is_input:
                known[node.symbol] = _number(node.name, values[node.name])
            else:
                value = _as_number(node.definition.subs(known), node.name)
                if abs(value) > sp.Float(2, _DIGITS) ** _LARGEST:  # a tower of powers stops here
                    _beyond(value, node.name)
                known[node.symbol] = value
        return {node.name: known[node.symbol] for node in self.nodes}

    def text(self, values: Mapping[str, Any] | None = None) -> str:
        """Return the graph as text: definitions, forward values, the chain rule backwards."""
        from symbolic.graphs._text import as_text

        return as_text(self, values)

    def svg(self, values: Mapping[str, Any] | None = None) -> str:
        """Return the graph as a self-contained SVG drawing, without scripts and without fonts to fetch."""
        from symbolic.graphs._svg import as_svg

        return as_svg(self, values)

    def __str__(self) -> str:
        return self.text()

    def _repr_svg_(self) -> str:
        return self.svg()


def graph(expression: Any, *, name: str = "J") -> Graph:
    """Build the computation graph of an expression.

    Parameters
    ----------
    expression : str or sympy.Expr
        A formula in the project's grammar, whose order of operations is kept, or a SymPy expression.
    name : str
        What the output is called.

    Returns
    -------
    Graph

    Raises
    ------
    UnreadableFormula
        If a text is not a formula.
    InvalidArgument
        If `name` is already a variable, or no name; for the gamma function, whose derivative nothing here can prove.
    LimitReached
        Beyond 200 nodes.
    WrongStep
        If the chain rule disagreed with the derivative of the whole (a defect of this package).

    Examples
    --------
    >>> import symbolic
    >>> g = symbolic.graph("3*(a + b*c)")
    >>> g.forward(a=5, b=3, c=2)
    {'a': 5.0, 'b': 3.0, 'c': 2.0, 'u': 6.0, 'v': 11.0, 'J': 33.0}
    >>> g.backward(a=5, b=3, c=2)
    {'J': 1.0, 'v': 3.0, 'u': 3.0, 'a': 3.0, 'b': 6.0, 'c': 9.0}
    >>> g.derivatives["b"]
    3*c
    """
    if isinstance(expression, str):
        from symbolic.grammar import parse, parse_raw

        parse(expression)  # refuses numbers too large to work on, which the raw reading leaves unevaluated
        expression = parse_raw(expression)
    elif not isinstance(expression, sp.Expr):
        raise InvalidArgument(
            f"expression is of type {type(expression).__name__}; expected text or a SymPy expression."
        )
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise InvalidArgument(
            f"name is {name!r}; expected a letter, then letters, digits and underscores: J, J_1."
        )
    if expression.has(sp.gamma):
        raise InvalidArgument(
            f"{to_text(expression)} holds the gamma function, whose derivative is out of reach of the prover; "
            "expected powers, exp, log and the functions made of them. symbolic.prove reads gamma."
        )
    nodes = build_nodes(expression, name)
    by_name = {node.name: node for node in nodes}
    local = {
        (node.name, operand): node.definition.diff(by_name[operand].symbol).replace(sp.Heaviside, _case)
        for node in nodes
        for operand in node.operands
    }
    derivatives: dict[str, Any] = {name: sp.Integer(1)}
    for node in _backwards(nodes)[1:]:
        users = [user for user in nodes if node.name in user.operands]
        derivatives[node.name] = sp.Add(*[derivatives[u.name] * local[u.name, node.name] for u in users])
    whole = nodes[-1].symbol
    for node in reversed(nodes):
        if not node.is_input:
            whole = whole.subs(node.symbol, node.definition)
    return Graph(
        nodes=nodes,
        output=name,
        expression=whole,
        local=MappingProxyType(local),
        derivatives=MappingProxyType(derivatives),
        derivation=_derivation(nodes, name, local, derivatives, whole),
    )


def _derivation(
    nodes: tuple[Node, ...], name: str, local: Mapping[Any, Any], derivatives: Mapping[str, Any], whole: Any
) -> Derivation:
    """The chain rule node by node; at an input it must be the derivative of the whole expression."""
    definitions = {node.symbol: node.definition for node in nodes if not node.is_input}
    steps = [Step(sp.Integer(1), sp.Integer(1), "start at the output", shown=(_d(name, name), sp.Integer(1)))]
    for node in _backwards(nodes)[1:]:
        users = [user.name for user in nodes if node.name in user.operands]
        paths = " + ".join(f"d{name}/d{u} · ∂{u}/∂{node.name}" for u in users) or "0"
        rule = "chain rule" + (", sum over paths" if len(users) > 1 else "") + f": {paths}"
        value = derivatives[node.name]
        if node.is_input:
            left = sp.Derivative(whole, node.symbol)
            steps.append(Step(left, value, rule, where=definitions, shown=(_d(name, node.name), value)))
        else:
            sides = sp.Add(*[derivatives[u] * local[u, node.name] for u in users])
            steps.append(Step(sides, value, rule, shown=(_d(name, node.name), value)))
    return Derivation("graph", f"Backward through {name} = {to_text(whole)}", tuple(steps))


def _backwards(nodes: tuple[Node, ...]) -> list[Node]:
    """The output first, what was computed last before what was computed first, then the inputs in order."""
    return [n for n in reversed(nodes) if not n.is_input] + [n for n in nodes[:-1] if n.is_input]


def _case(x: Any, *_: Any) -> Any:
    """SymPy's Heaviside(x) as the notes write it."""
    return sp.Piecewise((1, x > 0), (0, True))


class _d(str):
    """``dJ/du`` as text and as LaTeX."""

    def __new__(cls, top: str, bottom: str) -> _d:
        return super().__new__(cls, f"d{top}/d{bottom}")

    def latex(self) -> str:
        top, bottom = self[1:].split("/d", 1)
        return rf"\frac{{d {top}}}{{d {bottom}}}"


def _together(values: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if not (values is None or isinstance(values, Mapping)):
        raise InvalidArgument(f"values is {values!r}; expected a dict, or values by name: a=5.")
    return {**(values or {}), **inputs}


def _number(name: str, value: Any) -> Any:
    # SymPy reads nan as 0 and inf as a large number where its ground types are flint's: ask first.
    try:
        finite = math.isfinite(value)
        exact = sp.Float(sp.Rational(value), _DIGITS)
    except (TypeError, ValueError, OverflowError):
        finite = False
    if not finite:
        raise InvalidArgument(f"{name} is {value!r}; expected a finite number.")
    return exact


def _as_number(value: Any, name: str) -> Any:
    number = sp.N(value, _DIGITS)
    if not (number.is_Float or number.is_Rational):
        why = "a division by 0, a kink, or a logarithm or root outside its domain"
        raise InvalidArgument(f"{name} has no finite real value there: {why}.")
    return number


def _as_float(value: Any, name: str, *, inner: bool = False) -> float:
    rounded = float(_as_number(value, name))
    if not (inner or math.isfinite(rounded)):
        _beyond(value, name)
    return rounded


def _beyond(value: Any, name: str) -> NoReturn:
    raise InvalidArgument(f"{name} is about {sp.N(value, 3)!s} there, beyond the range of float64.")
