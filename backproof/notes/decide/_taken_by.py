"""What the derivatives of a claim are taken of, and by what."""

from __future__ import annotations

from collections.abc import Sequence

from ..resolve import (
    Add,
    Context,
    Derivative,
    Gradient,
    Ref,
    Term,
    refs,
    walk,
)
from ..resolve._lexicon import is_loss


def total_beside_partial(parts: Sequence[Term]) -> bool:
    """Whether a chain writes ``dz/dx`` beside ``∂z/∂x``: the second may hold what else is differentiated by fixed."""
    kinds = {n.total for part in parts for n in walk(part) if isinstance(n, Derivative)}
    return len(kinds) == 2


def slopes_of(parts: Sequence[Term], context: Context) -> dict[str, set[Ref]]:
    """What a chain, and the names of derivatives in it, differentiate each quantity by.

    A loss to which another adds is differentiated with it: the J_0 of ``J = J_0 + λ‖w‖²``, and no C that multiplies.
    """
    found: dict[str, set[Ref]] = {}
    names = {r.name for part in parts for r in refs(part)}
    bodies = [d.body for d in context.definitions if d.head.name in names and isinstance(d.body, Derivative)]
    for node in (n for part in (*parts, *bodies) for n in walk(part)):
        if isinstance(node, Derivative) and isinstance(node.of, Ref):
            found.setdefault(node.of.name, set()).update(b for b in node.by if isinstance(b, Ref))
        elif isinstance(node, Gradient) and (told := context.gradients.get(node.of.name)) is not None:
            found.setdefault(told.name, set()).add(node.of)
    for definition in context.definitions:
        body = definition.body
        terms = [t for _, t in body.terms] if isinstance(body, Add) else [body]
        inside = {t.name for t in terms if isinstance(t, Ref) and is_loss(t.name)} - found.keys()
        if definition.head.name in found and is_loss(definition.head.name):
            found |= dict.fromkeys(inside, found[definition.head.name])
    return found
