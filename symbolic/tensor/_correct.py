"""What is missing in a false claim: a factor, a transpose, a slope taken at the wrong place, a term.

Candidates come from the claim itself and are tried from the simplest on. Each is first compared at one point, which
takes a fraction of a millisecond, and what survives is proved: a correction is never guessed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from symbolic.tensor._axes import ONE, Axis
from symbolic.tensor._build import as_tensor, expand_to, multiply, named, transpose
from symbolic.tensor._einsum import Draft, make_add, make_einsum, make_power
from symbolic.tensor._errors import TensorError
from symbolic.tensor._evaluate import NotDefinedHere
from symbolic.tensor._functions import apply
from symbolic.tensor._hypotheses import Hypothesis
from symbolic.tensor._nodes import (
    Add,
    ArgMax,
    Einsum,
    LogSumExp,
    Map,
    MaxOver,
    Named,
    Power,
    Softmax,
    Tensor,
    children,
    in_order,
    intern,
    number,
    size_of,
    symbols_in,
)
from symbolic.tensor._points import draw
from symbolic.tensor._prove import apart, prove_tensor

if TYPE_CHECKING:
    from symbolic.prover._verdict import Verdict
    from symbolic.tensor._operators import Operand

NUMBERS = tuple(Fraction(p, q) for p, q in ((-1, 1), (2, 1), (1, 2), (-2, 1), (-1, 2), (3, 1), (1, 3)))
MOST_PROOFS = 6


@dataclass(frozen=True)
class Correction:
    """What makes a false claim about tensors true.

    Attributes
    ----------
    kind : {"factor", "transpose", "exchange", "place", "part", "term"}
        `factor`: the left side is `change` times the right, or `change` is missing inside a sum. `transpose`: it is the
        transpose of the right side, perhaps times a factor. `exchange`: two tensors stand in each other's place.
        `place`: a function is taken at the wrong argument. `part`: a term has the wrong sign. `term`: the right side
        lacks `change`.
    text : str
        A sentence such as "off by a factor 1/m".
    change : Tensor or None
        The factor or the term.
    corrected : Tensor
        The right side as it should be.
    verdict : Verdict
        The proof that the left side equals `corrected`.
    """

    kind: Literal["factor", "transpose", "exchange", "place", "part", "term"]
    text: str
    change: Tensor | None
    corrected: Tensor
    verdict: Verdict

    def __str__(self) -> str:
        return self.text


Candidate = tuple[Any, str, Tensor | None, Tensor]


def correction(
    lhs: Operand, rhs: Operand, assuming: Iterable[Hypothesis] = (), timeout: float = 2.0
) -> Correction | None:
    """Find the simplest change of the right side that makes a false claim true.

    Parameters
    ----------
    lhs, rhs : Tensor, int or Fraction
        The left side is taken to be right.
    assuming : iterable of Hypothesis, optional
    timeout : float, default 2.0
        Seconds for the whole search.

    Returns
    -------
    Correction or None
        None when the claim is true, or when no candidate was proved.

    Examples
    --------
    >>> from symbolic.tensor import axis, correction, tensor
    >>> n, k, m = axis("n"), axis("k"), axis("m")
    >>> G, A = tensor("G", n, m), tensor("A", k, m)
    >>> print(correction(G @ A.T / m.size, G @ A.T))
    off by a factor 1/m
    >>> print(correction(G @ A.T / m.size, A @ G.T))
    transposed, and off by a factor 1/m
    """
    left, right, hypotheses = as_tensor(lhs), as_tensor(rhs), tuple(assuming)
    deadline = time.perf_counter() + timeout
    if prove_tensor(left, right, hypotheses, timeout).status == "proved":
        return None
    proofs = 0
    for kind, text, change, candidate in _candidates(left, right):
        rest = deadline - time.perf_counter()
        if rest <= 0 or proofs >= MOST_PROOFS:
            return None
        if not _agree(left, candidate, hypotheses, deadline):
            continue
        proofs += 1
        verdict = prove_tensor(left, candidate, hypotheses, rest)
        if verdict.status == "proved":
            return Correction(kind, text, change, candidate, verdict)
    return None


def _agree(left: Tensor, candidate: Tensor, hypotheses: tuple[Hypothesis, ...], deadline: float) -> bool:
    """Whether the first point at which both sides are defined does not tell them apart."""
    for attempt in range(3):
        try:
            return apart(left, candidate, draw((left, candidate), hypotheses, attempt, deadline)) is None
        except NotDefinedHere:
            continue
        except TensorError:
            return False
    return False


def _candidates(left: Tensor, right: Tensor) -> Iterator[Candidate]:
    if not right.axes and left.axes:
        right = expand_to(right, left.axes)
    factors = list(_factors(left, right))
    if left.axes == right.axes:
        for factor in factors:
            yield "factor", f"off by a factor {factor}", factor, multiply(factor, right)
    if len(left.axes) == 2 and left.axes == right.axes[::-1]:
        turned = transpose(right)
        yield "transpose", "transposed", None, turned
        for factor in factors:
            yield "transpose", f"transposed, and off by a factor {factor}", factor, multiply(factor, turned)
    if left.axes == right.axes:
        yield from _exchanges(right)
        yield from _missing_functions(left, right)
        yield from _other_places(left, right)
        yield from _missing_terms(left, right)
        yield from _signs(right)
        yield from _missing_inside(left, right)


def _factors(left: Tensor, right: Tensor) -> Iterator[Tensor]:
    for value in NUMBERS[:1]:
        yield number(value)
    sizes = sorted(_axes((left, right)), key=lambda axis: axis.name)
    for axis in sizes:
        yield make_power(size_of(axis), Fraction(-1))
        yield size_of(axis)
    for value in NUMBERS[1:]:
        yield number(value)
    for symbol in symbols_in(left, right):
        if not symbol.axes:
            yield symbol
            yield make_power(symbol, Fraction(-1))
    for axis in sizes:
        for value in NUMBERS[:3]:
            yield multiply(value, make_power(size_of(axis), Fraction(-1)))
            yield multiply(value, size_of(axis))


def _axes(sides: tuple[Tensor, ...]) -> set[Axis]:
    found = {axis for node in in_order(sides) for axis in (*node.axes, *getattr(node, "labels", ()))}
    return found - {ONE}


def _missing_functions(left: Tensor, right: Tensor) -> Iterator[Candidate]:
    """Try each slope, and 1 minus each value, of the left side as a factor that was dropped."""
    for node in in_order([left]):
        if isinstance(node, Map) and node.axes == left.axes:
            for factor in (node, 1 - node):
                yield "factor", f"the factor {factor} is missing", factor, multiply(right, factor)


def _exchanges(right: Tensor) -> Iterator[Candidate]:
    """Try each two tensors of the same axes in each other's place."""
    for one, other in combinations(symbols_in(right), 2):
        if one.axes == other.axes:
            yield (
                "exchange",
                f"{one} and {other} are exchanged",
                None,
                replaced(right, {one: other, other: one}),
            )


