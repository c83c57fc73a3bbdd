"""Hypotheses: what `assuming` and SymPy's own assumptions say, in the form in which the two deciders use it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from flint import fmpq

from symbolic._errors import InvalidArgument
from symbolic.grammar import parse_hypothesis
from symbolic.prover._errors import Exhausted, OutOfReach
from symbolic.prover._lower import Lowering, symbol_name

MAX_CASES = 64  # products of finite sets
# Assumptions of SymPy under which a sample point cannot be checked here: then nothing is refuted.
_UNCHECKED = ("prime", "composite", "irrational", "transcendental", "noninteger")
# Of a symbol that is only called real, or of which nothing is assumed.
_NOTHING_SAID = tuple(sp.Symbol("x", **said).assumptions0 for said in ({"real": True}, {}))


@dataclass
class Premises:
    """Hypotheses over one program.

    Attributes
    ----------
    positive, nonnegative, nonzero : list of (int, str)
        Nodes with this sign, and how the hypothesis reads.
    equal : dict of str to sympy.Expr
        Variables that equations determine.
    choices : dict of str to list of fmpq
        Variables with finitely many values.
    defined : list of int
        Nodes that an equation needs to have a value.
    integers, even, odd : set of str
        Variables with integer values.
    unused : list of str
        Hypotheses that could not be used: a proof does not need them, a refutation would.
    """

    positive: list[tuple[int, str]] = field(default_factory=list)
    nonnegative: list[tuple[int, str]] = field(default_factory=list)
    nonzero: list[tuple[int, str]] = field(default_factory=list)
    equal: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, list[fmpq]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)  # how the choices read
    equations: dict[str, str] = field(default_factory=dict)  # how the equations read that determine variables
    defined: list[int] = field(default_factory=list)
    integers: set[str] = field(default_factory=set)
    even: set[str] = field(default_factory=set)
    odd: set[str] = field(default_factory=set)
    unused: list[str] = field(default_factory=list)
    impossible: bool = False

    def cases(self) -> Iterator[dict[str, fmpq]]:
        """Every choice of values for the variables that have finitely many."""
        count = 1
        for values in self.choices.values():
            count *= len(values)
        if count > MAX_CASES:
            raise Exhausted(f"the limit of {MAX_CASES} cases")
        for choice in itertools.product(*self.choices.values()):
            yield dict(zip(self.choices, choice, strict=True))


def read_hypotheses(assuming: Any, symbols: dict[str, Any]) -> list[sp.Basic]:
    """Hypotheses as SymPy conditions; text is read by the grammar."""
    if isinstance(assuming, str | sp.Basic | bool):
        assuming = [assuming]
    if not isinstance(assuming, Iterable):
        raise InvalidArgument(
            f"assuming is {assuming!r}; expected a hypothesis such as 'z > 0', or a list of them."
        )
    conditions: list[sp.Basic] = []
    for item in assuming:
        condition = parse_hypothesis(item, symbols=symbols) if isinstance(item, str) else item
        if isinstance(condition, bool):
            condition = sp.true if condition else sp.false
        if not isinstance(condition, sp.Basic):
            raise InvalidArgument(
                f"The hypothesis {item!r} is a {type(item).__name__}; expected text such as 'z > 0', "
                "or a SymPy relation."
            )
        conditions.extend(condition.args if isinstance(condition, sp.And) else [condition])
    return conditions


def gather(low: Lowering, conditions: Iterable[sp.Basic]) -> Premises:
    """Lower the hypotheses, and add what SymPy's symbols say of themselves."""
    premises = Premises(integers=low.program.integers)
    for condition in conditions:
        _add(premises, low, condition)
    for name, symbols in sorted(low.symbols.items()):
        for symbol in symbols:
            _of_symbol(premises, low, name, symbol)
    for name in sorted(premises.choices.keys() & premises.equal.keys()):
        # Both a choice and an equation: the equation becomes two inequalities.
        p = low.program
        gap = p.sub(low(premises.equal.pop(name)), p.node("sym", name))
        premises.nonnegative += [(gap, premises.equations[name]), (p.neg(gap), premises.equations[name])]
    for name in sorted(premises.integers):
        if name in premises.choices:
            whole = [v for v in premises.choices[name] if v.q == 1]
            fits = [
                v
                for v in whole
                if not (name in premises.even and v.p % 2) and (v.p % 2 or name not in premises.odd)
            ]
            premises.choices[name] = fits
        elif name in premises.equal and premises.equal[name].is_Rational:
            value = premises.equal[name]
            parity = (name in premises.even and value.p % 2) or (name in premises.odd and not value.p % 2)
            premises.impossible |= bool(value.q != 1 or parity)
        elif name in premises.equal:
            # What the variable is replaced by need not be an integer at a sample point.
            premises.unused.append(f"{premises.equations[name]} for an integer {name}")
    return premises


