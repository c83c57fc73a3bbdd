"""Finds the simplest correction of a false claim: a factor, a term, two symbols exchanged, a wrong place.

Every candidate is first compared with the left side at two points, which costs microseconds; the few that survive
are proved. What is returned is proved, never guessed from numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import sympy as sp
from flint import fmpq
from sympy.core.function import AppliedUndef

from symbolic.prover._balls import differ, enclosure, evaluate
from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Exhausted, OutOfReach, Symbolic
from symbolic.prover._lower import Lowering
from symbolic.prover._points import Sampler
from symbolic.prover._premises import gather, read_hypotheses
from symbolic.prover._prove import _is_tensor, prove
from symbolic.prover._reading import expression, symbols_of
from symbolic.prover._verdict import Verdict

MAX_CANDIDATES = 600
MAX_PROOFS = 8
_BITS = 192
_SMALL = [
    sp.Rational(p, q) for p, q in ((-1, 1), (2, 1), (1, 2), (-2, 1), (-1, 2), (3, 1), (1, 3), (4, 1), (1, 4))
]
# Constants that derivations forget: of normal densities, of logarithms to another base.
_CONSTANTS = [
    sign * scale * c**e
    for c in (sp.sqrt(2), sp.pi, sp.sqrt(sp.pi), sp.sqrt(2 * sp.pi), sp.log(2), sp.log(10), sp.E)
    for e in (1, -1)
    for scale in (1, 2, sp.Rational(1, 2))
    for sign in (1, -1)
]


@dataclass(frozen=True)
class Correction:
    """What makes a false claim true.

    Parameters
    ----------
    kind : {"factor", "term", "exchange", "place", "part"}
        ``factor``: the left side is ``change`` times the right. ``term``: it is the right side plus ``change``.
        ``exchange``: two symbols stand in each other's place. ``place``: a function is taken at the wrong argument.
        ``part``: one part should be another, as a square that was dropped, a derivative, or a term with its sign.
    text : str
        The correction as a sentence, such as ``off by a factor −1``.
    change : sympy.Expr or None
        The factor or term.
    corrected : sympy.Expr
        The right side as it should be.
    verdict : Verdict
        The proof of the corrected claim.
    """

    kind: Literal["factor", "term", "exchange", "place", "part"]
    text: str
    change: Any
    corrected: Any
    verdict: Verdict

    def __str__(self) -> str:
        return self.text


def equivalent_up_to(lhs: Any, rhs: Any, *, assuming: Any = (), timeout: float = 2.0) -> Correction | None:
    """Find the simplest correction that makes a false claim true.

    Claims about tensors are handed to `symbolic.tensor.correction`, whose corrections have the same attributes.

    Parameters
    ----------
    lhs, rhs, assuming, timeout
        As in `prove`.

    Returns
    -------
    Correction or None
        None when the claim is not refuted, or no simple correction is proved in time.

    Examples
    --------
    >>> print(equivalent_up_to("diff((a - y)^2/2, a)", "y - a"))
    off by a factor −1
    >>> print(equivalent_up_to("diff(tanh(z), z)", "-tanh(z)^2"))
    the term 1 is missing
    >>> print(equivalent_up_to("diff(g(w*x), x)", "x*g'(w*x)"))
    w and x are exchanged
    >>> print(equivalent_up_to("diff(tanh(z), z)", "1 - tanh(z)"))
    tanh(z) should be tanh(z)**2
    """
    if _is_tensor(lhs) or _is_tensor(rhs):
        from symbolic.tensor import correction

        found: Any = correction(lhs, rhs, assuming, timeout)
        return found  # type: ignore[no-any-return]  # the tensor calculus's own Correction
    deadline = Deadline(timeout)
    if not isinstance(assuming, str | sp.Basic | bool):
        assuming = tuple(assuming)  # it is read several times, and may be a generator
    first = prove(lhs, rhs, assuming=assuming, timeout=timeout)
    if first.status != "refuted":
        return None
    try:
        symbols = symbols_of(lhs, rhs, assuming)
        left, right = expression(lhs, symbols), expression(rhs, symbols)
        conditions = read_hypotheses(assuming, symbols)
        survivors = _survivors(left, right, conditions, deadline)
        for kind, text, change, corrected in itertools.islice(survivors, MAX_PROOFS):
            rest = deadline.end - deadline.start - deadline.elapsed
            if rest <= 0:
                return None
            verdict = prove(left, corrected, assuming=assuming, timeout=rest)
            if verdict.status == "proved":
                return Correction(kind, text, change, corrected, verdict)
    except Symbolic:
        return _of_families(left, right, conditions, timeout)
    except (Exhausted, OutOfReach):
        return None
    return None


def _of_families(left: Any, right: Any, conditions: list[Any], timeout: float) -> Correction | None:
    from symbolic.prover._families import as_tensors
    from symbolic.tensor import correction

    try:
        return correction(*as_tensors(left, right, conditions), timeout)  # type: ignore[return-value]
    except OutOfReach:
        return None


_Candidate = tuple[Any, str, Any, Any]


def _survivors(left: Any, right: Any, conditions: list[Any], deadline: Deadline) -> Iterator[_Candidate]:
    """Candidates that agree with the left side at every point tried."""
    low = Lowering()
    target, base = low(left), low(right)
    read: list[tuple[_Candidate, int]] = []
    for candidate in itertools.islice(_candidates(left, right), MAX_CANDIDATES):
        deadline.check()
        try:
            read.append((candidate, low(candidate[3])))
        except (OutOfReach, Exhausted):
            continue
    premises = gather(low, conditions)
    program = low.program
    facts = [i for i, _ in (*premises.positive, *premises.nonnegative)]
    order = program.reach(target, base, *facts, *(i for _, i in read))
    sampler = Sampler(program.symbols(*order), {}, {}, premises.integers, premises.even, premises.odd)
    for i in facts:
        sampler.learn(program, i)
    functions = {
        name: tuple(fmpq(2 * k + 3 + n, 3 + k) for k in range(6))
        for n, name in enumerate(sorted({node[1] for node in program.nodes if node[0] == "g"}))
    }
    points: list[dict[int, Any]] = []
    for k in range(40):
        point = {
            **sampler.draw(k),
            **{name: values[k % len(values)] for name, values in premises.choices.items()},
        }
        values = evaluate(program, order, point, _BITS, functions)
        if values[target] is not None and values[base] is not None and len(points) < 3:
            points.append(values)
    if not points:
        return
    constants = _constants(right, [values[target] for values in points], [values[base] for values in points])
    for candidate in constants:
        yield candidate
    for candidate, i in read:
        if all(v[i] is not None and not differ(v[target], v[i], _BITS) for v in points):
            yield candidate


def _candidates(left: Any, right: Any) -> Iterator[_Candidate]:
    """Corrections of the right side, the simplest first."""
    for c in _SMALL:
        yield _factor(c, right)
    symbols = sorted(left.free_symbols | right.free_symbols, key=lambda s: (s.name != "m", s.name))
    for s in symbols:
        for factor in (s, 1 / s, -s, -1 / s, 1 - s, 1 / (1 - s)):
            yield _factor(factor, right)
    for a, b in itertools.combinations(sorted(right.free_symbols, key=str), 2):
        swapped = right.xreplace({a: b, b: a})
        yield "exchange", f"{a} and {b} are exchanged", None, swapped
    others = [
        ("exchange", f"{a} stands where {b} should", None, right.xreplace({a: b}))
        for a, b in itertools.product(sorted(right.free_symbols, key=str), symbols)
        if b not in right.free_symbols
    ]
    # What g' is taken at says more than that a letter is another.
    unknown = right.has(AppliedUndef)
    yield from () if unknown else others
    yield from _places(left, right, symbols)
    yield from others if unknown else ()
    yield from _terms(left, right)
    yield from _signs(right)
    yield from _inner(right)
    yield from _replaced(right)
    for c in (*_CONSTANTS, *(a / b for a, b in itertools.permutations(symbols, 2))):
        yield _factor(c, right)
    for kernel in _kernels(left, right):
        for factor in (kernel, 1 / kernel, -kernel, 1 - kernel, 2 * kernel, kernel / 2):
            yield _factor(factor, right)
        for s in symbols:
            yield _factor(s * kernel, right)


def _factor(c: Any, right: Any) -> _Candidate:
    return "factor", f"off by a factor {_said(c)}", c, sp.Mul(c, right, evaluate=False)


def _said(e: Any) -> str:
    """An expression in the words of the notes: g'(z) and sigmoid(z), with a typographic minus."""
    e = e.replace(
        lambda x: isinstance(x, AppliedUndef),
        lambda x: sp.Function(x.func.__name__)(*x.args),
    )
    e = e.replace(
        lambda x: (
            isinstance(x, sp.Subs)
            and isinstance(x.expr, sp.Derivative)
            and isinstance(x.expr.expr, AppliedUndef)
        ),
        lambda x: sp.Function(x.expr.expr.func.__name__ + "'" * int(x.expr.derivative_count))(*x.point),
    )
    e = e.replace(
        lambda x: isinstance(x, sp.Derivative) and isinstance(x.expr, AppliedUndef),
        lambda x: sp.Function(x.expr.func.__name__ + "'" * int(x.derivative_count))(*x.expr.args),
    )
    e = e.replace(
        lambda x: x.is_Pow and x.exp == -1 and x.base.is_Add and any(a.func is sp.exp for a in x.base.args),
        lambda x: sp.Function("sigmoid")(-sp.log(x.base - 1)),
    )
    return str(e if e.is_Number else e.doit()).replace("-", "−")


