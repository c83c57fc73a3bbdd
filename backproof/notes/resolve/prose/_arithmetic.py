"""Arithmetic in words: ``⟦v⟧ divided by the sum of ⟦ε⟧ and the square root of ⟦s⟧``.

Words have no brackets: what may be grouped in two ways, as *a divided by b plus c*, is not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .._terms import (
    EVERY,
    Add,
    Big,
    Branches,
    Call,
    Div,
    Index,
    Listing,
    Mul,
    Norm,
    Number,
    Pow,
    Ref,
    Term,
    refs,
)
from ._clause import Mention, named
from ._vocabulary import is_harmless

_TOKEN = re.compile(r"⟦\w\d+⟧|[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d+(?:\.\d+)?|\S")
_ARTICLES = {"the", "a", "an", "its", "their", "this", "that", "each", "every", "all", "these"}
# Words that say of what something is a part or a property, or which of several values is meant.
_NO_NOUN = re.compile(
    r"of|in|by|to|for|at|from|over|per|with|as|on|not?|new|old|current|previous|last|next|first|other|same|initial|final|updated"
    r"|is|are|be|was|and|or|than|but|where|if|when|which|functions?|number|sign|entry|entries|rows?|columns?|part|form|kind|type"
    r"|order|size|shape|step|change|limit|bound|maximum|minimum|most|least|about|up|down"
)
_MOST_NOUNS = 3
_EXTREMES = {"largest": "max", "greatest": "max", "smallest": "min"}
_PARTS = {"entry", "component", "element", "coordinate", "number", "value", "one"}
_ONE, _TWO = Number(Fraction(1)), Number(Fraction(2))
_HALF = Div(_ONE, _TWO)


@dataclass(frozen=True)
class Phrase:
    """What words compute, and where they end; ``closed`` unless a further operation might belong to their last part.

    ``product``: factors that words join, so that in ``a plus b times c`` the second might multiply the sum.
    """

    term: Term
    end: int
    closed: bool = True
    compound: bool = False
    product: bool = False


def words_of(text: str) -> list[re.Match[str]]:
    """The words, mentions and signs of a text."""
    return list(_TOKEN.finditer(text))


def read_phrase(words: list[str], start: int, mentions: Mapping[int, Mention]) -> Phrase | None:
    """The longest phrase of arithmetic that begins at a word; None where there is none, or more than one way to read it."""
    return _Reader(words, mentions).sum(start)


@dataclass
class _Reader:
    words: list[str]
    mentions: Mapping[int, Mention]

    def at(self, place: int, *wanted: str) -> bool:
        return tuple(self.words[place : place + len(wanted)]) == wanted

    def articles(self, place: int) -> int:
        while place < len(self.words) and self.words[place] in _ARTICLES:
            place += 1
        return place

    def sum(self, start: int) -> Phrase | None:
        """``a plus b``; a product behind a sum that begins with no product could multiply the sum."""
        first = self.product(start)
        if first is None:
            return None
        terms: list[tuple[int, Term]] = [(1, first.term)]
        last = first
        while self.at(last.end, "plus") or self.at(last.end, "minus"):
            sign = 1 if self.words[last.end] == "plus" else -1
            following = self.product(last.end + 1)
            if following is None or not last.closed or (following.product and not first.product):
                return None
            terms.append((sign, following.term))
            last = following
        if len(terms) == 1:
            return first
        return Phrase(Add(tuple(terms)), last.end, last.closed, True)

    def product(self, start: int) -> Phrase | None:
        """``a times b``, ``a divided by b``; behind a quotient nothing goes on."""
        found = self.factor(start)
        while found is not None:
            place = found.end
            times = self.at(place, "times") or self.at(place, "multiplied", "by")
            over = self.at(place, "divided", "by") or self.at(place, "over")
            if not times and not over:
                return found
            by = self.factor(place + (2 if self.words[place] in ("multiplied", "divided") else 1))
            if by is None or not found.closed:
                return None
            if over:
                found = Phrase(Div(found.term, by.term), by.end, False, True, True)
            else:
                found = Phrase(Mul((("", found.term), ("", by.term))), by.end, by.closed, True, True)
        return None

    def factor(self, start: int) -> Phrase | None:
        if self.at(start, "minus"):
            inner = self.factor(start + 1)
            return None if inner is None else Phrase(Add(((-1, inner.term),)), inner.end, inner.closed, True)
        for word, factor in (("half", _HALF), ("twice", _TWO)):
            if self.at(start, word):
                inner = self.factor(self.articles(start + 1 + self.at(start + 1, "of")))
                made = None if inner is None else Mul((("", factor), ("", inner.term)))
                return None if inner is None or made is None else Phrase(made, inner.end, False, True)
        place = self.articles(start)
        return self.function(place) or self.gathered(place) or self.mention(place)

    def function(self, place: int) -> Phrase | None:
        """``square root of a``: how far it reaches is open, if anything follows."""
        for words, make in _FUNCTIONS:
            if self.at(place, *words):
                inner = self.factor(place + len(words))
                return None if inner is None else Phrase(make(inner.term), inner.end, False, True)
        return None

    def gathered(self, place: int) -> Phrase | None:
        """``sum of a and b``, ``product of a and b``, ``quotient of a and b``, ``sum of all e^{z_j}``."""
        kind = self.words[place] if place < len(self.words) else ""
        if kind == "sum" and self.at(place + 1, "over"):
            return self.summed(self.articles(place + 2))
        if kind in _EXTREMES:
            return self.extreme(_EXTREMES[kind], place + 1)
        if kind not in ("sum", "product", "quotient", "ratio") or not self.at(place + 1, "of"):
            return None
        several = self.words[place + 2 : place + 3] in (["all"], ["these"])
        first = self.factor(place + 2)
        if first is None:
            return None
        terms, end = [first.term], first.end
        while self.at(end, ",") or self.at(end, "and") or (kind == "ratio" and self.at(end, "to")):
            following = self.factor(end + 1 + (self.at(end, ",") and self.at(end + 1, "and")))
            if following is None:
                break
            terms.append(following.term)
            end = following.end
        if len(terms) == 1:
            total = _over_all(first.term) if kind == "sum" and several else None
            return None if total is None else Phrase(total, end, False, True)
        if kind == "sum":
            return Phrase(Add(tuple((1, t) for t in terms)), end, False, True)
        if kind == "product":
            return Phrase(Mul(tuple(("", t) for t in terms)), end, False, True)
        return Phrase(Div(terms[0], terms[1]), end, False, True) if len(terms) == 2 else None

    def extreme(self, kind: str, place: int) -> Phrase | None:
        """``largest of the numbers ⟦z_1, …, z_K⟧``, ``smallest entry of ⟦x⟧``, behind its first word."""
        if self.words[place : place + 1] and self.words[place] in _PARTS:
            place += 1
        if not self.at(place, "of") and not self.at(place, "among"):
            return None
        among = self.mention(self.articles(place + 1))
        of = None if among is None else _all_of(among.term)
        if among is None or of is None:
            return None
        letters = [i.name for i in of.subs if i.name]
        one = letters and len(of.subs) == 1 and of.example is None
        term: Term = Big(kind, letters[0], None, None, of) if one else Call(Ref(kind), (of,))
        return Phrase(term, among.end, False, True) if one or not entries(of) else None

    def summed(self, place: int) -> Phrase | None:
        """``sum over all classes ⟦k⟧ of ⟦V⟧``, behind *over*."""
        index = self.mention(place)
        if index is None or not isinstance(index.term, Ref) or not self.at(index.end, "of"):
            return None
        body = self.factor(index.end + 1)
        letter = index.term.name
        if body is None or letter not in {i.name for r in refs(body.term) for i in entries(r)}:
            return None
        return Phrase(Big("sum", letter, None, None, body.term), body.end, False, True)

    def mention(self, place: int) -> Phrase | None:
        """A formula, perhaps behind the noun that says what it is: ``the learning rate ⟦α⟧``."""
        nouns = 0
        while nouns <= _MOST_NOUNS and place < len(self.words):
            word = self.words[place]
            if word[0] == "⟦":
                found = self.mentions.get(int(word[2:-1]))
                if found is None or len(found.parts) != 1 or word[1] in "XUSDP":
                    return None
                return Phrase(found.parts[0], place + 1)
            if not word[0].isalpha() or _NO_NOUN.fullmatch(word) or not is_harmless(word):
                return None
            nouns, place = nouns + 1, place + 1
        return None


def _all_of(term: Term) -> Ref | None:
    """The quantity whose entries a term names: the ``z_1, …, z_K`` are the ``z_·``."""
    if isinstance(term, Listing) and None in term.items and isinstance(first := term.items[0], Ref):
        numbered = first.subs == (Index("", 1),) and first.example is None
        return Ref(first.name, first.layer, None, (Index(EVERY),), first.time) if numbered else None
    return term if isinstance(term, Ref) else None


def is_computed(term: Term) -> bool:
    """Whether a term is an expression, no name and no number."""
    return isinstance(term, (Add, Mul, Div, Pow, Call, Big, Norm, Branches))


def _over_all(body: Term) -> Term | None:
    """The sum over the one index of a body."""
    letters = {i.name for r in refs(body) for i in entries(r) if i.name}
    return Big("sum", letters.pop(), None, None, body) if len(letters) == 1 else None


def entries(ref: Ref) -> tuple[Index, ...]:
    """The indices by which entries and examples are chosen."""
    return (*ref.subs, *([ref.example] if ref.example else []))


def _call(name: str) -> Callable[[Term], Term]:
    return lambda inner: Call(Ref(name), (inner,))


_FUNCTIONS: list[tuple[tuple[str, ...], Callable[[Term], Term]]] = [
    (("square", "root", "of"), lambda t: Pow(t, _HALF)),
    (("positive", "square", "root", "of"), lambda t: Pow(t, _HALF)),
    (("square", "of"), lambda t: Pow(t, _TWO)),
    (("logarithm", "of"), _call("log")),
    (("natural", "logarithm", "of"), _call("log")),
    (("exponential", "of"), _call("exp")),
    (("reciprocal", "of"), lambda t: Div(_ONE, t)),
]


def head_of(mention: Mention) -> tuple[Ref, tuple[Ref, ...] | None] | None:
    """The quantity, or the function of plain arguments, that a mention names."""
    if len(mention.parts) != 1:
        return None
    term = mention.parts[0]
    if isinstance(term, Call) and not term.primes and not term.keywords:
        args = tuple(a for a in term.args if isinstance(a, Ref))
        return (term.function, args) if len(args) == len(term.args) else None
    found = named(term)
    return (found, None) if isinstance(term, Ref) and found is not None else None
