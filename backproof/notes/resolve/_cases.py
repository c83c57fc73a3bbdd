"""Cases, of two indices (``i = j``, ``i \\neq j``) and of a label (for ``y = 1``): of which formulas each is said.

A case in a formula is said of the claims of that formula; in the words it is said of what follows, until another case of
the same indices or a heading, and of the display just before it where the sentence goes on: *for all i ≠ j*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations, groupby

from ._class_labels import left_out
from ._item import Case, Item, Pair
from ._terms import Add, Number, Ref, Term, refs, walk

_GOES_ON = re.compile(r"^\W*(?:for|where|when|if|with|provided|whenever)\b[^.:]*$")


def case_of(
    parts: tuple[Term, ...], relations: tuple[str, ...], indices: set[str]
) -> tuple[Pair, str] | None:
    """``i = j`` or ``i ≠ j`` between two letters that count entries."""
    if len(parts) != 2 or relations[0] not in ("=", "≠"):
        return None
    left, right = parts
    plain = (
        isinstance(left, Ref)
        and isinstance(right, Ref)
        and {left, right} == {Ref(left.name), Ref(right.name)}
    )
    if not plain or not {left.name, right.name} <= indices:  # type: ignore[union-attr]
        return None
    one, two = sorted((left.name, right.name))  # type: ignore[union-attr]
    return ((one, two), relations[0]) if one != two else None


# What introduces a case of a label; elsewhere y = 1 is a number of an example.
IF = re.compile(r"(?:\b(?:for|if|when|case|in case|while)|만약|若|当|如果)\W*$", re.I)


def label_case(parts: tuple[Term, ...], relations: tuple[str, ...], before: str) -> tuple[Pair, str] | None:
    """*For* ``y = 1``: the formulas that follow are meant for that label."""
    if len(parts) != 2 or relations[0] != "=" or not IF.search(before[-12:]):
        return None
    left, value = parts[0], _number(parts[1])
    if not isinstance(left, Ref) or left not in (Ref("y"), Ref("t")) or value not in (0, 1, -1):
        return None
    return (left.name, ""), str(value)


def _number(term: Term) -> Fraction | None:
    match term:
        case Number(value):
            return value
        case Add(((sign, Number(value)),)):
            return sign * value
    return None


# Words that single out a case without a formula: the formula that follows need not hold in the others.
IN_WORDS = re.compile(
    r"\boff\b|support vectors?|violated|well-classified|\bregions?\b|\bregime\b|\bactivated\b|\bperfect\b|\bbeyond\b|"
    r"positive|negative|\b(?:in)?active\b|\bdead\b|\b(?:correct|true|wrong|other|remaining) (?:class|label|output|unit|word)"
    r"|\bothers\b|otherwise|\belse\b|remaining|\b(?:greater|less|larger|smaller|bigger) than\b|\babove\b|\bbelow\b"
    r"|\binside\b|\boutside\b(?! (?:of )?(?:(?:an?|the|its|their) )?"
    r"(?:sums?|images?|ranges?|inputs?|outputs?|arrays?|borders?|windows?|feature maps?)\b)"
    r"|(?<!left )(?<!right )(?<!hand )\bside\b"
    r"|misclassif|saturat|clipped|\bcases?\b|non-?zero"
    r"|양수|음수|정답|나머지|경우|正|负|負|大于|小于|否则|其余|其他",
    re.I,
)


# Words that end a case, and the numbers of an example.
GENERAL = re.compile(
    r"\b(?:for (?:a )?general|during training)\b|"
    r"\b(?:in general|generally|in all cases|in any case|arbitrary|regardless)\b|\bfor (?:all|any|every)\W+(?:and\W*)?$"
    r"|일반적|임의|一般|任意",
    re.I,
)


_CASE_WORD = re.compile(r"\b(?:for|when|if|with|where|case)\W*[,:]?\s*$|\b(?:when|if)\b", re.I)


def of_the_formula(line: int, column: int) -> str:
    """What stands for the words before a condition that a formula itself gives: its place."""
    return f"\0{line}:{column}"


def is_of_the_sentence(condition: str, words: str) -> bool:
    """Whether a condition and a claim, by the words before each, stand in one sentence."""
    short, long = sorted((_tight(condition), _tight(words)), key=len)
    return long.startswith(short) and re.search(r"[;!?。]|\.(?!\d)", long[len(short) :]) is None


def is_right_behind(condition: str, words: str) -> bool:
    """Whether a condition stands right behind a claim: ``g' = 0`` *if* ``z < 0``."""
    before, whole = _tight(words), _tight(condition)
    return whole.startswith(before) and IF.fullmatch(whole[len(before) :]) is not None


def _tight(words: str) -> str:
    """Words without spaces, which emphasis moves."""
    return "".join(words.split())


def lead_of(words: str) -> str:
    """The last sentence before a formula."""
    return re.split(r"(?<=[.;!?。])\s", words.strip())[-1]


def lead_at(item: Item) -> str:
    """The words of its sentence before a formula; a formula within text that begins a sentence has none."""
    begins = not item.formula.display and re.search(r"[.;!?。][\s*_)\]]*$", item.words) is not None
    return "" if begins else lead_of(item.words)


