"""What only the whole document shows: letters that name layers, indices from zero, one letter for two things.

Each habit is found in all statements at once and then written out, so that no later stage knows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..find import Block
from ._bases import apart, beside_sums, counted_both_ways, counted_from_zero, from_one
from ._class_labels import as_indices, class_labels
from ._context import Context
from ._families import Letters, layer_letters, with_letters
from ._item import Prepared
from ._layers_in_products import with_layers
from ._limits_of_sums import counted
from ._multipliers import as_factors, factor, multipliers
from ._nested_indices import as_family, differentiates_by_one, numbered_numbers
from ._of_an_example import both_ways, made_of_examples, with_example
from ._over_inputs import costs_of_all, numbered_inputs, sum_in_vain, summed_inputs
from ._own_terms import (
    listing_arguments,
    losses_beside_their_sum,
    of_one_example,
    of_their_step,
    without_arguments,
    without_their_step,
)
from ._primes import multiplied, pointwise, whole
from ._slopes_at import at_numbers, taken_at
from ._synonyms import at_any_index, other_names, renamed
from ._terms import Call, Ref, Term, refs

# A document may number so many layers before its general formulas are decided for the first three alone.
MOST_LAYERS = 5

Statements = dict[int, list[Prepared]]
# Writes the habits of the document out in the sides of a chain.
Habit = Callable[[tuple[Term, ...]], tuple[Term, ...]]


def written_out(
    prepared: Statements, context: Context, blocks: Sequence[Block] = ()
) -> tuple[Statements, Letters, Habit]:
    """The statements with the document's habits written out, the letters that name layers, and how to write out more."""
    habits: list[Habit] = []

    def change(habit: Habit) -> None:
        nonlocal prepared
        habits.append(habit)
        prepared = {key: [(s, habit(parts), t) for s, parts, t in found] for key, found in prepared.items()}

    if pairs := other_names(blocks, prepared):
        anywhere = at_any_index(pairs, (parts for _, parts, _ in _all(prepared)))
        context.note("; ".join(f"{new} is another name of {old} (prose)" for new, old in pairs))
        change(lambda parts: renamed(parts, pairs, anywhere))
    if slopes := taken_at(blocks, prepared):
        context.note(f"the derivative of a value of {min(slopes)} is the derivative there (prose)")
        change(lambda parts: tuple(at_numbers(p, slopes) for p in parts))
    letters = layer_letters((parts, statement.relations) for statement, parts, _ in _all(prepared))
    if letters:
        context.note(f"the letters {', '.join(sorted(letters.names))} name layers of units")
        change(lambda parts: tuple(with_letters(p, letters) for p in parts))
    layered = context.lexicon.sub_layered
    if layered:
        change(lambda parts: tuple(with_layers(p, layered) for p in parts))
    if numbers := numbered_numbers(parts for _, parts, _ in _all(prepared)):
        if context.lexicon.distinct:
            context.note(f"no two of the {', '.join(sorted(numbers))} are the same (prose)")
        else:
            open_ = "not understood: whether two of the indices are the same"
            prepared = {
                key: [(s, p, t or open_ * differentiates_by_one(p, numbers)) for s, p, t in found]
                for key, found in prepared.items()
            }
        change(lambda parts: tuple(as_family(p, numbers) for p in parts))
    if labels := class_labels(_terms(prepared)):
        context.lexicon.indices |= labels
        change(lambda parts: as_indices(parts, labels))
    heads = _defined(prepared)
    change(lambda parts: tuple(counted(p, heads) for p in parts))
    context.both_bases = counted_both_ways(_terms(prepared))
    if zeroed := counted_from_zero(_terms(prepared), (parts for _, parts, _ in _all(prepared))):
        context.note(f"the indices of {', '.join(sorted({name for name, _ in zeroed}))} count from zero")
        change(lambda parts: tuple(from_one(p, zeroed, parts) for p in parts))
    zero = beside_sums(_terms(prepared))
    if constants := multipliers(parts for _, parts, _ in _all(prepared)):
        context.note(f"{', '.join(sorted(constants))} only multiplies, and is a number")
        context.scalars |= {factor(name) for name in constants}
        change(lambda parts: tuple(as_factors(p, constants) for p in parts))
    if steps := of_their_step(parts for _, parts, _ in _all(prepared)):
        context.depends |= {name: args for name, args in steps.items() if name not in context.depends}
        change(lambda parts: tuple(without_their_step(p, steps) for p in parts))
    terms_of = losses_beside_their_sum(parts for _, parts, _ in _all(prepared))
    listing = listing_arguments(parts for _, parts, _ in _all(prepared))
    if zero or terms_of or listing:  # one letter for two things
        change(
            lambda parts: tuple(
                without_arguments(of_one_example(apart(p, zero), terms_of), listing) for p in parts
            )
        )
    left_out = made_of_examples(parts for _, parts, _ in _all(prepared))
    if left_out:
        names = ", ".join(sorted(frozenset().union(*left_out.values())))
        context.note(f"{names}: of example {', '.join(sorted(left_out))}")
        prepared = {
            key: [(s, parts, t or both_ways(parts, left_out)) for s, parts, t in found]
            for key, found in prepared.items()
        }
        change(lambda parts: with_example(parts, left_out))
    if alone := costs_of_all([parts for _, parts, _ in _all(prepared)]):
        places = iter(range(len(_all(prepared))))
        prepared = {
            key: [(s, () if next(places) in alone else parts, t) for s, parts, t in found]
            for key, found in prepared.items()
        }
        context.note("a cost of all examples is that of one, as the document goes on to it")
    over, vain = summed_inputs(parts for _, parts, _ in _all(prepared))
    if vain:
        prepared = {
            key: [(s, parts, t or sum_in_vain(parts, vain)) for s, parts, t in found]
            for key, found in prepared.items()
        }
    if over:
        context.note(f"sums over {', '.join(sorted(over))} run over the examples")
        change(lambda parts: numbered_inputs(parts, over))
    defined = _defined(prepared, plain=False)
    functions = context.lexicon.functions
    change(lambda parts: tuple(multiplied(p) for p in whole(pointwise(parts, functions), defined)))
    context.top_layer = _top_layer(prepared)
    context.written = {
        r.name
        for statement, parts, _ in _all(prepared)
        if statement.relations
        for p in parts
        for r in refs(p)
    }

    def written(parts: tuple[Term, ...]) -> tuple[Term, ...]:
        for habit in habits:
            parts = habit(parts)
        return parts

    return prepared, letters, written


def _all(prepared: Statements) -> list[Prepared]:
    return [x for found in prepared.values() for x in found]


def _terms(prepared: Statements) -> list[Term]:
    return [p for _, parts, _ in _all(prepared) for p in parts]


def _defined(prepared: Statements, plain: bool = True) -> set[str]:
    """The names that stand before an equals sign; unless ``plain``, before more than another name."""
    return {
        r.name
        for _, parts, _ in _all(prepared)
        if len(parts) > 1 and any(refs(p) and (plain or not isinstance(p, Ref)) for p in parts[1:])
        for r in (parts[0].function if isinstance(parts[0], Call) else parts[0],)
        if isinstance(r, Ref)
    }


def _top_layer(prepared: Statements) -> int:
    """The highest layer that the document numbers, where that is more than the usual three."""
    numbered = {
        r.layer.offset for p in _terms(prepared) for r in refs(p) if r.layer is not None and not r.layer.name
    }
    return max((n for n in numbered if 3 < n <= MOST_LAYERS), default=0)
