"""What a name stands for: an argument, a size, an index, a defined quantity, or a free one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from .._errors import BeforeTheFirstError, NotUnderstoodError, OutOfRangeError
from ..resolve import Index, Ref, refs
from ..resolve._context import COST, LOSS, LOSSES_OF_EXAMPLES
from ..resolve._lexicon import is_loss
from ._basis import basis, is_basis
from ._defined import are_all, defined_value, whole
from ._losses import loss_value, open_function, open_loss
from ._matrices import identity, is_identity, ones
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator, Place
from ._guesses import is_stacked
from ._keys import definition_of, key_of
from ._kronecker import is_kronecker, kronecker


def quantity(ev: Evaluator, ref: Ref) -> Value:
    """The value of a reference; beside an array, where windows reach over its ends, stand zeros if that is said."""
    if ev.graph is None or not any(s.moves or s.offset for s in ref.subs if s.name):
        return _quantity(ev, ref)
    try:
        return _quantity(ev, ref)
    except (OutOfRangeError, BeforeTheFirstError):
        letters = {x for s in ref.subs for x in (s.name, *s.also)}
        if not ev.world.context.zero_outside and not letters & ev.open_sums:
            raise
        ev.world.note(f"entries beside those of {ref.name} are zero")
        return ev.number(0)


def _quantity(ev: Evaluator, ref: Ref) -> Value:
    world = ev.world
    if ref.name in world.context.spellings and world.context.defined(ref) is None:
        ref = Ref(world.context.spellings[ref.name], ref.layer, ref.example, ref.subs, ref.time)
    if ref.name.startswith("·") and ref in (COST, LOSS, LOSSES_OF_EXAMPLES):
        return loss_value(ev, ref)
    bare = ref.layer is None and ref.example is None and ref.time is None and not ref.subs
    if bare and ref.name in world.context.short and ref.name not in ev.params:
        return ev.value(world.context.short[ref.name])  # through value, which ends circles
    if ref.name in ev.params and ref.layer is None and ref.time is None:
        return select(ev, ref, ev.params[ref.name])
    if bare and ref.name in ev.env:
        place = ev.env[ref.name]
        return ev.number(place) if isinstance(place, int) else ev.algebra.scalar()
    if bare and ref.name == "pi" and ev.world.context.defined(ref) is None and "pi" not in world.usage.subs:
        return ev.algebra.scalar(None if ev.graph is None else ev.graph.constant("pi"))
    alias = _alias(ev, ref)
    if alias is not None and ref.example is not None:
        if are_all(ev, ref.example):
            return array(ev, alias)
        if world.context.examples == "rows":
            return ev.algebra.transposed(ev.select(array(ev, alias), ev.place(ref.example), None))
        return ev.select(array(ev, alias), None, ev.place(ref.example))
    entry = _entry_of(ev, ref)
    if entry is not None:
        return entry
    if ref.name in world.context.true_class and (label := _true_label(ev, ref)) is not None:
        return label
    if is_kronecker(ev, ref):
        return kronecker(ev, ref)
    size = _size(ev, ref)
    if size is not None:
        return size
    if is_basis(ev, ref):
        return basis(ev, ref.subs[0], str(ref))
    if ref.name.partition("_")[0] in ("bf:1", "vec:1", "bb:1") or ref.name in world.context.ones:
        return ones(ev, ref)
    if is_identity(ev, ref):
        return identity(ev, ref)
    numbered = _numbered_definition(ev, ref)
    if numbered is not None:
        return array(ev, numbered)
    layer, time = ev.step(ref.layer), ev.step(ref.time)
    definition = definition_of(ev, ref, layer, time)
    if definition is not None:
        return defined_value(ev, definition, ref, layer, time)
    return select(ev, ref, array(ev, ref))


def _numbered_definition(ev: Evaluator, ref: Ref) -> Ref | None:
    """z_k at k = 2, where the document defines z_2 by itself."""
    if not ref.subs or ref.name not in ev.world.numbered or not any(s.name for s in ref.subs):
        return None
    places = [ev.env.get(s.name, None) if s.name else s.offset for s in ref.subs]
    if not all(isinstance(p, int) for p in places):
        return None
    subs = tuple(
        Index("", int(p) + (s.offset if s.name else 0))  # type: ignore[arg-type]
        for s, p in zip(ref.subs, places, strict=True)
    )
    own = Ref(ref.name, ref.layer, ref.example, subs, ref.time)
    return own if any(d.head == own for d in ev.world.context.definitions) else None


def _true_label(ev: Evaluator, ref: Ref) -> Value | None:
    """An entry of one-hot labels where the index of the true class has a value: 1 for that class, 0 for the others."""
    letter = ev.world.context.true_class[ref.name]
    true = int(letter) if letter.isdigit() else ev.env.get(letter)
    if true is None or ref.example is not None or ref.layer is not None or len(ref.subs) > 1:
        return None
    value = select(ev, Ref(ref.name), array(ev, Ref(ref.name)))
    if ev.graph is None:
        if isinstance(true, Dim):
            ev.algebra.unify(true, value.rows if value.rows.root().value != 1 else value.cols)
        return select(ev, ref, value) if ref.subs else value
    rows, cols = value.size()
    if isinstance(true, int) and true > rows * cols:
        raise NotUnderstoodError(f"a true class {true} among {rows * cols}")
    labels = Value(
        value.rows, value.cols, tuple(ev.graph.num(int(k + 1 == true)) for k in range(rows * cols))
    )
    return select(ev, ref, labels) if ref.subs else labels


def _size(ev: Evaluator, ref: Ref) -> Value | None:
    """m, n_x, n^{[l]} where they are sizes, T where it counts the steps of a recursion."""
    top = ev.world.tops.get(ref.name) if ref == Ref(ref.name) and ref.name != "L" else None
    if top is not None and ref.name not in ev.world.dims and ev.world.context.defined(ref) is None:
        return ev.number(top)
    if ref.layer is None and ref.name not in ev.world.dims and ref.name != "L":
        return None
    if (
        ev.world.context.defined(ref, function=False) is not None
        or ref.example is not None
        or ref.time is not None
    ):
        return None
    if ref.name in ev.world.strides and ref.layer is None and not ref.subs:
        return ev.number(ev.world.multiple(ref.name))
    key: Hashable = ref.name
    if ref.layer is not None:
        key = (ref.name, ev.step(ref.layer))
    elif ref.subs:
        return None
    if key not in ev.world.dims:
        if ref.layer is None and _counts_layers(ev, ref.name):
            return ev.number(ev.world.layers)
        return None
    if ref.name in ev.world.usage.transposed | ev.world.context.matrices:
        raise NotUnderstoodError(f"whether {ref.name} is a size or an array")
    value = ev.world.dims[key].root().value
    if ev.graph is None:
        return ev.algebra.scalar()
    if value is None:
        raise NotUnderstoodError(f"the size {ref}")
    return ev.number(value)


def _counts_layers(ev: Evaluator, name: str) -> bool:
    """Whether L is the number of layers, and no loss ``L(ŷ, y)`` besides."""
    context = ev.world.context
    return name == "L" and "L" in context.lexicon.layers and context.defined(Ref("L")) is None


def _alias(ev: Evaluator, ref: Ref) -> Ref | None:
    """x^{(i)} is a column of X where the document writes both."""
    if ref.example is None or not ref.name.isascii():
        return None
    head, mark, tail = ref.name.rpartition(":")
    upper = f"{head}{mark}{tail[:1].upper()}{tail[1:]}"
    context = ev.world.context
    own = context.defined(ref)
    if upper == ref.name or upper not in ev.world.usage.names or is_loss(upper):
        return None
    if own is not None and own.head.example is not None:
        return None
    layer = ref.layer
    if ref.subs and (ref.name in ev.world.usage.subs or any(s.name for s in ref.subs)):
        return None
    partner = context.defined(Ref(upper, layer, None, ref.subs))
    if partner is not None and any(r.name == ref.name for r in refs(partner.body)):
        return None  # Y is made of the y^{(i)}
    if (layer is not None or ref.subs) and partner is None and upper not in context.shapes:
        return None
    usage = ev.world.usage
    if context.examples != "rows" or ref.name in usage.transposed | usage.vector_examples:  # θ^T x^{(i)}
        return Ref(upper, layer, None, ref.subs)
    raise NotUnderstoodError(f"{ref}, where rows are examples")


def _entry_of(ev: Evaluator, ref: Ref) -> Value | None:
    """a_i is an entry of A where the text says so, or where a stands only with indices and A only without."""
    context, usage = ev.world.context, ev.world.usage
    told = context.aliases.get(ref.name)
    whole, layer = (told.name, ref.layer or told.layer) if told is not None else (None, ref.layer)
    if ref.example is not None and len(ref.subs) == 1 and ref.subs[0].name:
        return _entry_of_example(ev, ref)
    if not ref.subs or (whole is None and not any(s.name for s in ref.subs)) or ref.example is not None:
        return None
    if whole is None:
        accent, mark, letter = ref.name.rpartition(":")
        upper = f"{accent}{mark}{letter.upper()}"
        if len(letter) != 1 or upper == ref.name or is_loss(upper) or upper not in usage.outside:
            return None
        if ref.name in usage.bare or upper in usage.subs or context.defined(ref) is not None:
            return None
        known = context.defined(Ref(upper, ref.layer))
        ev.world.asked.labels.add(upper)
        if known is None and len(ref.subs) != 2 and upper not in context.shapes.keys() | context.one_hot:
            return None
        if known is not None and any(r.name == ref.name for r in refs(known.body)):
            return None  # U is made of the u_w
        whole = upper
    elif context.defined(ref) is not None:
        return None
    value = array(ev, Ref(whole, layer, None, (), ref.time))
    ev.world.note(f"{ref.name} with an index is an entry of {whole}")
    places = [ev.place(s) for s in ref.subs]
    if len(places) == 2:
        return ev.select(value, places[0], places[1])
    if value.cols.root().value == 1:
        return ev.select(value, places[0], None)
    if value.rows.root().value == 1:
        return ev.select(value, None, places[0])
    raise NotUnderstoodError(f"one index on the matrix {whole}")


def _entry_of_example(ev: Evaluator, ref: Ref) -> Value | None:
    """``a_k^{(i)}`` is entry k of example i of A, where the document writes a with both and A without."""
    context, usage = ev.world.context, ev.world.usage
    upper = ref.name.upper()
    written = len(ref.name) == 1 and upper != ref.name and upper in usage.names and not is_loss(upper)
    if not written or upper in usage.subs or ref.name in usage.bare or context.defined(ref) is not None:
        return None
    known = context.defined(Ref(upper, ref.layer))
    if (known is None and ref.layer is not None) or not context.examples:
        return None
    if known is not None and any(r.name == ref.name for r in refs(known.body)):
        return None
    assert ref.example is not None
    value = array(ev, Ref(upper, ref.layer, None, (), ref.time))
    ev.world.note(f"{ref.name} with an index is an entry of {upper}")
    entry, example = ev.place(ref.subs[0]), ev.place(ref.example)
    return (
        ev.select(value, example, entry) if context.examples == "rows" else ev.select(value, entry, example)
    )


def array(ev: Evaluator, ref: Ref) -> Value:
    """The whole array that a reference takes its entries from."""
    world = ev.world
    key, layer, time = key_of(ev, ref)
    definition = definition_of(ev, ref, layer, time)
    if definition is not None:
        return whole(ev, definition, layer, time)
    if is_loss(ref.name) and not (layer is None and _counts_layers(ev, ref.name)):
        return open_loss(ev, ref)
    if ref.name in world.context.depends:
        return open_function(ev, ref)
    if layer is not None and layer > world.layers and ref.layer is not None and ref.layer.name:
        raise NotUnderstoodError(f"{ref} beyond the last layer")
    base, bar, label = ref.name.partition("_")
    if (
        not ref.subs
        and ref.example is None
        and "^2" not in ref.name
        and any(_is_square(ev, name) for name in (f"{base}^2", f"{base}^2{bar}{label}"))
    ):
        return _root_of_square(ev, ref)
    free = len(ref.subs) if ref.subs and ref.name in world.usage.subs else -1
    free = max(free, world.usage.subs.get(ref.name, free))
    return world.leaf(ref, key, layer, free)


def _is_square(ev: Evaluator, name: str) -> bool:
    """Whether the document defines ``σ^2``, or writes it as a name."""
    context = ev.world.context
    letter = name.removesuffix("^2")
    written = letter != name and letter in context.lexicon.squares
    return written or any(d.head.name == name for d in context.definitions)


def select(ev: Evaluator, ref: Ref, value: Value) -> Value:
    """Take from an array what the indices of a reference say."""
    subs = list(ref.subs)
    if ref.subs and ref.name not in ev.world.usage.subs and ref.name not in ev.params:
        subs = []  # x_1 and x_2 are names of their own
    example = ref.example
    if example is not None and (ref.name not in ev.world.usage.examples or are_all(ev, example)):
        example = None
    if not subs and example is None:
        return value
    places = [_shifted(ev, s) if ref.name in ev.world.usage.shifted and s.name else ev.place(s) for s in subs]
    if example is not None:
        if len(places) > 1:
            raise NotUnderstoodError(f"the indices of {ref}")
        if not places and value.cols.root().value == 1 and is_stacked(ev.world, ref.name):
            return ev.select(value, ev.place(example), None)  # y^{(i)} of the column y of all targets
        return ev.select(value, places[0] if places else None, ev.place(example))
    if len(places) == 2 and ref.name in ev.world.usage.vector_subs:
        told = ev.world.context.entry_order.get(ref.name, "first" if ev.world.usage.entry_first else "last")
        if told == "last":  # the entry x_ij of the vector x_i
            return ev.select(value, places[1], places[0])
    if len(places) == 2:
        return ev.select(value, places[0], places[1])
    if value.cols.root().value == 1:
        return ev.select(value, places[0], None)
    if value.rows.root().value == 1:
        return ev.select(value, None, places[0])
    if ref.name in ev.world.usage.vector_subs:
        return ev.select(value, None, places[0])
    if ev.world.context.examples == "rows":
        return ev.select(value, places[0], None)
    axis = _axis_of(ev, ref, value, places[0])
    if axis:
        return ev.select(value, None, places[0]) if axis == "cols" else ev.select(value, places[0], None)
    raise NotUnderstoodError(f"one index on the matrix {ref.name}")


def _shifted(ev: Evaluator, index: Index) -> Place:
    """The ``i + 1`` of ``y_i = w_1 x_i + w_2 x_{i+1}``: x is longer than y, whose index i is."""
    place = ev.env.get(index.name)
    if index.moves or index.label or not isinstance(place, Dim):
        return ev.place(index)
    of_another = any(d.root() is place.root() for d in ev.world.index_dims.values())
    return ev.window(index) if index.offset or of_another else place


def _axis_of(ev: Evaluator, ref: Ref, value: Value, place: Place) -> str:
    """Which axis of a matrix an index belongs to, by the range of the index; remembered from the shape pass."""
    key = ("axis of", ref.name, ref.subs[0].name)
    if isinstance(place, Dim):
        for axis, dim in (("cols", value.cols), ("rows", value.rows)):
            if dim.root() is place.root():
                ev.world.sides[key] = axis
    return ev.world.sides.get(key, "")


def _root_of_square(ev: Evaluator, ref: Ref) -> Value:
    """σ where the document defines σ²."""
    base, bar, label = ref.name.partition("_")
    names = [f"{base}^2{bar}{label}", f"{ref.name}^2"]
    heads = {d.head.name for d in ev.world.context.definitions}
    name = next((n for n in names if n in heads), names[0])
    square = array(ev, Ref(name, ref.layer, ref.example, ref.subs, ref.time))
    graph = ev.graph
    return square if graph is None else ev.algebra.mapped(square, lambda x: graph.fn("sqrt", x))
