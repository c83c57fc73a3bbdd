"""The quantities of a document made concrete: which array each name is, its axes, its definition.

A quantity that nothing defines is *free*: an array of variables.
Whether it is a number, a column or a matrix follows from what the document says and from how it is indexed,
transposed and multiplied; without any sign of vectors every quantity is a number.
"""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction

from .._errors import NotUnderstoodError
from ..resolve import Add, Context, Norm, Number, Ref, Term, refs
from ..resolve._lexicon import is_loss
from ._asked import Asked, Noticed
from ._dag import Graph
from ._guesses import example_dim, leaf_shape
from ._habits import (
    GREEK_MATRICES,
    LAYERS,
    MOST_ENTRIES,
    Reading,
    Usage,
    letter_of,
    shown,
    top_letters,
)
from ._values import Algebra, Dim, Value


class World:
    """The document's quantities for one assignment of sizes."""

    def __init__(self, context: Context, usage: Usage, reading: Reading, asked: Asked | None = None) -> None:
        self.asked = asked or Asked()
        self.context, self.usage, self.reading = context, usage, Noticed(reading, self.asked)
        self.graph: Graph | None = None
        self.algebra = Algebra(None, context.products, self.asked.products)
        self.dims: dict[Hashable, Dim] = {}
        self.index_dims: dict[Hashable, Dim] = {}
        self.marked: dict[int, object] = {}
        self.put_in: dict[tuple[int, tuple[Term, ...]], Term] = {}
        self.leaves: dict[Hashable, tuple[Dim, Dim]] = {}
        self.arrays: dict[Hashable, Value] = {}
        self.shapes: dict[Hashable, tuple[Dim, Dim]] = {}
        self.busy: set[Hashable] = set()
        self.notes: list[str] = []
        self.all_dims: list[Dim] = []
        self.unplaced: set[int] = set()
        self.presumed: set[str] = set()
        self.entities: dict[Hashable, str] = {}
        self.ambiguous = False
        self.unordered = False
        self.ambient: set[str] = set()
        self.ambient_dims: dict[str, Dim] = {}
        self.ambient_steps: dict[str, int] = {}
        self.guessed: set[str] = set()
        self.by_convention: set[str] = set()
        self.greek = False
        self.open_losses: set[str] = set()
        self.slopes: dict[str, set[Ref]] = {}
        self.total_beside_partial = False
        self.unexplained: set[str] = set()
        self.sides: dict[Hashable, str] = {}
        self.known: set[Hashable] = set()
        self.timed: dict[Hashable, tuple[Dim, Dim]] = {}
        self.places = 0
        self.longer: list[tuple[Dim, Dim, int]] = []
        self.sums: list[tuple[Dim, list[Dim]]] = []
        self.chosen: set[int] = set()
        self.windows: list[tuple[Dim, list[tuple[int, Dim]], int]] = []
        # A stride is no number that the document multiplies an index by.
        steps = [n for n in (2, 3, 4, 5) if n not in usage.factors]
        self.strides = {name: steps[k % 2] for k, name in enumerate(sorted(usage.strides))}
        self.unsure = False
        self.numeric = False
        self.given: set[Fraction] = set()
        heads = [d.head for d in context.definitions]
        self.numbered = {h.name for h in heads if h.subs and not any(s.name for s in h.subs)}
        self.layers = context.top_layer or LAYERS
        self.tops = top_letters(context)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def new_dim(self) -> Dim:
        dim = Dim()
        self.all_dims.append(dim)
        return dim

    def mark(self, thing: object) -> int:
        """A number for an object, which no other has as long as this world lasts: equal sums may run over different axes.

        The object is kept, since the next one could come to lie where it lay, and would take over its axes.
        """
        self.marked[id(thing)] = thing
        return id(thing)

    def named_dim(self, key: Hashable) -> Dim:
        """The size that a name such as m or n_x stands for."""
        if key not in self.dims:
            self.dims[key] = self.new_dim()
        return self.dims[key]

    def level(self) -> None:
        """Make all layers of one length, where the text says that they are, or all axes but that of the examples."""
        if self.context.square:
            self._make_square()
        if not self.context.equal_layers:
            return
        known = [*self.leaves.items(), *self.shapes.items()]
        layered = [
            axes for key, axes in known if isinstance(key, tuple) and len(key) > 1 and key[1] is not None
        ]
        examples = self.context.examples
        counted = {id(axes[examples == "columns"].root()) for axes in self.shapes.values() if examples}
        open_ = [
            d for axes in layered for d in axes if d.root().value is None and id(d.root()) not in counted
        ]
        for dim in open_[1:]:
            self.algebra.unify(open_[0], dim)

    def _make_square(self) -> None:
        axes = [d for found in (*self.leaves.values(), *self.shapes.values()) for d in found]
        count = "m" if self.context.count is None else self.context.count.name
        examples = self.dims[count].root() if count in self.dims else None
        open_ = [
            d for d in (*axes, *self.dims.values()) if d.root().value is None and d.root() is not examples
        ]
        for dim in open_[1:]:
            self.algebra.unify(open_[0], dim)

    def settle(self) -> None:
        """Fix what the definitions have said about sizes."""
        met = {id(d.root()) for axes in self.leaves.values() for d in axes}
        for stated in self.context.shapes.values():
            for size in (s for _, rows, cols in stated for s in (rows, cols)):
                if isinstance(size, Ref) and size.name in self.dims:
                    met.add(id(self.dims[size.name].root()))
        # The end of a range that no array of the document has yet met may be the length of one.
        ends = {high.name for _, high in self.context.ranges.values() if isinstance(high, Ref)}
        open_ends = {id(self.dims[name].root()) for name in ends if name in self.dims} - met
        # So may the axes of a definition that was not understood, as of a layer behind the last.
        placed = {id(d.root()) for d in self.all_dims if id(d) not in self.unplaced} - self._untied()
        open_ends |= {id(d.root()) for d in self.all_dims} - placed - met
        for dim in self.all_dims:
            dim.root().settled = id(dim.root()) not in open_ends

    def _untied(self) -> set[int]:
        """The axes of entries that nothing but their index tells: the t of ``t_j = 1 if j = c, else 0``."""
        found: set[int] = set()
        for definition in self.context.definitions:
            letters = {s.name for s in definition.head.subs if s.name}
            counted = {i.name for r in refs(definition.body) for i in r.subs}
            for key, dim in self.index_dims.items():
                own = isinstance(key, tuple) and key[:2] == ("axis", self.mark(definition))
                if own and isinstance(key, tuple) and key[2] in letters - counted:
                    found.add(id(dim.root()))
        return found

    def make_concrete(self, graph: Graph, sizes: list[int]) -> None:
        """Give every open axis a size of its own and start afresh with cells."""
        seen: dict[int, Dim] = {}
        before = set(self.dims)
        try:
            examples: Dim | None = example_dim(
                self,
            ).root()
        except NotUnderstoodError:
            examples = None
        for unused in self.dims.keys() - before:  # the m of y = mx + b counts nothing
            self.all_dims.remove(self.dims.pop(unused))
            examples = None
        self._fit_windows()
        named = {id(d.root()) for d in self.dims.values()}
        counts = {id(self.dims[key].root()) for key in ("m", "N", "M") if key in self.dims}
        for dim in self.all_dims:
            root = dim.root()
            if root.value is None and id(root) not in seen:
                seen[id(root)] = root
        ordered = sorted(
            seen.values(), key=lambda d: (d is not examples, id(d) not in counts, id(d) not in named)
        )
        for root, size in zip([r for r in ordered if r.small], (3, 2), strict=False):
            root.value = size
        ordered = [r for r in ordered if r.value is None]
        taken = {r.value for r in seen.values()}
        sizes = [s for s in sizes if s not in taken]
        later = {id(d.root()) for d, _, _ in self.longer} | {id(d.root()) for d, _, _ in self.windows}
        later |= {id(d.root()) for d, _ in self.sums}
        self.chosen = {id(r) for r in seen.values() if id(r) not in later}
        for k, root in enumerate(r for r in ordered if id(r) not in later):
            root.value = sizes[k] if k < len(sizes) else max(sizes) + 1 + k - len(sizes)
        for dim, base, more in self.longer:
            size = (base.root().value or 0) + more
            if dim.root().value not in (None, size):
                raise NotUnderstoodError("sizes that depend on each other")
            dim.root().value = size
        for dim, parts in self.sums:  # [h, x] is as long as both together
            size = sum(part.root().value or 0 for part in parts)
            if dim.root().value not in (None, size):
                raise NotUnderstoodError("sizes that depend on each other")
            dim.root().value = size
        self._open_windows()
        self.graph = graph
        self.algebra = Algebra(graph, self.context.products, self.asked.products)
        self.arrays = {}

    def has_open_length(self, name: str) -> bool:
        """Whether an axis of a quantity has a length that the document does not tell."""
        axes = [
            d
            for key, found in self.leaves.items()
            if isinstance(key, tuple) and key[0] == name
            for d in found
        ]
        defined = {self.mark(d) for d in self.context.definitions if d.head.name == name}
        for key, dim in self.index_dims.items():
            if isinstance(key, tuple) and key[0] == "axis" and key[1] in defined:
                axes.append(dim)
        return any(id(d.root()) in self.chosen for d in axes)

    def _fit_windows(self) -> None:
        """A window over numbers that are given moves as far as they reach: ``y_i = k_1 x_i + k_2 x_{i+1}`` over four x."""
        for axis, parts, offset in self.windows:
            open_ = [(f, p.root()) for f, p in parts if p.root().value is None]
            length = axis.root().value
            if length is None or len(open_) != 1:
                continue
            factor, root = open_[0]
            room = length - offset - sum(f * (p.root().value or 0) for f, p in parts)
            if room >= factor:
                root.value = room // factor

    def _open_windows(self) -> None:
        """Axes as long as what moves over them reaches; one that the document makes shorter is not understood."""
        longest: dict[int, int] = {}
        for axis, parts, offset in self.windows:
            sizes = [(f, p.root().value) for f, p in parts]
            if any(s is None for _, s in sizes):
                raise NotUnderstoodError("how far a window reaches")
            reach = sum(f * s for f, s in sizes if s is not None) + offset
            longest[id(axis.root())] = max(reach, longest.get(id(axis.root()), 0))
        for axis, _, _ in self.windows:
            root = axis.root()
            if root.value is None:
                root.value = longest[id(root)]
            elif root.value < longest[id(root)]:
                raise NotUnderstoodError("a window that reaches beyond its axis")

    def multiple(self, text: str) -> int:
        """What a letter of a window is multiplied by: a number, or a stride, which is small here."""
        if text not in self.strides:
            return int(text)
        known = self.context.defined(Ref(text))
        if known is not None and isinstance(known.body, Number) and known.body.value in (1, 2, 3, 4):
            return int(known.body.value)
        if known is not None:
            raise NotUnderstoodError(f"the stride {text}")
        self.note(f"the stride {text} is {self.strides[text]} here")
        return self.strides[text]

    def collapsed(self, claimed: set[str]) -> str:
        """A matrix, by its letter, that the shapes of the others have made a number; nothing is seen of it then.

        So is a ``w^T x`` whose w is claimed something of.
        """
        for key, (rows, cols) in self.leaves.items():
            name = str(key[0]) if isinstance(key, tuple) else ""
            plain = letter_of(name)
            capital = (len(plain) == 1 and plain.isupper()) or plain in GREEK_MATRICES
            matrix = name in self.guessed and capital and not is_loss(plain)
            matrix = matrix or name in self.context.matrices
            matrix = matrix or (name in self.guessed & self.usage.turned & claimed)
            if matrix and rows.root().value == 1 and cols.root().value == 1:
                return name
        return ""

    def shrunk(self, names: set[str]) -> bool:
        """Whether one of these quantities, which may be arrays, has been made a number by the shapes of the others."""
        return any(
            isinstance(key, tuple)
            and key[0] in names
            and rows.root().value == 1
            and cols.root().value == 1
            and (rows.value is None or cols.value is None)
            for key, (rows, cols) in self.leaves.items()
        )

    def leaf(self, ref: Ref, key: Hashable, layer: int | None, free_subs: int) -> Value:
        """An array of variables for a quantity that nothing defines."""
        if key not in self.leaves:
            timed = (ref.name, layer, len(ref.subs))
            vectors = self.usage.matrices and not self.context.all_scalar
            if ref.time is not None and timed in self.timed and vectors:
                self.leaves[key] = self.timed[timed]  # a state has one shape at all times
            else:
                self.leaves[key] = leaf_shape(self, ref, layer, free_subs)
                if ref.time is not None and vectors:
                    self.timed.setdefault(timed, self.leaves[key])
            if ref.name in self.context.symmetric | self.context.squares:
                self.algebra.unify(*self.leaves[key])
        rows, cols = self.leaves[key]
        if self.graph is None:
            return Value(rows, cols)
        if key not in self.arrays:
            value = Value(rows, cols)
            r, c = value.size()
            graph, symmetric = self.graph, ref.name in self.context.symmetric and r == c
            cells = tuple(
                graph.var((key, min(i, j), max(i, j)) if symmetric else (key, i, j))
                for i in range(r)
                for j in range(c)
            )
            self.arrays[key] = Value(rows, cols, cells)
            self.entities[key] = shown(ref, layer, None)
        return self.arrays[key]

    def _numbered(self, size: Ref) -> Dim | None:
        """The size itself where a numeric example gives it: ``n = 10``."""
        known = self.context.defined(size) if self.numeric and size.name not in self.dims else None
        if known is None or not isinstance(known.body, Number) or known.head != size:
            return None
        value = known.body.value
        if value.denominator != 1 or not 1 <= value <= MOST_ENTRIES:
            raise NotUnderstoodError(f"arrays of {value} entries")
        self.dims[size.name] = Dim(int(value))
        return self.dims[size.name]

    def size_dim(self, term: Term, index: dict[str, int]) -> Dim:
        """The axis that a size such as ``n_x`` or ``n^{[l-1]}`` names."""
        if isinstance(term, Number) and term.value.denominator == 1:
            return Dim(int(term.value))
        if isinstance(term, Ref):
            layer = term.layer
            if layer is not None and layer.name:
                index = {**self.tops, **self.ambient_steps, **index}
                if layer.name not in index:
                    raise NotUnderstoodError("the layer of a size")
                return self.named_dim((term.name, index[layer.name] + layer.offset))
            if term.subs and term.subs[0].name in index:
                return self.named_dim((term.name, index[term.subs[0].name] + term.subs[0].offset))
            if layer is not None or term.subs:
                return self.named_dim((term.name, layer.offset if layer is not None else term.subs[0].offset))
            return self._numbered(term) or self.named_dim(term.name)
        match term:
            case Norm(Ref() as counted, 0):  # |V|
                return self.named_dim(("|", counted.name))
            case Add(((1, Ref() as base), (1, Number(value)))) if value.denominator == 1:
                key = ("plus", str(base), value)
                if key not in self.dims:
                    self.longer.append((self.named_dim(key), self.size_dim(base, index), int(value)))
                return self.dims[key]
        raise NotUnderstoodError("a size that is no name and no number")
