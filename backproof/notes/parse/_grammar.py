r"""The grammar of one side of an equation, and the walk from lark's tree to ours.

It is small on purpose: an expression is signed products, a product is factors with or without an operator between
them, a factor is an atom with scripts.
Application, differentiation and the reach of a sum are not syntax in mathematics; they are settled by the document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, cast

from lark import Lark, Tree, UnexpectedInput
from lark import Token as LarkToken
from lark.lexer import Lexer

from .._errors import LatexError
from ._nest import Nested, nest, split_rows, without_strokes
from ._tokens import Token
from ._tree import (
    NO_VALUE,
    Big,
    Case,
    Cases,
    Dots,
    Expr,
    Frac,
    Func,
    Group,
    Letters,
    Matrix,
    Name,
    Num,
    Product,
    Script,
    Scripted,
    Sqrt,
    Sum,
    Test,
)

# So many bold letters side by side are a product; more are a word.
LONGEST_PRODUCT = 4
MOST_FACTORIAL = 20  # a number of nineteen digits

GRAMMAR = r"""
start: expr
     | expr OVER expr           -> over
expr: signs? product (signs product)*
signs: SIGN+
product: factor (OP? factor | OP SIGN factor)*
factor: atom (SUPER | SUBSC | PRIME)* FACTORIAL?
?atom: NUMBER | LETTERS | NAME | WORD | FUNC | BIG | DOTS | MATRIX | CASES
     | LB RB                    -> nothing
     | LB start RB              -> braces
     | OPEN args? CLOSE         -> group
     | FRAC argument argument   -> frac
     | SQRT (OPEN expr CLOSE)? argument -> sqrt
     | ACCENT argument          -> accent
?argument: NUMBER | LETTERS | NAME | WORD | FUNC | LB start RB -> braces
     | ACCENT argument          -> accent
