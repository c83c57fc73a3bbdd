r"""``\prod_{i=2}^L W_i^T`` beside ``z_l = W_l z_{l-1}``: another letter for layers, in a product or a sum up to the last."""

from __future__ import annotations

from dataclasses import replace

from ._terms import Add, Big, Index, Ref, Term, rebuilt, refs

_LAYER = "l"


def with_layers(term: Term, layered: set[str]) -> Term:
    """The term with such indices as layers; ``layered`` are the names whose subscript is one."""

    def change(inner: Term) -> Term:
        if not isinstance(inner, Big) or inner.index == _LAYER or not _ends_at_the_last(inner.high):
            return inner
        own = [r for r in refs(inner.body) if inner.index in {i.name for i in r.subs}]
        layers = own and all(r.name in layered and len(r.subs) == 1 and r.layer is None for r in own)
        taken = {i.name for r in refs(inner.body) for i in (r.layer, *r.subs) if i is not None}
        if not layers or _LAYER in taken:
            return inner

        def moved(ref: Term) -> Term:
            if isinstance(ref, Ref) and ref.subs and ref.subs[0].name == inner.index:
                return replace(ref, layer=Index(_LAYER, ref.subs[0].offset), subs=())
            return ref

        return replace(inner, index=_LAYER, body=rebuilt(inner.body, moved))

    return rebuilt(term, change) if layered else term


def _ends_at_the_last(high: Term | None) -> bool:
    """Whether a limit is L, or ``L - 1``."""
    last = high.terms[0][1] if isinstance(high, Add) else high
    return last == Ref("L")
