r"""LaTeX cut up into terms, factors and scripts, each with its place; commands are kept as they are."""

from __future__ import annotations

import re
from functools import lru_cache

from ._layout import Factor, Script, Sequence, Term, Unit

MAX_DEPTH = 30
# Of a longer side there would be too many changes to try.
LONGEST = 1200

_SPACE = re.compile(r"(?:\s|\\[,;:!> ]|\\q?quad\b|~|&(?!\w))+")
_SIZED = r"(?:\\(?:left|right|[bB]igg?[lrm]?)\s*)?"
_OPEN = re.compile(_SIZED + r"(?:\\\{|\\[lv]ert\b|\\lbrace\b|[(\[])")
_CLOSE = re.compile(_SIZED + r"(?:\\\}|\\rbrace\b|[)\]])")
_OP = re.compile(r"\\(?:cdot|times|odot|circ|bullet|ast|otimes|over)(?![A-Za-z])|[*/]|·|×|∘|⊙|@")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_WORD = re.compile(
    r"np\.\w+|[A-Za-z]{3,}(?=\s*(?:\\left\s*)?[_(])|(?:log|exp|tanh|sin|cos|max|ln)(?![A-Za-z])"
)
_LETTER = re.compile(r"[A-Za-z]+(?:\\_[A-Za-z]+)+|d[A-Za-z](?![A-Za-z])|[A-Za-z]|[^\W\d_a-zA-Z]+")
_STYLED = re.compile(
    r"\\(?:mathrm|mathbf|mathit|mathcal|mathsf|mathbb|boldsymbol|bm|text|textbf|textit|operatorname\*?|hat|bar|tilde|vec"
    r"|overline|widehat|widetilde|dot|rm|bf|bold)\s*"
)
_FRACTION = re.compile(r"\\[dt]?frac(?![A-Za-z])\s*")
_ROOT = re.compile(r"\\sqrt(?![A-Za-z])\s*")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|\|)")
_TABLE = re.compile(r"\\begin\{(\w+\*?)\}")
_PRIME = re.compile(r"['’′]+|\\prime(?![A-Za-z])")
_FUNCTIONS = re.compile(
    r"\\(?:log|ln|exp|tanh|sinh|cosh|sin|cos|tan|max|min|sigma|phi|operatorname|mathrm|text)\b|np\.|[A-Za-z]{3,}$|[gfhφσ]$"
)
_ARGUMENT = re.compile(r"\(\s*[A-Za-z]\s*\)")
_NAMED = re.compile(r"[A-Za-z]|\\(?:math|bold|text|hat|tilde|bar|vec|bm)")
_PREFIX = re.compile(r"\\(?:log|ln|exp|tanh|sinh|cosh|sin|cos|tan)\b|(?:log|exp|tanh|sin|cos|ln)$")


class _Unclear(Exception):
    """The LaTeX is not cut up: brackets that do not close, or a construct that is not known here."""


@lru_cache(maxsize=512)  # the formulas of a document are looked at anew for each one that is refuted
def layout(latex: str) -> Sequence | None:
    """Cut a side up; None where that is beyond us, or the side longer than a person writes.

    Examples
    --------
    >>> [len(term.factors) for term in layout(r"W^T (a - y) + b").terms]
    [2, 1]
    """
    if len(latex) > LONGEST:
        return None
    reader = _Reader(latex)
    try:
        found = reader.sequence(0)
    except (_Unclear, IndexError):
        return None
    return found if reader.at == len(latex) else None


