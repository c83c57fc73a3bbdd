r"""What a formula means once the document has been heard: references, calls, derivatives, sums.

Indices are kept apart from values: the layer of ``W^{[l]}``, the example of ``x^{(i)}``, the entries of ``w_{jk}``,
the time of ``h(t-1)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Index:
    """``name + offset``, a plain number when the name is empty, or a label (``out``) that is only compared.

    ``also`` holds the other letters of a window: ``x_{i+k-1}``; ``times``, if any, what each letter is multiplied by,
    a number or the name of a stride: ``x_{is+a}``.  ``zero``: the letters count from zero.
    """

    name: str
    offset: int = 0
    label: bool = False
    also: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    zero: bool = False

    @property
    def moves(self) -> bool:
        """Whether it is a window: more than one letter, or one that is multiplied."""
        return bool(self.also or self.times)

    def __str__(self) -> str:
        if self.moves:
            factors = self.times or ("1",) * (1 + len(self.also))
            letters = [
                f"{'' if f == '1' else f}{x}".replace("-1", "-")
                for f, x in zip(factors, (self.name, *self.also), strict=True)
            ]
            text = "+".join(letters).replace("+-", "-")
            return text + (f"{self.offset:+d}" if self.offset else "")
        if self.label or (self.name and not self.offset):
            return self.name
        return f"{self.name}{self.offset:+d}" if self.name else str(self.offset)


@dataclass(frozen=True, slots=True)
class Number:
    """A number; ``digits`` after the point, -1 for an integer."""

    value: Fraction
    digits: int = -1


@dataclass(frozen=True, slots=True)
class Ref:
    r"""A quantity: its name and its indices; ``label`` gathers scripts that are part of the name (``net_{h1}``)."""

    name: str
    layer: Index | None = None
    example: Index | None = None
    subs: tuple[Index, ...] = ()
    time: Index | None = None

    def __str__(self) -> str:
        if self.name in _IN_WORDS:
            return _IN_WORDS[self.name]
        text = (
            self.name.partition("⟨")[0]
            .partition("∣")[0]
            .replace("hat:", "^")
            .replace("sf:", "")
            .replace(":", "_")
        )
        if self.layer is not None:
            text += f"^[{self.layer}]"
        if self.example is not None:
            text += f"^({self.example})"
        if self.subs:
            text += "_" + ",".join(map(str, self.subs))
        return text + (f"({self.time})" if self.time is not None else "")


# What prose speaks of without a letter.
_IN_WORDS = {"·cost": "the cost", "·losses": "the losses", "·loss": "the loss", "·variables": "the variables"}

# The index of a sum that an ellipsis writes out, and, where nothing binds it, that of all examples at once.
EVERY = "·"
# The time of a state at every step: what a loss of ``h_1, …, h_T`` depends on.
EVERY_STEP = Index(EVERY)

# What a branch is where words say that there is no value.
UNDEFINED = Ref("·undefined")

# What a nabla without a variable differentiates by: the text says it, or the loss's only argument.
NABLA = Ref("·variables")


@dataclass(frozen=True, slots=True)
class Gradient:
    """``dZ``: the name that notes give to the gradient of the loss or the cost by ``Z``."""

    of: Ref


@dataclass(frozen=True, slots=True)
class Call:
    """A function at its arguments; ``primes`` counts derivatives."""

    function: Ref
    args: tuple[Term, ...]
    primes: int = 0
    keywords: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Prime:
    """A prime on a whole expression: ``[g(Z)]'``."""

    of: Term


@dataclass(frozen=True, slots=True)
class Add:
    """A sum of signed terms."""

    terms: tuple[tuple[int, Term], ...]


@dataclass(frozen=True, slots=True)
class Mul:
    """Factors with the operator written before each."""

    items: tuple[tuple[str, Term], ...]


@dataclass(frozen=True, slots=True)
class Div:
    """A quotient; ``slash``: it is written with a slash, and what follows may belong below, as in 1/2x."""

    num: Term
    den: Term
    slash: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Pow:
    """A power."""

    base: Term
    exponent: Term


@dataclass(frozen=True, slots=True)
class Transpose:
    """A transpose."""

    of: Term


@dataclass(frozen=True, slots=True)
class Derivative:
    """``of`` differentiated by each of ``by`` in turn."""

    of: Term
    by: tuple[Term, ...]
    total: bool


@dataclass(frozen=True, slots=True)
class Big:
    """A sum or product over one index; without limits the index runs over the axes that it selects."""

    kind: str
    index: str
    low: Term | None
    high: Term | None
    body: Term
    without: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A matrix written out."""

    rows: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """``left relation right``; between indices or between values."""

    left: Term
    relation: str
    right: Term


@dataclass(frozen=True, slots=True)
class Branches:
    """A function by cases; a branch without conditions holds otherwise."""

    branches: tuple[tuple[Term, tuple[Condition, ...]], ...]


@dataclass(frozen=True, slots=True)
class Norm:
    """A norm, or an absolute value when ``order`` is 0."""

    of: Term
    order: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Indices on a whole expression: ``(Wx)_i``, ``(A^T)^{(i)}``."""

    of: Term
    subs: tuple[Index, ...]
    example: Index | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """``1, \\dots, m`` or ``(n, m)``: several terms, dots as None; ``bracket`` is ``{`` for a set."""

    items: tuple[Term | None, ...]
    bracket: str = ""


Term: TypeAlias = (
    Number | Ref | Gradient | Call | Prime | Add | Mul | Div | Pow | Transpose | Derivative | Big | Table | Branches
    | Norm | Entry | Listing
)  # fmt: skip


