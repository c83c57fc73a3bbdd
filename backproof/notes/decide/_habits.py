"""How the formulas in scope write each name, and one way to read what the document leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..resolve import (
    Add,
    Big,
    Context,
    Number,
    Ref,
    indices,
    walk,
)

LAYERS = 3  # or as many as the document numbers


# The size that a numeric example gives to an axis is taken up to this; larger ones would cost too much to write out.
MOST_ENTRIES = 100


# Capitals that hold weights or features; Λ, Σ, Ω and Δ are as often numbers.
GREEK_MATRICES = {"Theta", "Phi", "Psi", "Xi"}


GREEK_SCALARS = {"alpha", "eta", "lambda", "epsilon", "rho", "kappa", "tau", "pi", "nu", "xi", "zeta", "lr"}


@dataclass
class Usage:
    """How the formulas in scope write each name."""

    subs: dict[str, int] = field(default_factory=dict)
    examples: set[str] = field(default_factory=set)
    examples_with_sub: set[str] = field(default_factory=set)
    transposed: set[str] = field(default_factory=set)
    turned: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    vector_examples: set[str] = field(default_factory=set)
    vector_subs: set[str] = field(default_factory=set)
    entrywise: set[str] = field(default_factory=set)
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
    entry_first: bool = False
    gated: set[str] = field(default_factory=set)
    sideways: bool = False


@dataclass
class Reading:
    """One way to read what the document leaves open."""

    sigma_is_logistic: bool = True
    first_time: int = 1
    time: int = 1
    direct: bool = False
    falling: bool = False
    greek: str = "number"
    swapped: bool = False
    hot_rows: bool = False
    layout: str = ""
    scales: tuple[int, int] = (0, 0)
    differentials: tuple[Ref, ...] = ()
    flags: set[str] = field(default_factory=set)


def top_letters(context: Context) -> dict[str, int]:
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


def letter_of(name: str) -> str:
    """The letter of a name: the W of ``W_1`` and of the ``W^h`` whose h names a layer."""
    return name.rpartition(":")[2].partition("_")[0].partition("^")[0]