def _missing_terms(left: Tensor, right: Tensor) -> Iterator[Candidate]:
    """Try each term of the left side, each size, and 1."""
    changes = [multiply(c, term) for c, term in left.terms] if isinstance(left, Add) else []
    if not left.axes:
        sizes = [size_of(axis) for axis in sorted(_axes((left, right)), key=lambda axis: axis.name)]
        changes += [change for size in (*sizes, number(1)) for change in (size, -size)]
    for change in changes:
        yield "term", f"the term {change} is missing", change, right + change


def _signs(right: Tensor) -> Iterator[Candidate]:
    """Try each term of each sum with the other sign."""
    for node in in_order([right]):
        if not isinstance(node, Add):
            continue
        for n, (c, term) in enumerate(node.terms):
            turned = make_add(node.axes, [*node.terms[:n], (-c, term), *node.terms[n + 1 :]])
            said = f"{multiply(c, term)} should be {multiply(-c, term)}"
            yield "part", said, None, replaced(right, {node: turned})


def _missing_inside(left: Tensor, right: Tensor) -> Iterator[Candidate]:
    """Try each tensor of the left side as a factor that was dropped inside a sum of the right side."""
    for node in in_order([right]):
        summed = {} if not isinstance(node, Einsum) else {node.labels[n]: n for n in node.summed}
        for symbol in symbols_in(left):
            if (
                not symbol.axes
                or len(set(symbol.axes)) < len(symbol.axes)
                or not summed.keys() & {*symbol.axes}
            ):
                continue
            assert isinstance(node, Einsum)
            places = [[n for n, axis in enumerate(node.labels) if axis == one] for one in symbol.axes]
            if any(len(found) != 1 for found in places):
                continue  # which of its indices is meant is open
            draft = Draft()
            draft.axes.extend(node.labels)
            factors = [*node.factors, (symbol, tuple(found[0] for found in places))]
            filled = make_einsum(draft, node.out, factors, node.coefficient)
            said = f"the factor {symbol} is missing in the sum"
            yield "factor", said, symbol, replaced(right, {node: filled})


def _other_places(left: Tensor, right: Tensor) -> Iterator[Candidate]:
    """Try each function of the right side at every place at which the left side takes that function."""
    wanted = [node for node in in_order([left]) if isinstance(node, Map)]
    for node in in_order([right]):
        if not isinstance(node, Map):
            continue
        for other in wanted:
            if other is not node and (other.function, other.axes) == (node.function, node.axes):
                yield "place", f"{node} should be {other}", None, replaced(right, {node: other})


def replaced(root: Tensor, images: dict[Tensor, Tensor]) -> Tensor:
    """Write an expression with parts of it exchanged for others of the same axes."""
    new: dict[Tensor, Tensor] = {}
    for node in in_order([root]):
        if node in images:
            new[node] = images[node]
        elif all(new[child] is child for child in children(node)):
            new[node] = node
        else:
            new[node] = _rebuilt(node, new)
    return new[root]


def _rebuilt(node: Tensor, new: dict[Tensor, Tensor]) -> Tensor:
    if isinstance(node, Einsum):
        draft = Draft()
        draft.axes.extend(node.labels)
        factors = [(new[factor], labels) for factor, labels in node.factors]
        return make_einsum(draft, node.out, factors, node.coefficient)
    if isinstance(node, Add):
        return make_add(node.axes, [(coefficient, new[term]) for coefficient, term in node.terms])
    if isinstance(node, Power):
        return make_power(new[node.base], node.exponent)
    if isinstance(node, Map):
        return apply(node.function, new[node.argument], node.order)
    if isinstance(node, Named):
        return named(node.name, new[node.value])
    if isinstance(node, Softmax):
        mask = None if node.mask is None else new[node.mask]
        return intern(Softmax, node.axes, new[node.argument], node.places, mask)
    assert isinstance(node, LogSumExp | MaxOver | ArgMax)
    return intern(type(node), node.axes, new[node.argument], node.places)
