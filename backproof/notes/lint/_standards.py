"""Definitions that contradict the standard one of what they are called: a sign, a quotient upside down, no minus.

What a definition is called is told by its name, or by the sentence before it, or by its heading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from .._limits import Budget
from ..decide import agrees_with
from ..resolve import Add, Big, Branches, Call, Div, Mul, Number, Pow, Ref, Term, refs, walk
from ..resolve._item import Gathered, Item
from ..resolve._lexicon import WORDS, is_loss
from ._survey import Survey

_SECONDS = 0.3
_ONE = Number(Fraction(1))


@dataclass(frozen=True)
class Standard:
    """A function of one number: how words call it, what it is, and whether a body looks like an attempt at it."""

    words: re.Pattern[str]
    formula: str
    looks: Callable[[Term], bool]


def _has_exponentials(body: Term) -> bool:
    return any(_is_exp(n) for n in walk(body)) and any(isinstance(n, Div) for n in walk(body))


def _has_branches(body: Term) -> bool:
    return isinstance(body, Branches) or (isinstance(body, Call) and body.function.name in ("max", "min"))


def _has_logarithm(body: Term) -> bool:
    return any(isinstance(n, Call) and n.function.name == "log" for n in walk(body))


FUNCTIONS = {
    "sigmoid": Standard(
        re.compile(r"sigmoid|logistic function|시그모이드", re.I),
        "1/(1 + e^(-{z}))",
        _has_exponentials,
    ),
    "tanh": Standard(
        re.compile(r"\btanh\b|hyperbolic tangent|하이퍼볼릭 ?탄젠트|쌍곡 ?탄젠트", re.I),
        "(e^{z} - e^(-{z}))/(e^{z} + e^(-{z}))",
        _has_exponentials,
    ),
    "relu": Standard(re.compile(r"\brelu\b|rectifi|렐루", re.I), "max(0, {z})", _has_branches),
    "softplus": Standard(re.compile(r"softplus|소프트플러스", re.I), "log(1 + e^{z})", _has_logarithm),
}
_SOFTMAX = re.compile(r"soft-?max|소프트맥스", re.I)
_ENTROPY = re.compile(
    r"cross[- ]?entropy|log[- ]?loss|negative log[- ]likelihood|교차 ?엔트로피|크로스 ?엔트로피", re.I
)
_LIKELIHOOD = re.compile(r"likelihood|maximi[sz]|우도", re.I)
_SQUARED = re.compile(r"mean[- ]squared?[- ]error|\bMSE\b|평균 ?제곱 ?오차", re.I)
# A sentence with one of these speaks of something near the standard, not of it.
_OTHERWISE = re.compile(
    r"derivative|gradient|inverse|leaky|parametric|hard[- ]|gelu|\belu\b|variant|modified|scaled|approxim|instead|unlike"
    r"|rather|\bnot\b|mirror|wrong|미분|도함수|기울기|변형",
    re.I,
)


def standards(item: Item, gathered: Gathered, known: Survey) -> Iterator[str]:
    """What a definition should be by its name and is not."""
    if item.kind != "definition" or len(item.parts) < 2 or item.claiming[:1] != (False,):
        return
    head, body = item.parts[0], item.parts[1]
    words = _words(item, gathered)
    yield from _function(head, body, words, gathered)
    yield from _softmax(head, body, item, words, known)
    yield from _loss(head, body, words)


def _words(item: Item, gathered: Gathered) -> str:
    """The sentence before a formula, or without one the heading; nothing where they speak of something else."""
    last = re.split(r"(?<=[.!?다])\s+", item.words.strip())[-1]
    words = last if re.search(r"\w{3}", last) else gathered.scopes.sections[item.section].title
    return "" if _OTHERWISE.search(words) else words


def _function(head: Term, body: Term, words: str, gathered: Gathered) -> Iterator[str]:
    named = _name(head)
    variable = _variable(head, body)
    if variable is None:
        return
    called = [k for k in FUNCTIONS if k == named] or [
        k for k, s in FUNCTIONS.items() if s.words.search(words)
    ]
    if len(called) > 1:
        return
    if not called and named == "sigma" and _has_exponentials(body):
        mirror = Call(Ref("sigmoid"), (Add(((-1, variable),)),))
        if agrees_with(body, mirror, gathered.context.lexicon, Budget(_SECONDS)) is True:
            yield f"the logistic function is usually {FUNCTIONS['sigmoid'].formula.format(z=variable)}; this one falls"
        return
    for name in called:
        standard = FUNCTIONS[name]
        if name != named and not standard.looks(body):
            continue
        right = Call(Ref(name), (variable,))
        if agrees_with(body, right, gathered.context.lexicon, Budget(_SECONDS)) is False:
            yield f"{_shown(name)} is usually {standard.formula.format(z=variable)}"


def _shown(name: str) -> str:
    return {"relu": "ReLU", "sigmoid": "the sigmoid"}.get(name, name)


def _name(head: Term) -> str:
    ref = head.function if isinstance(head, Call) else head
    name = ref.name if isinstance(ref, Ref) else ""
    return WORDS.get(name, name)


def _variable(head: Term, body: Term) -> Ref | None:
    """The one quantity that a body depends on."""
    calls = {n.function for n in walk(body) if isinstance(n, Call)}
    found = {r for r in refs(body) if r not in calls and r.name not in ("e", "exp")}
    if len(found) != 1 or any(isinstance(n, Big) for n in walk(body)):
        return None
    variable = next(iter(found))
    return None if isinstance(head, Ref) and head.name == variable.name else variable


def _is_exp(node: Term) -> bool:
    power = isinstance(node, Pow) and isinstance(node.base, Ref) and node.base.name == "e"
    return power or (isinstance(node, Call) and node.function.name == "exp")


def _softmax(head: Term, body: Term, item: Item, words: str, known: Survey) -> Iterator[str]:
    named = _name(head) == "softmax"
    if not _is_exp(body) or not (named or _SOFTMAX.search(words)):
        return
    # One step of several is no softmax yet, nor is the exponential of an array.
    alone = known.statements[id(item.formula)] == 1
    if named or (alone and any(r.subs for r in refs(body))):
        yield "a softmax is usually normalised: e^(z_i) / Σ_j e^(z_j)"


def _loss(head: Term, body: Term, words: str) -> Iterator[str]:
    ref = head.function if isinstance(head, Call) else head
    if not isinstance(ref, Ref) or not is_loss(ref.name):
        return
    signs = list(_signs_of_logarithms(body, 1))
    entropy = bool(_ENTROPY.search(words)) or not _LIKELIHOOD.search(words)
    if signs and all(s > 0 for s in signs) and entropy and _weighs_logarithms(body):
        yield "a cross-entropy usually has a minus: -Σ_k y_k log p_k"
    if _SQUARED.search(words):
        factor, counts = _factor(body)
        if factor is not None and factor != 1:
            yield f"the mean squared error is usually the plain mean of the squares; this is {factor} times that"
        if factor is not None and not counts and any(isinstance(n, Big) for n in walk(body)):
            yield "a mean squared error usually divides by the number of terms"


def _signs_of_logarithms(term: Term, sign: int) -> Iterator[int]:
    """The sign that each logarithm has in a sum of products."""
    match term:
        case Add(terms):
            for s, t in terms:
                yield from _signs_of_logarithms(t, sign * s)
        case Mul(items):
            for _, t in items:
                minus = [x for _, x in items if x is not t and isinstance(x, Number) and x.value < 0]
                yield from _signs_of_logarithms(t, sign * (-1) ** len(minus))
        case Div(num, _):
            yield from _signs_of_logarithms(num, sign)
        case Big("sum", _, _, _, body):
            yield from _signs_of_logarithms(body, sign)
        case Call(Ref("log")):
            yield sign


def _weighs_logarithms(body: Term) -> bool:
    """``y \\log a``: a logarithm beside a factor that is a label."""
    for node in walk(body):
        if isinstance(node, Mul):
            kinds = [t for _, t in node.items]
            logs = [t for t in kinds if isinstance(t, Call) and t.function.name == "log"]
            labels = [t for t in kinds if isinstance(t, Ref) and t.name in ("y", "t", "Y", "T", "q")]
            if logs and labels:
                return True
    return False


def _factor(body: Term) -> tuple[Fraction | None, list[str]]:
    """The number before a sum of squares, and the counts that it is divided by; None for a body of another form."""
    factor, counts = Fraction(1), []
    while True:
        match body:
            case Mul(items):
                numbers = [t for _, t in items if _is_constant(t)]
                rest = [t for _, t in items if not _is_constant(t)]
                if len(rest) != 1:
                    return None, []
                for t in numbers:
                    f, c = _constant(t)
                    factor *= f
                    counts += c
                body = rest[0]
            case Div(num, den) if _is_constant(den):
                f, c = _constant(Div(_ONE, den))
                factor *= f
                counts += c
                body = num
            case Big("sum", _, _, _, inner):
                body = inner
            case Pow(_, Number(two)) if two == 2:
                return factor, counts
            case _:
                return None, []


def _is_constant(term: Term) -> bool:
    inner = [n for n in walk(term) if not isinstance(n, (Mul, Div))]
    return all(
        isinstance(n, Number) or (isinstance(n, Ref) and n.name in ("m", "n", "N", "M", "K")) for n in inner
    )


def _constant(term: Term) -> tuple[Fraction, list[str]]:
    match term:
        case Number(value):
            return value, []
        case Ref(name):
            return Fraction(1), [f"*{name}"]
        case Mul(items):
            parts = [_constant(t) for _, t in items]
            number = Fraction(1)
            for f, _ in parts:
                number *= f
            return number, [c for _, cs in parts for c in cs]
        case Div(num, den):
            (a, up), (b, down) = _constant(num), _constant(den)
            return a / b if b else a, [*up, *(c.replace("*", "/") for c in down)]
    return Fraction(1), []
