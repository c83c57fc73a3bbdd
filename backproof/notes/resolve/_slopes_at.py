r"""``\frac{d σ(0)}{dx}``, of which words say that it is the value of the derivative at 0: taken literally it is zero."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..find import Block, Formula
from ._item import Prepared
from ._terms import Call, Derivative, Ref, Term, rebuilt, refs

_SAYS = re.compile(
    r"\s*(?:is|denotes|means|stands for|being) (?:here )?(?:the value of )?(?:the |its )?(?:derivative|slope)\b"
    r"|\s*[는은] ?.{0,20}(?:미분|도함수)|\s*(?:是|表示).{0,20}导数"
)


def taken_at(blocks: Sequence[Block], prepared: Mapping[int, list[Prepared]]) -> frozenset[str]:
    """The functions whose derivative at a number is written as that of their value there, as words say."""
    return frozenset(
        call.function.name
        for block in blocks
        for piece, words in zip(block.pieces, block.pieces[1:], strict=False)
        if isinstance(piece, Formula) and isinstance(words, str) and _SAYS.match(words)
        for _, parts, _ in prepared.get(id(piece), [])
        if len(parts) == 1 and (call := _at_a_number(parts[0])) is not None
    )


def at_numbers(term: Term, functions: frozenset[str]) -> Term:
    """The term with the derivative of the function, at the number, for that of its value.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from ._terms import Number
    >>> at = Call(Ref("h"), (Number(Fraction(2)),))
    >>> at_numbers(Derivative(at, (Ref("t"),), True), frozenset({"h"}))
    Call(function=Ref(name='h', ...), args=(Number(value=Fraction(2, 1), ...),), primes=1, ...)
    """

    def change(inner: Term) -> Term:
        call = _at_a_number(inner)
        return (
            inner
            if call is None or call.function.name not in functions
            else Call(call.function, call.args, 1)
        )

    return rebuilt(term, change) if functions else term


def _at_a_number(term: Term) -> Call | None:
    """The value of a function at a number, of which a term is the first derivative by a letter."""
    match term:
        case Derivative(Call(_, (argument,), 0, ()) as call, (Ref(),)) if not refs(argument):
            return call
    return None
