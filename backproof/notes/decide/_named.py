"""Functions and losses that the words around a claim name: *cross-entropy removes it* speaks of another loss than (a - y)^2.

Such a claim is decided only if what the document's formulas give is of a kind that the words name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby, pairwise

from ..resolve import Branches, Call, Context, Definition, Norm, Number, Pow, Ref, Term, indices, refs, walk
from ..resolve._cases import lead_of
from ..resolve._item import Gathered, Item
from ..resolve._lexicon import is_loss
from ._doubts import reached
from ._outcome import Outcome

_LOSSES = {
    "entropy": r"cross[- ]?entrop\w+|\bbce\b|log[- ]?loss|likelihood|교차 ?엔트로피|交叉熵",
    "square": r"squared? (?:error|loss|cost)|quadratic (?:cost|loss)|\bmse\b|least[- ]squares|제곱 ?오차|均方|平方",
    "hinge": r"\bhinge\b|\bsvm loss\b|힌지",
    "abs": r"\bmae\b|absolute (?:error|loss|deviation)|\bl1 loss\b|절대 ?오차",
}
_FUNCTIONS = {
    "sigmoid": r"\bsigmoids?\b|\blogistic (?:function|activation|unit|neuron)s?\b|시그모이드",
    "tanh": r"\btanh\b|hyperbolic tangent|쌍곡탄젠트",
    "relu": r"\brelus?\b|\brectif\w+",
    "softmax": r"\bsoftmax\b|소프트맥스",
    "linear": r"\b(?:linear|identity) (?:function|activation|unit|neuron|output)s?\b",
}
_WORDS = {kind: re.compile(pattern, re.I) for kind, pattern in (_LOSSES | _FUNCTIONS).items()}

# Words behind a claim that belong to it: *(sigmoid)*, *for the squared error*.
_BEHIND = re.compile(r"\s*(?:\(|(?:for|with|under|when|if|in)\b)[^.;,:)]*|\s*\S*(?:은|는|일 때)", re.I)


def named_otherwise(item: Item, context: Context, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, without a verdict where the sentence names a loss or a function, and the formulas give another."""
    found = list(outcomes)
    if all(o.verdict not in ("proved", "refuted") for o in found):
        return found
    behind = _BEHIND.match(item.after)
    for group in (_LOSSES, _FUNCTIONS):
        said = _last(behind[0] if behind else "", group) or _last(lead_of(item.words), group)
        meant = _kinds(item.parts, context, losses=group is _LOSSES)
        if said and meant and said not in meant:
            why = f"the words name {said}, and the formulas give {' and '.join(sorted(meant))}"
            return [Outcome("unknown", why) if o.verdict in ("proved", "refuted") else o for o in found]
    return found


def _last(words: str, group: Iterable[str]) -> str:
    """The kind that words name last; empty where they name none."""
    ends = [(match.end(), kind) for kind in group for match in _WORDS[kind].finditer(words)]
    return max(ends)[1] if ends else ""


def _kinds(parts: Sequence[Term], context: Context, losses: bool) -> set[str]:
    """Of which kinds the losses, or else the activations, are that a claim rests on."""
    names = reached(parts, context)
    found: set[str] = set()
    for definition in context.definitions:
        if definition.value or definition.head.name not in names or is_loss(definition.head.name) != losses:
            continue
        found |= _loss_of(definition.body) if losses else _function_of(definition.body)
    return found


def _loss_of(body: Term) -> set[str]:
    nodes = walk(body)
    called = {n.function.name for n in nodes if isinstance(n, Call)}
    found = {"entropy"} if "log" in called else set()
    if not found and any(isinstance(n, Pow) and n.exponent == Number(Fraction(2)) for n in nodes):
        found.add("square")
    if "max" in called or any(isinstance(n, Branches) for n in nodes):
        found.add("hinge")
    if any(isinstance(n, Norm) and n.order < 2 for n in nodes):
        found.add("abs")
    return found


def _function_of(body: Term) -> set[str]:
    called = {n.function.name for n in walk(body) if isinstance(n, Call)}
    found = called & _FUNCTIONS.keys()
    if "sigma" in called:
        found.add("sigmoid")
    if "max" in called:
        found.add("relu")
    return found | ({"sigmoid", "tanh", "softmax"} if "exp" in called else set())


