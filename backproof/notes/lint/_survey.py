"""What lints ask of a whole document, gathered once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..resolve import Big, Derivative, Listing, Ref, refs, walk
from ..resolve._item import Gathered, Item


@dataclass
class Survey:
    """Where letters are used, and as what.

    ``layer_lines``: the first line in which a letter is a layer.
    ``loss_items``: the first statement in which l or L is a loss, and its line.
    ``bound``: letters that sums run over or that count examples.
    ``bearers``, ``subscripted``: the names that a letter is a subscript of, and those that other letters are.
    ``statements``: how many a formula has, by its id.
    """

    layer_lines: dict[str, int] = field(default_factory=dict)
    loss_items: dict[str, tuple[int, int]] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    bearers: dict[str, set[str]] = field(default_factory=dict)
    subscripted: dict[str, set[str]] = field(default_factory=dict)
    statements: Counter[int] = field(default_factory=Counter)

    def is_label(self, letter: str) -> bool:
        """Whether a letter is the one subscript of one name, as in ``d_k`` or ``X_i`` for the input: no index."""
        bearers = self.bearers.get(letter, set())
        others = any(self.subscripted[name] - {letter} for name in bearers)
        return letter not in self.bound and len(bearers) < 2 and not others


def survey(gathered: Gathered) -> Survey:
    """The survey of a document, made when it is first asked for."""
    if isinstance(gathered.survey, Survey):
        return gathered.survey
    found = gathered.survey = Survey()
    for item in gathered.items:
        found.statements[id(item.formula)] += 1
        for ref in (r for part in item.parts for r in refs(part)):
            if ref.layer is not None:
                found.layer_lines.setdefault(ref.layer.name, item.formula.line)
        for letter in losses(item):
            found.loss_items.setdefault(letter, (id(item), item.formula.line))
    for node in (n for term in gathered.terms for n in walk(term)):
        if isinstance(node, Big):
            found.bound.add(node.index)
        if isinstance(node, Ref):
            for sub in node.subs:
                found.bearers.setdefault(sub.name, set()).add(node.name)
                if sub.name and not sub.label:
                    found.subscripted.setdefault(node.name, set()).add(sub.name)
                else:
                    found.subscripted.setdefault(node.name, set())
            if node.example is not None:
                found.bound.add(node.example.name)
    return found


def losses(item: Item) -> set[str]:
    """The letters l and L that a statement defines or differentiates."""
    if item.kind == "prose":
        return set()
    found = {
        n.of.name
        for part in item.parts
        for n in walk(part)
        if isinstance(n, Derivative) and isinstance(n.of, Ref) and _bare(n.of)
    }
    left = item.parts[0] if len(item.parts) > 1 else None
    # L = 3 is a number of layers, and l = 1, …, L is their range.
    made = any(refs(p) for p in item.parts[1:]) and not any(isinstance(p, Listing) for p in item.parts)
    made = made and item.kind in ("definition", "claim") and item.relations[0] == "="
    if isinstance(left, Ref) and _bare(left) and made:
        found.add(left.name)
    return found & {"l", "L"}


def _bare(ref: Ref) -> bool:
    return ref.layer is None and ref.time is None
