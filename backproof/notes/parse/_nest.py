r"""Tokens to tokens that carry their scripts, matrices and cases: the part of LaTeX that is not a grammar.

``x^{..}_{..}`` becomes ``x`` followed by two script tokens whose value is the raw tokens within, because what a
script means (layer, example, power, transpose, prime, limit) is decided later, with the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._errors import LatexError
from ._symbols import CONNECTIVES
from ._tokens import Token

MATRICES = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "smallmatrix", "array", "Vmatrix"}
CASES = {"cases", "dcases", "rcases"}
ALIGNED = {"aligned", "align", "split", "gathered", "gather", "eqnarray", "equation", "alignat", "alignedat", "multline",
           "displaymath", "math", "flalign", "subequations"}  # fmt: skip


@dataclass(slots=True, unsafe_hash=True)
class Nested:
    """A token, or several that belong together: ``kind`` is a terminal of the grammar."""

    kind: str
    text: str
    at: int
    inner: tuple[Token, ...] = ()

    def __str__(self) -> str:
        return (
            self.text
        )  # lark asks every token for it; the representation that it would else get is slow to write


def nest(tokens: Sequence[Token], latex: str) -> list[Nested]:
    """Gather scripts, matrices and cases; drop braces' labels and what is stacked on a symbol."""
    return _Nester(tokens, latex).run()


