"""How the formulas of a document write each name: what is indexed, transposed, tagged with an example."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from ..resolve import (
    Add,
    Call,
    Context,
    Derivative,
    Div,
    Gradient,
    Listing,
    Mul,
    Norm,
    Number,
    Pow,
    Ref,
    Term,
    Transpose,
    indices,
    refs,
    walk,
)
from ._habits import Usage, letter_of

# Letters of matrices, which may multiply the input x_i of an example.
_CAPITALS = set("ABDGHKMPQRSUVW")
# Every free axis has at least so many entries.
_FEW = 3


def read_usage(terms: Iterable[Term], context: Context) -> Usage:
    """Gather the usage of all names."""
    usage = Usage()
    found = list(terms)
    for term in found:
        for ref in refs(term):
            _take(ref, usage)
            if any(s.offset and s.name and not s.moves for s in ref.subs):
                usage.shifted.add(ref.name)
            for factor in (f for s in ref.subs for f in s.times):
                if factor.lstrip("-").isdigit():
                    usage.factors.add(int(factor))
                else:
                    usage.strides.add(factor)
        gradients = {id(b) for node in walk(term) if isinstance(node, Derivative) for b in node.by}
        below = {id(n.of) for n in walk(term) if isinstance(n, Gradient)}
        usage.outside |= {r.name for r in refs(term) if id(r) not in below}
        usage.bare |= {
            n.name
            for n in walk(term)
            if isinstance(n, Ref) and not indices(n) and id(n) not in gradients | below
        }
    for term in found:
        for node in walk(term):
            if isinstance(node, Transpose):
                usage.matrices = True
                usage.transposed.update(r.name for r in refs(node.of))
                turned = [t for _, t in node.of.terms] if isinstance(node.of, Add) else [node.of]
                usage.turned.update(
                    t.name for t in turned if isinstance(t, Ref)
                )  # w^T, and no factor of (a w)^T
                for of in (t for _, t in node.of.terms) if isinstance(node.of, Add) else (node.of,):
                    if (
                        isinstance(of, Ref)
                        and len(of.subs) == 1
                        and of.subs[0].name
                        and of.name[:1].islower()
                    ):
                        usage.vector_subs.add(of.name)  # u_k^T v and (u_k - v)^T: each u_k is a column
            elif isinstance(node, Mul):
                usage.matrices = usage.matrices or any(isinstance(t, Listing) for _, t in node.items)
                usage.sideways = usage.sideways or _is_before_a_matrix(node)
                _factors(node, usage)
            elif isinstance(node, Call) and node.function.name == "softmax" and _is_whole(node):
                usage.matrices = True  # softmax(z): the scores are a vector
                usage.softmaxed.update(r.name for r in refs(node.args[0]))
            elif (
                isinstance(node, Call) and node.function.name.startswith(("np.", "trace", "det", "vec"))
            ) or (isinstance(node, Norm) and node.order == 2):
                usage.matrices = True
    _arguments(found, context, usage)
    for definition in context.definitions:
        usage.bare_inside |= {
            r.name for r in (definition.head, *refs(definition.body)) if r.example is None and not r.subs
        }
    _cells(found, context, usage)
    _entries(found, context, usage)
    _divisors(found, usage)
    _states(context, usage)
    # u · v are two vectors, and so are w · x beside w^T x; where nothing says so the w of w · x may be a matrix.
    usage.left_factors |= usage.dotted - usage.transposed - {"u", "v"}
    usage.by_writing = usage.matrices
    return settled(usage, context)


def _is_before_a_matrix(node: Mul) -> bool:
    """``[x_t, h_{t-1}] W``: what stands side by side are rows."""
    for (_, left), (_, right) in pairwise(node.items):
        capital = isinstance(right, Ref) and letter_of(right.name)[:1].isupper() and not indices(right)
        if isinstance(left, Listing) and len(left.items) > 1 and capital:
            return True
    return False


def _is_whole(call: Call) -> bool:
    """Whether a small letter without indices is all that a function is given."""
    match call.args:
        case (Ref() as given,):
            return not indices(given) and given.name.rpartition(":")[2][:1].islower()
    return False


def _cells(terms: Sequence[Term], context: Context, usage: Usage) -> None:
    """``x_{11}, x_{12}, …`` are the entries of the x of which the text says that it is 3 × 3."""
    for ref in (r for t in terms for r in refs(t)):
        stated = context.shapes.get(ref.name, []) if len(ref.subs) == 2 and ref.layer is None else []
        if any(s.name or s.label for s in ref.subs):
            continue
        for pattern, rows, cols in stated:
            sizes = [t.value for t in (rows, cols) if isinstance(t, Number)]
            inside = len(sizes) == 2 and all(1 <= s.offset <= n for s, n in zip(ref.subs, sizes, strict=True))
            if inside and not pattern.subs and pattern.layer is None:
                usage.subs[ref.name] = 2


def _entries(terms: Sequence[Term], context: Context, usage: Usage) -> None:
    """``w_1`` is an entry of w where definitions write w alone: ``w^T x``, and then ∂J/∂w_1."""
    inside = [r for d in context.definitions for r in (d.head, *refs(d.body))]
    own = {r.name for r in inside if r.subs} | set(context.scalars) | set(context.shapes)
    vectors = usage.transposed | usage.vector_examples | _partners(d.body for d in context.definitions)
    for ref in (r for t in terms for r in refs(t)):
        numbered = len(ref.subs) == 1 and not ref.subs[0].name and ref.layer is None and ref.time is None
        vector = len(ref.name) == 1 and ref.name.islower() and ref.name in vectors
        if numbered and vector and ref.name not in own and 1 <= ref.subs[0].offset <= _FEW:
            usage.subs.setdefault(ref.name, 1)


def _partners(bodies: Iterable[Term]) -> set[str]:
    """The x of ``w^T x``: as long as w, so that x_1 is its first entry where w_1 is that of w."""
    found: set[str] = set()
    for node in (n for body in bodies for n in walk(body) if isinstance(n, Mul)):
        for (_, left), (op, right) in zip(node.items, node.items[1:], strict=False):
            small = isinstance(left, Transpose) and isinstance(left.of, Ref) and left.of.name.islower()
            if small and op in ("", "·") and isinstance(right, Ref) and not indices(right):
                found.add(right.name)
    return found


def _divisors(terms: Sequence[Term], usage: Usage) -> None:
    """Letters by which, or by whose root, the document divides and which it writes nowhere else: numbers."""
    below: set[int] = set()
    for node in (n for t in terms for n in walk(t)):
        if isinstance(node, Div):
            below |= {id(r) for r in _roots(node.den)}
    every = [r for t in terms for r in refs(t)]
    names = {r.name for r in every if id(r) in below and not indices(r)}
    usage.divisors = names - {r.name for r in every if id(r) not in below}


def _states(context: Context, usage: Usage) -> None:
    """The C of ``C_t = f_t C_{t-1} + i_t \\tilde C_t``: states as long as the small letters that gate them."""
    for definition in context.definitions:
        head = definition.head
        if head.time is None or not _is_capital(head):
            continue
        capitals = {r.name for r in refs(definition.body) if r.time is not None and _is_capital(r)}
        for node in (n for n in walk(definition.body) if isinstance(n, Mul)):
            factors = [t for _, t in node.items]
            small = [t for t in factors if isinstance(t, Ref) and t.time is not None and not _is_capital(t)]
            before = [t for t in factors if isinstance(t, Ref) and t.name == head.name]
            if len(factors) == 2 and len(small) == len(before) == 1:
                usage.gated |= capitals | {head.name}


def _is_capital(ref: Ref) -> bool:
    return letter_of(ref.name)[:1].isupper()


def _roots(term: Term) -> list[Ref]:
    """The letters of a product of letters and their roots."""
    match term:
        case Ref():
            return [term]
        case Pow(base, Div(Number(), Number())):
            return _roots(base)
        case Mul(items):
            return [r for _, t in items for r in _roots(t)]
    return []


def _arguments(terms: Sequence[Term], context: Context, usage: Usage) -> None:
    """``h_θ(x_i)``, ``h_θ(x^{(i)})`` for ``h_θ(x) = σ(θᵀx)``: each x_i is a column."""
    columns: dict[str, set[int]] = {}
    for definition in context.definitions:
        inside: set[str] = set()
        for node in walk(definition.body) if definition.params else ():
            if isinstance(node, Mul):
                _beside_transposes(node, inside)
        for k, param in enumerate(definition.params or ()):
            if param.name in inside:
                columns.setdefault(definition.head.name, set()).add(k)
    if not columns:
        return
    for call in (n for t in terms for n in walk(t) if isinstance(n, Call) and n.function.name in columns):
        for k in columns[call.function.name]:
            arg = call.args[k] if k < len(call.args) else None
            if isinstance(arg, Ref) and len(arg.subs) == 1 and arg.subs[0].name and arg.example is None:
                usage.vector_subs.add(arg.name)
            elif isinstance(arg, Ref) and not arg.subs and arg.example is not None:
                usage.vector_examples.add(arg.name)


def _beside_transposes(node: Mul, found: set[str]) -> None:
    for (_, left), (op, right) in pairwise(node.items):
        if isinstance(left, Transpose) and isinstance(right, Ref) and op in ("", "·") and not indices(right):
            found.add(right.name)


def settled(usage: Usage, context: Context) -> Usage:
    """The usage of names where a context holds, which may say which of them are vectors."""
    usage = replace(
        usage,
        vector_examples=set(usage.vector_examples),
        vector_subs=set(usage.vector_subs),
        matrices=usage.by_writing,
    )
    usage.examples_with_sub = {n for n in usage.examples if n in usage.subs}
    usage.vector_examples |= usage.examples_with_sub
    usage.vector_examples |= {n for n in context.vectors - context.stacked if n in usage.examples}
    usage.vector_subs |= {n for n in context.vector_families | _told_vectors(context) if n in usage.subs}
    letters = {n.partition("^")[0] for n in usage.names}  # the W of the W^O whose O names a layer
    capitals = any(len(n) == 1 and n.isupper() and n in "WXAZU" for n in letters)
    capitals = capitals or any(map(_CAPITAL.fullmatch, usage.names))
    examples = context.examples and not context.supposed
    told = context.shapes or context.vectors or context.vectors_are_columns or context.matrices or examples
    told = told or context.speaks_of_vectors
    named = bool(context.lexicon.bold)
    usage.matrices = bool(usage.matrices or capitals or told or named) and not context.all_scalar
    return usage


def _told_vectors(context: Context) -> set[str]:
    """The x of which the text says that ``x_i`` or ``x_1`` is a column of D entries: they are no entries of x."""
    one = Number(Fraction(1))
    return {
        pattern.name
        for stated in context.shapes.values()
        for pattern, rows, cols in stated
        if len(pattern.subs) == 1
        and pattern.layer is None
        and pattern.example is None
        and pattern.time is None
        if cols == one and rows != one
    }


def _take(ref: Ref, usage: Usage) -> None:
    usage.names.add(ref.name)
    if any(s.name for s in ref.subs):
        usage.subs[ref.name] = max(usage.subs.get(ref.name, 0), len(ref.subs))
    if ref.example is not None and ref.example.name:
        usage.example_indices.add(ref.example.name)
    if ref.example is not None and (ref.example.name or ref.name in usage.examples):
        usage.examples.add(ref.name)


def _factors(node: Mul, usage: Usage) -> None:
    """A tagged quantity beside a transpose or a capital is a vector for each example."""
    for op, _ in node.items:
        if op in ("⊙", "∘"):
            usage.matrices = True
            usage.entrywise.update(t.name for _, t in node.items if isinstance(t, Ref))
    for (_, left), (op, right) in zip(node.items, node.items[1:], strict=False):
        if (
            isinstance(left, Ref)
            and isinstance(right, Ref)
            and op in ("", "·")
            and not left.subs
            and not right.subs
        ):
            (usage.dotted if op else usage.left_factors).add(left.name)
        if not isinstance(right, Ref) or op not in ("", "·"):
            continue
        matrix = isinstance(left, Transpose) or (isinstance(left, Ref) and left.name == "W")
        of_example = len(right.subs) == 1 and right.subs[0].name in usage.example_indices
        if not matrix and not (of_example and isinstance(left, Ref) and left.name in _CAPITALS):
            continue
        if right.example is not None and not right.subs:
            usage.vector_examples.add(right.name)
        elif (
            len(right.subs) == 1
            and right.example is None
            and right.subs[0].name
            and (isinstance(left, Transpose) or of_example)
        ):
            usage.vector_subs.add(right.name)


_CAPITAL = re.compile(r"[WU]_[A-Za-z]+")  # W_hh, W_o, and no W_1
_COUNTS = {"n", "m", "N", "M", "K", "T", "d", "D", "c", "C", "k", "p", "q"}