class _Reader:
    def __init__(self, latex: str) -> None:
        self.latex, self.at = latex, 0

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self.latex, self.at)

    def space(self) -> None:
        if (found := self.match(_SPACE)) is not None:
            self.at = found.end()

    def sequence(self, depth: int, stop: re.Pattern[str] | None = None) -> Sequence:
        """Read terms up to what closes them, which is left standing."""
        if depth > MAX_DEPTH:
            raise _Unclear
        self.space()
        start, last, terms = self.at, self.at, []
        while self.at < len(self.latex) and not (stop is not None and self.match(stop)):
            sign = (self.at, self.at)
            if self.latex[self.at] in "+-−":
                sign = (self.at, self.at + 1)
                self.at += 1
                self.space()
            found = self.product(depth, stop)
            if not found:
                raise _Unclear
            terms.append(Term(sign, found))
            last = found[-1].end
        return Sequence(start, last, tuple(terms))

    def product(self, depth: int, stop: re.Pattern[str] | None) -> tuple[Factor, ...]:
        found: list[Factor] = []
        while self.at < len(self.latex) and not (stop is not None and self.match(stop)):
            if self.latex[self.at] in "+-−":
                break
            op = (self.at, self.at)
            if (sign := self.match(_OP)) is not None:
                op = sign.span()
                self.at = sign.end()
                self.space()
            found.append(Factor(op, self.function(depth)))
            self.space()
        return tuple(found)

    def function(self, depth: int) -> tuple[Unit, ...]:
        """A unit, and its argument if it is the name of a function."""
        first = self.unit(depth)
        base = self.latex[first.start : first.stop]
        primed = any(
            s.kind == "'" or "'" in self.latex[s.start : s.end] or "prime" in self.latex[s.start : s.end]
            for s in first.scripts
        )
        before = self.at
        self.space()
        called = primed or _FUNCTIONS.match(base) or (first.kind == "letter" and self.match(_ARGUMENT))
        if called and self.match(_OPEN) and not self.match(_PRIME):
            return (first, self.unit(depth))
        ends = self.match(_OPEN) or self.match(_OP) or self.match(_CLOSE)
        named = base == "d" and not first.scripts and _NAMED.match(self.latex, self.at)  # d Z, d\bold Z
        if (
            (named or _PREFIX.match(base))
            and not ends
            and self.latex[self.at : self.at + 1] not in (*"+-−)]}&", "")
        ):
            return (first, *self.function(depth))
        self.at = before
        return (first,)

    def unit(self, depth: int) -> Unit:
        start = self.at
        kind, inside = self.base(depth)
        stop = end = self.at
        scripts: list[Script] = []
        while True:
            self.space()
            script = self.script(depth)
            if script is None:
                break
            scripts.append(script)
            end = self.at
        self.at = end
        return Unit(kind, start, stop, end, tuple(scripts), inside)

    def base(self, depth: int) -> tuple[str, tuple[Sequence, ...]]:
        if self.at >= len(self.latex):
            raise _Unclear
        if (found := self.match(_TABLE)) is not None:
            close = self.latex.find(f"\\end{{{found[1]}}}", self.at)
            if close < 0:
                raise _Unclear
            self.at = close + len(f"\\end{{{found[1]}}}")
            return "table", ()
        if (found := self.match(_FRACTION)) is not None:
            self.at = found.end()
            return "frac", (self.argument(depth), self.argument(depth))
        if (found := self.match(_ROOT)) is not None:
            self.at = found.end()
            return "sqrt", (self.argument(depth),)
        if (found := self.match(_STYLED)) is not None:
            self.at = found.end()
            self.argument(depth, words=True)
            return "command", ()
        if (found := self.match(_OPEN)) is not None:
            self.at = found.end()
            inner = self.sequence(depth + 1, _CLOSE)
            self.closed(_CLOSE)
            return "group", (inner,)
        if self.latex[self.at] == "{":
            return "braces", (self.argument(depth),)
        for kind, pattern in (
            ("number", _NUMBER),
            ("word", _WORD),
            ("letter", _LETTER),
            ("command", _COMMAND),
        ):
            if (found := self.match(pattern)) is not None:
                if found.group() in ("\\right", "\\end"):
                    raise _Unclear
                self.at = found.end()
                return kind, ()
        if self.latex[self.at] in ",;|.=<>":
            self.at += 1
            return "mark", ()
        raise _Unclear

    def closed(self, pattern: re.Pattern[str]) -> None:
        if (found := self.match(pattern)) is None:
            raise _Unclear
        self.at = found.end()

    def argument(self, depth: int, words: bool = False) -> Sequence:
        """``{...}`` or the one character that stands for it."""
        self.space()
        if self.latex[self.at] != "{":
            start = self.at
            found = self.match(_COMMAND)
            self.at = found.end() if found is not None else self.at + 1
            kind = "letter" if self.latex[start:].isalpha() else "number"
            unit = Unit(kind, start, self.at, self.at, ())
            return Sequence(start, self.at, (Term((start, start), (Factor((start, start), (unit,)),)),))
        self.at += 1
        start = self.at
        if not words:
            try:
                found_inside = self.sequence(depth + 1, _BRACE)
                self.closed(_BRACE)
                return found_inside
            except _Unclear:
                self.at = start
        level = 1
        while level:
            char = self.latex[self.at]
            level += {"{": 1, "}": -1}.get(char, 0)
            self.at += 2 if char == "\\" else 1
        return Sequence(start, self.at - 1, ())

    def script(self, depth: int) -> Script | None:
        start = self.at
        if (found := self.match(_PRIME)) is not None:
            self.at = found.end()
            return Script("'", start, self.at, None)
        if start < len(self.latex) and self.latex[start] in "^_":
            self.at += 1
            inside = self.argument(depth)
            return Script(self.latex[start], start, self.at, inside)
        return None


_BRACE = re.compile(r"\}")
