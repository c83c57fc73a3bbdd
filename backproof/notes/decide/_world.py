"""The quantities of a document made concrete: which array each name is, its axes, its definition.

A quantity that nothing defines is *free*: an array of variables.
Whether it is a number, a column or a matrix follows from what the document says and from how it is indexed,
transposed and multiplied; without any sign of vectors every quantity is a number.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from fractions import Fraction

from .._errors import NotUnderstoodError
from ..resolve import Add, Big, Context, Norm, Number, Ref, Term, indices, refs, walk
from ..resolve._lexicon import is_loss
from ._dag import Graph
from ._values import Algebra, Dim, Value

LAYERS = 3  # or as many as the document numbers
# The size that a numeric example gives to an axis is taken up to this; larger ones would cost too much to write out.
MOST_ENTRIES = 100
# Capitals that hold weights or features; Λ, Σ, Ω and Δ are as often numbers.
GREEK_MATRICES = {"Theta", "Phi", "Psi", "Xi"}
_GREEK_SCALARS = {"alpha", "eta", "lambda", "epsilon", "rho", "kappa", "tau", "pi", "nu", "xi", "zeta", "lr"}
_COUNTS = {"n", "m", "N", "M", "K", "T", "d", "D", "c", "C", "k", "p", "q"}


@dataclass
class Usage:
    """How the formulas in scope write each name."""

    subs: dict[str, int] = field(default_factory=dict)
    examples: set[str] = field(default_factory=set)
    examples_with_sub: set[str] = field(default_factory=set)
    transposed: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    vector_examples: set[str] = field(default_factory=set)
    vector_subs: set[str] = field(default_factory=set)
    matrices: bool = False
    by_writing: bool = False
    bare: set[str] = field(default_factory=set)
    left_factors: set[str] = field(default_factory=set)
    dotted: set[str] = field(default_factory=set)
    bare_inside: set[str] = field(default_factory=set)
    example_indices: set[str] = field(default_factory=set)
    divisors: set[str] = field(default_factory=set)
    softmaxed: set[str] = field(default_factory=set)
    strides: set[str] = field(default_factory=set)
    factors: set[int] = field(default_factory=set)
    shifted: set[str] = field(default_factory=set)


@dataclass
class Reading:
    """One way to read what the document leaves open."""

    sigma_is_logistic: bool = True
    first_time: int = 1
    time: int = 1
    direct: bool = False
    greek: str = "number"
    swapped: bool = False
    hot_rows: bool = False
    layout: str = ""
    scales: tuple[int, int] = (0, 0)
    differentials: tuple[Ref, ...] = ()
    flags: set[str] = field(default_factory=set)


class World:
    """The document's quantities for one assignment of sizes."""

    def __init__(self, context: Context, usage: Usage, reading: Reading) -> None:
        self.context, self.usage, self.reading = context, usage, reading
        self.graph: Graph | None = None
        self.algebra = Algebra(None, context.products)
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
        self.entities: dict[Hashable, str] = {}
        self.ambiguous = False
        self.ambient: set[str] = set()
        self.ambient_dims: dict[str, Dim] = {}
        self.ambient_steps: dict[str, int] = {}
        self.guessed: set[str] = set()
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
        self.chosen: set[int] = set()
        self.windows: list[tuple[Dim, list[tuple[int, Dim]], int]] = []
        # A stride is no number that the document multiplies an index by.
        steps = [n for n in (2, 3, 4, 5) if n not in usage.factors]
        self.strides = {name: steps[k % 2] for k, name in enumerate(sorted(usage.strides))}
        self.unsure = False
        self.numeric = False
        self.given: set[Fraction] = set()
        self.layers = context.top_layer or LAYERS
        self.tops = _tops(context)

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
        if not self.context.equal_layers or self.context.examples:
            return
        known = [*self.leaves.items(), *self.shapes.items()]
        layered = [
            axes for key, axes in known if isinstance(key, tuple) and len(key) > 1 and key[1] is not None
        ]
        open_ = [d for axes in layered for d in axes if d.root().value is None]
        for dim in open_[1:]:
            self.algebra.unify(open_[0], dim)

    def _make_square(self) -> None:
        axes = [d for found in (*self.leaves.values(), *self.shapes.values()) for d in found]
        examples = self.dims["m"].root() if "m" in self.dims else None
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
        for dim in self.all_dims:
            dim.root().settled = id(dim.root()) not in open_ends

    def make_concrete(self, graph: Graph, sizes: list[int]) -> None:
        """Give every open axis a size of its own and start afresh with cells."""
        seen: dict[int, Dim] = {}
        before = set(self.dims)
        try:
            examples: Dim | None = self.example_dim().root()
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
        self.chosen = {id(r) for r in seen.values() if id(r) not in later}
        for k, root in enumerate(r for r in ordered if id(r) not in later):
            root.value = sizes[k] if k < len(sizes) else max(sizes) + 1 + k - len(sizes)
        for dim, base, more in self.longer:
            size = (base.root().value or 0) + more
            if dim.root().value not in (None, size):
                raise NotUnderstoodError("sizes that depend on each other")
            dim.root().value = size
        self._open_windows()
        self.graph = graph
        self.algebra = Algebra(graph, self.context.products)
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
            plain = _letter(name)
            capital = (len(plain) == 1 and plain.isupper()) or plain in GREEK_MATRICES
            matrix = name in self.guessed and capital and not is_loss(plain)
            matrix = matrix or name in self.context.matrices
            matrix = matrix or (name in self.guessed & self.usage.transposed & claimed)
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
                self.leaves[key] = self.leaf_shape(ref, layer, free_subs)
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

    def leaf_shape(self, ref: Ref, layer: int | None, free_subs: int) -> tuple[Dim, Dim]:
        name, usage, context = ref.name, self.usage, self.context
        for pattern, rows, cols in context.shapes.get(name, []):
            index: dict[str, int] = {}
            numbered = bool(ref.subs and pattern.subs) and not any(s.name for s in (*ref.subs, *pattern.subs))
            if numbered and ref.subs != pattern.subs:
                continue  # W_1 is another matrix than W_2
            if pattern.layer is not None and layer is not None:
                if not pattern.layer.name and pattern.layer.offset != layer:
                    continue
                index = {pattern.layer.name: layer - pattern.layer.offset}
            try:
                return self.size_dim(rows, index), self.size_dim(cols, index)
            except NotUnderstoodError:
                self.unsure = True
                return self.new_dim(), self.new_dim()
        if name in context.matrices and name not in usage.subs and name not in usage.examples:
            return self.new_dim(), self.new_dim()
        if name in context.rows and name not in usage.subs and name not in usage.examples:
            return Dim(1), self.new_dim()
        if name in context.scalars and name not in usage.subs and name not in usage.examples:
            return Dim(1), Dim(1)
        subs = usage.subs.get(name, 0) if free_subs < 0 else free_subs
        if subs >= 2:
            return self.new_dim(), self.new_dim()
        if subs == 1:
            if name in usage.examples_with_sub:
                return self.new_dim(), self.new_dim()
            label = name in context.one_hot | {"y", "t"} and "x" in context.rows  # beside a row of outputs
            across = (context.vectors_are_rows or label) and name not in context.vectors
            if (name in context.rows or across) and name not in usage.vector_subs and name in usage.bare:
                return Dim(1), self.new_dim()
            if name in usage.vector_subs:
                return self.new_dim(), self.new_dim()
            return self.new_dim(), Dim(1)
        if name in usage.examples and (ref.example is not None or name not in usage.bare_inside):
            return (self.new_dim() if name in usage.vector_examples else Dim(1)), self.new_dim()
        if context.all_scalar or not usage.matrices or name in context.scalars:
            return Dim(1), Dim(1)
        self.guessed.add(name)
        return self.guess(name)

    def guess(self, name: str) -> tuple[Dim, Dim]:
        """Matrices are capitals, vectors small letters, step sizes Greek."""
        plain = _letter(name)
        if name.startswith("sf:"):
            plain = plain.lower()  # the C_t of a recursion are states like the h_t
        across = self.context.examples == "rows" or "x" in self.context.rows  # a bias is added to x W
        row = plain == "b" and across and name not in self.context.vectors
        lower = plain[:1].islower() and plain not in ("m", "n") and plain not in _GREEK_SCALARS
        row = row or (self.context.vectors_are_rows and lower and name not in self.context.vectors)
        rows = row and (self.context.vectors_are_rows or name not in self.usage.transposed)
        if name in self.context.rows or rows:
            return Dim(1), self.new_dim()
        told = name in self.context.vectors or (plain in ("u", "v") and name in self.usage.transposed)
        if plain in ("w", "theta", "u", "v") and name in self.usage.left_factors and not told:
            return self.new_dim(), self.new_dim()
        if name in self.context.vectors or (name in self.context.lexicon.bold and not plain[:1].isupper()):
            return self.new_dim(), Dim(1)
        if name in self.usage.transposed | self.usage.softmaxed and not plain[:1].isupper():
            return self.new_dim(), Dim(1)
        if name in self.usage.divisors:
            return Dim(1), Dim(1)
        if (is_loss(plain) and is_loss(name)) or plain in _GREEK_SCALARS or plain in ("m", "n", "N"):
            return Dim(1), Dim(1)
        if len(plain) == 1 and plain.isupper():
            if (self.context.supposed or not self.context.examples) and self.is_input(name):
                return self.new_dim(), Dim(1)
            if plain in "XAZHY" and self.context.examples == "columns":
                return self.new_dim(), self.example_dim()
            if plain in "XAZHY" and self.context.examples == "rows":
                return self.example_dim(), self.new_dim()
            return self.new_dim(), self.new_dim()
        if plain in GREEK_MATRICES:
            return self.new_dim(), self.new_dim()
        if len(plain) == 1 and plain.islower():
            self.unsure = self.unsure or not self.context.vectors_are_columns
            return self.new_dim(), Dim(1)
        if plain in ("theta", "beta", "gamma", "mu", "delta", "sigma", "omega", "phi", "psi"):
            self.greek = True
            self.note(f"{plain} is read as a {self.reading.greek}")
            if self.reading.greek == "column":
                return self.new_dim(), Dim(1)
            return Dim(1), self.new_dim() if self.reading.greek == "row" else Dim(1)
        self.unsure = True
        return Dim(1), Dim(1)

    def is_input(self, name: str) -> bool:
        """Whether a capital is the first of layers whose units have one index: ``a^{[0]} = X`` beside ``a_k^{[l]}``."""
        heads = [d.head for d in self.context.definitions if d.body == Ref(name)]
        return any(h.layer is not None and self.usage.subs.get(h.name) == 1 for h in heads)

    def example_dim(self) -> Dim:
        """The axis of the examples, under the name that the document gives to its length."""
        for name in sorted(self.usage.example_indices):
            known = self.context.ranges.get(name)
            if known is not None and not any(r.layer or r.subs for r in refs(known[1])):
                return self.size_dim(known[1], {})
        return self.named_dim("m")

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


