"""Statements sorted: what they define, which ranges and shapes they give, what they claim."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from ..find import Formula
from ._bases import ONE
from ._cases import IF, case_of, is_right_behind, label_case, lead_of, of_the_formula
from ._context import Context, Definition, Doubt
from ._cues import about_sizes, introduces, sizes
from ._equations import (
    are_lists,
    array_of,
    coordinates_of,
    head_of,
    is_lower_end,
    is_shifted,
    is_used,
)
from ._item import Item
from ._number_lists import vector_of
from ._scopes import Scopes
from ._shape_claims import is_setting, is_shape_claim
from ._sort_chain import sort_chain, take_examples
from ._terms import (
    Add,
    Gradient,
    Listing,
    Number,
    Ref,
    Table,
    Term,
    Transpose,
    indices,
    refs,
)
from .prose import is_size, shape_of

_SUPPOSED = re.compile(r"\b(?:if|when|whenever|suppose|assume|assuming|had we|would)\b", re.I)
# A condition after these is one that does not hold.
_TURNED = re.compile(r"\b(?:unless|except (?:for|when|if|where)|not|no longer)\W*$", re.I)


class Sorter:
    """Takes statements in the order of the document; what they say is in ``context``, what they are in ``items``."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.scopes = Scopes(context)
        self.section = 0
        self.items: list[Item] = []
        self.spoken: set[str] = set()
        self.conditions = ""
        self.met: set[str] = set()

    def sort(self, item: Item, formula: Formula, before: str, shape: bool) -> None:
        """Sort a statement with its relations; ``before`` are the words before its formula."""
        self.context.stacked |= _stood_up(item.parts)
        item = replace(item, parts=tuple(map(_as_column, item.parts)))
        parts, relations = item.parts, item.relations
        case = case_of(parts, relations, self.context.lexicon.indices) or label_case(parts, relations, before)
        if case is not None:
            self.items.append(replace(item, kind="definition", case=case))
        elif not shape and is_shape_claim(parts, relations, formula.display, self.context):
            setting = is_setting(parts[0])
            if setting and (introduces(before) or not self.is_from_here(parts[0])):
                self.items.append(replace(item, kind="definition"))
            else:
                self.items.append(replace(item, kind="shape", claiming=(True,), setting=setting))
        elif shape and all(r == "=" for r in relations):
            self.shape_chain(item, parts, relations)
        elif any(r in ("→", "~", "∝", "⊂", "≪", "≫") for r in relations):
            self.items.append(replace(item, kind="prose"))
        elif any(r in ("∈", "∉") for r in relations):
            cut = next(k for k, r in enumerate(relations) if r in ("∈", "∉"))
            self.membership(parts[cut:], relations[cut:], item.words)
            if cut:  # a = b ∈ ℝ^n claims the equality
                shorter = replace(item, parts=parts[: cut + 1], relations=relations[:cut])
                sort_chain(self, shorter, formula, shorter.parts, shorter.relations, before)
            else:
                self.items.append(replace(item, kind="definition"))
        elif any(r in ("<", ">", "≤", "≥", "≠") for r in relations):
            self.inequality(item, parts, relations)
        elif (
            vector := vector_of(parts, relations, self.context.rows, self.context.vectors_are_rows)
        ) is not None and self.is_new(*vector):
            sort_chain(self, replace(item, parts=vector), formula, vector, relations, before)
        elif relations == ("=",) and (counted := self.counted_out(parts)):
            for name, last in counted:
                self.ranges(name, ONE, last)
            self.items.append(replace(item, kind="definition"))
        elif any(isinstance(p, Listing) for p in parts):
            arrays = tuple(array_of(p) if isinstance(p, Listing) else p for p in parts)
            if len(parts) > 2 and not any(isinstance(p, Listing) for p in arrays):
                sort_chain(self, replace(item, parts=arrays), formula, arrays, relations, before)
            elif (pairs := coordinates_of(parts)) and relations == ("=",):
                for left, right in pairs:
                    one = replace(item, parts=(left, right), sides=("", ""))
                    sort_chain(self, one, formula, one.parts, relations, before)
            elif are_lists(parts) and set(relations) <= {"=", "≈"}:
                sort_chain(self, item, formula, parts, relations, before)
            else:
                self.listing(item, parts)
        else:
            sort_chain(self, item, formula, parts, relations, before)

    def is_from_here(self, left: Term) -> bool:
        """Whether all formulas with a name stand under the headings that are open."""
        names = {r.name for r in refs(left)}
        return all(
            self.scopes.encloses(d.section, self.section)
            for d in self.context.definitions
            if names & {r.name for r in (d.head, *refs(d.body))}
        )

    def is_new(self, head: Ref, body: Table) -> bool:
        """Whether an equation says for the first time what a quantity is."""
        return self.context.defined(head) is None and self.head(head, body, "=", redefine=False) is not None

    def membership(self, parts: tuple[Term, ...], relations: tuple[str, ...], before: str) -> None:
        left, right = parts[0], parts[1]
        targets = [t for t in (left.items if isinstance(left, Listing) else (left,)) if t is not None]
        if not isinstance(right, Listing) or relations[0] != "∈":
            return
        members = right.items
        numbers = [t.value for t in members if isinstance(t, Number)]
        if right.bracket == "{" and (counted := self.counted_out(parts)):
            for name, last in counted:
                self.ranges(name, ONE, last)
            return
        if None in members and isinstance(left, Ref) and members[0] is not None and members[-1] is not None:
            self.ranges(left.name, members[0], members[-1])
        elif right.bracket == "{" and set(numbers) == {0, 1} and len(members) == 2:
            for target in targets:
                if isinstance(target, Ref):
                    self.context.binary.add(target.name)
                    self.context.note(f"{target} is 0 or 1")
        elif right.bracket in ("{", "±") and len(members) == 2 and set(map(_sign, members)) == {1, -1}:
            told = right.bracket == "{" or _LABEL.search(before)  # x = ±1 may be said of two solutions
            signs = self.context.signs if told else self.context.perhaps_signs
            for target in targets:
                if isinstance(target, Ref):
                    signs.add(target.name)
                    self.context.note(f"{target} is 1 or -1")
        elif right.bracket in ("(", "[") and len(members) == 2:
            for target in targets:
                for bound, relation in zip(members, (">", "<"), strict=True):
                    if bound is not None:
                        self.context.hypotheses.append((target, relation, bound))

    def counted_out(self, parts: tuple[Term, ...]) -> list[tuple[str, Term]]:
        """``i, j = 1, 2``: how far indices run of which all numbers are written; empty for anything else."""
        left, right = parts[0], parts[-1]
        if len(parts) != 2 or not isinstance(right, Listing):
            return []
        names = left.items if isinstance(left, Listing) else (left,)
        letters = self.context.lexicon.indices
        plain = all(isinstance(t, Ref) and t == Ref(t.name) and t.name in letters for t in names)
        if not plain or right.items != tuple(Number(Fraction(k + 1)) for k in range(len(right.items))):
            return []
        return [(t.name, right.items[-1]) for t in names if isinstance(t, Ref)]  # type: ignore[misc]

    def is_conditional(self, item: Item) -> None:
        """What stands beside a condition that is not used, as *when* ``d < m`` for sizes, need not hold otherwise."""
        self.conditions = " ".join(item.words.split())
        for other in self.items[-3:]:
            other.conditional = other.conditional or is_right_behind(item.words, other.words)

    def ranges(self, name: str, first: Term, last: Term) -> None:
        """The first range that a section gives to an index."""
        own = self.scopes.sections[-1].facts.ranges
        own.setdefault(name, (first, last))
        self.context.ranges[name] = own[name]

    def inequality(self, item: Item, parts: tuple[Term, ...], relations: tuple[str, ...]) -> None:
        context = self.context
        for left, relation, right in zip(parts, relations, parts[1:], strict=False):
            simple = isinstance(left, Ref) and isinstance(right, Ref)
            if relation == "≠" and simple and {left.name, right.name} & context.lexicon.indices:  # type: ignore[union-attr]
                context.apart.add((left.name, right.name))  # type: ignore[union-attr]
            elif simple and relation in "<>≤≥" and {left.name, right.name} <= context.lexicon.indices:  # type: ignore[union-attr]
                context.orders.append((left.name, relation, right.name))  # type: ignore[union-attr]
            elif is_lower_end(left, relation, right, context):
                bound = int(right.value) + (relation == ">")  # type: ignore[union-attr]
                context.lower[left.name] = max(bound, context.lower.get(left.name, bound))  # type: ignore[union-attr]
            elif not item.formula.display and _TURNED.search(item.words[-24:]):
                continue
            elif not about_sizes(left, right, context) and relation != "=":
                context.hypotheses.append((left, relation, right))
                if self.items and self.items[-1].formula is item.formula:
                    context.conditioned[left, relation, right] = of_the_formula(
                        item.formula.line, item.formula.column
                    )
                elif not item.formula.display and IF.search(item.words[-16:]):
                    context.conditioned[left, relation, right] = " ".join(item.words.split())
            elif not item.formula.display and IF.search(item.words[-16:]):
                self.is_conditional(item)
        self.items.append(replace(item, kind="definition"))

    def listing(self, item: Item, parts: tuple[Term, ...]) -> None:
        """Ranges, shapes and coordinates."""
        left, right = parts[0], parts[-1]
        if isinstance(right, Listing) and None in right.items and isinstance(left, (Ref, Listing)):
            first, last = right.items[0], right.items[-1]
            names = left.items if isinstance(left, Listing) else (left,)
            if (
                first is not None
                and last is not None
                and is_size(first)
                and not _is_entry(first)
                and (is_size(last) or is_shifted(last))
            ):
                if first == Number(Fraction(0)) and isinstance(last, Add) and is_size(last.terms[0][1]):
                    first, last = ONE, last.terms[0][1]  # 0, …, n - 1 are n values
                elif first == Number(Fraction(0)) and isinstance(last, Ref) and last.name not in ("L", "T"):
                    first, last = ONE, Add(((1, last), (1, ONE)))  # 0, …, n are one more
                for name in names:
                    if isinstance(name, Ref):
                        self.ranges(name.name, first, last)
            self.coordinates(item, left, right, item.formula)
            self.items.append(replace(item, kind="definition"))
            return
        shape = shape_of(right)
        if shape is not None and sizes(shape) and isinstance(left, (Ref, Gradient)):
            defined = isinstance(left, Ref) and self.context.defined(left) is not None
            if defined or isinstance(left, Gradient):
                self.items.append(replace(item, kind="shape", claiming=(True,)))
            else:
                self.items.append(replace(item, kind="definition"))
            return
        self.items.append(replace(item, kind="prose"))

    def shape_chain(self, item: Item, parts: tuple[Term, ...], relations: tuple[str, ...]) -> None:
        """``W.shape = (n, k)`` says what W is, where nothing else does, and is a claim otherwise."""
        first, last = parts[0], parts[-1]
        new = (
            isinstance(first, Ref)
            and self.context.defined(first) is None
            and first.name not in self.context.shapes
        )
        stated = shape_of(last)
        if (
            len(parts) == 2
            and new
            and stated is not None
            and isinstance(first, Ref)
            and not is_used(first, self.context)
        ):
            self.context.shapes[first.name] = [(first, *stated)]
            self.items.append(replace(item, kind="definition"))
            return
        self.items.append(replace(item, kind="shape", claiming=(True,) * len(relations)))

    def coordinates(self, item: Item, left: Term, right: Listing, formula: Formula) -> None:
        """``x = (x_1, …, x_n)``: x is the array of the x_i, a column unless the text says row."""
        whole = array_of(right)
        if (
            not isinstance(left, Ref)
            or isinstance(whole, Listing)
            or left.subs
            or self.context.defined(left) is not None
            or any(r.name == left.name for r in refs(whole))
        ):
            return
        if left.name in self.context.rows:
            whole = Transpose(whole)
        take_examples(self, left, whole)
        self.context.definitions.append(
            Definition(left, None, whole, formula.line, formula.latex, self.section)
        )

    def is_under_condition(self, before: str) -> bool:
        """Whether the sentence gives a condition before a claim: *when p = y, dL/dw = 0*."""
        words = " ".join(before.split())
        if not self.conditions or not words.startswith(self.conditions):
            return False
        return re.search(r"[.;!?。](?:\s|$)", words[len(self.conditions) :]) is None

    def head(
        self, left: Term, right: Term, relation: str, redefine: bool, inline: bool = False
    ) -> tuple[Ref, tuple[Ref, ...] | None] | None:
        """What a link defines here."""
        return head_of(left, right, relation, redefine, self.context, self.section, inline)

    def again(self, item: Item, k: int, formula: Formula, anywhere: bool) -> None:
        """An equation for what another section or sentence defines claims that, or defines it anew: it may be either."""
        if self.items and self.items[-1].case is not None and not self.items[-1].case[0][1]:
            return  # for y = 1, L = -log a
        if not formula.display and _SUPPOSED.search(lead_of(item.words)):
            return  # if γ = σ, then y = x
        left, right = item.parts[k : k + 2]
        section = -1 if anywhere else self.section
        new = head_of(left, right, item.relations[k], True, self.context, section)
        if new is None:
            return
        ref, params = new
        old = self.context.defined(ref, function=params is not None)
        if old is None or (old.head, old.params, old.body) == (ref, params, right):
            return
        if refs(old.body) and not refs(right):
            return  # a number is what a formula comes to
        if anywhere and old.section == self.section and old.latex.endswith("(prose)"):
            return  # p = a, the softmax of z: the same sentence says both
        item.again[k] = old
        self.context.definitions.append(
            Definition(ref, params, right, formula.line, formula.latex, self.section, again=True)
        )

    def true_class(self, parts: tuple[Term, ...], formula: Formula) -> None:
        """``y_k = 1`` says that k is the true class, unless the text names two."""
        context, label = self.context, parts[0]
        assert isinstance(label, Ref)
        plain = len(label.subs) == 1 and label.example is None and label.layer is None
        letter = label.subs[0].name or str(label.subs[0].offset)
        if parts[1] == ONE and plain and context.true_class.setdefault(label.name, letter) == letter:
            context.one_hot.add(label.name)
            context.hot.add(label.name)
            context.note(f"{letter} is the class whose {label.name} is one")
        elif parts[1] == ONE or label.name not in context.true_class:
            context.doubt(Doubt(formula.latex, frozenset({label.name}), False))


