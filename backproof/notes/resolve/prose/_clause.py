r"""A clause of prose as text in which every formula is a token that tells what kind of formula it is.

``Column $i$ of $dZ$ is the gradient of $J$`` becomes ``column ⟦I0⟧ of ⟦G1⟧ is the gradient of ⟦L2⟧``, so that a rule is
one regular expression.
A rule that uses a stretch of text marks it as understood; what is left over is known to be left over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from .._lexicon import Lexicon, is_loss
from .._terms import (
    Call,
    Derivative,
    Entry,
    Gradient,
    Listing,
    Mul,
    Norm,
    Number,
    Prime,
    Ref,
    Term,
    Transpose,
    refs,
)
from ._chinese import in_order
from ._needed import KNOWN, needs
from ._vocabulary import is_harmless


@dataclass(frozen=True)
class Mention:
    """A formula inside prose: its terms by side, its relations, where it stands."""

    parts: tuple[Term, ...]
    relations: tuple[str, ...]
    place: int
    latex: str
    line: int


_NOTHING: Iterator[re.Match[str]] = iter(())


@dataclass(slots=True)
class Clause:
    """A stretch of prose between full stops; ``used`` holds the spans that rules have understood."""

    text: str
    mentions: dict[int, Mention]
    line: int = 0
    used: list[tuple[int, int]] = field(default_factory=list)

    def find(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """All places where a rule applies, outside what another rule has understood."""
        needed = KNOWN.get(id(pattern)) or needs(pattern)
        if (needed.formula and not self.mentions) or not needed.met(self.text):
            return _NOTHING
        found = pattern.finditer(self.text)
        return (m for m in found if not any(a <= m.start() and m.end() <= b for a, b in self.used))

    def everywhere(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """All places where a rule applies, understood or not."""
        needed = KNOWN.get(id(pattern)) or needs(pattern)
        return pattern.finditer(self.text) if needed.met(self.text) else _NOTHING

    def use(self, match: re.Match[str]) -> None:
        """Mark what a rule has matched as understood."""
        self.used.append(match.span())

    def listed(self, text: str | None) -> list[Mention]:
        """The mentions whose tokens stand in a stretch of text."""
        return [self.mentions[int(n)] for n in re.findall(r"⟦\w(\d+)⟧", text or "")]

    def terms(self, text: str | None) -> list[Term]:
        """The terms named in a stretch of text, lists opened; of an equation its left side."""
        return [t for m in self.listed(text) for t in heads(m)]

    def refs(self, text: str | None) -> list[Ref]:
        """The quantities and functions named in a stretch of text."""
        return [r for t in self.terms(text) if (r := named(t)) is not None]

    @property
    def names(self) -> frozenset[str]:
        """The names that the formulas of the clause hold."""
        return frozenset(r.name for m in self.mentions.values() for p in m.parts for r in refs(p))

    @property
    def relations(self) -> frozenset[str]:
        """The relations of the formulas of the clause."""
        return frozenset(r for m in self.mentions.values() for r in m.relations)

    def leftover(self) -> str:
        """The words that no rule has understood and that may change what a formula means."""
        if not self.mentions and all(map(is_harmless, _WORD.findall(self.text))):
            return ""
        kept = []
        described = "⟦E" in self.text  # a formula says what the words around it describe
        text = re.sub(r"⟦\w+⟧", _blank, self.text) if "⟦" in self.text else self.text
        text = _PASSING.sub(_blank, text)
        for match in _WORD.finditer(text):
            word, start, end = match.group(), match.start(), match.end()
            if is_harmless(word) or (word in _ONLY_CALLED and _NAMES.match(self.text, end)):
                continue
            names = _NAMES.match(self.text, end)  # mean μ: μ is not described
            mention = max(self.text.rfind("⟦", 0, start), 0)
            is_it = _IS_IT.match(self.text, mention, start)  # μ is their mean: no formula says which
            shown = _SHOWN.match(self.text, end)  # the cross entropy -y log a; are normalised, x̂ = …
            plain = (described and names is None and is_it is None) or shown is not None
            if plain and is_harmless(word, described=True):
                continue
            last = end if _HANGUL.match(word) is None else start + 2  # particles follow
            if not any(a <= start and last <= b for a, b in self.used):
                kept.append(word)
        return " ".join(kept)


_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_NAMES = re.compile(r" ⟦[QF]\d+⟧(?! ?(?:=|is|are))")
# What is said in passing, and nouns that only say what a name is called.
_PASSING = re.compile(
    r"\bin reverse\b(?: order\b)?|\bin turn\b|\bwithout (?:any |a )?(?:bias(?:es)?|affine part|affine parameters|peepholes?)\b"
    r"|\b(?:lengths?|norms?) need not be (?:one|1|equal)\b|\b(?:keep|dropout|drop|retention) probability(?= )|\bnot proportional to\b|(?<=⟧ )(?:is|are) squared (?:entry by entry|element[- ]?wise|entrywise)(?=$|,|;| and\b)|\bsparse (?:auto-?encoders?|coding|models?|networks?)\b|\b(?:smallest|largest|small|large|tiny) (?:network|net|model|dataset)s?\b|^matrix factori[sz]ation(?=:? )|\b(?:known|given|fixed) (?:mean|variance|covariance)(?= )"
)
_ONLY_CALLED = {"residual", "residuals"}
_HANGUL = re.compile(r"[가-힣]{3,}")
_SHOWN = re.compile(r" (?:function )?(?:is |equals )?(?:the )?⟦V\d+⟧|[,:] ⟦E\d+⟧")
_IS_IT = re.compile(r"⟦[QGF]\d+⟧ (?:is|are|be|denotes|holds|은|는|이)(?: [a-z]+){0,3} $")


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def heads(mention: Mention) -> list[Term]:
    """What a mention names: the items of a list, the left side of an equation."""
    first = mention.parts[0] if mention.parts else None
    if isinstance(first, Listing):
        return [t for t in first.items if t is not None]
    return [first] if first is not None else []


def named(term: Term) -> Ref | None:
    """The quantity or function that a term is, if it is nothing more."""
    match term:
        case Ref():
            return term
        case Call(function, _):
            return function
        case Transpose(of) | Entry(of) | Prime(of):
            return named(of)
    return None


_SIGNS = {"*": "*", "\\cdot": "·", "\\times": "×", "\\odot": "⊙", "\\circ": "∘", "·": "·", "×": "×", "⊙": "⊙",
          "∘": "∘", "\\ast": "*", "\\otimes": "⊗", "\\oslash": "⊘", "\\bullet": "·", "\\star": "*"}  # fmt: skip
_WORDS_FOR_SIGNS = {
    "star": "*",
    "asterisk": "*",
    "dot": "·",
    "juxtaposition": "",
    "circle": "∘",
    "cross": "×",
}


def sign_of(latex: str) -> str | None:
    """The product sign that a formula consists of."""
    plain = re.sub(r"\\text\{([^{}]*)\}", r"\1", latex).strip().strip("{} ")
    return _SIGNS.get(plain.replace("\\*", "*"), {".*": ".*", "\\cdot *": ".*", "./": "./"}.get(plain))


def kind_of(mention: Mention, lexicon: Lexicon) -> str:
    """One letter for what a mention is: the first thing that rules ask about it."""
    if sign_of(mention.latex) is not None:
        return "S"
    if not mention.parts:
        return "P" if re.search(r"'|\\prime", mention.latex) else "U"
    if len(mention.parts) > 1:
        return "E"
    first = mention.parts[0]
    return "X" if _is_shape(first) else _kind(first, lexicon)


def _kind(term: Term, lexicon: Lexicon) -> str:
    match term:
        case Number():
            return "N"
        case Gradient():
            return "G"
        case Derivative():
            return "D"
        case Prime():
            return "P"
        case Call(function, _, primes):
            return "P" if primes else "L" if is_loss(function.name) else "F"
        case Listing(items):
            return next((_kind(t, lexicon) for t in items if t is not None), "Q")
        case Ref(name, layer, example, subs, time):
            if name in lexicon.indices and (layer, example, time) == (None, None, None) and not subs:
                return "I"
            if is_loss(name) and layer is None and name not in lexicon.layers:
                return "L"
            return "F" if name in lexicon.functions else "Q"
        case Transpose(of) | Entry(of):
            return _kind(of, lexicon)
    return "V"


def _is_shape(term: Term) -> bool:
    if isinstance(term, Mul) and len(term.items) == 2 and term.items[1][0] == "×":
        return all(_is_size(t) for _, t in term.items)
    return False


def _is_size(term: Term) -> bool:
    if isinstance(term, Norm):
        return term.order == 0 and isinstance(term.of, Ref)
    return isinstance(term, Ref) or (isinstance(term, Number) and term.value.denominator == 1)


# Column i of dZ, written dZ^(i), is …: how a column of a gradient is written, its superscript says by itself.
_ASIDE = re.compile(
    r"(?<=⟧), (?:also |often |sometimes )?(?:written|denoted|typed)(?: as| by)? ⟦G\d+⟧(?:,|(?= is ))"
    r"|(?<=⟧) \((?:also |often )?(?:written|denoted|typed)(?: as| by)? ⟦G\d+⟧\)"
)


# Factors with no sign between them, in words.
_SIDE_BY_SIDE = re.compile(
    r"(?:whereas |while )?(?:the )?(?:factors|quantities|arrays|vectors|columns|rows|symbols|letters|things|what) (?:(?:that )?(?:is |are )?(?:written |standing |stand |stands |put |set ))?"
    r"(?:directly )?side by side(?: \([^()]{0,40}\))? (?:is |are )(?=multipl)"
)

LONGEST = (
    5_000  # characters: what has no full stop for so long is a table or a list, and is cut between two words
)
_CUT = re.compile(rf"(?s).{{1,{LONGEST}}}(?:(?<=\s)|\Z)|.{{1,{LONGEST}}}")
_PLACE = re.compile(r"⟦(\d+)⟧")
_SPACED = re.compile(r" ([,:)])")


def clauses(words: str, mentions: Sequence[Mention], lexicon: Lexicon) -> list[Clause]:
    """Cut prose at full stops and semicolons; abbreviations and decimals stay whole."""
    kinds = {m.place: kind_of(m, lexicon) for m in mentions}
    pieces = re.split(r"(?<=[^\d\s.])[.;!?]\s+|(?<=⟧)\s*[.;]\s+|(?<=다)\.\s*|[。；]|\s\.\n", words)
    found = []
    for piece in (part for whole in pieces for part in _CUT.findall(whole)):
        text, numbers = piece.lower(), []
        if "⟦" in piece:
            numbers = [int(n) for n in _PLACE.findall(piece) if int(n) < len(mentions)]
            text = _PLACE.sub(lambda m: f"⟦{kinds.get(int(m.group(1)), 'U')}{m.group(1)}⟧", text)
        text = _SPACED.sub(r"\1", " ".join(text.split())).replace("( ", "(").strip()
        text = in_order(_ASIDE.sub("", text)) if numbers else text
        text = _SIDE_BY_SIDE.sub("juxtaposition ", text)
        if text:
            line = mentions[numbers[0]].line if numbers else 0
            found.append(Clause(text, {n: mentions[n] for n in numbers}, line))
    return found


# What rules are written with: {Q} one mention of a kind, {Q+} a row of them, {wrt}, {grad} and the like for words.
_FRAGMENTS = {
    "the": r"(?:(?:the|a|an|its|their|each|every|all|both|any|these|this|that|one|our|some|such) )*",
    "is": r"(?:is|are|be|being|denotes?|names?|means?|stands? for|is short for|are short for|is called|represents?"
    r"|is written|is the name of|denoting|designates?|holds?|contains?|collects?|gives?|has|have|carries|consists? of)",
    "grad": r"(?:partial |total |usual |corresponding )*(?:gradients?|derivatives?|partials|slopes?)",
    "wrt": r"(?:with respect to|w\.?r\.?t\.?|in|by|at|to)",
    "entries": r"(?:the )?(?:single |individual )?(?:entries|entry|components?|elements?|coordinates?) ⟦?\w*⟧? ?(?:of|in) ",
    "column": r"(?:the |same |that |this |each |every )*(?:⟦I\d+⟧ ?-?(?:th|-th)? )?(?:columns?|rows?)(?: (?:number )?⟦I\d+⟧)? ?(?:of|in) ",
    "example": r"(?:training )?(?:examples?|samples?|instances?|images?|observations?|cases?|data ?points?|records?)",
}


@cache
def rule(template: str) -> re.Pattern[str]:
    """Compile a rule from words, ``{Q}`` for a mention of a kind, ``{QG+}`` for a row of mentions, and fragments."""

    def write(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in _FRAGMENTS:
            return _FRAGMENTS[name]
        kinds = name.rstrip("+")
        one = rf"⟦[{kinds}]\d+⟧"
        if name.endswith("+"):
            # After "and", a name that a verb in the singular follows begins a new statement.
            more = rf"(?:(?:, ?|,? (?:or|as well as) |와 ?|과 ?|및 ?| )(?:of |in |the )*{one}(?! (?:is (?:the|a)|its|denotes|means|stands|represents) )|,? and (?:of |in |the )*{one}(?! (?:is|that|its) ))*"
            return f"({one}{more})"
        return f"({one})"

    return re.compile(re.sub(r"\{(\w+\+?)\}", write, template))
