r"""``\log p(x \mid \theta) = …`` gives p by its logarithm, where nothing else does."""

from __future__ import annotations

from ..parse import GIVEN
from ._context import Context
from ._terms import Call, Ref, Term, indices, refs

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
    if isinstance(inside, Ref) and len(inside.name) == 1 and _is_one(inside) and refs(right):
        bare = context.defined(inside) is None and not any(r.name == inside.name for r in refs(right))
        return (inside, Call(Ref("exp"), (right,))) if bare else parts  # log p = … where nothing gives p
    if not isinstance(inside, Call) or inside.primes or not _may_be_given(inside, right):
        return parts
    if not all(isinstance(a, Ref) for a in inside.args) or context.defined(inside.function, function=True):
        return parts
    return inside, Call(Ref("exp"), (right,))


def _is_one(ref: Ref) -> bool:
    """Whether a name stands alone, or with the one letter that counts its entries."""
    found = indices(ref)
    return not found or (len(found) == 1 and found == list(ref.subs) and bool(ref.subs[0].name))


def _may_be_given(call: Call, right: Term) -> bool:
    """Whether a logarithm tells a function: ``log p(x | λ)``, or ``log p(x)`` by a formula in which p does not stand."""
    name = call.function.name
    return GIVEN in name or (
        len(name) == 1 and name.isalpha() and name not in {r.name for r in refs(right)} and bool(refs(right))
    )