def _tops(context: Context) -> dict[str, int]:
    """The letters that stand for the last layer or step: L, and the ends of the ranges of layers and times."""
    top = context.top_layer or LAYERS
    tops = {"L": top}
    steps = context.lexicon.layers | {"l", "t", "s", "tau"}
    for name, (_, high) in context.ranges.items():
        if name not in steps:
            continue
        if isinstance(high, Ref) and not high.subs and high.layer is None:
            tops[high.name] = top
        elif isinstance(high, Add) and len(high.terms) == 2:
            (_, first), (sign, second) = high.terms
            if isinstance(first, Ref) and isinstance(second, Number) and second.value.denominator == 1:
                tops[first.name] = top - sign * int(second.value)
    timed = {d.head.time.name for d in context.definitions if d.head.time is not None}
    for big in (n for d in context.definitions for n in walk(d.body) if isinstance(n, Big)):
        if big.index in timed and isinstance(big.high, Ref) and not indices(big.high):
            tops.setdefault(big.high.name, top)
    return tops


def shown(ref: Ref, layer: int | None, time: int | None) -> str:
    """How a counterexample names a quantity."""
    name = ref.name.rpartition(":")[2].partition("⟨")[0]
    text = name if layer is None else f"{name}^[{layer}]"
    if time is not None or ref.time is not None:
        text += f"({ref.time if time is None else time})"
    return text + "".join(f"_{s.offset}" for s in ref.subs if not s.name)


def _letter(name: str) -> str:
    """The letter of a name: the W of ``W_1`` and of the ``W^h`` whose h names a layer."""
    return name.rpartition(":")[2].partition("_")[0].partition("^")[0]
