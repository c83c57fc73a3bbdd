"""Lowers SymPy expressions into a program, under the real reading of every function.

Powers: x**(p/q) is real for x >= 0 only, as SymPy's principal root is; x**y means exp(y log x) with x > 0, and
with x != 0 where y is an integer by assumption. tan, tanh, sinh and the like are written by exp, log, sin and cos.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import fmpq
from sympy.core.function import AppliedUndef

from symbolic.prover._errors import Exhausted, OutOfReach, Symbolic
from symbolic.prover._program import Program
from symbolic.prover._shifts import at_numbers
from symbolic.prover._slope import differentiate

MAX_DEPTH = 150  # of the expression tree; the walk is recursive
MAX_ORDER = 20
MAX_TERMS = 500  # of a sum or product with numeric ends


class Lowering:
    """Reads the expressions of one claim into one program."""

    def __init__(self, program: Program | None = None) -> None:
        self.program = Program() if program is None else program
        self.differentiated: list[tuple[int, str]] = []
        self.symbols: dict[str, list[sp.Symbol]] = {}
        self.memo: dict[sp.Basic, int] = {}
        self.notes: set[str] = set()
        self.scope: dict[sp.Symbol, int] = {}
        self.indices: set[str] = set()

    def __call__(self, expression: sp.Basic) -> int:
        return self._read(expression, 0)

    def _read(self, e: sp.Basic, depth: int) -> int:
        if not self.scope:
            found = self.memo.get(e)
            if found is not None:
                return found
        if depth > MAX_DEPTH:
            raise Exhausted(f"the depth limit of {MAX_DEPTH} nested operations")
        unknown = isinstance(e, AppliedUndef)  # whatever its name: Function("exp") is not exp
        rule = None if unknown else _RULES.get(type(e))
        if rule is not None:
            result = rule(self, e, depth + 1)
        elif e.is_Rational:
            result = self.program.num(fmpq(int(e.p), int(e.q)))
        elif e.is_Symbol:
            result = self._symbol(e)
        elif unknown:
            result = self.program.node("g", function_name(e), 0, self._read(e.args[0], depth + 1))
        else:
            raise OutOfReach(f"{type(e).__name__}")
        if not self.scope:
            self.memo[e] = result
        return result

    def _symbol(self, e: sp.Symbol) -> int:
        if e in self.scope:
            return self.scope[e]
        if not may_be_real(e):
            raise OutOfReach(f"{e} is assumed not to be a real number")
        name = symbol_name(e)
        if name in self.indices:
            raise OutOfReach(f"{name} as an index and as a number")
        return self._named(name, e)

    def _named(self, name: str, e: Any) -> int:
        """The variable of this name: of one kind, as a Dummy called like another symbol is not that symbol."""
        known = self.symbols.setdefault(name, [])
        if e not in known:
            if "\0" in name or any(type(e) is not type(other) or isinstance(e, sp.Dummy) for other in known):
                raise OutOfReach(f"more than one variable called {name!r}")
            known.append(e)
        return self.program.node("sym", name)

    def _entry(self, e: Any, depth: int) -> int:
        """x[i] is a variable of its own: what holds for different entries holds where two are one."""
        letters = {symbol_name(x) for index in e.indices for x in index.free_symbols}
        if letters & self.symbols.keys():
            raise OutOfReach(f"the entry {e} beside its index as a number")
        terms = [x for index in e.indices for x in sp.Add.make_args(index)]
        if not all(x.is_Integer or isinstance(x, sp.Symbol | sp.Idx) for x in terms):
            raise OutOfReach(f"the entry {e}")  # x[(i + 1)^2] is x[i^2 + 2 i + 1]: names would not tell
        if not may_be_real(e):
            raise OutOfReach(f"{e} is assumed not to be a real number")
        self.indices |= letters
        return self._named(str(e), e)

    # -- conditions -------------------------------------------------------------------------------
    def condition(self, c: Any, depth: int = 0) -> int:
        p = self.program
        if depth > MAX_DEPTH:
            raise Exhausted(f"the depth limit of {MAX_DEPTH} nested operations")
        if c in (True, False, sp.true, sp.false):
            return p.node("true" if c in (True, sp.true) else "false")
        if isinstance(c, sp.And | sp.Or):
            parts = [self.condition(x, depth + 1) for x in c.args]
            result = parts[0]
            for part in parts[1:]:
                result = p.node("and" if isinstance(c, sp.And) else "or", result, part)
            return result
        if isinstance(c, sp.Not):
            return p.node("not", self.condition(c.args[0], depth + 1))
        if isinstance(c, sp.core.relational.Relational):
            lhs, rhs = (self._read(x, depth + 1) for x in c.args)
            name = type(c).__name__
            if name in ("StrictGreaterThan", "GreaterThan"):
                return p.compare("gt" if name[0] == "S" else "ge", p.sub(lhs, rhs))
            if name in ("StrictLessThan", "LessThan"):
                return p.compare("gt" if name[0] == "S" else "ge", p.sub(rhs, lhs))
            equal = p.compare("eq", p.sub(lhs, rhs))
            return equal if name == "Equality" else p.node("not", equal)
        raise OutOfReach(f"the condition {c}")

    # -- rules, one a SymPy class -----------------------------------------------------------------
    def _float(self, e: sp.Float, depth: int) -> int:
        exact = sp.Rational(str(e)) if e.is_finite else None
        if exact is None:
            raise OutOfReach(f"{e}")
        self.notes.add(f"{e} is read as {exact}")
        return self.program.num(fmpq(int(exact.p), int(exact.q)))

    def _add(self, e: sp.Add, depth: int) -> int:
        return self.program.add(*(self._read(x, depth) for x in e.args))

    def _mul(self, e: sp.Mul, depth: int) -> int:
        return self.program.mul(*(self._read(x, depth) for x in e.args))

    def _pow(self, e: sp.Pow, depth: int) -> int:
        p = self.program
        base, exponent = e.args
        if base is sp.E:
            return p.node("exp", self._read(exponent, depth))
        u, v = self._read(base, depth), self._read(exponent, depth)
        value = p.value(v)
        if value is None:
            return p.node("pow", u, v)
        if value.q == 1:
            n = int(value.p)
            return p.inv(u) if n == -1 else p.power(u, n)
        return p.root(u, int(value.p), int(value.q))

    def _extremum(self, e: sp.Expr, depth: int) -> int:
        op = "max" if isinstance(e, sp.Max) else "min"
        # SymPy keeps the arguments as a set: sorted, so that every run reads the same program.
        numbers = [x for x in e.args if x.is_Rational]
        others = [x for x in e.args if not x.is_Rational]
        ordered = (
            numbers + others if len(numbers) < 2 > len(others) else sorted(e.args, key=sp.default_sort_key)
        )
        parts = [self._read(x, depth) for x in ordered]
        result = parts[0]
        for part in parts[1:]:
            result = self.program.node(op, result, part)
        return result

    def _piecewise(self, e: sp.Piecewise, depth: int) -> int:
        branches = [(self._read(value, depth), self.condition(c, depth)) for value, c in e.args]
        # Past the last condition there is no value: 1/0 says so.
        result = self.program.node("inv", self.program.zero)
        for value, condition in reversed(branches):
            always = self.program.nodes[condition][0] == "true"
            result = value if always else self.program.node("if", condition, value, result)
        return result

    def _derivative(self, e: sp.Derivative, depth: int) -> int:
        expression, *counts = e.args
        root = self._read(expression, depth)
        if sum(int(n) for _, n in counts if n.is_Integer) > MAX_ORDER or any(
            not n.is_Integer for _, n in counts
        ):
            raise Exhausted(f"the limit of {MAX_ORDER} derivatives")
        for variable, n in counts:
            if not (variable.is_Symbol or isinstance(variable, sp.Indexed)):
                raise OutOfReach(f"a derivative with respect to {variable}")
            if variable.is_Indexed and not all(index.is_Integer for index in variable.indices):
                raise Symbolic
            name = self.program.nodes[self._read(variable, depth)][1]
            self.differentiated.append((root, name))
            for _ in range(int(n)):
                root = differentiate(self.program, root, name)
        return root

    def _subs(self, e: sp.Subs, depth: int) -> int:
        """f'(u): the derivative is taken at a fresh variable, and then read at u."""
        expression, variables, points = e.args
        if len(variables) > 1 and any(set(variables) & point.free_symbols for point in points):
            # SymPy writes substitutions one after another as one at a time, and these differ.
            raise OutOfReach(f"{e}, of which the order matters,")
        places = [self._read(point, depth) for point in points]
        outer = self.scope
        fresh = {x: self.program.node("sym", f"\0{x.name}{len(self.program.nodes)}") for x in variables}
        self.scope = {**outer, **fresh}
        root = self._read(expression, depth)
        self.scope = outer
        return self.program.replace(root, dict(zip(fresh.values(), places, strict=True)))

    def _open_sum(self, e: Any, depth: int) -> int:
        raise Symbolic

    def _sum(self, e: Any, depth: int) -> int:
        body, *inner, (k, low, high) = e.args
        if not (low.is_Integer and high.is_Integer):
            return self._open_sum(e, depth)
        if inner:  # SymPy writes sums of sums as one, the outermost last
            body = e.func(body, *inner)
        binders = body.atoms(sp.Derivative, sp.Subs, sp.Sum, sp.Product)
        if int(high) < int(low) - 1 or any(k in binder.variables for binder in binders):
            # SymPy takes sums backwards, notes take them for empty; and a name that is bound twice has two meanings.
            raise OutOfReach(f"{e}")
        if int(high) - int(low) >= MAX_TERMS:
            raise Exhausted(f"the limit of {MAX_TERMS} terms of a sum")
        terms = [
            self._read(at_numbers(body, {k: sp.Integer(n)}), depth) for n in range(int(low), int(high) + 1)
        ]
        return self.program.add(*terms) if isinstance(e, sp.Sum) else self.program.mul(*terms)


