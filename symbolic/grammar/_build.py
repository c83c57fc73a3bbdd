"""Turns a parse tree into a SymPy expression, bottom up and without recursion."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from lark import Token, Tree

from symbolic.grammar._algebra import Algebra, TooLarge
from symbolic.grammar._errors import FormulaError, FormulaLimitError
from symbolic.grammar._functions import ALIASES, CONSTANTS, FUNCTIONS, NOT_NUMBERS, UNKNOWN_FUNCTIONS

MAX_TREE_DEPTH = 150
MAX_ORDER = 20  # of a derivative
_RELATIONS: dict[str, Callable[..., Any]] = {
    "<": sp.Lt, "<=": sp.Le, "≤": sp.Le, ">": sp.Gt, ">=": sp.Ge, "≥": sp.Ge, "==": sp.Eq, "!=": sp.Ne, "≠": sp.Ne,
}  # fmt: skip
_NAMED_SETS = {"R": sp.S.Reals, "Z": sp.S.Integers, "N": sp.S.Naturals0}


class Builder:
    """Reads one formula.

    Parameters
    ----------
    text : str
        The formula, for error messages.
    symbols : Mapping[str, sympy.Basic]
        What names stand for; every other name becomes a real symbol.
    evaluate : bool
        Whether SymPy may simplify while it builds.
    """

    def __init__(self, text: str, symbols: Mapping[str, Any], *, evaluate: bool) -> None:
        self.text = text
        self.names: dict[str, Any] = dict(symbols)
        self.algebra = Algebra(evaluate)
        self.called: dict[str, int] = {}
        self.families: dict[str, Any] = {n: x for n, x in symbols.items() if isinstance(x, sp.IndexedBase)}
        self.indexed: dict[str, int] = {}
        self.shapes: dict[str, int] = {}

    def build(self, tree: Tree[Token]) -> Any:
        depth: dict[int, int] = {}
        value: dict[int, Any] = {}
        for node in tree.iter_subtrees():  # children come before their parents
            below = [child for child in node.children if isinstance(child, Tree)]
            depth[id(node)] = 1 + max((depth[id(child)] for child in below), default=0)
            if depth[id(node)] > MAX_TREE_DEPTH:
                raise FormulaLimitError(
                    f"The formula is nested more than {MAX_TREE_DEPTH} deep; name a part of it.", self.text, 0
                )
            children = [value[id(c)] if isinstance(c, Tree) else c for c in node.children]
            try:
                value[id(node)] = getattr(self, node.data)(children, node)
            except TooLarge as problem:
                raise FormulaLimitError(str(problem), self.text, _start(node)) from None
        return value[id(tree)]

    # -- the whole --------------------------------------------------------------------------------
    def formula(self, c: list[Any], node: Tree[Token]) -> Any:
        self._check_names()
        return c[0]

    def claim(self, c: list[Any], node: Tree[Token]) -> Any:
        if c[1] != "=" and c[1] != "==":
            raise FormulaError("A claim is an equality: lhs = rhs.", self.text, c[1].start_pos or 0)
        self._check_names()
        return c[0], c[2]

    def relation(self, c: list[Any], node: Tree[Token]) -> Any:
        links = [_RELATIONS[str(c[i])](c[i - 1], c[i + 1], evaluate=False) for i in range(1, len(c), 2)]
        return links[0] if len(links) == 1 else sp.And(*links, evaluate=False)

    def equation(self, c: list[Any], node: Tree[Token]) -> Any:
        return sp.Eq(c[0], c[2], evaluate=False)

    def membership(self, c: list[Any], node: Tree[Token]) -> Any:
        elements = [x for x in c[:-1] if not isinstance(x, Token)]
        facts = [sp.Contains(x, c[-1], evaluate=False) for x in elements]
        return facts[0] if len(facts) == 1 else sp.And(*facts, evaluate=False)

    def finite_set(self, c: list[Any], node: Tree[Token]) -> Any:
        values = [x for x in c if not isinstance(x, Token)]
        if any(x.free_symbols for x in values):
            raise FormulaError("A set of values holds numbers only.", self.text, _start(node))
        return sp.FiniteSet(*values)

    def interval(self, c: list[Any], node: Tree[Token]) -> Any:
        low, high = c[1], c[3]
        if low.free_symbols or high.free_symbols or not low < high:
            raise FormulaError("An interval runs from a number to a larger one.", self.text, _start(node))
        return sp.Interval(low, high, c[0] == "(", c[4] == ")")

    def named_set(self, c: list[Any], node: Tree[Token]) -> Any:
        if str(c[0]) not in _NAMED_SETS:
            raise FormulaError("Known sets are R, Z, N, {0, 1} and intervals.", self.text, _start(node))
        return _NAMED_SETS[str(c[0])]

    # -- arithmetic -------------------------------------------------------------------------------
    def chain_of_terms(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        signs = ["+", *(str(t) for t in c[1::2])]
        return self.algebra.add(
            *(t if sign == "+" else self.algebra.neg(t) for sign, t in zip(signs, c[::2], strict=True))
        )

    def signed(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        return c[1] if str(c[0]) == "+" else self.algebra.neg(c[1])

    def chain_of_factors(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        product = c[0]
        factors, divided = [product], False
        for kind, factor, place in c[1:]:
            if kind == "beside" and divided:
                raise FormulaError(
                    "After a division it is unclear what a factor without a sign belongs to: "
                    "write a/(b*c) or (a/b)*c.",
                    self.text,
                    place,
                )
            if kind == "over":
                numerator = factors[0] if len(factors) == 1 else self.algebra.mul(*factors)
                factors = [self.algebra.div(numerator, factor)]
            else:
                factors.append(factor)
            divided = kind == "over"
        return factors[0] if len(factors) == 1 else self.algebra.mul(*factors)

    def times(self, c: list[Any], node: Tree[Token]) -> tuple[str, sp.Expr, int]:
        return "times", c[1], _start(node)

    def over(self, c: list[Any], node: Tree[Token]) -> tuple[str, sp.Expr, int]:
        return "over", c[1], _start(node)

    def beside(self, c: list[Any], node: Tree[Token]) -> tuple[str, sp.Expr, int]:
        return "beside", c[0], _start(node)

    def power(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        return self.algebra.exp(c[2]) if c[0] is sp.E else self.algebra.pow(c[0], c[2])

    def superscript(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        return self.power([c[0], "^", sp.Integer(int(c[1]))], node)

    def bracket(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        return c[1]

    def bars(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        return self.algebra.call(sp.Abs, c[1])

    def radical(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        return self.algebra.sqrt(c[1])

    def radical_number(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        return self.algebra.sqrt(sp.Rational(str(c[1])))

    def number(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        return sp.Rational(str(c[0]))

    # -- names and calls --------------------------------------------------------------------------
    def name(self, c: list[Any], node: Tree[Token]) -> Any:
        name, position = str(c[0]), c[0].start_pos or 0
        if name in self.names:
            return self.names[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in NOT_NUMBERS:
            raise FormulaError("Infinity and NaN are not numbers of a formula.", self.text, position)
        if ALIASES.get(name, name) in FUNCTIONS and name not in ("sigma", "step", "root", "gamma", "Gamma"):
            raise FormulaError(f"{name} needs its argument in brackets: {name}(z).", self.text, position)
        return self.names.setdefault(name, sp.Symbol(name, real=True))

    def call(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        token = c[0]
        primes = len(c[1]) if isinstance(c[1], Token) and c[1].type == "PRIMES" else 0
        arguments = [x for x in c[1:] if not isinstance(x, Token)]
        name = ALIASES.get(str(token), str(token))
        if name in ("diff", "piecewise", "where", "sum", "prod") and not primes:
            return self._special(name, arguments, node)
        if any(not isinstance(x, sp.Expr) for x in arguments):
            raise FormulaError(
                "A condition belongs into piecewise(...) or where(...).", self.text, _start(node)
            )
        if name in FUNCTIONS:
            return self._known(name, primes, arguments, node)
        declared = self.names.get(str(token))
        if declared is None and str(token).split("_")[0] not in UNKNOWN_FUNCTIONS and not primes:
            raise self._no_such_function(str(token), node)
        if len(arguments) != 1:
            raise FormulaError("An unknown function takes one argument.", self.text, _start(node))
        self.called.setdefault(str(token), _start(node))
        function = declared if callable(declared) else sp.Function(str(token), real=True)
        return self._differentiated(function, primes, arguments[0])

    def _known(self, name: str, primes: int, arguments: list[sp.Expr], node: Tree[Token]) -> sp.Expr:
        fewest, most, build = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            count = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise FormulaError(
                f"{name} takes {count} argument(s), not {len(arguments)}.", self.text, _start(node)
            )
        if not primes:
            return build(self.algebra, *arguments)
        return self._differentiated(lambda x: build(self.algebra, x, *arguments[1:]), primes, arguments[0])

    def _differentiated(self, function: Callable[..., Any], order: int, argument: sp.Expr) -> sp.Expr:
        if order == 0:
            return function(argument)
        if order > MAX_ORDER:
            raise TooLarge(f"Derivatives beyond order {MAX_ORDER} are not taken.")
        x = argument if argument.is_Symbol else sp.Dummy("x", real=True)
        slope = sp.Derivative(function(x), (x, order), evaluate=False)
        if self.algebra.evaluate:
            slope = slope.doit()
        if x is argument:
            return slope
        known = self.algebra.evaluate and not slope.has(sp.Derivative)
        return slope.xreplace({x: argument}) if known else sp.Subs(slope, x, argument)

    def _special(self, name: str, arguments: list[Any], node: Tree[Token]) -> sp.Expr:
        if name == "diff":
            return self._diff(arguments, node)
        if name in ("sum", "prod"):
            return self._series(name, arguments, node)
        if name == "where":
            if len(arguments) != 3:
                raise FormulaError("where takes a condition and two values.", self.text, _start(node))
            arguments = [arguments[1], arguments[0], arguments[2]]
        if len(arguments) < 3 or len(arguments) % 2 == 0:
            raise FormulaError(
                "piecewise reads value, condition, value, condition, ..., otherwise.", self.text, _start(node)
            )
        branches = [*zip(arguments[:-1:2], arguments[1::2], strict=True), (arguments[-1], sp.true)]
        for value, condition in branches:
            if not isinstance(value, sp.Expr) or isinstance(condition, sp.Expr):
                raise FormulaError("Values and conditions alternate in piecewise.", self.text, _start(node))
        return self.algebra.piecewise(*branches)

    def entry(self, c: list[Any], node: Tree[Token]) -> sp.Expr:
        name, position = str(c[0]), c[0].start_pos or 0
        indices = [x for x in c[1:] if not isinstance(x, Token)]
        family = self.families.setdefault(name, sp.IndexedBase(name, real=True))
        self.indexed.setdefault(name, position)
        known = self.shapes.setdefault(name, len(indices))
        if known != len(indices):
            raise FormulaError(
                f"{name} has {known} indices elsewhere, and {len(indices)} here.", self.text, position
            )
        read = [_index(x) for x in indices]
        if None in read:
            raise FormulaError(
                "An index is a name, a whole number or a name and a number: x[i], W[i, 2], x[i + 1].",
                self.text,
                position,
            )
        return family[tuple(read)]

    def _series(self, name: str, arguments: list[Any], node: Tree[Token]) -> sp.Expr:
        """sum(x[i], i, 1, m): the summand, its index, the first and the last."""
        if len(arguments) != 4 or not getattr(arguments[1], "is_Symbol", False):
            raise FormulaError(
                f"{name} reads {name}(expression, index, first, last), as in {name}(x[i], i, 1, m).",
                self.text,
                _start(node),
            )
        body, index, low, high = arguments
        if index in low.free_symbols | high.free_symbols or any(x.has(sp.Indexed) for x in (low, high)):
            raise FormulaError("The ends of a sum do not depend on its index.", self.text, _start(node))
        return (sp.Sum if name == "sum" else sp.Product)(body, (index, low, high))

    def _diff(self, arguments: list[Any], node: Tree[Token]) -> sp.Expr:
        """diff(f, x), diff(f, x, 2), diff(f, x, y), diff(f, x, 2, y): a number says how often by the one before it."""
        expression, *by = arguments
        counts: list[tuple[sp.Expr, int]] = []
        counted = True
        for x in by:
            if getattr(x, "is_Symbol", False) or isinstance(x, sp.Indexed):
                counts.append((x, 1))
                counted = False
            elif counted:
                counts = []
                break
            else:
                counts[-1] = (counts[-1][0], self._order(x, node))
                counted = True
        if not counts:
            raise FormulaError("diff reads diff(expression, variable), diff(expression, variable, order) or, with more "
                               "variables, diff(expression, x, y).", self.text, _start(node))  # fmt: skip
        self._order(sp.Integer(sum(order for _, order in counts)), node)
        if not self.algebra.evaluate and not {x for x, _ in counts} <= expression.free_symbols:
            # SymPy would answer 0, and forget where the expression is undefined and what was asked.
            return sp.Expr.__new__(sp.Derivative, expression, *(sp.Tuple(x, order) for x, order in counts))
        return sp.Derivative(expression, *counts, evaluate=self.algebra.evaluate)

    def _order(self, order: Any, node: Tree[Token]) -> int:
        if not (getattr(order, "is_Integer", False) and 1 <= order <= MAX_ORDER):
            raise FormulaError(
                f"The order of a derivative is a number from 1 to {MAX_ORDER}.", self.text, _start(node)
            )
        return int(order)

    def _no_such_function(self, name: str, node: Tree[Token]) -> FormulaError:
        near = difflib.get_close_matches(name, [*FUNCTIONS, *ALIASES, "diff", "piecewise"], n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        return FormulaError(
            f"{name} is not a known function. {hint}For a product write {name}*(...); "
            f"unknown functions are called f, g, h, phi or psi.",
            self.text,
            _start(node),
        )

    def _check_names(self) -> None:
        for name, position in self.called.items():
            if isinstance(self.names.get(name), sp.Symbol):
                raise FormulaError(f"{name} is both a variable and a function here.", self.text, position)
        for name, position in self.indexed.items():
            if isinstance(self.names.get(name), sp.Symbol):
                raise FormulaError(f"{name} is both a variable and has indices here.", self.text, position)


def _index(x: Any) -> Any:
    """A name, a whole number or the sum of both, in one spelling; None for anything else."""
    if not isinstance(x, sp.Expr) or x.is_Symbol or x.is_Integer:
        return x if isinstance(x, sp.Expr) else None
    if not (x.is_Add and len(x.args) == 2):
        return None
    parts = [-y.args[1] if y.is_Mul and y.args[0] == -1 and len(y.args) == 2 else y for y in x.args]
    names, numbers = [y for y in x.args if y.is_Symbol], [y for y in parts if y.is_Integer]
    return names[0] + numbers[0] if len(names) == len(numbers) == 1 else None


def _start(node: Tree[Token]) -> int:
    for token in node.scan_values(lambda value: isinstance(value, Token)):
        return token.start_pos or 0
    return 0
