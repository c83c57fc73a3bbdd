"""What an equation does: it defines, updates, gives a number, restricts, or else claims."""

from __future__ import annotations

import re
from dataclasses import replace

from ._context import Context, Definition
from ._cues import mentions_itself, sizes
from ._lexicon import WORDS, is_loss
from ._number_lists import is_values
from ._terms import (
    EVERY,
    Add,
    Big,
    Call,
    Derivative,
    Entry,
    Gradient,
    Index,
    Listing,
    Mul,
    Number,
    Ref,
    Term,
    indices,
    refs,
    walk,
)
from .prose import is_size, shape_of

_HYPOTHESIS = re.compile(
    r"\b(satisf\w+|such that|where|assum\w+|suppose|given|with|let|for|since|as|when|if|and|under)\b|만족|가정|이므로|일 때"
    r"|其中|满足|假设|设|使得|因为|由于|当|且|若|令",
    re.I,
)


def is_update(parts: tuple[Term, ...], relations: tuple[str, ...]) -> bool:
    left, right = parts[0], parts[1]
    if not isinstance(left, Ref):
        return False
    if relations[0] in ("←",):
        return True
    same = any(isinstance(t, Ref) and t == left for t in walk(right))
    if same and relations[0] in (":=", "="):
        return True
    return any(
        left.example is not None and left.example.offset == 1 and left.example.name and r.name == left.name
        and r.example is not None and r.example.name == left.example.name and r.example.offset == 0
        for r in refs(right)
    )  # fmt: skip


def is_hypothesis(parts: tuple[Term, ...], before: str, context: Context) -> bool:
    """Whether an inline equation restricts free quantities: ``\\sum_k y_k = 1``."""
    if len(parts) != 2 or any(isinstance(t, (Derivative, Gradient, Call)) for p in parts for t in walk(p)):
        return False
    if any(context.defined(r) is not None for p in parts for r in refs(p)):
        return False
    return (
        isinstance(parts[1], Number) and isinstance(parts[0], Big) and bool(_HYPOTHESIS.search(before[-80:]))
    )


def may_define(head: Ref, body: Term, context: Context) -> bool:
    """Whether an equation read backwards can define its right side: a name not used before, no derivative."""
    if any(isinstance(t, (Derivative, Gradient)) for t in walk(body)):
        return False
    return not is_used(head, context)


_WHEN = re.compile(
    r"\b(?:satisf(?:y|ies|ying)|solves?|obeys?|that)\s*$|"
    r"\b(?:when|whenever|if|iff|unless|until|once|provided(?: that)?|as (?:long|soon) as|only for)\s*$|일 때\s*$",
    re.I,
)
_WISH = re.compile(r"\b(?:wants?|wish|hope|would like|aim|goal|ideally|should|desired?)\b[^.;]{0,40}$", re.I)


def is_condition(
    parts: tuple[Term, ...], relations: tuple[str, ...], before: str, context: Context, section: int
) -> bool:
    """*This is zero when* ``p = y``: an equation after such a word states nothing, unless it says what a new name is."""
    if len(parts) != 2 or relations[0] != "=":
        return False
    if _WISH.search(before[-60:]):  # we want a = y
        return True
    if _WHEN.search(before[-24:]) is None:
        return False
    return head_of(parts[0], parts[1], "=", False, context, section, inline=True) is None


def is_new_number(parts: tuple[Term, ...], relations: tuple[str, ...], context: Context) -> bool:
    """``w = 2.6`` where w was 3 before and no formula gives it: its value from here on."""
    if len(parts) != 2 or relations[0] != "=" or not isinstance(parts[0], Ref):
        return False
    number, known = parts[1], context.defined(parts[0])
    if (
        any(r.name not in ("e", "pi") or context.defined(r) is not None for r in refs(number))
        or known is None
        or known.head != parts[0]
        or known.params is not None
        or known.body == number
    ):
        return False
    return not any(refs(d.body) for d in context.definitions if d.head == parts[0])


def is_number_beside(parts: tuple[Term, ...], relations: tuple[str, ...]) -> bool:
    """``c_{t-1} = 2``: a number at the step before one that has no number is no formula for every step."""
    left = parts[0]
    time = left.time if isinstance(left, Ref) else None
    beside = time is not None and bool(time.name) and time.offset != 0
    return len(parts) == 2 and relations[0] in ("=", ":=") and beside and _is_value(parts[1])


def is_afterthought(head: Ref, body: Term, context: Context) -> bool:
    """*Hence* ``b = -a`` where ``E(a, b)`` was given before: what b is at some place, not what it is."""
    bodies = [_quantities(d.body) for d in context.definitions]
    beside = {ref for found in bodies if any(r.name == head.name for r in found) for ref in found}
    return not is_loss(head.name) and any(r in beside and r.name != head.name for r in _quantities(body))


def _quantities(body: Term) -> set[Ref]:
    """What a term is made of, the functions in it left aside."""
    called = {n.function for n in walk(body) if isinstance(n, Call)}
    return set(refs(body)) - called