args: arg ((COMMA | SEMI) arg)*
arg: expr (REL expr)?
%declare OVER SIGN OP SUPER SUBSC PRIME NUMBER LETTERS NAME WORD FUNC BIG DOTS MATRIX CASES
%declare LB RB OPEN CLOSE FRAC SQRT ACCENT COMMA SEMI REL FACTORIAL
"""


class _Ready(Lexer):
    """Hand lark the tokens that we have already made."""

    def __init__(self, _conf: object) -> None:
        pass

    def lex(self, data: Any) -> Iterator[LarkToken]:  # type: ignore[override]
        for token in cast(Sequence[Nested], data):
            yield LarkToken(token.kind, token, start_pos=token.at)


# What is an expression by itself.
_LEAVES = {"NUMBER", "LETTERS", "NAME", "WORD", "FUNC", "BIG", "DOTS", "MATRIX", "CASES"}


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer=_Ready, maybe_placeholders=False)


def parse_expr(tokens: Sequence[Token], latex: str) -> Expr:
    """Read the tokens of one side of an equation.

    Raises
    ------
    LatexError
        With the position of the first token that does not fit.
    """
    nested = nest(tokens, latex)
    if not nested:
        at = tokens[0].at if tokens else len(latex)
        raise LatexError("a side of the equation is empty", latex, at)
    if len(nested) == 1 and nested[0].kind in _LEAVES:
        return _Builder(latex).leaf(nested[0])
    try:
        tree = _parser().parse(cast(str, nested))
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        inner = token.value if isinstance(token, LarkToken) else None
        if isinstance(inner, Nested):
            raise LatexError(f"{inner.text or 'a script'!r} does not fit here", latex, inner.at) from None
        raise LatexError("the formula ends too early", latex, len(latex)) from None
    return _Builder(latex).expr(tree)


class _Builder:
    """Lark's tree to ours; keeps the formula for the carets of errors."""

    def __init__(self, latex: str) -> None:
        self.latex = latex

    def expr(self, node: Any) -> Expr:
        if isinstance(node, LarkToken):
            return self.leaf(cast(Nested, node.value))
        build = getattr(self, f"on_{node.data}")
        return cast(Expr, build(node.children))

    def leaf(self, token: Nested) -> Expr:
        kind, text, at = token.kind, token.text, token.at
        if kind == "NUMBER":
            return Num(Fraction(text if not text.startswith(".") else "0" + text), text, at)
        if kind == "LETTERS":
            return Letters(text, at)
        if kind in ("NAME", "WORD"):
            return Name(text, at)
        if kind == "FUNC":
            return Func(text, at)
        if kind == "BIG":
            return Big(text, at)
        if kind == "DOTS":
            return Dots(at)
        if kind == "MATRIX":
            return self.matrix(token)
        return self.cases(token)

    def on_start(self, children: list[Any]) -> Expr:
        return self.expr(children[0])

    def on_over(self, children: list[Any]) -> Expr:
        num = self.expr(children[0])
        return Frac(num, self.expr(children[2]), num.at)

    def on_expr(self, children: list[Any]) -> Expr:
        terms: list[tuple[str, Expr]] = []
        sign = "+"
        for child in children:
            if isinstance(child, Tree) and child.data == "signs":
                minus = sum(cast(Nested, cast(LarkToken, c).value).text == "-" for c in child.children)
                sign = "-" if minus % 2 else "+"
            else:
                terms.append((sign, self.expr(child)))
                sign = "+"
        if len(terms) == 1 and terms[0][0] == "+":
            return terms[0][1]
        return Sum(tuple(terms), terms[0][1].at)

    def on_product(self, children: list[Any]) -> Expr:
        items: list[tuple[str, Expr]] = []
        op, negative = "", False
        for child in children:
            token = child.value if isinstance(child, LarkToken) else None
            if isinstance(token, Nested) and token.kind == "OP":
                op = token.text
            elif isinstance(token, Nested) and token.kind == "SIGN":
                negative = token.text == "-"
            else:
                factor = self.expr(child)
                if negative and items:  # a \\cdot -f(x): the sign goes before, so that f keeps its argument
                    minus = Sum((("-", Num(Fraction(1), "1", factor.at)),), factor.at)
                    items.append(("", minus))
                items.append((op, factor))
                op, negative = "", False
        if len(items) == 1:
            return items[0][1]
        return Product(tuple(items), items[0][1].at)

    def on_factor(self, children: list[Any]) -> Expr:
        if len(children) > 1 and cast(Nested, children[-1].value).kind == "FACTORIAL":
            return self.factorial(self.on_factor(children[:-1]))
        base = self.expr(children[0])
        scripts = []
        for child in children[1:]:
            token = cast(Nested, child.value)
            kind = {"SUPER": "sup", "SUBSC": "sub", "PRIME": "prime"}[token.kind]
            scripts.append(Script(kind, token.inner, token.at))
        if not scripts:
            return base
        if isinstance(base, Scripted):  # an accent over x_i leaves its scripts outside
            return Scripted(base.base, (*base.scripts, *scripts), base.at)
        return Scripted(base, tuple(scripts), base.at)

    def factorial(self, of: Expr) -> Expr:
        """``3!`` is six; ``x!`` is a function of x of which nothing more is known."""
        if isinstance(of, Num) and of.value.denominator == 1 and of.value <= MOST_FACTORIAL:
            value = math.factorial(int(of.value))
            return Num(Fraction(value), str(value), of.at)
        argument = of if isinstance(of, Group) and of.bracket == "(" else Group("(", (of,), (), of.at)
        return Group("{", (Product((("", Name("factorial", of.at)), ("", argument)), of.at),), (), of.at)

    def on_nothing(self, children: list[Any]) -> Expr:
        return Group("{", (), (), cast(Nested, children[0].value).at)

    def on_braces(self, children: list[Any]) -> Expr:
        inner = self.expr(children[1])
        if isinstance(inner, (Num, Letters, Name, Func, Frac, Matrix, Cases, Sqrt)):
            return inner
        return Group("{", (inner,), (), cast(Nested, children[0].value).at)

    def on_group(self, children: list[Any]) -> Expr:
        ends = [cast(LarkToken, children[0]).value, cast(LarkToken, children[-1]).value]
        opened, closed = cast(Nested, ends[0]), cast(Nested, ends[1])
        round_ = {"(", "s"}
        if opened.text != closed.text and not {opened.text, closed.text} <= round_:
            raise LatexError(f"{closed.text!r} does not close {opened.text!r}", self.latex, closed.at)
        args: list[Expr] = []
        keywords: list[tuple[str, Expr]] = []
        if len(children) == 3:
            for arg in cast(Tree[Any], children[1]).children:
                if isinstance(arg, LarkToken):
                    continue
                first, *rest = arg.children
                if not rest:
                    args.append(self.expr(first))
                    continue
                name, relation = self.expr(first), cast(Nested, cast(LarkToken, rest[0]).value)
                if relation.text in ("<", ">", "≤", "≥", "≠") or not isinstance(name, (Letters, Name)):
                    args.append(Test(name, relation.text, self.expr(rest[1]), relation.at))
                    continue
                if relation.text != "=":
                    raise LatexError("a relation stands inside brackets", self.latex, relation.at)
                keywords.append((name.run if isinstance(name, Letters) else name.text, self.expr(rest[1])))
        bracket = "(" if opened.text == "s" else opened.text
        return Group(bracket, tuple(args), tuple(keywords), opened.at, opened.text == closed.text == "s")

    def on_frac(self, children: list[Any]) -> Expr:
        at = cast(Nested, children[0].value).at
        return Frac(self.expr(children[1]), self.expr(children[2]), at)

    def on_sqrt(self, children: list[Any]) -> Expr:
        at = cast(Nested, children[0].value).at
        if len(children) == 2:
            return Sqrt(self.expr(children[1]), None, at)
        return Sqrt(self.expr(children[4]), self.expr(children[2]), at)

    def on_accent(self, children: list[Any]) -> Expr:
        token = cast(Nested, children[0].value)
        return self.accented(token.text, self.expr(children[1]), token.at)

    def accented(self, mark: str, inner: Expr, at: int) -> Expr:
        if isinstance(inner, Group) and inner.bracket == "{" and len(inner.args) == 1:
            inner = inner.args[0]
        # A vector in bold or under an arrow has the name of its entries.
        if mark in ("bf", "vec") and isinstance(inner, Letters) and len(inner.run) == 1:
            return Letters(inner.run, at, True)
        if mark in ("bf", "vec") and isinstance(inner, Name):
            return Name(inner.text, at, True)
        if isinstance(inner, Letters):
            if mark == "bf" and inner.run.isalpha():
                if len(inner.run) > LONGEST_PRODUCT or (inner.run[0] == "d" and len(inner.run) == 2):
                    return Letters(inner.run, at, True)  # a word, or the name of a gradient
                return Product(tuple(("", Letters(c, at, True)) for c in inner.run), at)
            if mark in ("bf", "sf") and len(inner.run) > 1 and not inner.run[1:].isdigit():
                return Product(tuple(("", Name(f"{mark}:{c}", at)) for c in inner.run), at)
            return Name(f"{mark}:{inner.run}", at)
        if mark in ("bf", "vec") and isinstance(inner, Num) and inner.value == 0:
            return inner  # zero, whatever shape it has
        if mark in ("bf", "sf") and isinstance(inner, Num) and inner.digits > 0:
            return inner  # a result that is set in boldface
        if isinstance(inner, (Name, Num)):
            return Name(f"{mark}:{inner.text}", at)
        if isinstance(inner, Scripted):
            powers = [
                s for s in inner.scripts if s.kind == "sup" and all(t.kind == "NUMBER" for t in s.tokens)
            ]
            if mark == "bar" and powers:
                raise LatexError("a bar over a power is not read: it may be a mean", self.latex, at)
            return Scripted(self.accented(mark, inner.base, at), inner.scripts, at)
        if isinstance(inner, Product) and mark in ("bf", "sf"):
            return Product(tuple((op, self.accented(mark, item, at)) for op, item in inner.items), at)
        if isinstance(inner, Product) and mark in ("cal", "bb", "frak"):
            (op, first), *rest = inner.items  # \\mathcal{L(a, y)}: the letter alone is script
            return Product(((op, self.accented(mark, first, at)), *rest), at)
        if mark in ("bf", "sf"):
            return inner  # a stretch of a formula set in boldface means what it says
        raise LatexError("an accent over several symbols is not read", self.latex, at)

    def matrix(self, token: Nested) -> Expr:
        inner = without_strokes(token.inner)
        rows = tuple(tuple(parse_expr(cell, self.latex) for cell in row) for row in split_rows(inner))
        if not rows or len({len(row) for row in rows}) != 1:
            raise LatexError("the rows of the matrix differ in length", self.latex, token.at)
        return Matrix(rows, token.at)

    def cases(self, token: Nested) -> Expr:
        branches = []
        for row in split_rows(token.inner):
            cells = [cell for cell in row if cell]
            if len(cells) == 1:
                cells = _split_case(cells[0])
            if not 1 <= len(cells) <= 2:
                raise LatexError("a branch is a value and a condition", self.latex, token.at)
            condition = tuple(cells[1]) if len(cells) == 2 else ()
            if condition and _is_undefined(cells[0]):
                branches.append(Case(Name(NO_VALUE, token.at), condition))
                continue
            value = [t for t in cells[0] if t.kind not in ("TEXT", "QUAD")]
            while value and value[-1].kind in ("COMMA", "SEMI", "DOT"):
                value.pop()
            if not condition and any(t.kind == "TEXT" for t in cells[0]):
                raise LatexError("the condition of this branch is not read", self.latex, token.at)
            branches.append(Case(parse_expr(value, self.latex), condition))
        return Cases(tuple(branches), token.at)


