"""``J = \\sum_i J_i``: one letter for a cost and for the losses that it adds up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from ._lexicon import is_loss
from ._terms import Big, Call, Index, Ref, Term, rebuilt, refs, walk


def losses_beside_their_sum(chains: Iterable[tuple[Term, ...]]) -> set[str]:
    """The losses whose bare letter is a sum of those with an index.

    Examples
    --------
    >>> from ._terms import Index
    >>> one = Ref("J", subs=(Index("i"),))
    >>> losses_beside_their_sum([(Ref("J"), Big("sum", "i", None, None, one))])
    {'J'}
    """
    found: set[str] = set()
    for parts in chains:
        head = parts[0].function if parts and isinstance(parts[0], Call) else parts[0] if parts else None
        if len(parts) < 2 or not isinstance(head, Ref) or not is_loss(head.name) or head.subs:
            continue
        sums = [n for p in parts[1:] for n in walk(p) if isinstance(n, Big) and n.index]
        if any(
            r.name == head.name and len(r.subs) == 1 and r.subs[0].name == n.index
            for n in sums
            for r in refs(n.body)
        ):
            found.add(head.name)
    return found


def listing_arguments(chains: Iterable[tuple[Term, ...]]) -> set[str]:
    """The losses that no formula defines, written with and without what they depend on, ``J(\\Theta)`` and J.

    Also those whose argument is only a word for the weights of all layers.
    """
    found = list(chains)
    nodes = [n for parts in found for p in parts for n in walk(p)]
    called = {n.function.name for n in nodes if isinstance(n, Call) and is_loss(n.function.name)}
    bare = {
        n.name for n in nodes if isinstance(n, Ref) and not n.subs and n.example is None and is_loss(n.name)
    }
    heads = (p[0].function if isinstance(p[0], Call) else p[0] for p in found if len(p) > 1)
    written = (called & bare) | {name for name in called if _of_all_layers(name, nodes)}
    return written - {h.name for h in heads if isinstance(h, Ref)}


def _of_all_layers(loss: str, nodes: Iterable[Term]) -> bool:
    """Whether the W of ``J(W)`` is nothing but a word for the ``w_{ij}^{(l)}`` of all layers: it stands nowhere else."""
    found = list(nodes)
    calls = [n.args for n in found if isinstance(n, Call) and n.function.name == loss]
    arguments = {a for args in calls for a in args if isinstance(a, Ref)}
    letters = {a.name.lower() for a in arguments}
    layered = {
        r.name.rstrip("→←").lower()
        for r in found
        if isinstance(r, Ref) and r.layer is not None and not r.time
    }
    plain = all(isinstance(a, Ref) and a == Ref(a.name) for args in calls for a in args)
    inside = sum(len(args) for args in calls)
    return plain and letters <= layered and sum(n in arguments for n in found) == inside


def without_arguments(term: Term, names: set[str]) -> Term:
    """The term with ``J`` for ``J(\\Theta)``."""

    def change(inner: Term) -> Term:
        if isinstance(inner, Call) and inner.function.name in names and not inner.primes:
            return inner.function
        return inner

    return rebuilt(term, change) if names else term


def of_one_example(term: Term, names: set[str]) -> Term:
    """The term with ``J_i`` under a name of its own, and ``J(w, b)`` as the J that it is."""

    def change(inner: Term) -> Term:
        if isinstance(inner, Ref) and inner.name in names and len(inner.subs) == 1:
            return replace(inner, name=f"{inner.name}_one")
        if isinstance(inner, Call) and inner.function.name in names and not inner.primes:
            return inner.function
        return inner

    return rebuilt(term, change) if names else term


def of_their_step(chains: Iterable[tuple[Term, ...]]) -> dict[str, list[Ref]]:
    """``L = \\sum_t L_t(y_t)``: losses of steps, or of examples, that no formula gives, and what each depends on.

    Examples
    --------
    >>> from ._terms import Index
    >>> t = Index("t")
    >>> call = Call(Ref("L", time=t), (Ref("y", time=t),))
    >>> found = of_their_step([(Ref("L"), Big("sum", "t", None, None, call))])
    >>> {name: [str(r) for r in on] for name, on in found.items()}
    {'L': ['y(t)']}
    """
    chains = list(chains)
    given = {parts[0].function.name for parts in chains if len(parts) > 1 and isinstance(parts[0], Call)}
    found: dict[str, list[Ref]] = {}
    unlike: set[str] = set()
    for call in (n for parts in chains for p in parts for n in walk(p) if isinstance(n, Call)):
        head, args = call.function, [a for a in call.args if isinstance(a, Ref)]
        own = _step_of(head)
        if not is_loss(head.name) or call.primes or head.name in given:
            continue
        if own is None or len(args) < len(call.args) or any(_step_of(a) != own for a in args):
            unlike.add(head.name)
        elif own.name and found.setdefault(head.name, args) != args:
            unlike |= {head.name}
    return {name: args for name, args in found.items() if name not in unlike}


def _step_of(ref: Ref) -> Index | None:
    """The one index of a quantity: its time, its example or its number."""
    found = [i for i in (ref.time, ref.example, *ref.subs) if i is not None]
    return found[0] if len(found) == 1 and ref.layer is None else None


def without_their_step(term: Term, names: Collection[str]) -> Term:
    """The term with ``L_t`` for ``L_t(y_t)``."""

    def change(inner: Term) -> Term:
        called = isinstance(inner, Call) and inner.function.name in names and not inner.primes
        return inner.function if called and isinstance(inner, Call) else inner

    return rebuilt(term, change) if names else term