class _Nester:
    def __init__(self, tokens: Sequence[Token], latex: str) -> None:
        self.tokens, self.latex, self.at = list(tokens), latex, 0

    def fail(self, message: str) -> LatexError:
        at = self.tokens[self.at].at if self.at < len(self.tokens) else len(self.latex)
        return LatexError(message, self.latex, at)

    def run(self) -> list[Nested]:
        found: list[Nested] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind in ("SUP", "SUB"):
                self.at += 1
                kind = "SUPER" if token.kind == "SUP" else "SUBSC"
                inner = tuple(self.operand())
                if inner:
                    found.append(Nested(kind, "", token.at, inner))
            elif token.kind == "LB" and found and self._only_script():
                self.tokens[self.at : self.at] = self.group()
            elif token.kind == "LB" and found and found[-1].kind == "OPEN" and self._fills_brackets():
                self.tokens[self.at : self.at + 1] = []  # max({0, z})
            elif token.kind == "ACCENT" and found and self._bold_term(token):
                self.at += 1
                self.tokens[self.at : self.at] = self.group()  # a \\mathbf{- b} is a - b in boldface
            elif token.kind == "LB" and self._next_terms(found):
                self.tokens[self.at : self.at] = self.group()  # a {- b} is a - b, and no product
            elif token.kind == "LB" and self._bare_tag(found):
                found.append(Nested("SUPER", "", token.at, tuple(self.group())))
            elif token.kind == "BRACE":
                self.at += 1
                body = self.operand()
                while self.at < len(self.tokens) and self.tokens[self.at].kind in ("SUP", "SUB"):
                    self.at += 1
                    self.operand()
                self.tokens[self.at : self.at] = [
                    Token("LB", "{", token.at),
                    *body,
                    Token("RB", "}", token.at),
                ]
            elif token.kind == "FRAC":
                found.append(Nested("FRAC", "frac", token.at))
                self.at += 1
                self.short_arguments()
            elif token.kind == "STACK":
                self.at += 1
                if token.text in ("substack", "choose"):
                    raise self.fail(f"\\{token.text} is not read")
                self.operand()
            elif token.kind == "BEGIN":
                found.append(self.environment(token))
            elif token.kind == "TEXT" and self._names(token, found):
                found.append(Nested("NAME", " ".join(token.text.split()), token.at))
                self.at += 1
            elif token.kind in ("SPACE", "QUAD", "TEXT"):
                raise self.fail("words stand inside the formula")
            else:
                found.append(Nested(token.kind, token.text, token.at))
                self.at += 1
        return found

    def _names(self, token: Token, found: list[Nested]) -> bool:
        """Whether words are an operand, such as ``\\text{decay rate}`` in a product."""
        following = self.tokens[self.at + 1].kind if self.at + 1 < len(self.tokens) else ""
        words = token.text.lower().split()
        return (
            len(words) <= 4
            and all(w.isalpha() and w not in CONNECTIVES for w in words)
            and (not found or found[-1].kind in ("OP", "SIGN", "OPEN", "LB", "FRAC"))
            and following in ("", "OP", "SIGN", "CLOSE", "RB", "SUB", "SUP")
        )

    def _only_script(self) -> bool:
        """``\\theta{_k}``: braces that hold nothing but a script."""
        following = self.tokens[self.at + 1 : self.at + 2]
        return bool(following) and following[0].kind in ("SUB", "SUP")

    def _next_terms(self, found: list[Nested]) -> bool:
        """Whether braces begin with a sign behind a factor and are the argument of nothing: the next terms."""
        if [t.kind for t in self.tokens[self.at + 1 : self.at + 2]] != ["SIGN"]:
            return False
        scripts = ("SUPER", "SUBSC", "PRIME")
        base = next((t for t in reversed(found) if t.kind not in scripts), None)
        if base is None or base.kind not in _ENDS_FACTOR or _awaits_argument(found):
            return False  # \\sum_i {-y_i}, \\log_2 {-x}
        depth, end = 0, self.at
        for end in range(self.at, len(self.tokens)):
            depth += (self.tokens[end].kind == "LB") - (self.tokens[end].kind == "RB")
            if depth == 0:
                break
        if [t.kind for t in self.tokens[end + 1 : end + 2]] in (["SUP"], ["SUB"], ["PRIME"]):
            raise self.fail("whether the sign in these braces begins a term")
        return True

    def _bold_term(self, token: Token) -> bool:
        """Whether boldface begins with a sign: no factor, but the next terms."""
        following = [t.kind for t in self.tokens[self.at + 1 : self.at + 3]]
        return token.text in ("bf", "sf", "rm") and following == ["LB", "SIGN"]

    def _fills_brackets(self) -> bool:
        """Whether braces hold all that the brackets around them hold; if so their end is dropped."""
        depth = 0
        for k in range(self.at, len(self.tokens)):
            depth += (self.tokens[k].kind == "LB") - (self.tokens[k].kind == "RB")
            if depth == 0:
                closes = k + 1 < len(self.tokens) and self.tokens[k + 1].kind == "CLOSE"
                if closes and any(t.kind == "COMMA" for t in self.tokens[self.at : k]):
                    del self.tokens[k]
                    return True
                return False
        return False

    def _bare_tag(self, found: list[Nested]) -> bool:
        """``W{[1]}``: the caret before a layer is missing."""
        kinds = [(t.kind, t.text) for t in self.tokens[self.at : self.at + 5]]
        return (
            len(kinds) == 5
            and bool(found)
            and found[-1].kind in ("LETTERS", "NAME")
            and kinds[1] == ("OPEN", "[")
            and kinds[2][0] in ("NUMBER", "LETTERS")
            and kinds[3][0] == "CLOSE"
            and kinds[4][0] == "RB"
        )

    def short_arguments(self) -> None:
        r"""``\frac12`` and ``\frac1{2m}``: an argument without braces is one character."""
        at = self.at
        for _ in range(2):
            if at >= len(self.tokens):
                return
            token = self.tokens[at]
            if token.kind in ("NUMBER", "LETTERS") and len(token.text) > 1:
                first = Token(token.kind, token.text[0], token.at)
                self.tokens[at : at + 1] = [first, *_rest(token)]
            if token.kind != "LB":
                at += 1
                continue
            depth = 0
            while at < len(self.tokens):
                depth += (self.tokens[at].kind == "LB") - (self.tokens[at].kind == "RB")
                at += 1
                if depth == 0:
                    break

    def group(self) -> list[Token]:
        """Take ``{...}``; the cursor stands on the brace."""
        start, depth = self.at, 0
        while self.at < len(self.tokens):
            kind = self.tokens[self.at].kind
            depth += (kind == "LB") - (kind == "RB")
            self.at += 1
            if depth == 0:
                return self.tokens[start + 1 : self.at - 1]
        self.at = start
        raise self.fail("a brace is opened and never closed")

    def operand(self) -> list[Token]:
        """Take what one script or one command without braces takes."""
        if self.at >= len(self.tokens):
            raise self.fail("a script is missing")
        token = self.tokens[self.at]
        if token.kind == "LB":
            return self.group()
        if token.kind in ("FRAC", "ACCENT", "SQRT"):
            start = self.at
            self.at += 1
            for _ in range(2 if token.kind == "FRAC" else 1):
                self.operand()
            return self.tokens[start : self.at]
        if token.kind in ("SIGN", "OPEN", "REL", "CLOSE", "AMP", "ROW", "RB", "COMMA", "BEGIN", "END"):
            if token.text in ("+", "-") and token.kind == "SIGN" and self._sign_alone():
                self.at += 1
                return [token]
            raise self.fail("a script of more than one character needs braces")
        self.at += 1
        if token.kind in ("LETTERS", "NUMBER") and len(token.text) > 1:
            if token.kind == "NUMBER":
                raise_at = self.at - 1
                self.at = raise_at
                raise self.fail("only the first digit is in the script: braces are missing")
            # x^lb is x^l b on the page.
            self.tokens[self.at : self.at] = _rest(token)
            return [Token("LETTERS", token.text[0], token.at)]
        return [token]

    def _sign_alone(self) -> bool:
        following = self.tokens[self.at + 1 : self.at + 2]
        return not following or following[0].kind not in (
            "LETTERS",
            "NUMBER",
            "NAME",
            "FUNC",
            "OPEN",
            "LB",
            "FRAC",
        )

    def environment(self, begin: Token) -> Nested:
        start, depth = self.at + 1, 0
        while self.at < len(self.tokens):
            kind = self.tokens[self.at].kind
            depth += (kind == "BEGIN") - (kind == "END")
            self.at += 1
            if depth == 0:
                break
        else:
            self.at = start - 1
            raise self.fail(f"\\begin{{{begin.text}}} is never ended")
        inner = tuple(self.tokens[start : self.at - 1])
        if begin.text in MATRICES:
            return Nested("MATRIX", begin.text, begin.at, inner)
        if begin.text in CASES:
            return Nested("CASES", begin.text, begin.at, inner)
        self.at = start - 1
        raise self.fail(f"the environment {begin.text} does not belong inside a formula")


