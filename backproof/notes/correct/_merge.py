"""Two changes of one term at once, out of the terms with either: what a third reading would say, without reading.

It is a sieve: of two equal factors it cannot say which was put in, nor what two scripts on one letter mean together.
What passes it is read as any formula is, before it is proved.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any

from ..resolve import Term


class _ConflictError(Exception):
    """Both changes are in the same place."""


def merged(term: Term, one: Term, other: Term) -> Term | None:
    """The term with what ``one`` and what ``other`` changes of it; None where they change the same place.

    Examples
    --------
    >>> from backproof.notes.resolve import Mul, Ref
    >>> a, b, c = Ref("a"), Ref("b"), Ref("c")
    >>> old, first, second = (Mul((("", x), ("", y))) for x, y in ((a, b), (c, b), (a, c)))
    >>> merged(old, first, second) == Mul((("", c), ("", c)))
    True
    >>> merged(old, first, Mul((("", b), ("", b)))) is None
    True
    """
    try:
        found: Term = _merged(term, one, other)
    except _ConflictError:
        return None
    return found


def _merged(old: Any, one: Any, other: Any) -> Any:
    if one == old:
        return other
    if other == old:
        return one
    kind: Any = type(old)
    if kind is tuple:
        return _spliced(old, one, other)
    if not _is_record(kind):
        raise _ConflictError
    if kind is type(one) is type(other):
        return kind(*(_merged(*(getattr(x, name) for x in (old, one, other))) for name in _fields(kind)))
    return _wrapped(old, one, other)


def _is_record(kind: Any) -> bool:
    return is_dataclass(kind)


def _fields(kind: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = kind.__match_args__  # the fields of a dataclass, known beforehand
    return names


def _wrapped(old: Any, one: Any, other: Any) -> Any:
    """A term that one change put into something else, as into its square, and that the other changed by itself."""
    around, inner = (other, one) if _count(one, old) == 0 else (one, other)
    if _count(around, old) != 1 or _count(inner, old):
        raise _ConflictError  # -a and a^2 are not (-a)^2
    return _replaced(around, old, inner)


def _count(term: Any, part: Any) -> int:
    """How often a part stands in a term."""
    if term == part:
        return 1
    return sum(_count(inner, part) for inner in _inside(term))


def _replaced(term: Any, part: Any, new: Any) -> Any:
    if term == part:
        return new
    inside = (_replaced(inner, part, new) for inner in _inside(term))
    kind: Any = type(term)
    return tuple(inside) if kind is tuple else kind(*inside) if _is_record(kind) else term


def _inside(term: Any) -> tuple[Any, ...]:
    kind: Any = type(term)
    if kind is tuple:
        return tuple(term)
    return tuple(getattr(term, name) for name in _fields(kind)) if _is_record(kind) else ()


def _spliced(old: tuple[Any, ...], one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    """A sequence in which both changed something, or took something out or put something in."""
    if len(old) == len(one) == len(other):
        return tuple(map(_merged, old, one, other))
    (start, end, new), (begin, stop, more) = _window(old, one), _window(old, other)
    if end <= begin and start < stop:
        return (*old[:start], *new, *old[end:begin], *more, *old[stop:])
    if stop <= start and begin < end:
        return (*old[:begin], *more, *old[stop:start], *new, *old[end:])
    raise _ConflictError


def _window(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[int, int, tuple[Any, ...]]:
    """From where to where a sequence was changed, and what stands there now."""
    most = min(len(old), len(new))
    start = next((k for k in range(most) if old[k] != new[k]), most)
    same = next((k for k in range(most - start) if old[-1 - k] != new[-1 - k]), most - start)
    return start, len(old) - same, new[start : len(new) - same]
