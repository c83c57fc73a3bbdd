"""Sums and products of symbolic length, handed to the calculus of tensors.

`sum(x[i], i, 1, m)` runs over an axis whose size is m; `x[i]` is an entry of a tensor x with that axis. An index that no
sum binds stays free: the claim is made for every entry. Every expression becomes a tensor with one axis for each of its
free indices, and those are matched by name, never by place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symbolic.prover._errors import OutOfReach
from symbolic.prover._family_facts import PI, hypotheses, logarithms
from symbolic.prover._lower import by_class, function_name, symbol_name
from symbolic.prover._shifts import counted_from_one, exchanged
from symbolic.prover._verdict import Verdict
from symbolic.tensor._axes import ONE, Axis
from symbolic.tensor._build import tensor
from symbolic.tensor._differentiate import differentiate
from symbolic.tensor._einsum import Draft, make_add, make_einsum, make_power
from symbolic.tensor._errors import TensorError
from symbolic.tensor._functions import POWERS, SLOPES, apply, maximum
from symbolic.tensor._hypotheses import Hypothesis
from symbolic.tensor._nodes import Delta, Symbol, Tensor, in_order, intern, number, size_of
from symbolic.tensor._prove import prove_tensor
from symbolic.tensor._terms import POSITION

Labelled = tuple[Tensor, tuple[Any, ...]]  # a tensor, and the index that runs along each of its axes


_KNOWN = {*SLOPES, *POWERS}


def prove_families(lhs: Any, rhs: Any, conditions: Sequence[Any], timeout: float) -> tuple[Verdict, bool]:
    """Decide a claim that holds sums of symbolic length; and say whether its indices were moved to read it so."""
    try:
        families = Families([lhs, rhs, *conditions])
        given = hypotheses(families)
        sides = families.sides()
        # What is not in the sides any more is nevertheless part of the claim: 0 log(x) has a value only where x > 0.
        beside = set(families.partial).difference(in_order(sides))
        verdict = prove_tensor(
            *sides,
            given,
            timeout,
            defined=sorted(beside, key=str),
            positive_under_log=logarithms(families.parts[:2]),
        )
    except TensorError as problem:
        raise OutOfReach(str(problem)) from None
    # The numbers that an index runs through are no tensor of the claim.
    if verdict.counterexample is not None:
        if any(part.has(sp.pi) for part in families.parts):
            raise OutOfReach(f"a counterexample with another number for {PI}")
        sizes = {f"|{axis.name}|": (length.name, more) for length, (axis, more) in families.sizes.items()}
        point: dict[str, Any] = {}
        for name, value in verdict.counterexample.point.items():
            if name in sizes and isinstance(value, int):
                length, more = sizes[name]
                point[length] = value - more
            elif not name.startswith(POSITION):
                point[name] = value
        example = dataclasses.replace(verdict.counterexample, point=point)
        return dataclasses.replace(verdict, counterexample=example), families.moved
    said = [text for text in verdict.assumptions if not text.startswith((POSITION, f"{PI} > 0"))]
    lengths = sorted(
        f"{length.name} is {1 - more}, {2 - more}, {3 - more} or more"
        for length, (_, more) in families.sizes.items()
    )
    return dataclasses.replace(verdict, assumptions=(*said, *lengths)), families.moved


def as_tensors(lhs: Any, rhs: Any, conditions: Sequence[Any]) -> tuple[Tensor, Tensor, list[Hypothesis]]:
    """The sides and the hypotheses of such a claim as tensors."""
    try:
        families = Families([lhs, rhs, *conditions])
        given = hypotheses(families)
        return (*families.sides(), given)
    except TensorError as problem:
        raise OutOfReach(str(problem)) from None


class Families:
    """Reads the expressions of one claim as tensors.

    Parameters
    ----------
    parts : sequence of sympy.Basic
        Both sides and the hypotheses. Their sums say over what the indices run.
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self.axes: dict[Any, Axis] = {}  # of each index
        self.sizes: dict[Any, tuple[Axis, int]] = {}  # of each m: the axis, and by how much it is longer
        self.named: dict[str, Any] = {ONE.name: ONE}  # what an axis is called after
        self.shapes: dict[str, tuple[Axis | None, ...]] = {}  # of each family
        self.positive: set[str] = set()
        self.bits: set[str] = set()  # that are 0 or 1
        self.assumed: dict[str, list[Any]] = {}
        self.partial: list[Tensor] = []  # that do not have a value everywhere
        plain = [self._plain(part) for part in parts]
        self.parts = counted_from_one(plain)
        self.moved = any(
            low != 1 for part in plain for node in part.atoms(sp.Sum, sp.Product) for _, low, _ in node.limits
        ) or any(not x.is_Symbol for part in plain for entry in part.atoms(sp.Indexed) for x in entry.indices)
        for part in self.parts:
            for node in part.atoms(sp.Sum, sp.Product):
                for index, _, last_one in node.limits:
                    self._range(index, last_one)
        # Twice to learn the shapes from the indices that sums bind; what is open then has a range of its own.
        for last in (False, False, True):
            for part in self.parts:
                for entry in sorted(part.atoms(sp.Indexed), key=str):
                    self._learn(entry, last)
        if (
            both := self.sizes.keys() & self.axes.keys()
        ):  # the inner of two sums ends where the outer one stands
            raise OutOfReach(f"{min(map(str, both))} as an index and as the end of a sum")

    def _plain(self, part: Any) -> Any:
        """Symbols of one name are one symbol, and an Idx is its label; what was assumed of them is kept."""
        images: dict[Any, Any] = {x: sp.Symbol(str(x.label), real=True) for x in part.atoms(sp.Idx)}
        for base in part.atoms(sp.IndexedBase):
            self.assumed.setdefault(str(base), []).append(base)
            images[base] = sp.IndexedBase(str(base), real=True)
        for x in part.atoms(sp.Symbol):
            self.assumed.setdefault(symbol_name(x), []).append(x)
            images[x] = sp.Symbol(symbol_name(x), real=True)
        return exchanged(part, images)

    def _range(self, index: Any, high: Any) -> None:
        more, length = sp.expand(
            high
        ).as_coeff_Add()  # m + 2 terms: an axis of its own, of which m is the size less 2
        if not (length.is_Symbol and more.is_Integer):
            raise OutOfReach(f"a sum of {index} over {high} terms")
        name = length.name if not more else f"{length.name}{int(more):+d}"
        axis, _ = self.sizes.setdefault(length, (self._called(name, length), int(more)))
        if self.axes.setdefault(index, axis) != axis or axis.name != name:
            raise OutOfReach(f"an index {index} beside others that run over another range")

    def _learn(self, entry: Any, last: bool) -> None:
        name = str(entry.base)
        known = self.shapes.get(name, (None,) * len(entry.indices))
        here = tuple(self.axes.get(index) for index in entry.indices)
        apart = any(a and b and a != b for a, b in zip(known, here, strict=False))
        if len(known) != len(here) or apart or not all(index.is_Symbol for index in entry.indices):
            raise OutOfReach(f"the entry {entry} beside sums of symbolic length")
        shape = self.shapes[name] = tuple(
            a or b or (self._axis(index) if last else None)
            for a, b, index in zip(known, here, entry.indices, strict=True)
        )
        for index, axis in zip(entry.indices, shape, strict=True):
            if axis is not None:
                self.axes.setdefault(index, axis)

    # -- expressions ------------------------------------------------------------------------------
    def sides(self) -> tuple[Tensor, Tensor]:
        """Both sides over the same free indices."""
        left, right = map(self._read, self.parts[:2])
        free = sorted({*left[1], *right[1]}, key=str)
        return self._over(left, free), self._over(right, free)

    def _axis(self, index: Any) -> Axis:
        if index not in self.axes:
            self.axes[index] = self._called(f"range of {index}", index)
        return self.axes[index]

    def _called(self, name: str, of: Any) -> Axis:
        """The axis of this name: a symbol may be called m+1, or 1, and is neither a number nor m and one more."""
        if self.named.setdefault(name, of) != of:
            raise OutOfReach(f"a length called {name}")
        return Axis(name)

    def _over(self, one: Labelled, free: list[Any]) -> Tensor:
        return self._product([one], free)

    def _product(
        self, factors: list[Labelled], free: list[Any], coefficient: Fraction = Fraction(1)
    ) -> Tensor:
        """Multiply entries, and sum over every index that is not free."""
        draft = Draft()
        every = dict.fromkeys([*free, *(index for _, own in factors for index in own)])
        labels = {index: draft.label(self._axis(index)) for index in every}
        parts = [(factor, tuple(labels[index] for index in own)) for factor, own in factors]
        return make_einsum(draft, [labels[index] for index in free], parts, coefficient)

    def _read(self, e: Any) -> Labelled:
        rule = Families._unknown if isinstance(e, AppliedUndef) else _RULES.get(type(e))
        if rule is not None:
            return rule(self, e)
        if e.is_Rational:
            return number(Fraction(int(e.p), int(e.q))), ()
        if e.is_Symbol:
            if e in self.sizes:
                axis, more = self.sizes[e]
                return size_of(axis) - more, ()
            if e in self.axes:
                axis = self.axes[e]
                return intern(Symbol, (axis,), f"{POSITION} 1 along {axis.name}"), (e,)
            if e.name in self.shapes:
                raise OutOfReach(f"{e} as a number beside sums of symbolic length")
            if e.name == PI:
                raise OutOfReach(f"a variable called {PI}")
            return tensor(e.name), ()
        if e is sp.pi:
            return tensor(PI), ()
        raise OutOfReach(f"{type(e).__name__} beside sums of symbolic length")

    def _entry(self, e: Any) -> Labelled:
        return tensor(str(e.base), *(self._axis(index) for index in e.indices)), e.indices

    def _add(self, e: Any) -> Labelled:
        parts = [self._read(x) for x in e.args]
        free = sorted({index for _, own in parts for index in own}, key=str)
        axes = tuple(self._axis(index) for index in free)
        return make_add(axes, [(Fraction(1), self._over(part, free)) for part in parts]), tuple(free)

    def _mul(self, e: Any) -> Labelled:
        parts = [self._read(x) for x in e.args]
        free = sorted({index for _, own in parts for index in own}, key=str)
        return self._product(parts, free), tuple(free)

    def _pow(self, e: Any) -> Labelled:
        base, exponent = e.args
        if base is sp.E:
            return self._apply("exp", exponent)
        if exponent.is_Rational:
            inner, own = self._read(base)
            power = make_power(inner, Fraction(int(exponent.p), int(exponent.q)))
            if not (exponent.is_Integer and exponent >= 0):
                self.partial.append(power)
            return power, own
        # (-2)^i has a value, and log(-2) has none; a name that is 0 or 1 is whole, too.
        if self._is_whole(exponent) and not self._is_positive(base):
            raise OutOfReach(f"the whole power {e} of what may be negative")
        return self._apply("exp", sp.Mul(exponent, sp.log(base, evaluate=False), evaluate=False))

    def _is_whole(self, e: Any) -> bool:
        bit = str(e.base if isinstance(e, sp.Indexed) else e) in self.bits
        known = bit or e.is_Integer or e in self.sizes or e in self.axes
        return known or ((e.is_Add or e.is_Mul) and all(map(self._is_whole, e.args)))

    def _apply(self, name: str, argument: Any) -> Labelled:
        inner, own = self._read(argument)
        value = apply(name, inner)
        if name == "log":
            self.partial.append(value)
        return value, own

    def _sum(self, e: Any) -> Labelled:
        inner, own = self._read(e.args[0])
        bound = [limit[0] for limit in e.limits]
        free = [index for index in own if index not in bound]
        draft_over = list(dict.fromkeys([*own, *bound]))
        whole = self._over((inner, own), draft_over)  # an index that the summand does not have is counted
        return self._product([(whole, tuple(draft_over))], free), tuple(free)

    def _prod(self, e: Any) -> Labelled:
        """A product of exponentials is the exponential of a sum; of others this is so where they are positive."""
        body = e.args[0]
        if not self._is_positive(body):
            raise OutOfReach(f"a product of factors {body} that are not known to be positive")
        inner, own = self._read(sp.Sum(sp.log(body, evaluate=False), *e.limits))
        return apply("exp", inner), own

    def _is_positive(self, body: Any) -> bool:
        """Whether an expression is positive wherever it has a value."""
        if body.is_Rational or body in (sp.pi, sp.E):
            return bool(body > 0)
        if body.is_Symbol or isinstance(body, sp.Indexed):
            counted = body in self.axes or (body in self.sizes and self.sizes[body][1] <= 0)
            return counted or str(body.base if isinstance(body, sp.Indexed) else body) in self.positive
        if body.is_Pow:
            base, exponent = body.args
            even = exponent.is_Integer and exponent < 0 and exponent % 2 == 0
            real = not (
                exponent.is_Rational or self._is_whole(exponent)
            )  # only what is positive has such powers
            return bool(even or real or self._is_positive(base))
        if body.is_Add:
            return any(map(self._is_positive, body.args)) and all(map(self._is_nonnegative, body.args))
        if body.is_Mul:
            return all(map(self._is_positive, body.args))
        return isinstance(body, sp.exp) or (isinstance(body, sp.Abs) and self._is_positive(body.args[0]))

    def _is_nonnegative(self, body: Any) -> bool:
        even = body.is_Pow and body.exp.is_Rational and (body.exp.p % 2 == 0 or body.exp.q % 2 == 0)
        if body.is_Mul:
            return all(map(self._is_nonnegative, body.args))
        return bool(even or isinstance(body, sp.Abs) or body == 0 or self._is_positive(body))

    def _extremum(self, e: Any) -> Labelled:
        parts = [self._read(x) for x in sorted(e.args, key=sp.default_sort_key)]
        free = sorted({index for _, own in parts for index in own}, key=str)
        sign = 1 if isinstance(e, sp.Max) else -1
        result = sign * self._over(parts[0], free)
        for part in parts[1:]:
            result = maximum(result, sign * self._over(part, free))
        return sign * result, tuple(free)

    def _delta(self, e: Any) -> Labelled:
        i, j = e.args
        if not (i.is_Symbol and j.is_Symbol) or self._axis(i) != self._axis(j):
            raise OutOfReach(f"{e}")
        axis = self._axis(i)
        return (intern(Delta, (axis, axis)), (i, j)) if i != j else (number(1), ())

    def _unknown(self, e: Any) -> Labelled:
        name = function_name(e)
        if name in _KNOWN:
            raise OutOfReach(f"an unknown function called {name}")
        return self._apply(name, e.args[0])

    def _derivative(self, e: Any) -> Labelled:
        result = self._read(e.args[0])
        for variable, times in e.args[1:]:
            for _ in range(int(times)):
                result = self._slope(result, variable)
        return result

    def _slope(self, cost: Labelled, variable: Any) -> Labelled:
        inner, own = cost
        wrt, more = self._read(variable)
        if variable in self.axes or not isinstance(wrt, Symbol) or len(set(more)) != len(more):
            raise OutOfReach(f"a derivative by {variable}")
        # The derivative has the axes of the cost and then those of the variable; an index of both is one index.
        renamed = tuple(sp.Dummy(str(index)) if index in own else index for index in more)
        for new, index in zip(renamed, more, strict=True):
            self.axes[new] = self._axis(index)
        gradient = differentiate(inner, wrt)
        ties = [
            (intern(Delta, (self._axis(i),) * 2), (n, i))
            for n, i in zip(renamed, more, strict=True)
            if n is not i
        ]
        free = list(dict.fromkeys((*own, *more)))
        return self._product([(gradient, (*own, *renamed)), *ties], free), tuple(free)

    def _subs(self, e: Any) -> Labelled:
        """g'(u), the derivative at a variable and then at u."""
        inner, variables, points = e.args
        if not isinstance(inner, sp.Derivative) or len(points) != 1:
            raise OutOfReach(f"{e} beside sums of symbolic length")
        if not isinstance(inner.expr, AppliedUndef):
            return self._read(inner.doit().xreplace({variables[0]: points[0]}))
        argument, own = self._read(points[0])
        return apply(function_name(inner.expr), argument, int(inner.derivative_count)), own


