r"""``\log p(x \mid \theta) = …`` gives p by its logarithm, where nothing else does."""

from __future__ import annotations

from ..parse import GIVEN
from ._context import Context
from ._terms import Call, Ref, Term

_LOG = Ref("log")


def without_logarithm(
    parts: tuple[Term, ...], relations: tuple[str, ...], context: Context
) -> tuple[Term, ...]:
    """The equation ``p(x | θ) = exp(…)`` for one that gives the logarithm of a function with conditions."""
    if len(parts) != 2 or relations not in (("=",), (":=",)):
        return parts
    left, right = parts
    inside = (
        left.args[0] if isinstance(left, Call) and left.function == _LOG and len(left.args) == 1 else None
    )
    if not isinstance(inside, Call) or inside.primes or GIVEN not in inside.function.name:
        return parts
    if not all(isinstance(a, Ref) for a in inside.args) or context.defined(inside.function, function=True):
        return parts
    return inside, Call(Ref("exp"), (right,))
