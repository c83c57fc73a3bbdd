r"""One display to its statements: rows, alignment, continued chains, several claims joined by words or arrows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .._errors import LatexError
from ._asides import trimmed, without_asides
from ._code import from_code
from ._conditions import opened, with_sets, with_times
from ._displays import rows_of, unwrap
from ._grammar import parse_expr
from ._nesting import has_relation, level_at, nesting
from ._noise import without_noise
from ._spelling import raise_indices, with_dots
from ._tokens import Token, tokenize
from ._tree import Expr, Group, Statement

_SEPARATORS = ("⇒",)
_IF = ("if", "when", "for")


def statements(latex: str, bracket_layers: bool = False) -> list[Statement]:
    r"""Read a formula as the statements it makes.

    A statement that cannot be read comes back with ``error`` set, caret included; the others are unharmed.

    Parameters
    ----------
    latex : str
        The formula without delimiters; environments such as ``aligned`` are allowed.
    bracket_layers : bool
        The document writes ``W[l]`` for ``W^{[l]}``.

    Returns
    -------
    list of Statement

    Raises
    ------
    LatexError
        The formula cannot even be split into tokens.

    Examples
    --------
    >>> two = statements(r"\frac{\partial z}{\partial x} = y \\ \frac{\partial z}{\partial y} = x")
    >>> [len(s.parts) for s in two]
    [2, 2]
    >>> chain = statements(r"a = b \\ = c")
    >>> [len(s.parts) for s in chain]
    [3]
    """
    tokens = without_noise(from_code(tokenize(latex)))
    if bracket_layers:
        tokens = raise_indices(tokens)
    tokens = opened(with_sets(unwrap(with_dots(with_times(tokens)))))
    pieces = [piece for row in rows_of(tokens) for piece in _split(row)]
    return [
        _statement(piece, latex) for piece in pieces if any(t.kind not in ("TEXT", "QUAD") for t in piece)
    ]


def _split(row: list[Token]) -> list[list[Token]]:
    """Split a row where a new statement starts: an arrow, words, a wide space, a comma between relations."""
    if _conditional(row):
        return [row]
    pieces: list[list[Token]] = [[]]
    depth = 0
    for k, token in enumerate(row):
        depth += nesting(token)
        new = depth == 0 and (
            (token.kind == "REL" and token.text in _SEPARATORS)
            or (
                token.kind == "REL"
                and token.text == "→"
                and has_relation(pieces[-1])
                and has_relation(row[k + 1 :])
            )
            or token.kind == "SEMI"
            or (
                token.kind in ("TEXT", "QUAD")
                and pieces[-1]
                and pieces[-1][-1].kind != "REL"
                and has_relation(pieces[-1])
                and _starts_statement(row[k + 1 :])
            )
            or (token.kind == "COMMA" and has_relation(pieces[-1]) and _starts_statement(row[k + 1 :]))
        )
        if new:
            pieces.append([token] if token.kind == "TEXT" else [])
        else:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def _conditional(row: list[Token]) -> bool:
    return sum(_is_condition(t) and not level_at(row, k) for k, t in enumerate(row)) > 1


def _is_condition(token: Token) -> bool:
    return token.kind in ("TEXT", "WORD") and token.text.split()[-1] in _IF


def _starts_statement(rest: Sequence[Token]) -> bool:
    """Whether a relation follows before the next separator, with something on its left."""
    depth = 0
    for k, token in enumerate(rest):
        depth += nesting(token)
        if depth == 0 and token.kind in ("COMMA", "QUAD", "TEXT", "SEMI"):
            if k == 0 or all(t.kind in ("COMMA", "QUAD", "TEXT") for t in rest[:k]):
                continue
            return False
        if depth == 0 and token.kind == "REL":
            return k > 0 and any(t.kind not in ("COMMA", "QUAD", "TEXT") for t in rest[:k])
    return False


def _statement(tokens: list[Token], latex: str) -> Statement:
    start, end = tokens[0].at, tokens[-1].at + len(tokens[-1].text)
    note = " ".join(t.text for t in tokens if t.kind == "TEXT")
    tokens = _with_sizes(tokens)
    shape = any(t.kind == "SHAPE" for t in tokens)
    tokens = [t for t in tokens if t.kind != "SHAPE"]
    tokens = _balanced(_with_shape(trimmed(_with_cases(without_asides(tokens)))))
    sides: list[list[Token]] = [[]]
    relations: list[str] = []
    depth = 0
    for token in tokens:
        depth += nesting(token)
        if depth == 0 and token.kind == "REL":
            relations.append(token.text)
            sides.append([])
        else:
            sides[-1].append(token)
    sides, relations = _with_equal_branches(sides, relations)
    continues = bool(relations) and not sides[0]
    if continues:
        sides = sides[1:]
    try:
        parts: tuple[Expr, ...] = tuple(_side(side, latex, start) for side in sides)
    except LatexError as error:
        return Statement((), tuple(relations), continues, start, end, note, str(error))
    spans = tuple((_start(side[0], latex), _stop(side[-1], latex)) for side in sides)
    ends = [s for s, _ in spans[1:]] + [len(latex)]
    spans = tuple(
        (a, max(b, min(_end_of(latex, a, b), limit))) for (a, b), limit in zip(spans, ends, strict=True)
    )
    return Statement(parts, tuple(relations), continues, start, end, note, "", spans, shape)


def _with_equal_branches(
    sides: list[list[Token]], relations: list[str]
) -> tuple[list[list[Token]], list[str]]:
    r"""``\begin{cases} 1 & x > 0 \\ a = b & x < 0 \end{cases}`` claims that a is b there, besides what it says of a."""
    found: list[list[Token]] = []
    between: list[str] = []
    for k, side in enumerate(sides):
        again = _second_branches(side) if relations else None
        found += [side] if again is None else again
        between += (["="] if again is not None else []) + relations[k : k + 1]
    return found, between


def _second_branches(side: list[Token]) -> list[list[Token]] | None:
    """The branches with what stands before the equals signs in them, and with what stands behind; None without any."""
    whole = bool(side) and (side[0].kind, side[0].text) == ("BEGIN", "cases") and side[-1].kind == "END"
    conditions = any(t.kind in ("AMP", "TEXT") for t in side)
    if not whole or not conditions or sum(t.kind == "BEGIN" for t in side) > 1:
        return None
    first: list[Token] = []
    second: list[Token] = []
    valued, depth, behind, equal = True, 0, False, False
    for token in side:
        depth += nesting(token)
        if token.kind == "ROW":
            valued, behind = True, False
        elif token.kind in ("AMP", "TEXT"):
            valued, behind = False, False
        if valued and depth == 1 and token.kind == "REL":
            if behind or token.text != "=" or not first or first[-1].kind in ("BEGIN", "ROW"):
                return None
            behind = equal = True
            while second and second[-1].kind not in ("BEGIN", "ROW"):
                second.pop()
            continue
        if not behind:
            first.append(token)
        second.append(token)
    return [first, second] if equal else None


def _with_sizes(tokens: list[Token]) -> list[Token]:
    """Read ``\\dim(W) = …`` and ``shape(W) = …`` as ``W.shape = …``."""
    kinds = [t.kind for t in tokens]
    names = kinds[:2] in (["FUNC", "OPEN"], ["LETTERS", "OPEN"], ["WORD", "OPEN"])
    if not names or tokens[0].text not in ("dim", "shape", "size"):
        return tokens
    depth = 0
    for k, token in enumerate(tokens[1:], 1):
        depth += nesting(token)
        if depth == 0:
            told = k + 1 < len(tokens) and (tokens[k + 1].kind, tokens[k + 1].text) == ("REL", "=")
            inside = tokens[2:k]
            return (
                [*inside, Token("SHAPE", "shape", token.at), *tokens[k + 1 :]] if told and inside else tokens
            )
    return tokens


def _with_shape(tokens: list[Token]) -> list[Token]:
    """``W, b: (n, m)`` states a shape."""
    colon = next((k for k, t in enumerate(tokens) if t.kind == "COLON" and not level_at(tokens, k)), None)
    if colon is None or has_relation(tokens) or colon + 1 >= len(tokens):
        return tokens
    if tokens[colon + 1].kind == "OPEN" and tokens[-1].kind == "CLOSE":
        return [*tokens[:colon], Token("REL", "=", tokens[colon].at), *tokens[colon + 1 :]]
    return tokens


def _balanced(tokens: list[Token]) -> list[Token]:
    """Drop a closing bracket that nothing opens, at the end of a side or behind a product.

    Behind a sum it is kept, and not understood: ``a + b) c`` may have lost its other bracket in two places.
    """
    kept: list[Token] = []
    depth, braces, product = 0, 0, True
    for k, token in enumerate(tokens):
        following = tokens[k + 1].kind if k + 1 < len(tokens) else "REL"
        if token.kind == "CLOSE" and depth == 0 and (following == "REL" or product):
            continue
        braces += (token.kind == "LB") - (token.kind == "RB")
        if token.kind == "REL":
            product = True
        elif token.kind == "SIGN" and depth == braces == 0 and kept and kept[-1].kind != "REL":
            product = False
        depth = (
            0
            if token.kind == "REL" and depth < 0
            else depth + (token.kind == "OPEN") - (token.kind == "CLOSE")
        )
        kept.append(token)
    return kept or tokens


# A command with the words that are its argument, or alone.
_WRITTEN = re.compile(r"\\(?:end|text\w*|math\w+|operatorname\*?|boldsymbol|bm)\s*\{[^{}]*\}|\\[A-Za-z]+")


def _start(token: Token, latex: str) -> int:
    r"""Where a token starts in the formula; ``\left`` belongs to its bracket."""
    sized = _SIZED.search(latex, 0, token.at)
    return token.at if sized is None else sized.start()


def _stop(token: Token, latex: str) -> int:
    """Where a token ends in the formula: its text is not what its author wrote."""
    written = _WRITTEN.match(latex, token.at)
    return written.end() if written is not None else token.at + len(token.text)


_SIZED = re.compile(r"\\(?:left|[bB]igg?[lr]?)\s*\Z")


def _end_of(latex: str, start: int, at: int) -> int:
    """Extend a span over the closing braces that belong to it."""
    while at < len(latex) and latex[at] in "})]|":
        opening = {"}": "{", ")": "(", "]": "["}.get(latex[at])
        span = latex[start:at].replace("\\" + latex[at], "")
        if opening is not None and span.count(opening) <= span.count(latex[at]):
            break
        at += 1
    return at


def _with_cases(tokens: list[Token]) -> list[Token]:
    r"""Write ``0 \text{ if } z < 0; 1 \text{ if } z > 0`` as an environment of cases."""
    words = [k for k, t in enumerate(tokens) if _is_condition(t) and not level_at(tokens, k)]
    relations = [k for k, t in enumerate(tokens) if t.kind == "REL"]
    if len(words) < 2 or not relations or relations[0] > words[0]:
        return tokens
    start = max(k for k in relations if k < words[0]) + 1
    rows: list[list[Token]] = [[]]
    for token in tokens[start:]:
        if token.kind in ("SEMI", "COMMA"):
            rows.append([])
        elif _is_condition(token):
            rows[-1].append(Token("AMP", "&", token.at))
        elif token.kind != "QUAD":
            rows[-1].append(token)
    inner = [t for row in rows if row and row[0].kind != "AMP" for t in (*row, Token("ROW", "", row[-1].at))]
    at = tokens[start].at
    return [*tokens[:start], Token("BEGIN", "cases", at), *inner, Token("END", "cases", at)]


def _side(tokens: list[Token], latex: str, start: int) -> Expr:
    if not tokens:
        raise LatexError("a side of the equation is missing", latex, start)
    items: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += nesting(token)
        if depth == 0 and token.kind == "COMMA":
            items.append([])
        else:
            items[-1].append(token)
    if len(items) == 1:
        return parse_expr(tokens, latex)
    return Group(",", tuple(parse_expr(item, latex) for item in items if item), (), tokens[0].at)