def _places(left: Any, right: Any, symbols: list[Any]) -> Iterator[_Candidate]:
    """A function, or its derivative, taken at one symbol instead of another, or with the wrong sign."""
    inner = [old for call in _parts(left) for old, _ in _arguments(call) if not old.is_Symbol]
    for call in _parts(right):
        for old, rebuilt in _arguments(call):
            for new in (*(s for s in symbols if s != old), -old):
                said = f"{_said(call)} is taken at {_said(old)} instead of {_said(new)}"
                yield "place", said, None, right.xreplace({call: rebuilt(new)})
            inside = call.free_symbols
            for name, s in itertools.product(inside if len(inside) == 1 else (), symbols):
                if name not in (s, old):
                    said = f"{_said(call)} is taken at {name} instead of {s}"
                    yield "place", said, None, right.xreplace({call: rebuilt(old.xreplace({name: s}))})
            for new in inner:
                if new not in (old, -old):
                    said = f"{_said(call)} is taken at {_said(old)} instead of {_said(new)}"
                    yield "place", said, None, right.xreplace({call: rebuilt(new)})


def _arguments(call: Any) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """What a function or a derivative is taken at, and how it reads when taken elsewhere."""
    if isinstance(call, sp.Subs) and len(call.point) == 1:
        yield call.point[0], lambda new: call.func(call.expr, call.variables, (new,))
    elif isinstance(call, sp.Derivative):
        inside = call.free_symbols
        if len(inside) == 1:
            (old,) = inside
            yield (
                old,
                lambda new: call.xreplace({old: new}) if new.is_Symbol else sp.Subs(call, (old,), (new,)),
            )
    elif (isinstance(call, sp.Function) and len(call.args) == 1) or isinstance(call, sp.exp):
        yield call.args[0], lambda new: call.func(new)