_UNDEFINED = re.compile(
    r"(?:is |are )?(?:undefined|undef\.?|not defined|does not exist|doesn't exist|dne|no derivative|not differentiable"
    r"|nicht definiert|existiert nicht|non défini|n'existe pas"
    r"|no existe|no definid[oa]|不存在|未定义|未定義|정의되지 ?않음)\.?",
    re.I,
)


def _is_undefined(cell: list[Token]) -> bool:
    r"""``\text{undefined}`` in the place of a value."""
    words = [t for t in cell if t.kind not in ("QUAD", "COMMA")]
    plain = bool(words) and all(t.kind in ("TEXT", "WORD") for t in words)
    return plain and _UNDEFINED.fullmatch(" ".join(t.text.strip() for t in words)) is not None


def _split_case(cell: list[Token]) -> list[list[Token]]:
    """Split ``0, x < 0``, ``0 (x < 0)`` or ``0 \\text{if } x < 0``, written without an ampersand."""
    depth = 0
    for k, token in enumerate(cell):
        if depth == 0 and k and token.kind in ("COMMA", "QUAD", "TEXT"):
            return [cell[:k], cell[k + (token.kind != "TEXT") :]]
        if token.kind == "OPEN" and depth == 0 and k and cell[-1].kind == "CLOSE":
            inside = cell[k + 1 : -1]
            if any(t.kind == "REL" for t in inside):
                return [cell[:k], inside]
        depth += (token.kind in ("OPEN", "LB")) - (token.kind in ("CLOSE", "RB"))
    return [cell]