def _add(premises: Premises, low: Lowering, c: Any) -> None:
    if c in (sp.true, True):
        return
    if c in (sp.false, False):
        premises.impossible = True
        return
    text = f"{c.args[0]} in {c.args[1]}" if isinstance(c, sp.Contains) else str(c)
    if isinstance(c, sp.Contains):
        _membership(premises, low, c.args[0], c.args[1], text)
        return
    if not isinstance(c, sp.core.relational.Relational):
        raise InvalidArgument(
            f"The hypothesis {c} cannot be read; expected a relation such as z > 0 or a + b = 1, or y in {{0, 1}}."
        )
    name = type(c).__name__
    if name == "Equality":
        _equation(premises, low, c.args[0], c.args[1], f"{c.args[0]} = {c.args[1]}")
        return
    p = low.program
    lhs, rhs = low(c.args[0]), low(c.args[1])
    if name == "Unequality":
        premises.nonzero.append((p.sub(lhs, rhs), f"{c.args[0]} ≠ {c.args[1]}"))
        return
    difference = p.sub(lhs, rhs) if name in ("StrictGreaterThan", "GreaterThan") else p.sub(rhs, lhs)
    (premises.positive if name.startswith("Strict") else premises.nonnegative).append((difference, text))


def _membership(premises: Premises, low: Lowering, element: Any, where: Any, text: str) -> None:
    p, node = low.program, low(element)
    op, *named = p.nodes[node]
    name = str(named[0]) if op == "sym" else ""  # of a variable, or of an entry
    if isinstance(where, sp.FiniteSet) and name and all(v.is_Rational for v in where.args):
        values = [fmpq(int(v.p), int(v.q)) for v in where.args]
        old = premises.choices.get(name)
        premises.choices[name] = values if old is None else [v for v in values if v in old]
        premises.texts[name] = text
    elif isinstance(where, sp.Interval):
        for end, is_open, sign in ((where.start, where.left_open, 1), (where.end, where.right_open, -1)):
            if end.is_infinite:
                continue
            gap = p.mul(p.num(fmpq(sign)), p.sub(node, low(end)))
            (premises.positive if is_open else premises.nonnegative).append((gap, text))
    elif where in (sp.S.Integers, sp.S.Naturals, sp.S.Naturals0) and name:
        premises.integers.add(name)
        if where is not sp.S.Integers:
            least = p.num(fmpq(-1 if where is sp.S.Naturals else 0))
            premises.nonnegative.append((p.add(node, least), text))
    elif where is not sp.S.Reals:
        premises.unused.append(text)


def _equation(premises: Premises, low: Lowering, lhs: Any, rhs: Any, text: str) -> None:
    premises.defined += [low(lhs), low(rhs)]
    real = {s: sp.Symbol(symbol_name(s), real=True) for s in lhs.free_symbols | rhs.free_symbols}
    known = {sp.Symbol(name, real=True): value for name, value in premises.equal.items()}
    lhs, rhs = lhs.xreplace(real).xreplace(known), rhs.xreplace(real).xreplace(known)
    solved = _solve(lhs, rhs)
    if solved is None:
        if lhs.is_Rational and rhs.is_Rational:
            premises.impossible |= lhs != rhs
        else:
            premises.unused.append(text)
        return
    symbol, value = solved
    for name, other in premises.equal.items():
        premises.equal[name] = other.xreplace({symbol: value})
    premises.equal[symbol.name] = value
    premises.equations[symbol.name] = text


def _solve(lhs: Any, rhs: Any) -> tuple[Any, Any] | None:
    for side, other in ((lhs, rhs), (rhs, lhs)):
        if side.is_Symbol and side not in other.free_symbols:
            return side, other
    if sp.count_ops(lhs) + sp.count_ops(rhs) > 60:
        return None
    difference = sp.expand(lhs - rhs)
    for symbol in sorted(difference.free_symbols, key=str):
        c = difference.coeff(symbol, 1)
        rest = sp.expand(difference - c * symbol)
        if c.is_Rational and c != 0 and symbol not in rest.free_symbols:
            return symbol, -rest / c
    return None


def _of_symbol(premises: Premises, low: Lowering, name: str, symbol: sp.Symbol) -> None:
    if symbol.assumptions0 in _NOTHING_SAID:
        return  # most symbols; to ask SymPy twelve questions about each took longer than most proofs
    p = low.program
    node = p.node("sym", name)
    if symbol.is_zero:
        premises.equal.setdefault(name, sp.S.Zero)
        premises.equations.setdefault(name, f"{name} = 0")
    elif symbol.is_extended_positive:
        premises.positive.append((node, f"{name} > 0"))
    elif symbol.is_extended_negative:
        premises.positive.append((p.neg(node), f"{name} < 0"))
    elif symbol.is_extended_nonnegative:
        premises.nonnegative.append((node, f"{name} >= 0"))
    elif symbol.is_extended_nonpositive:
        premises.nonnegative.append((p.neg(node), f"{name} <= 0"))
    elif symbol.is_extended_nonzero:
        premises.nonzero.append((node, f"{name} ≠ 0"))
    if symbol.is_integer:
        premises.integers.add(name)
        if symbol.is_even:
            premises.even.add(name)
        elif symbol.is_odd:
            premises.odd.add(name)
    if any(getattr(symbol, f"is_{what}") for what in _UNCHECKED):
        premises.unused.append(f"the assumptions of {name}")


def check_derivatives(low: Lowering, premises: Premises) -> None:
    """An equation about a variable that is differentiated by, or depends on one, has two readings: neither is taken."""
    for root, variable in low.differentiated:
        names = set(low.program.symbols(root))
        for name, value in premises.equal.items():
            inside = {s.name for s in value.free_symbols}
            if (name == variable and inside) or (name in names and variable in inside):
                raise OutOfReach(
                    f"a derivative by {variable} together with the hypothesis {premises.equations[name]}: "
                    "say which variables are held fixed by writing the expression out;"
                )