def may_be_real(e: sp.Basic) -> bool:
    """Whether what SymPy assumes leaves e a real number; one that is said to be complex need not be real."""
    unreal = e.is_extended_real is False or e.is_real is False or (e.is_complex and e.is_real is None)
    return not (unreal or e.is_infinite or e.is_commutative is False)


# What may be assumed of an unknown function: that its values are real, and what SymPy concludes from that.
_REAL = {
    True: {"real", "extended_real", "complex", "finite", "commutative", "hermitian"},
    False: {"infinite", "imaginary"},
}


def function_name(e: AppliedUndef) -> str:
    """The name of an unknown function of one argument; it stands for all that are differentiable."""
    if len(e.args) != 1:
        raise OutOfReach(f"the function {e.func.__name__} of {len(e.args)} arguments")
    assumed = e.func._kwargs
    if any(name not in _REAL[value] for name, value in assumed.items()) or (
        "complex" in assumed and "real" not in assumed
    ):
        raise OutOfReach(f"the function {e.func.__name__}, of which more is assumed than that it is real,")
    return str(e.func.__name__)


def symbol_name(e: sp.Symbol) -> str:
    """One name for one variable: a Dummy is like no other symbol, whatever it is called."""
    return f"_{e.name}_{e.dummy_index}" if isinstance(e, sp.Dummy) else str(e.name)


