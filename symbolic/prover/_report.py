"""Says in words what a proof rests on: the domain, the hypotheses that were used, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbolic.prover._feasible import contradiction
from symbolic.prover._field import Field, Poly
from symbolic.prover._premises import Premises
from symbolic.prover._refute import Search
from symbolic.prover._regions import Decision, Leaf


def kinks_of(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """The sets on which nothing is claimed, as equations."""
    found = set()
    for decision in decisions:
        kinks = [
            leaf.normal.kinks
            for leaf in decision.leaves
            if leaf.normal is not None and leaf.status != "empty"
        ]
        for p in (p for polys in (*kinks, decision.left_out) for p in polys.values()):
            found.add(f"{decision.ring.show_poly(p)} = 0")
    return tuple(sorted(found))


def assumptions_of(
    decisions: Sequence[Decision], searches: Sequence[Search], premises: Premises, notes: Iterable[str]
) -> tuple[str, ...]:
    """Domains, non-zero denominators, and the hypotheses that the normal forms used."""
    found: dict[str, None] = {}
    for text in (
        *(premises.texts[x] for x in premises.choices),
        *(premises.equations[x] for x in premises.equal),
    ):
        found.setdefault(text)
    for decision, search in zip(map(_inhabited, decisions), searches, strict=True):
        if any(leaf.by_premises for leaf in decision.leaves):
            for _, text in (*premises.positive, *premises.nonnegative, *premises.nonzero):
                found.setdefault(text)
        leaves = [leaf for leaf in decision.leaves if leaf.status == "equal" and leaf.normal is not None]
        said = [_of_leaf(decision, leaf, search, premises) for leaf in leaves]
        for text in dict.fromkeys(text for texts in said for text in texts):
            if all(text in other for other in said):
                found.setdefault(text)
        for leaf, texts in zip(leaves, said, strict=True):
            # Each region has a domain of its own.
            own = [text for text in texts if text not in found]
            where = [text for text in _signs(decision, leaf) if text not in texts]
            if own:
                found.setdefault(" and ".join(own) + (f" if {' and '.join(where)}" if where else ""))
    for note in sorted(notes):
        found.setdefault(note)
    return tuple(found)


def _inhabited(decision: Decision) -> Decision:
    """The decision with the regions marked in which the domain leaves no points: sqrt(1 - z^2) where z > 1."""

    def hollow(leaf: Leaf) -> bool:
        normal = leaf.normal
        known = () if normal is None else normal.signs.known.values()
        return contradiction(decision.ring, (), known) is not None

    leaves = [Leaf(x.signs, "undefined") if x.status == "equal" and hollow(x) else x for x in decision.leaves]
    return Decision(decision.ring, leaves)


def _of_leaf(decision: Decision, leaf: Leaf, search: Search, premises: Premises) -> list[str]:
    normal, ring = leaf.normal, decision.ring
    assert normal is not None
    texts = []
    divided = _without_roots(ring, {**normal.divided, **normal.signs.apart})
    apart = {*divided, *normal.signs.strict}
    used = normal.signs.used | (apart & leaf.facts)
    for key, (p, s) in leaf.signs.items():
        # A sign without which the claim has no points at all is a domain like any other.
        beyond = [other for other in decision.across(leaf, key) if other.status != "empty"]
        beyond = [other for other in beyond if not other.by_premises]
        strict = key in apart and key not in leaf.apart
        if beyond and all(other.status == "undefined" for other in beyond):
            texts.append(f"{ring.show_poly(p)} {'>' if s > 0 else '<'}{'' if strict else '='} 0")
        elif strict:
            texts.append(f"{ring.show_poly(p)} ≠ 0")
    texts += [
        f"{ring.show_poly(normal.signs.known[key][0])} ≠ 0"
        for key in sorted((apart & leaf.facts) - leaf.apart)
    ]
    claim = search.claim
    for nodes, stated in ((claim.positive, premises.positive), (claim.nonnegative, premises.nonnegative)):
        for i, (_, text) in zip(nodes, stated, strict=False):
            value = normal(i)
            keys = {
                str(p)
                for part in (value.num, value.den)
                if not part.is_zero()
                for p, _ in ring.factor(part)[1]
            }
            if keys & used:
                texts.append(text)
    for key, (p, s) in normal.signs.known.items():
        if key in leaf.signs or key in leaf.facts:
            continue
        strict = key in apart
        texts.append(f"{ring.show_poly(p)} {'>' if s > 0 else '<'}{'' if strict else '='} 0")
    for factors, s, _, strict in normal.signs.pending:
        product = "*".join(f"({ring.show_poly(p)})" if len(p) > 1 else ring.show_poly(p) for p in factors)
        texts.append(f"{product} {'>' if s > 0 else '<'}{'' if strict else '='} 0")
    texts += [f"{ring.show_poly(p)} ≠ 0" for key, p in divided.items() if key not in normal.signs.known]
    return texts


def _without_roots(ring: Field, polys: dict[str, Poly]) -> dict[str, Poly]:
    """A root is not 0 where what it is the root of is not 0."""
    found: dict[str, Poly] = {}
    for key, p in polys.items():
        k = ring.kernel_of(p)
        if k is not None and ring.kernels[k].kind == "root":
            q = ring.factor(ring.kernels[k].args[0])[1]
            found |= _without_roots(ring, {str(factor): factor for factor, _ in q})
        else:
            found[key] = p
    return found


def _signs(decision: Decision, leaf: Leaf) -> list[str]:
    return [f"{decision.ring.show_poly(p)} {'>' if s > 0 else '<'}= 0" for p, s in leaf.signs.values()]