def _inner(right: Any) -> Iterator[_Candidate]:
    """The derivative of what stands inside a function, forgotten or taken twice."""
    for call in _parts(right):
        for inside, _ in _arguments(call):
            for s in sorted(inside.free_symbols, key=str) if not inside.is_Symbol else ():
                slope = sp.diff(inside, s)
                yield _factor(slope, right)
                yield _factor(1 / slope, right)


def _replaced(right: Any) -> Iterator[_Candidate]:
    """A square that was dropped, or is too many; a function in place of its derivative."""
    for part in _parts(right):
        others = []
        if part.is_Pow and part.exp == 2:
            others.append(part.base)
        elif part.is_Function or isinstance(part, sp.Derivative | sp.Subs):
            others.append(part**2)
        if isinstance(part, AppliedUndef) and len(part.args) == 1:
            x = sp.Dummy()
            others.append(sp.Subs(sp.Derivative(part.func(x), x), (x,), part.args))
        for other in others:
            said = f"{_said(part)} should be {_said(other)}"
            yield "part", said, None, right.xreplace({part: other})


def _terms(left: Any, right: Any) -> Iterator[_Candidate]:
    """A term dropped on the right, or one too many."""
    seen = set()
    parts = [part for side in (left, right) for part in _parts(side)]
    sums = [term for part in parts if part.is_Add for term in part.args]
    for term in (*sums, sp.S.One, *parts, *_slopes(left)):
        if term in seen or not isinstance(term, sp.Expr) or term.has(sp.Derivative):
            continue
        seen.add(term)
        for signed in (term, -term):
            surplus = right.is_Add and -signed in right.args
            said = (
                f"the term {_said(-signed)} is too many"
                if surplus
                else f"the term {_said(signed)} is missing"
            )
            yield "term", said, signed, sp.Add(right, signed, evaluate=False)


