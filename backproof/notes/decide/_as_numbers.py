"""The world in which every quantity is a number."""

from __future__ import annotations

from dataclasses import replace

from ..resolve import (
    Call,
    Context,
    Term,
    walk,
)
from ._habits import Usage
from ._question import Question


def as_numbers(question: Question) -> tuple[Context, Usage] | None:
    """The world in which every quantity is a number, unless the document speaks of vectors."""
    context = question.context
    examples = context.examples and not context.supposed
    told = context.shapes or context.vectors or context.vectors_are_columns or examples
    told = (
        told
        or context.rows
        or context.matrices
        or question.usage.entrywise
        or any(map(_speaks_of_matrices, question.item.parts))
    )
    if told or context.all_scalar or not question.usage.matrices or question.usage.transposed:
        return None
    return replace(context, all_scalar=True), replace(question.usage, matrices=False)


def _speaks_of_matrices(term: Term) -> bool:
    """Whether a term holds a trace or a determinant, which of a number nobody takes."""
    return any(isinstance(n, Call) and n.function.name in ("trace", "det", "diag", "vec") for n in walk(term))
