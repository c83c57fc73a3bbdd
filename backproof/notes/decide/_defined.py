"""Quantities that the document defines: each entry is the body of its definition with the indices put in.

``a_i = f(z_i)`` is evaluated for the index that is asked for, so recursions over any index work.
Where a stands without its index, its entries are put together: one index makes a column, the examples make a row.
In a shape pass the indices are axes; a quantity that is met inside its own definition has the shape that comes out.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from .._errors import BeforeTheFirstError, NotUnderstoodError
from ..resolve import Definition, Index, Number, Ref, refs
from ..resolve._lexicon import is_loss
from ..resolve._terms import EVERY
from ._habits import shown
from ._values import Dim, Value

if TYPE_CHECKING:
    from ._evaluate import Evaluator, Place

Binding = dict[str, "Place"]


def letters_of(definition: Definition) -> list[str]:
    """The index letters of a definition's head, the example last."""
    head = definition.head
    found = [s.name for s in head.subs if s.name]
    if head.example is not None and head.example.name:
        found.append(head.example.name)
    if len(set(found)) != len(found):
        raise NotUnderstoodError(f"the indices of {head}")
    return found


def defined_value(
    ev: Evaluator, definition: Definition, ref: Ref, layer: int | None, time: int | None
) -> Value:
    """The value of a reference that falls under a definition."""
    head = definition.head
    letters_of(definition)
    binding: Binding = {}
    rest_subs = ref.subs
    if len(head.subs) == len(ref.subs):
        for mine, theirs in zip(head.subs, ref.subs, strict=True):
            if mine.name:
                binding[mine.name] = ev.loose_place(theirs, mine.offset)
        rest_subs = ()
    elif head.subs and ref.subs:
        raise NotUnderstoodError(f"the indices of {ref}")
    rest_example = ref.example
    if head.example is not None and ref.example is not None:
        if head.example.name and not are_all(ev, ref.example):
            binding[head.example.name] = ev.loose_place(ref.example, head.example.offset)
        rest_example = None
    value = _with(ev, definition, layer, time, binding)
    if rest_example is not None and ref.name not in ev.world.usage.examples:
        rest_example = None
    if rest_subs and ref.name not in ev.world.usage.subs and all(not s.name for s in rest_subs):
        raise NotUnderstoodError(f"whether {ref} is an entry of {ref.name}")
    if value.is_scalar and any(
        s.name for s in rest_subs
    ):  # a softmax of one entry proves what is false of two
        raise NotUnderstoodError(f"an entry of {ref.name}, which is one number")
    return ev.pick(value, Ref(ref.name, ref.layer, rest_example, rest_subs, ref.time))


def are_all(ev: Evaluator, example: Index) -> bool:
    """Whether an index stands for all examples at once, as in ``X = [x^{(1)}, …, x^{(m)}]``."""
    return example.name == EVERY and EVERY not in ev.env


def whole(ev: Evaluator, definition: Definition, layer: int | None, time: int | None) -> Value:
    """All of a defined quantity as one array."""
    return _with(ev, definition, layer, time, {})


def _with(
    ev: Evaluator, definition: Definition, layer: int | None, time: int | None, binding: Binding
) -> Value:
    """The entries that a binding selects, put together over the letters that it leaves open."""
    letters = letters_of(definition)
    missing = [x for x in letters if x not in binding]
    if not missing:
        return _entry(ev, definition, layer, time, binding)
    if len(missing) > 2:
        raise NotUnderstoodError(f"{definition.head.name} with {len(missing)} indices as one array")
    dims = [own_dim(ev, definition, x, layer, time) for x in missing]
    example = definition.head.example.name if definition.head.example is not None else ""
    rows_are_examples = ev.world.context.examples == "rows"
    if ev.graph is None:
        inner = _entry(ev, definition, layer, time, {**binding, **dict(zip(missing, dims, strict=True))})
        return Value(*_layout(ev, definition, missing, dims, inner, example, rows_are_examples))
    sizes = [_known(definition, d) for d in dims]
    if len(missing) == 1:
        parts = [
            _entry(ev, definition, layer, time, {**binding, missing[0]: k}) for k in range(1, sizes[0] + 1)
        ]
        inner = parts[0]
        rows, cols = _layout(ev, definition, missing, dims, inner, example, rows_are_examples)
        if inner.is_scalar:
            return Value(rows, cols, tuple(p.at(0, 0) for p in parts))
        if inner.size()[1] == 1:
            height = inner.size()[0]
            if rows.root() is dims[0].root():  # each column becomes a row
                return Value(rows, cols, tuple(p.at(r, 0) for p in parts for r in range(height)))
            return Value(rows, cols, tuple(p.at(r, 0) for r in range(height) for p in parts))
        width = inner.size()[1]
        return Value(rows, cols, tuple(p.at(0, c) for p in parts for c in range(width)))
    first, second = missing
    swap = rows_are_examples and second == example
    grid = [
        [
            _entry(ev, definition, layer, time, {**binding, first: i, second: j})
            for j in range(1, sizes[1] + 1)
        ]
        for i in range(1, sizes[0] + 1)
    ]
    if not grid[0][0].is_scalar:
        raise NotUnderstoodError(f"entries of {definition.head} that are matrices")
    if swap:
        return Value(dims[1], dims[0], tuple(row[j].at(0, 0) for j in range(sizes[1]) for row in grid))
    return Value(dims[0], dims[1], tuple(v.at(0, 0) for row in grid for v in row))