_LABEL = re.compile(r"\b(?:labels?|targets?)(?: (?:is|are|takes? the values?))?\s*$", re.I)


def _sign(term: Term | None) -> int:
    """1, -1, or 0 for anything else."""
    match term:
        case Number(value) | Add(((1, Number(value)),)) if abs(value) == 1:
            return int(value)
        case Add(((-1, Number(value)),)) if abs(value) == 1:
            return -int(value)
    return 0


def _as_column(term: Term) -> Term:
    """``[z_1, …, z_K]^T`` is the column that a list is anyhow."""
    listed = isinstance(term, Transpose) and isinstance(term.of, Listing)
    return term.of if listed and isinstance(term, Transpose) else term


def _stood_up(parts: tuple[Term, ...]) -> set[str]:
    """The y of ``y = (y^{(1)}, …, y^{(m)})^T``: a column of what it is for each example."""
    if len(parts) != 2 or not isinstance(parts[0], Ref) or indices(parts[0]):
        return set()
    turned = parts[1].of if isinstance(parts[1], Transpose) else None
    whole = array_of(turned) if isinstance(turned, Listing) else None
    same = isinstance(whole, Ref) and whole.example is not None and whole.name == parts[0].name
    return {parts[0].name} if same else set()


def _is_entry(term: Term) -> bool:
    """``y^{(1)}``, which begins no range: the y^{(i)} are the entries of Y."""
    return isinstance(term, Ref) and bool(indices(term))