def argument_of(left: Term, right: Term, context: Context) -> tuple[Ref, None, Term] | None:
    """``σ(z) = σ(wx + b)`` says what z is, where nothing else does."""
    same = isinstance(left, Call) and isinstance(right, Call) and left.function == right.function
    if not same or left.primes or right.primes or len(left.args) != 1 or len(right.args) != 1:  # type: ignore[union-attr]
        return None
    (inner,), (body,) = left.args, right.args  # type: ignore[union-attr]
    if not isinstance(inner, Ref) or isinstance(body, (Ref, Number)) or context.defined(inner) is not None:
        return None
    return None if inner.name in {r.name for r in refs(body)} else (inner, None, body)


def is_used(head: Ref, context: Context) -> bool:
    """Whether a definition mentions a name."""
    return any(r.name == head.name for d in context.definitions for r in refs(d.body))


def head_of(
    left: Term,
    right: Term,
    relation: str,
    redefine: bool,
    context: Context,
    section: int,
    inline: bool = False,
) -> tuple[Ref, tuple[Ref, ...] | None] | None:
    """What a link defines: a quantity or a function that nothing has defined, or anything after a cue."""
    if relation not in ("=", ":=", "≡"):
        return None
    if isinstance(left, Ref):
        policy = (
            left.name == "pi" and isinstance(right, Call) and not context.lexicon.circle
        )  # π = softmax(z)
        if (left.name in ("e", "pi", "I") and not left.subs and not policy) or (
            left.name in context.lexicon.indices - {"L"}
            and not left.subs
            and left.layer is None
            and left.time is None
        ):
            return None
        if is_number_beside((left, right), (relation,)):
            return None
        if any(i.offset and i.name for i in (*left.subs,) if i.name):
            return None
        if left == Ref("L") and "L" in context.lexicon.layers and isinstance(right, (Number, Ref)):
            return None  # L = 3 layers; L = -y log a is a loss beside them
        known = context.defined(left)
        if any(r == left for r in refs(right)):
            return None
        if inline and known is not None and known.value and refs(right):
            known = None  # what a sentence gives the value of, a formula of that sentence defines
        start = known is not None and (_begins(left, known, right) or (inline and _specialises(left, known)))
        if known is None or start or (redefine and known.section != section):
            return left, None
        return None
    subs: tuple[Index, ...] = ()
    if isinstance(left, Entry) and left.example is None and all(s.name and not s.offset for s in left.subs):
        subs, left = left.subs, left.of  # f(z)_i = … gives f entry by entry
    if isinstance(left, Call) and not left.primes and not left.keywords:
        params = left.args
        if not params or not all(isinstance(p, Ref) for p in params):
            return None
        angle = left.function.name in ("cos", "sin") and len(params) > 1  # cos(u, v) is of two vectors
        if (
            not angle
            and left.function.name
            in (
                "exp",
                "log",
                "max",
                "min",
                "tanh",
                "sinh",
                "cosh",
                "sin",
                "cos",
                "tan",
            )
        ) or (left.function.name in WORDS.values() and (mentions_itself(left, right))):
            return None
        if _is_value(right):
            return None
        if not subs and _stands_for_entries(params, right):
            return (left.function, None) if context.defined(left.function) is None else None
        known = context.defined(left.function, function=True)
        if known is None and any(isinstance(t, Call) and t.function == left.function for t in walk(right)):
            return None
        if known is None or (redefine and known.section != section):
            return replace(left.function, subs=(*left.function.subs, *subs)), tuple(
                p for p in params if isinstance(p, Ref)
            )
    return None


def _stands_for_entries(params: tuple[Term, ...], right: Term) -> bool:
    """``f(w, x) = w_0 x_0 + w_1``: the arguments stand for numbered quantities, and not for themselves."""
    for param in params:
        if not isinstance(param, Ref) or indices(param):
            return False
        own = [r for r in refs(right) if r.name == param.name]
        if not own or not all(len(r.subs) == 1 and not r.subs[0].name for r in own):
            return False
    return True


def _is_value(right: Term) -> bool:
    """``σ(x) = 0.622``, ``E(X) = 0``, ``P(H) = 1/2`` are values somewhere: no function is the same everywhere."""
    return not refs(right) and not isinstance(right, (Derivative, Gradient))


def array_of(listing: Listing) -> Term:
    """``(x_1, …, x_n)`` as the array of the x; the listing itself where it is none."""
    first = listing.items[0]
    if not isinstance(first, Ref) or None not in listing.items:
        return listing
    numbered = len(first.subs) == 1 and first.subs[0] == Index("", 1)
    if numbered and first.example is None:
        return Ref(first.name, first.layer, None, (), first.time)
    if first.example == Index("", 1) and not first.subs:
        return Ref(first.name, first.layer, Index(EVERY), (), first.time)
    return listing