def _layout(
    ev: Evaluator,
    definition: Definition,
    missing: list[str],
    dims: list[Dim],
    inner: Value,
    example: str,
    rows_are_examples: bool,
) -> tuple[Dim, Dim]:
    """Rows and columns of the array that entries make."""
    if len(missing) == 2:
        if rows_are_examples and missing[1] == example:
            return dims[1], dims[0]
        return dims[0], dims[1]
    by_example = missing[0] == example
    if inner.is_scalar:
        if by_example and not rows_are_examples:
            return Dim(1), dims[0]
        return dims[0], Dim(1)
    if inner.cols.root().value == 1:
        return (dims[0], inner.rows) if by_example and rows_are_examples else (inner.rows, dims[0])
    if inner.rows.root().value == 1:
        return dims[0], inner.cols
    raise NotUnderstoodError(f"entries of {definition.head} that are matrices")


def own_dim(ev: Evaluator, definition: Definition, letter: str, layer: int | None, time: int | None) -> Dim:
    """The axis that an index of a definition's head runs over."""
    world = ev.world
    key = ("axis", world.mark(definition), letter, layer, time)
    if key not in world.index_dims:
        known = world.context.ranges.get(letter)
        dim = None
        if known is not None:
            try:
                dim = world.size_dim(known[1], _steps(definition, layer, time))
            except NotUnderstoodError:
                dim = None
        if dim is None:
            dim = _stated_dim(ev, definition, letter, layer, time)
        world.index_dims[key] = dim or world.new_dim()
    return world.index_dims[key]


def _stated_dim(
    ev: Evaluator, definition: Definition, letter: str, layer: int | None, time: int | None
) -> Dim | None:
    """The axis that the stated shape of a matrix gives to an index of its entries."""
    head = definition.head
    letters = [s.name for s in head.subs]
    if len(letters) != 2 or letter not in letters or head.example is not None:
        return None
    for pattern, *sizes in ev.world.context.shapes.get(head.name, []):
        if pattern.layer is None and not any(not s.name for s in pattern.subs):
            try:
                return ev.world.size_dim(sizes[letters.index(letter)], _steps(definition, layer, time))
            except NotUnderstoodError:
                return None
    return None


def _known(definition: Definition, dim: Dim) -> int:
    size = dim.root().value
    if size is None:
        raise NotUnderstoodError(f"the range of the indices of {definition.head}")
    return size


