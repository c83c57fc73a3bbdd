"""An equality, or a chain of them: definition, hypothesis, value, update or claim."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..find import Formula
from ._cases import lead_of
from ._context import Context, Definition
from ._cues import cue_here, introduces, is_numeric
from ._equations import (
    argument_of,
    is_afterthought,
    is_condition,
    is_hypothesis,
    is_new_number,
    is_number_beside,
    is_true_class,
    is_update,
    is_used,
    may_define,
    printed,
    result_of,
)
from ._given_slopes import depends_on_what_it_is_differentiated_by, is_given
from ._item import Item
from ._lexicon import is_loss
from ._terms import (
    EVERY,
    Call,
    Derivative,
    Gradient,
    Index,
    Number,
    Ref,
    Term,
    Transpose,
    indices,
    refs,
)
from .prose import is_named_by

if TYPE_CHECKING:
    from ._sort import Sorter


# Words that begin another example.
_ANEW = re.compile(
    r"\b(?:next|another|new|now|instead|alternativ\w+|test time|inference|similarly|variant)\b"
    r"|\b(?:second|third)\b(?! (?:layer|derivative|order|moment|term|line|equation|entry|unit|class|column|row))"
    r"|(?:\b(?:for|an|in (?:this|that|the|our))|^\W*) examples?\b|^\W*examples?\b",
    re.I,
)

_SETS = re.compile(r"\b(let|set|assume|suppose|with|where|take|choose|fix)\W*$|라 하", re.I)


def sort_chain(
    sorter: Sorter,
    item: Item,
    formula: Formula,
    parts: tuple[Term, ...],
    relations: tuple[str, ...],
    before: str,
) -> None:
    context = sorter.context
    if is_update(parts, relations):
        sorter.items.append(replace(item, kind="update", claiming=(True,) * len(relations)))
        return
    if not formula.display and is_hypothesis(parts, before, context):
        context.hypotheses.append((parts[0], "=", parts[1]))
        sorter.items.append(replace(item, kind="definition"))
        return
    if not formula.display and is_true_class(parts, context):
        sorter.true_class(parts, formula)
        sorter.items.append(replace(item, kind="definition"))
        return
    if (not formula.display or introduces(before)) and is_given(parts, relations, context):
        context.values.append((parts[0], parts[1]))
        depends_on_what_it_is_differentiated_by(parts[0], context)
        sorter.items.append(replace(item, kind="definition"))
        return
    if not formula.display and relations == ("=",):
        _named_by_formula(parts[0], parts[1], context)
    if len(parts) > 1 and isinstance(parts[0], Ref) and refs(parts[1]) and not _names_entries(*parts[:2]):
        context.definitions[:] = [
            d for d in context.definitions if d.head != parts[0] or not _names_entries(d.head, d.body)
        ]
    if (
        len(parts) == 2
        and not formula.display
        and isinstance(parts[0], Gradient)
        and is_named_by(parts[1], context)
    ):
        context.values.append((parts[0], parts[1]))
        sorter.items.append(replace(item, kind="definition"))
        return
    if not formula.display and is_number_beside(parts, relations):
        sorter.items.append(replace(item, kind="definition"))
        return
    if is_new_number(parts, relations, context):
        assert isinstance(parts[0], Ref)
        context.definitions[:] = [
            replace(d, value=True) if d.head == parts[0] else d for d in context.definitions
        ]
        context.definitions.append(
            Definition(parts[0], None, parts[1], formula.line, formula.latex, sorter.section, True)
        )
        sorter.items.append(replace(item, kind="definition"))
        return
    if not formula.display and is_condition(parts, relations, before, context, sorter.section):
        sorter.conditions = " ".join(before.split())
        sorter.items.append(replace(item, kind="prose"))
        return
    item = replace(item, conditional=sorter.is_under_condition(before))
    rounded = printed(parts, relations)
    known = context.defined(rounded) if rounded is not None and not formula.display else None
    if rounded is not None and known is not None and known.head == rounded and refs(known.body):
        # Later numbers are computed from this one, as it is printed.
        context.definitions.append(
            Definition(rounded, None, parts[1], formula.line, formula.latex, sorter.section, True)
        )
    introduced = formula.display and introduces(before)
    result = result_of(parts, relations)
    claiming: list[bool] = []
    unsure = False
    for k, relation in enumerate(relations):
        left, right = parts[k], parts[k + 1]
        redefine = relation == ":=" or introduced or cue_here(before, formula)
        head = sorter.head(left, right, relation, redefine, inline=not formula.display)
        if head is not None:
            ref, params = head
            take_examples(sorter, ref, right)
            value = (
                params is None
                and (not refs(right) or (ref.time is None and is_afterthought(ref, right, context)))
                and not _SETS.search(before[-30:])
                and is_used(ref, context)
                and not (ref.time is not None and not ref.time.name)  # v_0 = 0 begins a recursion
            )
            stray = params is None and not indices(ref) and not refs(right) and not formula.display
            stray = stray and _SETS.search(before[-30:]) is None
            context.definitions.append(
                Definition(
                    ref, params, right, formula.line, formula.latex, sorter.section, value, stray=stray
                )
            )
            if not formula.display and refs(right):  # a value that a sentence gave before counts after it
                context.definitions.sort(key=lambda d: d.value and d.head == ref)
            claiming.append(False)
            if formula.display and not introduced and ref.name in sorter.spoken:
                item.lints.append(f"{ref} was spoken of before; whether this defines it anew is not certain")
                unsure = True
            continue
        back = sorter.head(right, left, relation, redefine=False) if k + 1 == len(relations) else None
        mentioned = {r.name for r in refs(left)}
        if (
            back is not None
            and not isinstance(left, Number)
            and not (not formula.display and back[0].name in sorter.met)
            and may_define(back[0], left, context)
            and (
                back[1] is None or (not isinstance(left, Call) and all(p.name in mentioned for p in back[1]))
            )
        ):
            context.definitions.append(
                Definition(back[0], back[1], left, formula.line, formula.latex, sorter.section)
            )
            claiming.append(False)
            continue
        inner = argument_of(left, right, context)
        if inner is not None:
            context.definitions.append(Definition(*inner, formula.line, formula.latex, sorter.section))
            claiming.append(False)
            continue
        claiming.append(True)
        number = context.defined(left) if isinstance(left, Ref) else None
        if number is not None and not refs(number.body) and refs(right):
            context.computed.add(
                number.head.name
            )  # a formula gives what a number was given: it may be rounded
        sorter.again(item, k, formula, not formula.display or bool(_ANEW.search(lead_of(before))))
    if result is not None and context.defined(result) is not None:
        context.definitions.append(
            Definition(result, None, parts[-1], formula.line, formula.latex, sorter.section, True)
        )
    kind = "claim" if any(claiming) else "definition"
    if any(claiming) and is_numeric(parts):
        kind = "numeric"
    sorter.items.append(replace(item, kind=kind, claiming=tuple(claiming), unsure=unsure))
    sorter.met.update(r.name for p in parts for r in refs(p))


def take_examples(sorter: Sorter, whole: Ref, body: Term) -> None:
    """``X = [x^{(1)} ⋯ x^{(m)}]``: inputs, and activities of a layer, are columns; those of one unit may be numbers."""
    across = body.of if isinstance(body, Transpose) else body
    stack = isinstance(across, Ref) and across.example == Index(EVERY)
    if (
        not stack
        or not isinstance(across, Ref)
        or (whole.name.rpartition(":")[2] != "X" and whole.layer is None)
    ):
        return
    sorter.context.vectors.add(across.name)
    if not sorter.context.examples:
        sorter.context.examples = "rows" if isinstance(body, Transpose) else "columns"
        sorter.context.note(f"{sorter.context.examples} are examples (the formula for {whole})")


def _named_by_formula(name: Term, slope: Term, context: Context) -> None:
    """A sentence with ``dW = ∂J/∂W`` in it says which loss the name belongs to."""
    if not isinstance(name, Gradient) or not isinstance(slope, Derivative) or slope.by != (name.of,):
        return
    of = slope.of
    if (
        isinstance(of, Ref)
        and is_loss(of.name)
        and of.example is None
        and name.of.name not in context.foreign
    ):
        context.gradients.setdefault(name.of.name, of)


def _names_entries(left: Term, right: Term) -> bool:
    r"""``\hat Y = (\hat y^{(1)}, …, \hat y^{(m)})``: of a matrix that a formula gives it only names the entries."""
    if not isinstance(left, Ref) or not isinstance(right, Ref) or right.example != Index(EVERY):
        return False
    small = left.name.rpartition(":")[2].lower() == right.name.rpartition(":")[2]
    return small and left.name != right.name