def coordinates_of(parts: tuple[Term, ...]) -> list[tuple[Term, Term]]:
    """``(x, y) = (3, 4)``: which number each quantity is; empty for anything else."""
    if len(parts) != 2 or not all(isinstance(p, Listing) and p.bracket != "{" for p in parts):
        return []
    (left, right) = (p.items for p in parts if isinstance(p, Listing))
    named = all(isinstance(t, Ref) for t in left) and not any(t is None or refs(t) for t in right)
    return list(zip(left, right, strict=True)) if named and len(left) == len(right) else []  # type: ignore[arg-type]


def are_lists(parts: tuple[Term, ...]) -> bool:
    """Whether lists stand beside slopes, functions of lists, or lists of the same length: no shapes, no ranges."""
    lists = [p for p in parts if isinstance(p, Listing)]
    others = [p for p in parts if not isinstance(p, Listing)]
    length = {len(p.items) for p in lists}
    plain = all(p.bracket in ("(", "[") and None not in p.items and len(p.items) > 1 for p in lists)
    values = all(map(is_values, lists))
    slopes = all(
        isinstance(p, Derivative) or values or _holds_list(p) for p in others
    )  # dW = (n, k) tells a shape
    first = parts[0]
    pointed = isinstance(first, Listing) and all(isinstance(t, Ref) for t in first.items)
    return len(length) == 1 and plain and slopes and not pointed


def _holds_list(term: Term) -> bool:
    return isinstance(term, Call) and any(isinstance(a, Listing) for a in term.args)


def stated_shape(term: Term) -> tuple[Term, Term] | None:
    """``W^{[l]}(n^{[l]}, n^{[l-1]})``: a quantity with its sizes behind it."""
    if isinstance(term, Mul) and len(term.items) == 2:
        (_, target), (op, shape) = term.items
        known = isinstance(target, (Ref, Gradient)) and isinstance(shape, Listing) and not op
        if known and (found := shape_of(shape)) is not None and sizes(found):
            return target, shape
    return None


def _specialises(left: Ref, known: Definition) -> bool:
    """``A^{[L]} = …`` in a sentence says what the last layer is, where a formula speaks of layer l."""
    mine, theirs = left.layer, known.head.layer
    special = mine is not None and (not mine.name or mine.name == "L")
    return special and theirs is not None and bool(theirs.name) and theirs.name != "L"


def is_lower_end(left: Term, relation: str, right: Term, context: Context) -> bool:
    """``t ≥ 2`` says from which step on a formula is meant."""
    if not isinstance(left, Ref) or not isinstance(right, Number) or relation not in (">", "≥"):
        return False
    steps = {x for found in context.lexicon.stepped.values() for x in found} | context.lexicon.layers
    whole = right.value.denominator == 1 and 0 <= right.value <= 3
    return whole and left.name in steps and not indices(left)


def printed(parts: tuple[Term, ...], relations: tuple[str, ...]) -> Ref | None:
    """The quantity to which ``\\hat y = 0.49`` gives a number."""
    if len(parts) != 2 or relations[0] not in ("=", "≈") or not isinstance(parts[0], Ref):
        return None
    number = parts[1].terms[0][1] if isinstance(parts[1], Add) and len(parts[1].terms) == 1 else parts[1]
    return parts[0] if isinstance(number, Number) else None


def result_of(parts: tuple[Term, ...], relations: tuple[str, ...]) -> Ref | None:
    """The quantity to which ``h = σ(z) = 0.62`` gives a number, from which later ones are computed as it is printed."""
    number = printed((parts[0], parts[-1]), relations[-1:]) if len(parts) > 2 else None
    if number is None or any(i.name for i in indices(number)) or not any(refs(p) for p in parts[1:-1]):
        return None
    decimal = any(n.digits > 0 for n in walk(parts[-1]) if isinstance(n, Number))
    return number if decimal else None  # what is exact needs no second number


def _begins(left: Ref, known: Definition, right: Term) -> bool:
    """``v_0 = 0`` begins the recursion that another formula gives for v_t."""
    time, head = left.time, known.head.time
    return (
        time is not None
        and head is not None
        and not time.name
        and bool(head.name)
        and isinstance(right, Number)
    )


def is_true_class(parts: tuple[Term, ...], context: Context) -> bool:
    """``y_i = 1`` of one-hot labels speaks of one index, which no definition can say."""
    left, right = parts[0], parts[-1]
    if (
        len(parts) != 2
        or not isinstance(left, Ref)
        or not isinstance(right, Number)
        or right.value not in (0, 1)
    ):
        return False
    if right.value == 1 and left.name in context.one_hot and len(left.subs) == 1 and not left.subs[0].name:
        return left.layer is None and left.example is None and left.time is None  # y_2 = 1
    return any(s.name for s in left.subs) and (left.name in context.one_hot or left.name in ("y", "Y", "t"))


def is_shifted(term: Term) -> bool:
    """``K + 1`` as the end of a range."""
    return isinstance(term, Add) and len(term.terms) == 2 and all(is_size(t) for _, t in term.terms)