def _steps(definition: Definition, layer: int | None, time: int | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, number in ((definition.head.layer, layer), (definition.head.time, time)):
        if index is not None and index.name and number is not None:
            found[index.name] = number - index.offset
    return found


def _key(definition: Definition, layer: int | None, time: int | None) -> Hashable:
    head = definition.head
    pattern = tuple("·" if s.name else s.offset for s in head.subs)
    example = None if head.example is None else "·" if head.example.name else head.example.offset
    return (head.name, layer, time, pattern, example)


def _entry(
    ev: Evaluator, definition: Definition, layer: int | None, time: int | None, binding: Binding
) -> Value:
    """One entry: the body of the definition with the indices put in."""
    world, letters = ev.world, letters_of(definition)
    key = _key(definition, layer, time)
    if ev.graph is None:
        return _entry_shape(ev, definition, key, layer, time, binding)
    numbers = tuple(int(binding[x]) for x in letters)  # type: ignore[arg-type]
    memo = (key, numbers)
    if memo in world.arrays:
        return world.arrays[memo]
    for letter, number in zip(letters, numbers, strict=True):
        size = own_dim(ev, definition, letter, layer, time).root().value
        if size is not None and not 1 <= number <= size:
            return _start(ev, definition, key, numbers)
    if memo in world.busy:
        raise NotUnderstoodError(f"{definition.head} is defined through itself")
    world.busy.add(memo)
    try:
        value = _body(ev, definition, layer, time, binding)
        if value.cells is not None and _is_start(ev, definition):
            start = Value(*world.shapes[key])
            height, width = start.size()
            value = Value(start.rows, start.cols, value.cells * (height * width))
    finally:
        world.busy.discard(memo)
    if value.cells is None:
        raise NotUnderstoodError(f"the value of {definition.head}")
    _, cols = value.size()
    tail = [(k // cols, k % cols) for k in range(len(value.cells))]
    if numbers and value.is_scalar:
        indices = [(*(n - 1 for n in numbers), *((0,) if len(numbers) == 1 else ()))]
    else:
        indices = [(*(n - 1 for n in numbers), *rc) for rc in tail]
    cells = tuple(
        ev.graph.named((key, *index), cell) for index, cell in zip(indices, value.cells, strict=True)
    )
    world.entities[key] = shown(definition.head, layer, time)
    world.arrays[memo] = Value(value.rows, value.cols, cells)
    return world.arrays[memo]


def _is_start(ev: Evaluator, definition: Definition) -> bool:
    """Whether a recursion of vectors begins with a number: ``h_0 = 0`` is a column of zeros, as long as the others."""
    head = definition.head
    numbered = head.time is not None and not head.time.name and isinstance(definition.body, Number)
    others = any(
        d.head.name == head.name and d.head.time is not None and d.head.time.name
        for d in ev.world.context.definitions
    )
    return numbered and others and ev.world.usage.matrices and head.name not in ev.world.context.scalars


def _start(ev: Evaluator, definition: Definition, key: Hashable, numbers: tuple[int, ...]) -> Value:
    """The entries before the first, where a recursion begins: free quantities of the shape of the others."""
    world, graph = ev.world, ev.graph
    assert graph is not None
    shape = world.shapes.get(key)
    recursive = any(r.name == definition.head.name for r in refs(definition.body))
    if shape is None or any(n > 1 for n in numbers) or not recursive:
        raise BeforeTheFirstError(f"an entry of {definition.head} out of its range")
    rows, cols = (d.root().value or 1 for d in shape)
    leaf = ("start", key)
    world.entities[leaf] = shown(definition.head, None, None)
    cells = tuple(graph.var((leaf, *numbers, r, c)) for r in range(rows) for c in range(cols))
    return Value(*shape, cells)


def _entry_shape(
    ev: Evaluator,
    definition: Definition,
    key: Hashable,
    layer: int | None,
    time: int | None,
    binding: Binding,
) -> Value:
    world = ev.world
    for letter, place in binding.items():
        if isinstance(place, Dim):
            ev.algebra.unify(own_dim(ev, definition, letter, layer, time), place)
    if key in world.shapes:
        return Value(*world.shapes[key])
    world.shapes[key] = (world.new_dim(), world.new_dim())  # what is met inside its own definition
    if definition.head.time is not None:
        head = definition.head
        small = len(head.name) == 1 and head.name.islower()
        gated = head.name in world.usage.gated and not world.context.examples
        if world.usage.matrices and (small or gated) and not head.subs:
            axes = (world.new_dim(), Dim(1))  # a state in a small letter is a column, or a row
            world.shapes[key] = axes[::-1] if world.context.vectors_are_rows else axes
        world.shapes[key] = world.timed.setdefault((head.name, layer, len(head.subs)), world.shapes[key])
    if _is_start(ev, definition):
        return Value(*world.shapes[key])
    own: Binding = {x: own_dim(ev, definition, x, layer, time) for x in letters_of(definition)}
    try:
        value = _body(ev, definition, layer, time, own)
    except BaseException:
        del world.shapes[key]
        raise
    provisional = world.shapes[key]
    for mine, theirs in zip(provisional, (value.rows, value.cols), strict=True):
        ev.algebra.unify(mine, theirs)
    world.shapes[key] = (value.rows, value.cols)
    return value


def _body(
    ev: Evaluator, definition: Definition, layer: int | None, time: int | None, binding: Binding
) -> Value:
    from ._quantities import quantity

    head = definition.head
    env: Binding = {**_steps(definition, layer, time), **binding}
    own = (p for p in definition.params or () if p != head and not is_numbered(p))
    params = {p.name: quantity(ev, p) for p in own}
    ev.defining += 1
    with ev.inside_loss(is_loss(head.name)), ev.bound(env, params, fresh=True):
        try:
            return as_loss(ev, head, ev.value(definition.body))
        finally:
            ev.defining -= 1


def is_numbered(param: Ref) -> bool:
    """Whether an argument is the x_1 of ``f(x_1, x_2)``."""
    plain = param.layer is None and param.example is None and param.time is None
    return plain and len(param.subs) == 1 and not param.subs[0].name


def as_loss(ev: Evaluator, head: Ref, value: Value) -> Value:
    """A loss is a number: what it is made of has one row."""
    if (
        ev.graph is None
        and is_loss(head.name)
        and not value.is_scalar
        and head.name not in ev.world.context.shapes
    ):
        for dim in (value.rows, value.cols):
            if dim.root().value is None:
                ev.algebra.unify(dim, Dim(1))
    return value
