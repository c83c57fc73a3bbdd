r"""Two spellings of one quantity: *out_{o1} is another spelling of out_{O1}*, *h1 은 h_1 의 다른 표기이다*.

What a text calls another name is written as the name it stands for, in all formulas, before anything is made of them: so
a derivative by the one is a derivative by the other.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..find import Block, Formula
from ._item import Prepared
from ._terms import Big, Call, Ref, Term, indices, rebuilt, refs, walk

Pair = tuple[Ref, Ref]
MOST_NAMES = 200  # of a document; nobody tells more

_F = r"⟦[A-Z]?\d+⟧"  # of a sentence here, of a clause elsewhere
_ONE = rf"({_F})"
_ROW = rf"({_F}(?:(?:, ?|,? and | ?[와과] ){_F}){{0,9}})"
_NOUN = (
    r"(?:(?:the )?(?:same )?(?:matrix|vector|column|row|number|weights?|outputs?|inputs?|quantity|unit|gate|state"
    r"|error|activation|function) )?(?:the )?"
)
_CALL = r"(?:spellings?|names?|notations?|symbols?|ways? (?:to write|of writing|to spell)|writings?)"
_ANOTHER = (
    r"(?:just |only |simply |merely |here )*"
    rf"(?:another|a second|a different|an alternative|an alternate|other|second|different|alternative) {_CALL}"
)
_CHINESE = r"(?:写法|寫法|记法|記法|名称|名字|别名|记号|表示)"
# Which of the two names stands first: the other one, or what it stands for.
_NEW_FIRST = (
    rf"{_ROW},? (?:which |that )?(?:is|are|be) {_ANOTHER} (?:of|for) {_NOUN}{_ROW}",
    rf"\b(?:also|often) (?:writes?|types?) {_ONE} (?:for|instead of|in place of) {_NOUN}{_ONE}",
    rf"{_ROW} ?(?:은|는|이|가) {_ROW} ?의 (?:또 )?(?:다른|같은) (?:표기|이름|기호|표현|철자)",
    rf"{_ONE} ?(?:은|는|이|가) {_ONE} ?[과와] 같은 (?:것|양|변수|기호)",
    rf"{_ROW} ?(?:是|为|is) ?{_ROW} ?(?:的|of) ?另(?:外)? ?(?:一|a)? ?[种個个]?{_CHINESE}",
)
_OLD_FIRST = (
    rf"{_ONE},? \(?(?:which |that )?(?:is |are )?also (?:called|named|written|denoted|spelled|typed)"
    rf"(?: as| by)? {_ONE}(?!-| \w+ (?:of|in)\b)",
    rf"{_ONE} ?(?:은|는|을|를) {_ONE} ?(?:이?라고도|으?로도) (?:쓴|적|부른|표기|쓰|부르)",
    rf"{_ONE} ?也(?:写作|寫作|记作|記作|写成|记为|叫|叫做) ?{_ONE}",
)
_BOTH = (
    rf"{_ONE} and {_ONE} (?:are|denote|name) (?:just |only |simply )?(?:two |different |alternative )*{_CALL}"
    r" (?:of|for) (?:the same|one(?: and the same)?)\b"
)
# Said of equal values as well, so only of two spellings of the same letters.
_EQUAL = (rf"{_ONE} ?(?:은|는|이|가) {_ONE} ?[과와] 같[고다은으]", rf"{_ONE} (?:is|means) the same as {_ONE}")
SAID = tuple(map(re.compile, (*_NEW_FIRST, *_OLD_FIRST, _BOTH, *_EQUAL)))
_ALSO_OF = re.compile(rf"^[\s,]*(?:\(|and )?(?:likewise |similarly |also )?{_ONE} (?:is )?(?:of|for) {_ONE}")
_ALSO = re.compile(
    rf"^[\s,]*\(?(?:and )?(?:likewise|similarly|the same (?:goes|holds) for|so is|so are) {_ROW}"
    rf"|^[\s,]*\(?(?:and )?{_ROW},? ?(?:likewise|similarly|too|도 마찬가지|也一样|也是如此|亦然)"
)
# What makes it said of a place, a case, or not at all.
NOT_PLAINLY = re.compile(
    r"\b(?:if|when|whenever|where(?! ⟦)|unless|suppose|supposing|assum\w+|not|never|no|cannot|would|may|might|could|should"
    r"|wrong\w*|sections?|parts?|chapters?|exercises?|questions?|old|earlier|until|before|elsewhere|some|occasionally"
    r"|sometimes(?! (?:written|typed|called|named|denoted|spelled)))\b|n't\b|만약|경우|아니|때|않|不|如果|若|时"
)
# One of these stands wherever a pattern applies.
_MAY_SAY = re.compile(
    r"another|second|other|different|alternative|also|often|names?|same|spell|표기|이름|기호|표현|철자|같|도 |另|也",
    re.I,
)
# The value of f at x is also written f: what stands first is a part of something else; so is the last in *g of x's square*.
_PART_OF = re.compile(
    r"\b(?:of|at|in|to|by|over|from|per|on|between|against|under|times|minus|plus)(?: the| all| every| each)* $|의 ?$|的 ?$"
)
_ENDS = re.compile(
    r"[^⟧]|⟧ ?(?:$|[,.;:()，。；（）]|(?:and|while|here|throughout|with|which|that|so|but)\b|[가-힣\u4e00-\u9fff])"
)
_END = re.compile(r"(?<=[^\d\s.])[.;!?](?=\s|$)|(?<=⟧)\s*[.;](?=\s|$)|(?<=다)\.|[。；\n]")


@dataclass(frozen=True)
class _Told:
    """A name and what it stands for, in the block where the text says so."""

    new: Ref
    old: Ref
    block: int


def other_names(blocks: Sequence[Block], prepared: Mapping[int, list[Prepared]]) -> list[Pair]:
    """The names that words call other names, each with the name that it is written as."""
    told: dict[Ref, _Told] = {}
    spoilt: set[Ref] = set()
    every = list(itertools.islice(_told(blocks, prepared), MOST_NAMES))
    chains = [parts for found in prepared.values() for _, parts, _ in found] if every else []
    heads, called = (
        _defined(chains),
        {n.function.name for c in chains for p in c for n in walk(p) if isinstance(n, Call)},
    )
    for each in every:
        pair = _in_order(each, heads, called)
        if pair is None or (pair.new in told and told[pair.new].old != pair.old):
            spoilt.add(each.new)
        elif not _used_before(pair, blocks, prepared):
            told[pair.new] = pair
    plain = [t for t in told.values() if t.new not in spoilt and t.old not in told]
    return [(t.new, t.old) for t in plain]


def renamed(parts: tuple[Term, ...], pairs: Sequence[Pair], whole: frozenset[str]) -> tuple[Term, ...]:
    """The sides of a chain with every other name written as what it stands for; ``whole``: at any index."""
    exact = dict(pairs)
    names = {new.name: old.name for new, old in pairs if new.name in whole}

    def change(term: Term) -> Term:
        if not isinstance(term, Ref):
            return term
        if term in exact:
            return exact[term]
        return replace(term, name=names[term.name]) if term.name in names else term

    return tuple(rebuilt(p, change) for p in parts) if pairs else parts


def at_any_index(pairs: Sequence[Pair], chains: Iterable[tuple[Term, ...]]) -> frozenset[str]:
    r"""The names whose index is any: ``\hat a_i`` beside a sum over i, but not ``u_c`` beside ``u_o``."""
    terms = [p for parts in chains for p in parts]
    bound = {n.index for t in terms for n in walk(t) if isinstance(n, Big)}
    every = [r for t in terms for r in refs(t)]
    found = set()
    for new, old in pairs:
        letters = {i.name for i in indices(new)}
        shared = bound | {i.name for r in every if r.name == old.name for i in indices(r)}
        others = {i.name for r in every if r.name == new.name for i in indices(r)} - letters - {""}
        if new.subs and new.subs == old.subs and letters - {""} and letters & bound and others <= shared:
            found.add(new.name)
    return frozenset(found)


def _told(blocks: Sequence[Block], prepared: Mapping[int, list[Prepared]]) -> Iterator[_Told]:
    for number, block in enumerate(blocks):
        if not any(_MAY_SAY.search(p) for p in block.pieces if isinstance(p, str)):
            continue
        formulas = [p for p in block.pieces if isinstance(p, Formula)]
        named = {f"⟦{k}⟧": _name(f, prepared) for k, f in enumerate(formulas)}
        places = iter(range(len(formulas)))
        text = "".join(p if isinstance(p, str) else f" ⟦{next(places)}⟧ " for p in block.pieces).lower()
        for sentence in _END.split(re.sub(r"[ \t\n]+", " ", text).replace("( ", "(").replace(" )", ")")):
            if "⟦" not in sentence or NOT_PLAINLY.search(sentence):
                continue
            for new, old in _of_sentence(re.sub(r" ,", ",", sentence), named):
                yield _Told(new, old, number)


def _name(formula: Formula, prepared: Mapping[int, list[Prepared]]) -> Ref | None:
    """The quantity that a formula is, or begins by giving."""
    found = prepared.get(id(formula), [])
    if len(found) != 1 or found[0][2] or not found[0][1]:
        return None
    first = found[0][1][0]
    return first if isinstance(first, Ref) else None


def _of_sentence(text: str, named: Mapping[str, Ref | None]) -> Iterator[Pair]:
    for pattern, new, old, alike in (
        *((p, 1, 2, False) for p in _NEW_FIRST),
        *((p, 2, 1, False) for p in (*_OLD_FIRST, _BOTH)),
        *((p, 1, 2, True) for p in _EQUAL),
    ):
        for match in re.finditer(pattern, text):
            if not is_of_all(text, match):
                continue
            pairs = _paired(match[new], match[old], named)
            if pairs and not (alike and any(_letters(a) != _letters(b) for a, b in pairs)):
                yield from pairs
                rest = text[match.end() :]
                rest = rest[re.match(r"(?:이다|이고|이며|임|写|，)?", rest).end() :]  # type: ignore[union-attr]
                yield from _following(rest, pairs[-1], named)


def is_of_all(text: str, match: re.Match[str]) -> bool:
    """Whether two names are all that is said to be the same, and neither is a part of something else."""
    first = text.find("⟦", match.start())
    before = text[max(0, first - 60) : first]
    return (
        not _PART_OF.search(before) and _ENDS.match(match[0].rstrip()[-1] + text[match.end() :]) is not None
    )


def _paired(new: str, old: str, named: Mapping[str, Ref | None]) -> list[Pair]:
    left, right = ([named.get(f) for f in re.findall(_F, row)] for row in (new, old))
    pairs = [(a, b) for a, b in zip(left, right, strict=False) if a is not None and b is not None]
    return pairs if len(left) == len(right) == len(pairs) else []


def _following(rest: str, pair: Pair, named: Mapping[str, Ref | None]) -> Iterator[Pair]:
    """What goes on *likewise*: with two names, or with one that differs from the first as the other will."""
    if match := _ALSO_OF.match(rest):
        yield from _paired(match[1], match[2], named)
    elif match := _ALSO.match(rest):
        for token in re.findall(_F, match[1] or match[2]):
            name = named.get(token)
            if name is not None and (old := _alike(pair, name)) is not None:
                yield name, old


def _alike(pair: Pair, name: Ref) -> Ref | None:
    """What stands to ``name`` as the second of a pair to the first, where one number is another one."""
    new, old = pair
    numbers, others = (_numbers(r) for r in (new, name))
    if _without_numbers(new) != _without_numbers(name) or len(numbers) != 1 or len(others) != 1:
        return None
    if _numbers(old) != numbers:
        return None
    if re.search(r"\d", old.name):
        return replace(old, name=re.sub(r"\d+", others[0], old.name))
    return replace(old, subs=tuple(replace(i, offset=int(others[0])) if not i.name else i for i in old.subs))


def _numbers(ref: Ref) -> list[str]:
    return re.findall(r"\d+", str(ref))


def _without_numbers(ref: Ref) -> str:
    return re.sub(r"\d+", "0", str(ref))


def _letters(ref: Ref) -> str:
    return re.sub(r"[\W_]", "", str(ref)).lower()


def _key(ref: Ref) -> str:
    return ref.name if ref.subs else str(ref)


def _defined(chains: Iterable[tuple[Term, ...]]) -> set[str]:
    """What stands before an equals sign."""
    heads = (p[0].function if isinstance(p[0], Call) else p[0] for p in chains if len(p) > 1)
    return {_key(h) for h in heads if isinstance(h, Ref)}


def _in_order(told: _Told, heads: set[str], called: set[str]) -> _Told | None:
    """The pair with the one that formulas define as what is kept; None where both are, or their indices do not agree."""
    new, old = told.new, told.old
    defined = {r: _key(r) in heads for r in (new, old)}
    if new == old or (defined[new] and defined[old]) or (new.name in called) != (old.name in called):
        return None
    if defined[new]:
        new, old = old, new
    lettered = [{i.name for i in indices(r)} - {""} for r in (new, old)]
    if lettered[0] != lettered[1] or (lettered[0] and new.subs != old.subs):
        return None
    return _Told(new, old, told.block)


def _used_before(told: _Told, blocks: Sequence[Block], prepared: Mapping[int, list[Prepared]]) -> bool:
    """Whether a section before the one that tells it speaks of the name: there it may be another thing."""
    start = max((k for k in range(told.block + 1) if blocks[k].level), default=0)
    return any(
        told.new in refs(part)
        for block in blocks[:start]
        for piece in block.pieces
        if isinstance(piece, Formula)
        for _, parts, _ in prepared.get(id(piece), [])
        for part in parts
    )