def _slopes(left: Any) -> Iterator[Any]:
    """What each term of a sum, and each factor of a product, adds to a derivative."""
    if not (isinstance(left, sp.Derivative) and left.derivative_count == 1):
        return
    whole, x = left.expr, left.variables[0]
    if whole.is_Add:
        yield from (sp.diff(term, x) for term in whole.args)
    elif whole.is_Mul:
        for n, factor in enumerate(whole.args):
            yield sp.Mul(*whole.args[:n], sp.diff(factor, x), *whole.args[n + 1 :])


def _signs(right: Any) -> Iterator[_Candidate]:
    """One term of a sum with the wrong sign."""
    for part in _parts(right):
        for n, term in enumerate(part.args if part.is_Add else ()):
            turned = sp.Add(*part.args[:n], -term, *part.args[n + 1 :])
            yield "part", f"{_said(term)} should be {_said(-term)}", None, right.xreplace({part: turned})


def _kernels(left: Any, right: Any) -> Iterator[Any]:
    """Parts that could be a missing factor: functions, powers, and sums such as 1 - a."""
    seen = set()
    for side in (right, left):
        for part in _parts(side):
            usable = (
                part.is_Function or part.is_Pow or part.is_Add or isinstance(part, sp.Derivative | sp.Subs)
            )
            if usable and part not in seen and part.free_symbols and part.is_commutative:
                seen.add(part)
                yield part
                if isinstance(part, AppliedUndef) and part.args[0].is_Symbol:
                    yield sp.Derivative(part, part.args[0])
    for s in sorted(left.free_symbols | right.free_symbols, key=str):
        for part in (sp.exp(s), 1 / (1 + sp.exp(-s)), 1 - sp.tanh(s) ** 2):
            if part not in seen:
                yield part


def _parts(side: Any) -> list[Any]:
    found = []
    for part in itertools.islice(sp.preorder_traversal(side), 120):
        bound = part.free_symbols - side.free_symbols  # what a Subs binds is no part of its own
        if isinstance(part, sp.Expr) and not part.is_Number and not bound and part not in found:
            found.append(part)
    return found


def _constants(right: Any, targets: list[Any], bases: list[Any]) -> Iterator[_Candidate]:
    """A rational factor or term, read off from the values: the same at every point."""
    ratios = [None if not differ(b, fmpq(0), _BITS) else t / b for t, b in zip(targets, bases, strict=True)]
    gaps = [t - b for t, b in zip(targets, bases, strict=True)]
    for kind, values in (("factor", ratios), ("term", gaps)):
        if len(values) < 2 or any(v is None for v in values):
            continue
        c = _simple(values[0])
        if c is None or c == 0 or any(differ(v, fmpq(int(c.p), int(c.q)), _BITS) for v in values):
            continue
        if kind == "factor":
            yield _factor(c, right)
        else:
            yield "term", f"the term {_said(c)} is missing", c, sp.Add(right, c, evaluate=False)


def _simple(value: Any) -> Any:
    """The simple rational number in a ball, if there is one."""
    ends = enclosure(value)
    middle = ((ends.low + ends.high) / 2).limit_denominator(1000)
    return sp.Rational(middle.numerator, middle.denominator) if ends.low <= middle <= ends.high else None