def by_class(name: str) -> type:
    """SymPy's class of this name."""
    found: type = getattr(sp.core.numbers, name, None) or getattr(sp, name)
    return found


def _apply(*path: Any) -> Callable[[Lowering, sp.Basic, int], int]:
    return lambda low, e, depth: low.program.node(*path, low._read(e.args[0], depth))


def _written(formula: Callable[[Program, int], int]) -> Callable[[Lowering, sp.Basic, int], int]:
    return lambda low, e, depth: formula(low.program, low._read(e.args[0], depth))


def _sinh(p: Program, u: int, sign: int = -1) -> int:
    exponential = p.node("exp", u)
    mirrored = p.mul(p.num(fmpq(sign)), p.inv(exponential))
    return p.mul(p.num(fmpq(1, 2)), p.add(exponential, mirrored))


def _tanh(p: Program, u: int) -> int:
    """1 - 2/(exp(2u) + 1): each letter once, so that balls stay narrow."""
    square = p.node("exp", p.mul(p.num(fmpq(2)), u))
    return p.sub(p.one, p.mul(p.num(fmpq(2)), p.inv(p.add(square, p.one))))


def _atanh(p: Program, u: int) -> int:
    return p.mul(p.num(fmpq(1, 2)), p.node("log", p.mul(p.add(p.one, u), p.inv(p.sub(p.one, u)))))


