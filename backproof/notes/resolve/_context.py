"""What a document has said so far: definitions, hypotheses, ranges, shapes, and every reading taken from its prose."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from ._lexicon import Lexicon
from ._terms import Call, Gradient, Index, Ref, Term, indices

# Losses that prose speaks of without a letter: ``the cost``, ``the loss of example i``, ``the loss``.
# What is said of Jacobians where the text denies one layout, or tells two.
OPEN = "open"
# Stands among the names of a kind where the text says of one that it is none of the kind.
DENIED = "·denied"
COST, LOSSES_OF_EXAMPLES, LOSS = Ref("·cost"), Ref("·losses"), Ref("·loss")


@dataclass(frozen=True)
class Definition:
    """``head = body``; ``params`` are the arguments of a function, None for a quantity.

    A *value* is a number given to a quantity that was a variable before: ``evaluated at a = 5``.
    ``stray``: a number in a sentence that nothing introduces, as in *the probability that* ``y = 1``.
    ``again``: it may as well be a claim about what another section defines.
    """

    head: Ref
    params: tuple[Ref, ...] | None
    body: Term
    line: int
    latex: str
    section: int = 0
    value: bool = False
    again: bool = False
    stray: bool = False

    @property
    def generic(self) -> int:
        """How many indices of the head are variables; a definition with fewer is more special."""
        return sum(bool(i.name) for i in indices(self.head))


@dataclass(frozen=True)
class Units:
    """How many units a layer has, as words tell; layer 0 is the input, layer L the output."""

    layer: Index
    size: Term


@dataclass(frozen=True)
class Doubt:
    """Words of a clause that no rule could use, the names that stand in it, and whether it speaks of a loss.

    ``described``: a formula elsewhere may say the same, as for *the cost is the mean of squares*.
    """

    words: str
    names: frozenset[str]
    about_loss: bool
    described: bool = False


@dataclass
class Context:
    """Everything that may be used to decide the next formula.

    ``conditioned`` are the hypotheses that a sentence gives as a condition, with the words before them.
    ``soft`` are labels that the text says sum to anything.
    ``unread`` are the formulas that were not understood, with their places.
    ``profile`` and ``loss`` are those that the caller asks for, ``said_loss`` is what the text calls a loss that it does not
    write (``said_cross_entropy``: one of the two); ``supposed``: the examples are laid out as equations show.
    """

    lexicon: Lexicon
    definitions: list[Definition] = field(default_factory=list)
    hypotheses: list[tuple[Term, str, Term]] = field(default_factory=list)
    conditioned: dict[tuple[Term, str, Term], str] = field(default_factory=dict)
    ranges: dict[str, tuple[Term, Term]] = field(default_factory=dict)
    lower: dict[str, int] = field(default_factory=dict)
    orders: list[tuple[str, str, str]] = field(default_factory=list)
    values: list[tuple[Term, Term]] = field(default_factory=list)
    given: set[Fraction] = field(default_factory=set)
    exact_numbers: bool = False
    spelled: set[str] = field(default_factory=set)
    computed: set[str] = field(default_factory=set)
    aliases: dict[str, Ref] = field(default_factory=dict)
    in_words: set[str] = field(default_factory=set)
    short: dict[str, Ref] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    top_layer: int = 0
    spellings: dict[str, str] = field(default_factory=dict)
    same_index: list[tuple[str, str, str]] = field(default_factory=list)
    apart: set[tuple[str, str]] = field(default_factory=set)
    alike: set[tuple[str, str]] = field(default_factory=set)
    shapes: dict[str, list[tuple[Ref, Term, Term]]] = field(default_factory=dict)
    gradients: dict[str, Ref] = field(default_factory=dict)
    gradient_by: dict[str, Ref] = field(default_factory=dict)
    gradient_default: Ref | None = None
    nabla: Ref | None = None
    prime_by: dict[str, Ref] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    activated: set[str] = field(default_factory=set)
    one_way: set[str] = field(default_factory=set)
    totals: set[tuple[Term, Term]] = field(default_factory=set)
    last_loss: Ref | None = None
    cost_how: str = ""
    means: dict[str, str] = field(default_factory=dict)
    per_example: set[str] = field(default_factory=set)
    separable: bool = False
    depends: dict[str, list[Ref]] = field(default_factory=dict)
    by_slopes: set[str] = field(default_factory=set)
    scalars: set[str] = field(default_factory=set)
    vectors: set[str] = field(default_factory=set)
    stacked: set[str] = field(default_factory=set)
    vector_families: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    matrices: set[str] = field(default_factory=set)
    squares: set[str] = field(default_factory=set)
    constants: set[str] = field(default_factory=set)
    one_hot: set[str] = field(default_factory=set)
    bases: set[str] = field(default_factory=set)
    soft: set[str] = field(default_factory=set)
    shares: set[str] = field(default_factory=set)
    wholes: set[str] = field(default_factory=set)
    hot: set[str] = field(default_factory=set)
    zero_outside: bool = False
    kronecker: set[str] = field(default_factory=set)
    nouns: set[tuple[str, str, Ref]] = field(default_factory=set)
    moved: dict[str, set[tuple[str, Ref]]] = field(default_factory=dict)
    positions: dict[Ref, tuple[Ref, Ref, Ref, Ref | None]] = field(default_factory=dict)
    wraps: bool = False
    columns_first: bool = False
    hot_rows: bool = False
    true_class: dict[str, str] = field(default_factory=dict)
    entry_order: dict[str, str] = field(default_factory=dict)
    binary: set[str] = field(default_factory=set)
    signs: set[str] = field(default_factory=set)
    perhaps_signs: set[str] = field(default_factory=set)
    opaque: set[str] = field(default_factory=set)
    elementwise: set[str] = field(default_factory=set)
    all_elementwise: bool = False
    ones: set[str] = field(default_factory=set)
    softmax_rows: bool = False
    symmetric: set[str] = field(default_factory=set)
    named: dict[str, str] = field(default_factory=dict)
    otherwise: set[str] = field(default_factory=set)
    all_scalar: bool = False
    vectors_are_columns: bool = False
    columns_elsewhere: bool = False
    vectors_are_rows: bool = False
    steps: dict[str, Term] = field(default_factory=dict)
    unsigned: set[str] = field(default_factory=set)
    estimates: bool = False
    other_method: bool = False
    penalties: list[tuple[Ref, Term]] = field(default_factory=list)
    bare: list[tuple[Ref | Gradient, ...]] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)
    rates: set[str] = field(default_factory=set)
    examples: str = ""
    layout: str = ""
    jacobians: str = ""
    row_slopes: set[tuple[str, str]] = field(default_factory=set)
    products_fall: bool | None = None
    own_shapes: bool = False
    equal_layers: bool = False
    count: Ref | None = None
    independent: bool = False
    speaks_of_vectors: bool = False
    square: bool = False
    units: list[Units] = field(default_factory=list)
    supposed: bool = False
    profile: str = ""
    loss: str = ""
    said_loss: str = ""
    said_cross_entropy: bool = False
    other_loss: bool = False
    said_in: set[int] = field(default_factory=set)
    has_negatives: bool = False
    lead: str = ""
    conditional: bool = False
    inline: bool = False
    both_bases: set[str] = field(default_factory=set)
    descent: bool = False
    descends: tuple[Term, Term] | None = None
    ascent: bool = False
    climbs: str = ""
    says_loss: bool = False
    rate: Term | None = None
    mean_cost: bool = False
    line: int = 1 << 60
    column: int = 1 << 60
    one_step: bool = False
    first_step: int | None = None
    holds_fixed: bool = False
    products: dict[str, str] = field(default_factory=dict)
    readings: list[str] = field(default_factory=list)
    unread: list[tuple[tuple[int, int], str]] = field(default_factory=list)
    doubts: dict[object, Doubt] = field(default_factory=dict)
    seen: dict[str, set[tuple[int, bool, bool]]] = field(default_factory=dict)
    transposed: set[str] = field(default_factory=set)
    told_functions: dict[Ref, None] = field(default_factory=dict)

    def note(self, reading: str) -> None:
        """Record a reading once."""
        if reading not in self.readings:
            self.readings.append(reading)

    def doubt(self, doubt: Doubt) -> None:
        """Keep a doubt; of several that keep the same from being refuted the first is told."""
        if doubt.names or doubt.about_loss:
            self.doubts.setdefault((doubt.names, doubt.about_loss, doubt.described), doubt)

    def _written(self, ref: Ref) -> bool:
        return any(d.head == ref for d in self.definitions)

    def defined(self, ref: Ref, function: bool | None = None) -> Definition | None:
        """The definition that a reference with these indices falls under, the most special and latest first."""
        for head, called, arg in self.same_index:
            if function is not True and ref.name.startswith(head + "_") and not self._written(ref):
                return _with_same_index(ref, head, called, arg)
        best: Definition | None = None
        for definition in reversed(self.definitions):
            if definition.head.name != ref.name or not could_match(definition.head, ref):
                continue
            if function is not None and (definition.params is not None) != function:
                continue
            if best is None or _rank(definition, ref) < _rank(best, ref):
                best = definition
        return best


@lru_cache(maxsize=4096)  # one object whenever it is asked for, since axes belong to objects
def _with_same_index(ref: Ref, head: str, function: str, arg: str) -> Definition:
    """What ``each out is the logistic function of the net with the same index`` says of one out."""
    inner = Ref(arg + ref.name[len(head) :], ref.layer, ref.example, ref.subs, ref.time)
    return Definition(ref, None, Call(Ref(function), (inner,)) if function else inner, 0, f"{ref} (prose)")


def _rank(definition: Definition, ref: Ref) -> tuple[bool, bool, int]:
    """Definitions with the indices of the reference come first, then the more special."""
    head = definition.head
    return (
        len(head.subs) != len(ref.subs),
        (head.example is None) != (ref.example is None),
        definition.generic,
    )


def could_match(head: Ref, ref: Ref) -> bool:
    """Whether the indices of a reference can be those of a definition's head."""
    for a, b in ((head.layer, ref.layer), (head.time, ref.time)):
        if (a is None) != (b is None):
            return False
        if a is not None and b is not None and not _agree(a, b):
            return False
    if head.example is not None and ref.example is not None and not _agree(head.example, ref.example):
        return False
    if len(head.subs) == len(ref.subs):
        return all(_agree(a, b) for a, b in zip(head.subs, ref.subs, strict=True))
    return not any(not s.name for s in head.subs)


def _agree(a: Index, b: Index) -> bool:
    if not a.name and not b.name:
        return a.offset == b.offset
    if not a.name and b.name:
        return False  # a definition for layer 0 says nothing of layer l
    return not (a.name and a.label) or a == b
