"""Vectors of which one entry is 1 and all others are 0: ``e_y`` where the words say so, ``𝟏_y``, ``onehot(y)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError, OutOfRangeError
from ..resolve import Call, Index, Ref
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator

_ONES = ("bf:1", "bb:1", "vec:1")


def is_basis(ev: Evaluator, ref: Ref) -> bool:
    """Whether a name with one index is the vector that has its 1 there; of ``𝟏_n`` the n may count its entries."""
    if len(ref.subs) != 1 or (ref.layer, ref.example, ref.time) != (None, None, None):
        return False
    told = ref.name in ev.world.context.bases
    if not told and ref.name not in _ONES:
        return False
    index = ref.subs[0]
    if told or not index.name or index.label or index.name not in ev.env:
        return told
    if index.name in ev.world.dims or index.name in ev.world.index_dims:
        raise NotUnderstoodError(f"whether {ref} is a column of ones or has one alone")
    return True


def basis(ev: Evaluator, index: Index, shown: str) -> Value:
    """The column with a 1 at the place of an index."""
    place = ev.place(index)
    key = ("basis", index.name or index.offset)
    dims = ev.world.index_dims
    if ev.graph is None:
        dim = place if isinstance(place, Dim) else dims.get(key) or ev.world.new_dim()
        dims.setdefault(key, dim)
        return Value(dim, Dim(1))
    size = dims[key].root().value if key in dims else None
    if size is None or not isinstance(place, int):
        raise NotUnderstoodError(f"how many entries {shown} has")
    if not 1 <= place <= size:
        raise OutOfRangeError(f"entry {place} of a vector with {size} entries")
    ev.world.note(f"{shown} is 1 at {index} and 0 elsewhere")
    graph = ev.graph
    return Value(dims[key], Dim(1), tuple(graph.num(int(k + 1 == place)) for k in range(size)))


def one_hot(ev: Evaluator, term: Call) -> Value:
    """``onehot(y)`` of an index."""
    index = term.args[0] if len(term.args) == 1 else None
    if not isinstance(index, Ref) or index != Ref(index.name) or index.name not in ev.env:
        raise NotUnderstoodError("the one-hot vector of what is no index")
    return basis(ev, Index(index.name), f"onehot({index})")
