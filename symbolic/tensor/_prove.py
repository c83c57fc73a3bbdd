"""The verdict on a tensor claim.

First a point is tried: certified balls that exclude each other refute the claim. If the point is inside the domain
of both sides, equal normal forms prove it. Otherwise more points are tried, at higher precision, and what is still
open then is unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from flint import arb, ctx, fmpq

from symbolic.tensor._axes import ONE, show
from symbolic.tensor._build import as_tensor, expand_to
from symbolic.tensor._errors import TensorLimitError, TensorUndefinedError
from symbolic.tensor._evaluate import BALLS, NotDefinedHere, Point, evaluate, places
from symbolic.tensor._hypotheses import Hypothesis, assume
from symbolic.tensor._nodes import ArgMax, Map, Named, Symbol, Tensor, in_order
from symbolic.tensor._normal import Memo, blocks, normal_form
from symbolic.tensor._points import draw, show_polynomial
from symbolic.tensor._terms import Work, add_to, show_poly
from symbolic.tensor._zero import reduced, vanishes

BITS = (
    96,
    96,
    96,
    96,
    96,
    256,
    256,
    1024,
)  # the precision of each attempt; five ranges first, then finer balls
TERM_LIMIT = 400_000

if TYPE_CHECKING:
    from symbolic.prover._verdict import Counterexample, Enclosure, Verdict

Operand = Tensor | int | Fraction


def prove_tensor(
    lhs: Operand,
    rhs: Operand,
    assuming: Iterable[Hypothesis] = (),
    timeout: float = 2.0,
    *,
    defined: Iterable[Tensor] = (),
    positive_under_log: Container[str] | None = None,
) -> Verdict:
    """Decide whether two tensor expressions are equal for every size.

    `proved` means: equal entries for all sizes of at least one, all entries that satisfy the hypotheses, and all
    differentiable functions in place of the unknown ones, wherever both sides are defined and off the kinks reported.
    `refuted` comes with sizes and entries at which certified enclosures of one entry exclude each other.

    Parameters
    ----------
    lhs, rhs : Tensor, int or Fraction
        A number or scalar stands for a tensor of equal entries.
    assuming : iterable of Hypothesis, optional
        `one_hot(Y, axis)`, `probability(Y, axis)`, `adds_up(Y, axis)`, `positive(x)`, `binary(x)`.
    timeout : float, default 2.0
        Seconds after which the verdict is `unknown` with method `limit`.
    defined : iterable of Tensor, optional
        What must have values, too, at a point that shows anything: parts that arithmetic took out of the sides, such
        as a logarithm times 0.
    positive_under_log : container of str, optional
        The tensors of which a logarithm log(x) says that every entry is positive; by default all. A claim about one
        entry says so only of that entry.

    Returns
    -------
    Verdict
        Two sides whose axes differ are refuted; where only axes of size 1 differ, the verdict is unknown.

    Raises
    ------
    TensorTypeError
        A side is not a tensor expression, or a hypothesis is none.
    TensorNameError
        One name stands for two tensors with different axes.

    Examples
    --------
    >>> from symbolic.tensor import axis, prove_tensor, tensor
    >>> n, k, m = axis("n"), axis("k"), axis("m")
    >>> W, A = tensor("W", n, k), tensor("A", k, m)
    >>> prove_tensor((W @ A).T, A.T @ W.T).status
    'proved'
    >>> prove_tensor((W @ A).sum(axis=m), W.sum(axis=k)).status
    'refuted'
    """
    from symbolic.prover._verdict import (
        Verdict,  # the package imports SymPy, which building and deriving do not need
    )

    start = time.perf_counter()
    left, right = as_tensor(lhs), as_tensor(rhs)
    hypotheses = tuple(assuming)

    def claim(left: Tensor = left, right: Tensor = right) -> str:
        return f"{left} = {right}"

    work = Work(deadline=start + timeout, term_limit=TERM_LIMIT)
    assume(work, hypotheses)
    under_logarithms = _positive_in_the_domain((left, right)) - work.positive
    if positive_under_log is not None:
        under_logarithms = frozenset(name for name in under_logarithms if name in positive_under_log)
    work.positive |= under_logarithms
    _check_names((left, right), hypotheses)
    if left.axes != right.axes:
        if left.axes and right.axes:
            return _different_axes(left, right, claim, time.perf_counter() - start)
        axes = left.axes or right.axes
        left, right = expand_to(left, axes), expand_to(right, axes)
    status, method, reason, found = "unknown", "", "", None
    try:
        status, method, reason, found = _decide(
            work, left, right, hypotheses, start + timeout, tuple(defined)
        )
    except TensorLimitError as limit:
        method, reason = "limit", str(limit)
    except RecursionError:
        method, reason = "limit", "the expression has too many levels"
    except TensorUndefinedError as undefined:
        reason = str(undefined)
    proved = status == "proved"
    kinks = _kinks((left, right)) if proved else ()
    domain = tuple(f"{name} > 0, as its logarithm asks" for name in sorted(under_logarithms))
    assumptions = (*_assumptions(hypotheses, work), *domain) if proved else ()
    return Verdict(
        status,  # type: ignore[arg-type]
        method,
        claim,
        assumptions,
        None if found is None or found[1] is None else found[1][1],
        reason,
        time.perf_counter() - start,
        kinks,
        evidence=_evidence(status, method, (left, right), hypotheses, found),
    )


# A point, and what differs there: the place of an entry, and both values.
Found: TypeAlias = "tuple[Point, tuple[tuple[int, ...], Counterexample] | None] | None"
Decision: TypeAlias = "tuple[str, str, str, Found]"


def _decide(
    work: Work,
    left: Tensor,
    right: Tensor,
    hypotheses: Sequence[Hypothesis],
    deadline: float,
    beside: Sequence[Tensor],
) -> Decision:
    defined = False
    equal: bool | None = None
    limit: TensorLimitError | None = None
    dead = bool(_kinks((left, right)))  # where every ReLU is off both sides are 0, and the point says nothing
    for attempt, bits in enumerate(BITS):
        with ctx.workprec(bits):
            try:
                point = draw((left, right, *beside), hypotheses, attempt, deadline)
                for part in beside:
                    evaluate(part, point)
                found = apart(left, right, point)
            except NotDefinedHere:
                continue
        if found is not None:
            place, x, y = found
            return (
                "refuted",
                "exact evaluation",
                "",
                (point, (place, _counterexample(left, right, point, place, x, y))),
            )
        defined = True
        if equal is None and not (dead and attempt == 0):
            try:
                equal = _equal(work, left, right)
            except TensorLimitError as reached:  # a point may still tell
                equal, limit = False, reached
        if equal:
            return "proved", "canonical form", "", (point, None)
    if limit is not None:
        raise limit
    if not defined:
        return "unknown", "", f"none of {len(BITS)} points tried lies inside the domain of both sides", None
    return (
        "unknown",
        "",
        f"the normal forms differ, yet the sides agree at every point tried ({len(BITS)} of them)",
        None,
    )


def _positive_in_the_domain(sides: Sequence[Tensor]) -> frozenset[str]:
    """Find tensors whose entries are positive wherever both sides are defined: those under a logarithm."""
    found = set()
    for node in in_order(sides):
        inner = node.argument if isinstance(node, Map) and node.function == "log" else None
        while isinstance(inner, Named):
            inner = inner.value
        if isinstance(inner, Symbol):
            found.add(inner.name)
    return frozenset(found)


def _equal(work: Work, left: Tensor, right: Tensor) -> bool:
    """Compare normal forms: first with as much as may do left alone, at last with everything taken apart."""
    for work.alone in (*blocks(left, right), dict[object, int]()):
        memo: Memo = {}
        gap = dict(normal_form(work, left, memo))
        if vanishes(work, add_to(gap, normal_form(work, right, memo), -1)):
            return True
    return False


def apart(left: Tensor, right: Tensor, point: Point) -> tuple[tuple[int, ...], Any, Any] | None:
    """Compare every entry, and give the first that certainly differs, with both balls."""
    a, b = evaluate(left, point), evaluate(right, point)
    for place in places(left, point):
        x, y = a.get(place, arb(0)), b.get(place, arb(0))
        if not x.overlaps(y):
            return place, x, y
    return None


def _counterexample(
    left: Tensor, right: Tensor, point: Point, place: tuple[int, ...], x: Any, y: Any
) -> Counterexample:
    from symbolic.prover._verdict import Counterexample

    where: dict[str, object] = {f"|{name}|": size for name, size in sorted(point.sizes.items())}
    if place:
        where["entry"] = place
    where |= {name: _Entries(cells) for name, cells in sorted(point.entries.items())}
    unknown = {
        node.function
        for node in in_order((left, right))
        if isinstance(node, Map) and node.function not in BALLS
    }
    return Counterexample(
        where, _enclosure(x), _enclosure(y), {name: show_polynomial(name) for name in sorted(unknown)}
    )


class _Entries(dict[tuple[int, ...], Fraction]):
    """The entries of a tensor, printed as nested lists."""

    def __str__(self) -> str:
        return _nested(self, ())


def _nested(cells: dict[tuple[int, ...], Fraction], at: tuple[int, ...]) -> str:
    if at in cells:
        return str(cells[at])
    size = 1 + max((place[len(at)] for place in cells if place[: len(at)] == at), default=-1)
    return "[" + ", ".join(_nested(cells, (*at, i)) for i in range(size)) + "]"


def _enclosure(value: Any) -> Enclosure:
    from symbolic.prover._verdict import Enclosure

    low, high = value.lower().fmpq(), value.upper().fmpq()
    return Enclosure(_fraction(low), _fraction(high))


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def canonical(expression: Operand, assuming: Iterable[Hypothesis] = (), timeout: float = 2.0) -> str:
    """Write the canonical form of an entry: equal texts are equal expressions, whatever they were written as.

    Parameters
    ----------
    expression : Tensor, int or Fraction
    assuming : iterable of Hypothesis, optional
    timeout : float, default 2.0

    Returns
    -------
    str
        A sum of products in index notation. `n.1` is the first free index and runs along n, `m~1.0` is a summed one,
        `|m|` the size of m. Different texts need not be different expressions: ask `prove_tensor`.

    Raises
    ------
    TensorLimitError
        The form takes too long or grows too large.
    TensorUndefinedError
        The expression divides by something that is identically zero.

    Examples
    --------
    >>> from symbolic.tensor import axis, canonical, tensor
    >>> n, k, m = axis("n"), axis("k"), axis("m")
    >>> G, A = tensor("G", n, m), tensor("A", k, m)
    >>> canonical(G @ A.T / m.size)
    '1*|m|^-1*Σ[m~1.0](1*A[k.2,m~1.0]*G[n.1,m~1.0])'
    >>> canonical(G @ A.T / m.size) == canonical((A @ (G / m.size).T).T)
    True
    """
    work = Work(deadline=time.perf_counter() + timeout, term_limit=TERM_LIMIT)
    assume(work, tuple(assuming))
    return show_poly(reduced(work, normal_form(work, as_tensor(expression))))


def _different_axes(left: Tensor, right: Tensor, claim: Callable[[], str], elapsed: float) -> Verdict:
    from symbolic.prover._verdict import Verdict

    reason = (
        f"the left side has axes {show(left.axes)} and the right side {show(right.axes)}: "
        f"arrays of different shape are not equal"
    )
    plain = [tuple(axis for axis in side.axes if axis != ONE) for side in (left, right)]
    if plain[0] == plain[1]:
        reason += "; only axes of size 1 differ: insert or drop one with [:, None] or .sum(axis=...)"
        return Verdict("unknown", "", claim, reason=reason, elapsed=elapsed)
    evidence = _evidence("refuted", "axes", (left, right), (), None)
    return Verdict("refuted", "axes", claim, reason=reason, elapsed=elapsed, evidence=evidence)


def _check_names(sides: Sequence[Tensor], hypotheses: Sequence[Hypothesis]) -> None:
    from symbolic.tensor._errors import TensorNameError

    seen: dict[str, Symbol] = {}
    symbols = [node for node in in_order(sides) if isinstance(node, Symbol)]
    for symbol in (*symbols, *(one.symbol for one in hypotheses)):
        other = seen.setdefault(symbol.name, symbol)
        if other is not symbol:
            raise TensorNameError(
                f"{symbol.name} stands for two tensors, with axes {show(other.axes)} and {show(symbol.axes)}; expected "
                f"one name for each. Rename one of them."
            )


def _kinks(sides: Sequence[Tensor]) -> tuple[str, ...]:
    """List where nothing is claimed: the jumps of step and sign, the ties of a largest entry."""
    found: dict[str, None] = {}
    for node in in_order(sides):
        if isinstance(node, Map) and node.function in ("step", "sign"):
            found[f"an entry of {node.argument} is 0"] = None
        if isinstance(node, ArgMax):
            found[f"two entries tie for the largest of {node.argument}"] = None
    return tuple(found)


def _assumptions(hypotheses: Sequence[Hypothesis], work: Work) -> tuple[str, ...]:
    used = " ".join(work.used)
    signs = [one for one in hypotheses if one.kind == "positive"]
    return tuple(str(one) for one in hypotheses if one in signs or one.symbol.name in used.split())


def _evidence(
    status: str,
    method: str,
    sides: tuple[Tensor, Tensor],
    hypotheses: Sequence[Hypothesis],
    found: Found,
) -> Callable[[], dict[str, Any]] | None:
    """Put off writing the certificate until somebody asks: most callers never look."""
    if status == "unknown":
        return None

    def build() -> dict[str, Any]:
        from symbolic.tensor._certificate import certificate

        point, differs = found or (None, None)
        return certificate(status, method, sides, hypotheses, point, differs)

    return build