# Words that may tell cases of indices apart.
HINTS = re.compile(
    r"diagonal|differ|distinct|unequal|otherwise|\belse\b|\bcases?\b"
    r"|\bsame\b(?! (?:number|size|shape|length|width|way|time|network|notation)s?\b)|equal|exclud|except|coincid|\bother\b"
    r"|대각|다른|다르|다를|같은|같을|같으|경우|그렇지|아니|否则|不同|相同|相等|对角|其他|其它|情况|当",
    re.I,
)


# Words that turn a case around: *except for i = j*.
EXCEPT = re.compile(r"exclud|except|unless|제외|除|않", re.I)


def index_pairs(terms: Iterable[Term], indices: set[str]) -> set[Pair]:
    """The pairs of letters that count entries in some terms."""
    names = sorted({i.name for t in terms for n in walk(t) for r in refs(n) for i in r.subs} & indices)
    return set(combinations(names, 2))


def assign(items: Sequence[Item], words: str) -> set[Pair]:
    """Give every claim the cases that are said of it, with whether they stand right at it; the pairs that have cases.

    ``words`` are those of the document: where they may turn a case around, none stands right at a claim.
    """
    pairs = _said(items)
    if EXCEPT.search(words):
        for item in items:
            item.cases = {pair: Case(case.relation, near=False) for pair, case in item.cases.items()}
    return pairs


def _said(items: Iterable[Item]) -> set[Pair]:
    """The cases of pairs of indices; what is said for an index such as ``j = y_i`` makes its claims conditional."""
    items = list(items)
    _singled_out(items)
    said: dict[Pair, Case] = {}
    used: dict[Pair, str] = {}  # the words before the claims that a case is right at
    shown: list[Item] = []
    section, pairs = 0, set[Pair]()
    for _, group in groupby(items, key=lambda item: id(item.formula)):
        own = list(group)
        if own[0].section != section:
            section, said, shown = own[0].section, {}, []
        pairs |= {item.case[0] for item in own if item.case is not None}
        pairs |= {pair for item in own for part in item.parts for pair in left_out(part)}
        claims = [item for item in own if any(item.claiming)]
        if claims:
            words = claims[0].words
            for pair, case in said.items():
                if used.setdefault(pair, words) != words:
                    said[pair] = Case(case.relation, near=False)
            if GENERAL.search(lead_of(words)) and not _CASE_WORD.search(lead_of(words)):
                said = {}
            for item in claims:
                item.cases = dict(said)
            _within(own)
            shown = claims if own[0].formula.display else []
            continue
        for item in (i for i in own if i.case is not None):
            assert item.case is not None
            pair, relation = item.case
            behind = bool(shown) and _GOES_ON.match(item.words) is not None
            said[pair] = Case(relation, near=not behind)
            used.pop(pair, None)
            for claim in shown if behind else ():
                if pair not in claim.cases or not claim.cases[pair].near:
                    claim.cases[pair] = Case(relation, near=True)
    return pairs


_FOR = re.compile(r"\W*(?:and )?(?:for|where|when|if|with|provided|whenever)\b[^.:]{0,40}$")
_OF_IT = re.compile(r"\b(?:for|when|if|where|case|with)\W*(?:all |any |every )?$", re.I)


def _singled_out(items: Sequence[Item]) -> None:
    """Mark the claims beside a condition that is not read: *for* ``j = y_i``, in the formula, before it or behind it."""
    groups = [list(group) for _, group in groupby(items, key=lambda item: id(item.formula))]
    for k, own in enumerate(groups):
        conditions = [item for item in own if _is_of_label(item)]
        if not conditions:
            continue
        beside = [item for item in own if not _is_of_label(item)]
        if not beside:
            before, behind = groups[k - 1] if k else [], groups[k + 1] if k + 1 < len(groups) else []
            if any(_FOR.match(item.after) for item in before):
                beside += before
            if _OF_IT.search(own[0].words[-30:]) and not any(_FOR.match(item.after) for item in before):
                beside += behind
        for item in beside:
            item.conditional = True
        for item in conditions:
            item.kind, item.claiming = "prose", ()


def _is_of_label(item: Item) -> bool:
    """``j = y_i`` or ``j ≠ y_i``: a bare letter, and a label with an index."""
    if len(item.parts) != 2 or item.relations[0] not in ("=", "≠"):
        return False
    left, right = item.parts
    bare = isinstance(left, Ref) and len(left.name) == 1 and left == Ref(left.name)
    return bare and isinstance(right, Ref) and right.name in ("y", "t", "c") and len(right.subs) == 1


def _within(own: list[Item]) -> None:
    """Cases among the statements of one formula: before the claims that they are said of, or behind them."""
    if all(item.case is None for item in own):
        return
    order = own if own[0].case is not None else own[::-1]
    said: dict[Pair, Case] = {}
    for item in order:
        if item.case is not None:
            said[item.case[0]] = Case(item.case[1], near=True)
        else:
            item.cases |= said