def _area(constant: int) -> Callable[[Program, int], int]:
    """asinh (constant 1) and acosh (constant -1): log(u + sqrt(u**2 + constant))."""

    def formula(p: Program, u: int) -> int:
        return p.node("log", p.add(u, p.node("root", p.add(p.power(u, 2), p.num(fmpq(constant))), 1, 2)))

    return formula


def _ratio(top: str, bottom: str) -> Callable[[Program, int], int]:
    return lambda p, u: p.mul(p.node("fun", top, u), p.inv(p.node("fun", bottom, u)))


def _constant(name: str) -> Callable[[Lowering, sp.Basic, int], int]:
    return lambda low, e, depth: low.program.node("const", name)


# Functions that other operations write: what SymPy calls them, and how.
WRITTEN: dict[str, Callable[[Program, int], int]] = {
    "DiracDelta": lambda p, u: p.node("if", p.node("gt", u), p.zero, p.zero),
    "erfc": lambda p, u: p.sub(p.one, p.node("fun", "erf", u)),
    "tan": _ratio("sin", "cos"),
    "cot": _ratio("cos", "sin"),
    "sec": lambda p, u: p.inv(p.node("fun", "cos", u)),
    "csc": lambda p, u: p.inv(p.node("fun", "sin", u)),
    "sinh": _sinh,
    "cosh": lambda p, u: _sinh(p, u, 1),
    "tanh": _tanh,
    "coth": lambda p, u: p.inv(_tanh(p, u)),
    "sech": lambda p, u: p.inv(_sinh(p, u, 1)),
    "csch": lambda p, u: p.inv(_sinh(p, u)),
    "asinh": _area(1),
    "acosh": _area(-1),
    "atanh": _atanh,
}

_NAMED: dict[str, Callable[[Any, Any, int], int]] = {
    "Add": Lowering._add,
    "Mul": Lowering._mul,
    "Pow": Lowering._pow,
    "Float": Lowering._float,
    "Max": Lowering._extremum,
    "Min": Lowering._extremum,
    "Piecewise": Lowering._piecewise,
    "Derivative": lambda low, e, depth: low._derivative(e, depth),
    "Indexed": lambda low, e, depth: low._entry(e, depth),
    "Subs": Lowering._subs,
    "Sum": Lowering._sum,
    "Product": Lowering._sum,
    "exp": _apply("exp"),
    "log": _apply("log"),
    "Abs": _apply("abs"),
    "sign": _apply("sign"),
    "Heaviside": _apply("step"),
    "erf": _apply("fun", "erf"),
    "sin": _apply("fun", "sin"),
    "cos": _apply("fun", "cos"),
    "asin": _apply("fun", "asin"),
    "acos": _apply("fun", "acos"),
    "atan": _apply("fun", "atan"),
    "gamma": _apply("fun", "gamma"),
    "Exp1": lambda low, e, depth: low.program.node("exp", low.program.one),
    "Pi": _constant("pi"),
    "EulerGamma": _constant("euler"),
    "Catalan": _constant("catalan"),
    "GoldenRatio": lambda low, e, depth: low._read((1 + sp.sqrt(5)) / 2, depth),
    **{name: _written(formula) for name, formula in WRITTEN.items()},
}
# By class and not by name: what somebody else calls sin is no sine.
_RULES = {by_class(name): rule for name, rule in _NAMED.items()}