# What a factor may end with.
_ENDS_FACTOR = {
    "NUMBER",
    "LETTERS",
    "NAME",
    "WORD",
    "RB",
    "CLOSE",
    "SUPER",
    "SUBSC",
    "PRIME",
    "MATRIX",
    "CASES",
    "DOTS",
    "FACTORIAL",
}


def _awaits_argument(found: Sequence[Nested]) -> bool:
    r"""Whether what comes next is the second argument of ``\frac``, or that of ``\sqrt[n]``."""
    closing = {"RB": "LB", "CLOSE": "OPEN"}.get(found[-1].kind)
    at, depth = len(found) - 1, 0
    while closing is not None and at >= 0:
        depth += (found[at].kind == found[-1].kind) - (found[at].kind == closing)
        if depth == 0:
            break
        at -= 1
    return at > 0 and found[at - 1].kind in ("FRAC", "SQRT")


def _rest(token: Token) -> list[Token]:
    rest = token.text[1:]
    kind = "NUMBER" if rest.isdigit() else "LETTERS"
    return [Token(kind, rest, token.at + 1)]


def split_rows(tokens: Sequence[Token]) -> list[list[list[Token]]]:
    """Split a matrix or a table of cases into rows of cells."""
    rows: list[list[list[Token]]] = [[[]]]
    depth = 0
    for token in tokens:
        depth += (token.kind in ("BEGIN", "LB", "OPEN")) - (token.kind in ("END", "RB", "CLOSE"))
        if depth == 0 and token.kind == "ROW":
            rows.append([[]])
        elif depth == 0 and token.kind == "AMP":
            rows[-1].append([])
        else:
            rows[-1][-1].append(token)
    return [row for row in rows if any(row)]


def without_strokes(tokens: Sequence[Token]) -> list[Token]:
    """Drop the strokes that show how the columns or rows of a matrix run: rows of bars, and cells that hold a dash."""
    kept: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "ROW":
            kept.append([])
        else:
            kept[-1].append(token)
    bars = [all(t.kind in ("AMP", "QUAD") or t.text == "|" for t in row) for row in kept]
    if not any(bars) or not all(
        any(t.text == "|" for t in row) for row, is_bar in zip(kept, bars, strict=True) if is_bar
    ):
        return list(tokens)
    rows = [row for row, is_bar in zip(kept, bars, strict=True) if not is_bar]
    return [t for k, row in enumerate(rows) for t in ([Token("ROW", "\\\\", row[0].at)] if k else []) + row]
