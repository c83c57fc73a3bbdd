"""δ_{ij} and indicators of i = j."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..resolve import Ref
from ..resolve._context import DENIED
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator


def is_kronecker(ev: Evaluator, ref: Ref) -> bool:
    """δ_{ij} with two indices and no other use, or an indicator of i = j."""
    if len(ref.subs) != 2 or ref.layer is not None or ref.example is not None:
        return False
    if ref.name in ("bb:1=", "bf:1=", "I=", "bb:I="):
        return True
    context = ev.world.context
    if DENIED in context.kronecker:
        return False
    others = [d.head for d in context.definitions if d.head.name == ref.name]
    if ref.name in context.kronecker and all(h.layer is not None or h.example is not None for h in others):
        return True  # beside the δ_k of layers
    free = "delta" not in ev.world.usage.bare and not any(d.head.name == "delta" for d in context.definitions)
    return ref.name == "delta" and free


def kronecker(ev: Evaluator, ref: Ref) -> Value:
    a, b = ev.place(ref.subs[0]), ev.place(ref.subs[1])
    ev.world.note(f"{ref} is 1 where its indices agree and 0 elsewhere")
    if isinstance(a, Dim) or isinstance(b, Dim):
        if isinstance(a, Dim) and isinstance(b, Dim):
            ev.algebra.unify(a, b)
        return ev.algebra.scalar()
    return ev.number(int(a == b))