def children(term: Term) -> tuple[Term, ...]:
    """The terms directly below."""
    kind = type(term)
    if kind is Ref or kind is Number:  # most terms
        return ()
    return _CHILDREN[kind](term)


def _of_branches(term: Branches) -> tuple[Term, ...]:
    return tuple(x for v, cs in term.branches for x in (v, *(s for c in cs for s in (c.left, c.right))))


def _of(term: Gradient | Prime | Transpose | Norm | Entry) -> tuple[Term, ...]:
    return (term.of,)


# By type rather than by pattern: a document's terms are walked through tens of thousands of times.
_CHILDREN: dict[type, Callable[[Any], tuple[Term, ...]]] = {
    Mul: lambda t: tuple([x for _, x in t.items]),
    Add: lambda t: tuple([x for _, x in t.terms]),
    Call: lambda t: t.args,
    Div: lambda t: (t.num, t.den),
    Pow: lambda t: (t.base, t.exponent),
    **dict.fromkeys((Gradient, Prime, Transpose, Norm, Entry), _of),
    Derivative: lambda t: (t.of, *t.by),
    Big: lambda t: tuple([x for x in (t.low, t.high, t.body) if x is not None]),
    Table: lambda t: tuple([x for row in t.rows for x in row]),
    Branches: _of_branches,
    Listing: lambda t: tuple([x for x in t.items if x is not None]),
}


def walk(term: Term) -> Sequence[Term]:
    """The term and all terms below it."""
    known = _walked.get(id(term))
    if known is not None:
        return known[0]
    return _remember(term)[0]


def refs(term: Term) -> Sequence[Ref]:
    """The quantities that a term mentions, functions included."""
    known = _walked.get(id(term))
    if known is not None:
        return known[1]
    return _remember(term)[1]


# Every rule walks through every definition. What is found is kept by the object, since to hash a term is to walk it;
# the first of a walk is the term itself, so it lives as long as its number stands here.
_walked: dict[int, tuple[tuple[Term, ...], tuple[Ref, ...]]] = {}
_MOST_WALKED = 4_000
_LONGEST_WALK = 500


def _remember(term: Term) -> tuple[tuple[Term, ...], tuple[Ref, ...]]:
    found: list[Term] = []
    names: list[Ref] = []
    stack: list[Term] = [term]
    while stack:
        top = stack.pop()
        found.append(top)
        if isinstance(top, Ref):
            names.append(top)
        elif not isinstance(top, Number):
            if isinstance(top, Call):
                names.append(top.function)
            stack.extend(_CHILDREN[type(top)](top))
    known = (tuple(found), tuple(names))
    if len(found) <= _LONGEST_WALK:
        if len(_walked) >= _MOST_WALKED:
            _walked.clear()
        _walked[id(term)] = known
    return known


def indices(ref: Ref) -> list[Index]:
    """All indices of a reference."""
    single = [x for x in (ref.layer, ref.example, ref.time) if x is not None]
    return [*single, *ref.subs]


def _changed(new: Sequence[Term | None], old: Sequence[Term | None]) -> bool:
    return any(a is not b for a, b in zip(new, old, strict=True))


def rebuilt(term: Term, change: Callable[[Term], Term]) -> Term:
    """The term with ``change`` made to every term in it, the innermost first; functions of calls included.

    What nothing changes stays the same object, so that what is known of it stays known.
    """
    if isinstance(term, (Ref, Number)):
        return change(term)

    def inner(t: Term) -> Term:
        return rebuilt(t, change)

    def name(ref: Ref) -> Ref:
        new = change(ref)
        return new if isinstance(new, Ref) else ref

    match term:
        case Call(function, args, primes, keywords):
            called, given = name(function), tuple(map(inner, args))
            if called is not function or _changed(given, args):
                term = Call(called, given, primes, keywords)
        case Gradient(of):
            term = Gradient(name(of))
        case Prime(of):
            term = Prime(inner(of))
        case Transpose(of):
            if (new := inner(of)) is not of:
                term = Transpose(new)
        case Norm(of, order):
            term = Norm(inner(of), order)
        case Entry(of, subs, example):
            term = Entry(inner(of), subs, example)
        case Add(terms):
            added = tuple([(sign, inner(t)) for sign, t in terms])
            if any(new[1] is not old[1] for new, old in zip(added, terms, strict=True)):
                term = Add(added)
        case Mul(items):
            factors = tuple([(op, inner(t)) for op, t in items])
            if any(new[1] is not old[1] for new, old in zip(factors, items, strict=True)):
                term = Mul(factors)
        case Div(num, den):
            if _changed(pair := (inner(num), inner(den)), (num, den)):
                term = Div(*pair, term.slash)
        case Pow(base, exponent):
            if _changed(pair := (inner(base), inner(exponent)), (base, exponent)):
                term = Pow(*pair)
        case Derivative(of, by, total):
            term = Derivative(inner(of), tuple(map(inner, by)), total)
        case Big(kind, index, low, high, body, without):
            ends = [None if t is None else inner(t) for t in (low, high)]
            if _changed((*ends, new := inner(body)), (low, high, body)):
                term = Big(kind, index, ends[0], ends[1], new, without)
        case Table(rows):
            term = Table(tuple(tuple(map(inner, row)) for row in rows))
        case Branches(branches):
            term = Branches(
                tuple(
                    (inner(v), tuple(Condition(inner(c.left), c.relation, inner(c.right)) for c in tests))
                    for v, tests in branches
                )
            )
        case Listing(items, bracket):
            term = Listing(tuple(None if t is None else inner(t) for t in items), bracket)
    return change(term)