# Words that tell nothing apart, and words of three letters or more besides single capitals and numbers behind a word.
_COMMON = re.compile(
    r"the|and|for|with|has|have|had|gets?|gives?|given|where|when|then|hence|thus|now|next|here|this|that|these|those|which"
    r"|from|into|let|set|use[sd]?|using|our|its|their|are|was|were|also|consider|defined?|take|write|obtain|becomes|follows"
    r"|following|finally|again|functions?|derivative|gradient|slope|equals|find|differentiate|therefore|because|since|not"
    r"|but|one|can|you|all|each|any|chain|rule"
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_LABEL = re.compile(r"(?<=[a-z] )(?:[A-Z]|\d)\b|\b[A-Za-z]+\d\b")
_MOST = 8  # other formulas that are tried


def other_formulas(item: Item, items: Sequence[Item], context: Context) -> Iterator[tuple[str, Context]]:
    """The context with what other equations of the document say of a name that a claim rests on.

    Of two losses with one letter, or of several activations, a claim may mean any.
    """
    if any(
        head == part for head, _ in context.values for part in item.parts
    ):  # it may be that of another unit
        context = replace(context, values=[])
        yield "without the slope that the text gives", context
    names = reached(item.parts, context)
    slots = {p.name for d in context.definitions if d.head.name in names for p in d.params or ()}
    fewer = [d for d in context.definitions if d.params is not None or d.head.name not in slots]
    if len(fewer) < len(context.definitions):  # the y of f(x, y) may be no y that was defined
        yield f"for any {' and '.join(sorted(slots))}", replace(context, definitions=fewer)
    bodies: dict[str, set[Term]] = {}
    for d in context.definitions:
        bodies.setdefault(d.head.name, set()).add(d.body)
    tried = 0
    for other in items:
        told = _told_by(other) if other is not item else None
        if told is None:
            continue
        head, params, right = told
        base, bar, _ = head.name.partition("_")
        if bar and base in names and head.name not in names and params is not None:
            head = Ref(base)  # df/dx beside f_c(x) = c + x
        beside = any(d.head.name == head.name and d.section == other.section for d in context.definitions)
        own = head.name in names and bodies.get(head.name) != {right} and beside
        if not own or any(r.name == head.name for r in refs(right)) or tried == _MOST:
            continue
        tried += 1
        yield _by(other, head, params, right, context)


def _told_by(item: Item) -> tuple[Ref, tuple[Term, ...] | None, Term] | None:
    """The quantity or function of which an equation gives a formula, its arguments, and the formula."""
    if len(item.parts) < 2 or item.kind == "update" or item.cases or item.conditional:
        return None
    left, right = item.parts[:2]
    head, params = (left.function, left.args) if isinstance(left, Call) else (left, None)
    plain = isinstance(head, Ref) and all(isinstance(a, Ref) for a in params or ())
    if not plain or not refs(right) or (isinstance(left, Call) and left.primes):
        return None
    assert isinstance(head, Ref)
    return head, params, right


def _by(
    item: Item, head: Ref, params: tuple[Term, ...] | None, right: Term, context: Context
) -> tuple[str, Context]:
    """The context with the formula of another equation for a name, and what that is."""
    arguments = None if params is None else tuple(a for a in params if isinstance(a, Ref))
    place = item.formula.line
    told = Definition(head, arguments, right, place, item.formula.latex, item.section)
    rest = [d for d in context.definitions if d.head != head]
    kept = rest if indices(head) else [d for d in rest if d.head.name != head.name]
    return f"by another formula for {head} in line {place}", replace(context, definitions=[*kept, told])


def echoed(
    item: Item, gathered: Gathered, context: Context, cases: bool = False
) -> Iterator[tuple[str, Context]]:
    """The context with an earlier formula for a name, where the claim may speak of that one.

    *Model A has* ``a = wx``. *Model B has* ``a = wx^2``. *In model A* … speaks of the first.
    ``cases``: that it may, as of formulas that the words tell apart only words of its own, or to stand right at it, give
    the last one.
    """
    names = reached(item.parts, context)
    titles = gathered.scopes.sections
    said: dict[Ref, list[tuple[Item, set[str], bool]]] = {}
    for other, own, behind in _between(gathered.items, item):
        told = _told_by(other)
        if told is not None and told[0].name in names:
            heard = _heard(f"{own} {behind}", titles[other.section].title)
            said.setdefault(told[0], []).append((other, heard, _is_a_case(other, own)))
    heard = _heard(item.words, titles[item.section].title)
    for formulas in said.values():
        *earlier, (newest, last, is_case) = formulas
        for other, words, was_case in earlier:
            told = _told_by(other)
            if told is None or other.parts[1] == newest.parts[1]:
                continue
            apart = is_case and was_case and other.section == newest.section
            meant = bool((last - words) & heard) or _stands_at(newest, item)
            if (apart and not meant) if cases else (words - last) & heard:
                yield _by(other, *told, context)


# Words that tell for what a formula is given, and words that give a name another meaning from there on.
_CASE = re.compile(
    r"\b(?:for|in|with|under|when|if|case|using|uses?)\b[^.;]*$|에서[는도]?|의 경우|[일할] 때|用|时|對|对于|情况",
    re.I,
)
_FOR = re.compile(r"\s*,?(?:for|in|with|under|when|if)\b", re.I)
_ANEW = re.compile(
    r"\b(?:now|let|instead|from (?:now|here) on|replac\w+|redefin\w+|chang\w+|new|becomes?)\b|이제|다시|바꾸|现在|改",
    re.I,
)
_ONE_OF = re.compile(
    r"\b(?:first|former|second|latter|other|third|both|each)\b|전자|후자|첫|둘째|前者|后者|第", re.I
)


def _between(items: Sequence[Item], claim: Item) -> Iterator[tuple[Item, str, str]]:
    """The statements before a claim, each with the words between its formula and its neighbours: *for lasso*."""
    groups = [list(group) for _, group in groupby(items, key=lambda item: id(item.formula))]
    before = ""
    for group, following in pairwise(groups):
        words = group[0].words
        if group[0].formula is claim.formula:
            return
        gap = following[0].words
        goes_on = gap.startswith(words)
        found = _BEHIND.match(gap[len(words) :] if goes_on else group[0].after)
        own = words[len(before) :] if words.startswith(before) else words
        behind = found[0] if found else ""
        for each in group:
            yield each, own, behind
        before = words + behind if goes_on else words


def _is_a_case(item: Item, own: str) -> bool:
    """Whether the words tell for what a formula is given, or it stands by itself, as in a list."""
    lead = lead_of(item.words)
    alone = not any(c.isalpha() for c in re.sub(r"\(?\b\w[).]", "", own))
    return _ANEW.search(lead) is None and (alone or bool(_CASE.search(lead) or _FOR.match(item.after)))


def _stands_at(formula: Item, claim: Item) -> bool:
    """Whether a claim goes on from a formula, so that it speaks of that one unless it says that it does not."""
    gap = claim.words[len(formula.words) :] if claim.words.startswith(formula.words) else ""
    near = formula.formula.line == claim.formula.line and len(re.findall(r"[.;。](?:\s|$)", gap)) < 2
    return near and _ONE_OF.search(gap) is None


def said_since(item: Item, gathered: Gathered, context: Context) -> Iterator[tuple[str, Context]]:
    """The context with what an equation behind the ruling one gives for a name, though it was not taken for a definition.

    *For classification*, ``L = -log a`` may say anew what L is.
    """
    names = reached(item.parts, context)
    ruling = {d.head: d for d in context.definitions if d.head.name in names and not d.value}
    found: dict[Ref, tuple[str, Context]] = {}
    for other in gathered.items:
        if other.formula is item.formula:
            break
        told = _told_by(other) if any(other.claiming[:1]) else None
        if told is None or (d := ruling.get(told[0])) is None or d.section != other.section:
            continue
        head, params, right = told
        if (params is None) != (d.params is None):
            continue  # J(a, b) = 3(a + b) and then J = 3v
        again = isinstance(right, Ref) or any(r.name == head.name for r in refs(right))
        if d.line <= other.formula.line and d.body != right and d.latex != other.formula.latex and not again:
            found[head] = _by(other, head, params, right, context)
    yield from found.values()


def _heard(words: str, title: str) -> set[str]:
    """The words of a sentence and of its heading that may tell one case from another."""
    text = f"{title} {lead_of(words)}"
    found = {w for w in _WORD.findall(text.lower()) if not _COMMON.fullmatch(w)}
    return found | set(_LABEL.findall(text))
