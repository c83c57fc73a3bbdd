"""Lists of numbers that are values: ``s = [3, 1, -2]`` is a vector, ``W = (4, 3)`` a shape."""

from __future__ import annotations

from collections.abc import Collection

from ._terms import Add, Listing, Number, Ref, Table, Term, Transpose, refs


def vector_of(
    parts: tuple[Term, ...], relations: tuple[str, ...], rows: Collection[str], all_rows: bool
) -> tuple[Ref, Table] | None:
    """``s = [3, 1, -2]``, ``y = [0, 1, 0]^T``: a name and the column of its numbers; None for anything else.

    A row, where the text says that it is one (``rows``) or that all vectors are.
    """
    if len(parts) != 2 or relations[0] not in ("=", ":=") or not isinstance(left := parts[0], Ref):
        return None
    right = parts[1].of if isinstance(parts[1], Transpose) else parts[1]
    if left.example is not None or any(s.name for s in left.subs) or not isinstance(right, Listing):
        return None
    if not is_values(right) and not isinstance(parts[1], Transpose):
        return None
    items = [t for t in right.items if t is not None]
    if len(items) < 2 or len(items) < len(right.items) or right.bracket == "{" or any(map(refs, items)):
        return None
    row = not isinstance(parts[1], Transpose) and (left.name in rows or all_rows)
    return left, Table((tuple(items),) if row else tuple((t,) for t in items))


def is_values(listing: Listing) -> bool:
    """Whether a list holds numbers that are no sizes, or stands in square brackets."""
    if (
        None in listing.items
        or listing.bracket == "{"
        or any(refs(t) for t in listing.items if t is not None)
    ):
        return False
    if len(listing.items) != 2 or listing.bracket == "[":
        return True
    return not all(_is_size(t) for t in listing.items)


def _is_size(term: Term | None) -> bool:
    whole = isinstance(term, Number) and term.value.denominator == 1 and term.digits < 0 and term.value > 0
    return whole and not isinstance(term, Add)