def _named_function(name: str) -> Callable[[Families, Any], Labelled]:
    return lambda families, e: families._apply(name, e.args[0])


def _written(formula: Callable[[Any], Any]) -> Callable[[Families, Any], Labelled]:
    return lambda families, e: families._read(formula(e.args[0]))


_NAMED: dict[str, Callable[[Families, Any], Labelled]] = {
    "Indexed": Families._entry,
    "Add": Families._add,
    "Mul": Families._mul,
    "Pow": Families._pow,
    "Sum": Families._sum,
    "Product": Families._prod,
    "Max": Families._extremum,
    "Min": Families._extremum,
    "KroneckerDelta": Families._delta,
    "Derivative": Families._derivative,
    "Subs": Families._subs,
    "Exp1": lambda families, e: families._apply("exp", sp.S.One),
    "exp": _named_function("exp"),
    "log": _named_function("log"),
    "tanh": _named_function("tanh"),
    "Abs": _named_function("abs"),
    "sign": _named_function("sign"),
    "Heaviside": _named_function("step"),
    "sinh": _written(lambda u: (sp.exp(u) - sp.exp(-u)) / 2),
    "cosh": _written(lambda u: (sp.exp(u) + sp.exp(-u)) / 2),
}
_RULES = {by_class(name): rule for name, rule in _NAMED.items()}
