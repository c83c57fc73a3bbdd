r"""One display to its statements: rows, alignment, continued chains, several claims joined by words or arrows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .._errors import LatexError
from ._conditions import opened, with_sets, with_times
from ._grammar import parse_expr
from ._nest import ALIGNED
from ._noise import without_noise
from ._symbols import CONNECTIVES
from ._tokens import Token, tokenize
from ._tree import Expr, Group, Statement

_SEPARATORS = ("⇒",)
_IF = ("if", "when", "for")
_CHAIN = {"=", ":=", "≈", "≡", "<", ">", "≤", "≥", "≠", "∈", "∉", "~", "∝", "≪", "≫", "←", "→", "⊂"}


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
    tokens = without_noise(tokenize(latex))
    if bracket_layers:
        tokens = _raised(tokens)
    tokens = opened(with_sets(_unwrapped(_with_dots(with_times(tokens)))))
    pieces = [piece for row in _rows(tokens) for piece in _split(row)]
    return [
        _statement(piece, latex) for piece in pieces if any(t.kind not in ("TEXT", "QUAD") for t in piece)
    ]


_OPERANDS = {"LETTERS", "NAME", "WORD", "NUMBER", "FUNC", "FRAC", "OPEN", "LB", "BIG", "ACCENT", "SQRT"}


def _raised(tokens: list[Token]) -> list[Token]:
    """Write ``W[l-1]`` as ``W^{[l-1]}``."""
    kept: list[Token] = []
    k = 0
    while k < len(tokens):
        end = _bracketed_index(tokens, k)
        if end and kept and kept[-1].kind in ("LETTERS", "NAME", "WORD", "RB"):
            at = tokens[k].at
            kept += [Token("SUP", "^", at), Token("LB", "{", at), *tokens[k:end], Token("RB", "}", at)]
            k = end
            continue
        kept.append(tokens[k])
        k += 1
    return kept


def _bracketed_index(tokens: Sequence[Token], k: int) -> int:
    """Where ``[l]``, ``[2]`` or ``[l-1]`` ends that starts here; 0 for anything else."""
    if (tokens[k].kind, tokens[k].text) != ("OPEN", "["):
        return 0
    for size in (3, 5):
        inside = tokens[k + 1 : k + size - 1]
        if k + size <= len(tokens) and tokens[k + size - 1].kind == "CLOSE":
            kinds = [t.kind for t in inside]
            letters = all(len(t.text) == 1 for t in inside if t.kind == "LETTERS")
            if letters and kinds in (["LETTERS"], ["NUMBER"], ["LETTERS", "SIGN", "NUMBER"]):
                return k + size
    return 0


def _with_dots(tokens: list[Token]) -> list[Token]:
    """Read a low dot between operands as a product, ``.*`` and ``./`` as entry by entry; row ends in brackets as spaces."""
    kept: list[Token] = []
    depth, tables = 0, 0
    for k, token in enumerate(tokens):
        tables += (token.kind == "BEGIN") - (token.kind == "END")
        depth += (token.kind in ("OPEN", "LB")) - (token.kind in ("CLOSE", "RB"))
        following = tokens[k + 1] if k + 1 < len(tokens) else None
        if token.kind == "ROW" and depth > 0 and not tables:
            continue
        if token.kind == "DOT" and kept and following is not None:
            before = kept[-1].kind in ("LETTERS", "NAME", "WORD", "NUMBER", "CLOSE", "RB", "PRIME")
            if kept[-1].kind == "NUMBER" and (len(kept) == 1 or kept[-2].kind in ("ROW", "AMP", "BEGIN")):
                before = False  # the number of an item in a list
            if before and following.kind == "OP" and following.text in ("*", "/"):
                kept.append(Token("OP", "⊙" if following.text == "*" else "⊘", token.at))
                tokens[k + 1] = Token("SPACE", "", following.at)
                continue
            if before and following.kind == "LETTERS" and following.text in ("shape", "size", "T"):
                if following.text == "T":
                    kept += [Token("SUP", "^", token.at), following]
                else:
                    kept.append(Token("SHAPE", "shape", token.at))
                tokens[k + 1] = Token("SPACE", "", following.at)
                continue
            if before and following.kind in _OPERANDS:
                kept.append(Token("OP", "·", token.at))
                continue
        if token.kind == "DOTS" and kept and following is not None:
            ends = (kept[-1].kind, following.kind)
            if ends[0] in ("NUMBER", "LETTERS") and ends[1] in ("NUMBER", "LETTERS"):  # 1...K
                kept += [Token("COMMA", ",", token.at), token, Token("COMMA", ",", token.at)]
                continue
        if token.kind != "SPACE":
            kept.append(token)
    return kept


def _unwrapped(tokens: list[Token]) -> list[Token]:
    """Open up the environments that only align, and the braces that only colour or frame."""
    kept: list[Token] = []
    opened: list[bool] = []
    for k, token in enumerate(tokens):
        if token.kind == "BEGIN":
            opened.append(_only_aligns(tokens, k))
            if opened[-1]:
                if kept and kept[-1].kind == "OPEN" and not _closes(tokens, k):
                    kept.pop()  # the brace of a system of equations
                continue
        elif token.kind == "END" and opened and opened.pop():
            kept.append(Token("ROW", "\\\\", token.at))
            continue
        kept.append(token)
    while (pair := _frame(kept)) is not None:
        del kept[pair[1]], kept[pair[0]]
    return kept


def _only_aligns(tokens: Sequence[Token], begin: int) -> bool:
    """Whether an environment holds statements rather than entries or branches."""
    name = tokens[begin].text
    if name in ALIGNED:
        return True
    if name not in ("array", "matrix", "cases", "dcases", "rcases"):
        return False
    rows: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[begin + 1 :]:
        if token.kind == "END" and depth == 0:
            break
        depth += _depth(token)
        if token.kind == "ROW" and depth == 0:
            rows.append([])
        else:
            rows[-1].append(token)
    cells = [row for row in rows if row]
    if name in ("array", "matrix"):
        return any(_has_relation(row) for row in cells)
    before = [t for t in tokens[:begin] if t.kind not in ("OPEN", "QUAD", "TEXT", "BEGIN", "LB")]
    return not before and all(
        any(t.text == "=" and t.kind == "REL" for t in _first_cell(row)) for row in cells
    )


def _first_cell(row: list[Token]) -> list[Token]:
    depth = 0
    for k, token in enumerate(row):
        depth += _depth(token)
        if token.kind == "AMP" and depth == 0 and k and row[k + 1 : k + 2] and row[k + 1].kind != "REL":
            return row[:k]
    return row


def _closes(tokens: Sequence[Token], begin: int) -> bool:
    """Whether a bracket follows the environment that starts here."""
    depth = 0
    for k in range(begin, len(tokens)):
        depth += (tokens[k].kind == "BEGIN") - (tokens[k].kind == "END")
        if depth == 0:
            return k + 1 < len(tokens) and tokens[k + 1].kind == "CLOSE"
    return False


def _frame(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Braces at the top that hold a relation, and are no argument of a command: ``\\boxed{a = b}``."""
    depth = 0
    for k, token in enumerate(tokens):
        if depth == 0 and token.kind == "LB":
            before = tokens[k - 1].kind if k else ""
            end = _matching(tokens, k)
            argument = before in ("SUP", "SUB", "FRAC", "SQRT", "ACCENT", "STACK", "BRACE", "RB")
            if end is not None and not argument and _has_relation(tokens[k + 1 : end]):
                return k, end
        depth += _depth(token)
    return None


def _matching(tokens: Sequence[Token], start: int) -> int | None:
    depth = 0
    for k in range(start, len(tokens)):
        depth += (tokens[k].kind == "LB") - (tokens[k].kind == "RB")
        if depth == 0:
            return k
    return None


_DEPTHS = {**dict.fromkeys(("OPEN", "LB", "BEGIN"), 1), **dict.fromkeys(("CLOSE", "RB", "END"), -1)}


def _depth(token: Token) -> int:
    return _DEPTHS.get(token.kind, 0)


# What goes on over the cells of a row.
_JOINS = {"REL", "SIGN", "OP", "AMP", "ROW", "LB", "QUAD", "TEXT"}


def _rows(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split at the row ends outside brackets, and join rows that continue the one before."""
    rows: list[list[Token]] = [[]]
    remarks: list[list[Token]] = [[]]
    depth = 0
    for k, token in enumerate(tokens):
        depth += _depth(token)
        if token.kind == "ROW" and depth <= 0:
            rows.append([])
            remarks.append([])
        elif not depth and _fills_cell(tokens, k) and _has_relation(rows[-1]):
            remarks[-1] += [replace(token, kind="TEXT"), Token("QUAD", "", token.at)]
        elif token.kind != "AMP" or depth:
            rows[-1].append(token)
        elif rows[-1]:
            following = [t.kind for t in tokens[k + 1 : k + 3]]
            if not {rows[-1][-1].kind, *following[:1]} & _JOINS and following != ["OPEN", "TEXT"]:
                # Where another statement follows, it is one of its own.
                rows[-1].append(Token("QUAD", "", token.at))
    joined: list[list[Token]] = []
    for row, said in zip(rows, remarks, strict=True):
        row = _without_comment(row)
        if not row:
            continue
        if joined and (_continues(row) or _unfinished(joined[-1])):
            joined[-1] = [*said, *joined[-1], *row]
        else:
            joined.append([*said, *row])
    return joined


def _fills_cell(tokens: Sequence[Token], k: int) -> bool:
    """Whether words fill the last cell of a row: a remark on the step, unless they say when it holds."""
    before = tokens[k - 1].kind if k else ""
    after = tokens[k + 1].kind if k + 1 < len(tokens) else "ROW"
    words = tokens[k].kind in ("TEXT", "WORD") and before == "AMP" and after == "ROW"
    return words and not set(tokens[k].text.lower().split()[:1]) & CONNECTIVES


def _without_comment(row: list[Token]) -> list[Token]:
    """Drop what an arrow to the left and words say about the row."""
    for k, token in enumerate(row):
        if token.kind == "REL" and token.text == "←":
            after = [t for t in row[k + 1 :] if t.kind != "QUAD"]
            if k and after and after[0].kind in ("TEXT", "WORD"):
                return [t for t in row[:k] if t.kind != "QUAD"]
    return row


def _continues(row: list[Token]) -> bool:
    first = row[0]
    if first.kind == "REL":
        return first.text in _CHAIN
    if first.kind == "SIGN":
        return not any(t.kind == "REL" for t in row) or first.text == "+"
    return first.kind == "OP"


def _unfinished(row: list[Token]) -> bool:
    return row[-1].kind in ("REL", "SIGN", "OP") and row[-1].text != "⇒"


def _split(row: list[Token]) -> list[list[Token]]:
    """Split a row where a new statement starts: an arrow, words, a wide space, a comma between relations."""
    if _conditional(row):
        return [row]
    pieces: list[list[Token]] = [[]]
    depth = 0
    for k, token in enumerate(row):
        depth += _depth(token)
        new = depth == 0 and (
            (token.kind == "REL" and token.text in _SEPARATORS)
            or (
                token.kind == "REL"
                and token.text == "→"
                and _has_relation(pieces[-1])
                and _has_relation(row[k + 1 :])
            )
            or token.kind == "SEMI"
            or (
                token.kind in ("TEXT", "QUAD")
                and pieces[-1]
                and pieces[-1][-1].kind != "REL"
                and _has_relation(pieces[-1])
                and _starts_statement(row[k + 1 :])
            )
            or (token.kind == "COMMA" and _has_relation(pieces[-1]) and _starts_statement(row[k + 1 :]))
        )
        if new:
            pieces.append([token] if token.kind == "TEXT" else [])
        else:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def _conditional(row: list[Token]) -> bool:
    return sum(_is_condition(t) and not _depth_at(row, k) for k, t in enumerate(row)) > 1


def _is_condition(token: Token) -> bool:
    return token.kind in ("TEXT", "WORD") and token.text.split()[-1] in _IF


def _has_relation(tokens: Sequence[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += _depth(token)
        if depth == 0 and token.kind == "REL":
            return True
    return False


def _starts_statement(rest: Sequence[Token]) -> bool:
    """Whether a relation follows before the next separator, with something on its left."""
    depth = 0
    for k, token in enumerate(rest):
        depth += _depth(token)
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
    tokens = _balanced(_with_shape(_trimmed(_with_cases(_without_asides(tokens)))))
    sides: list[list[Token]] = [[]]
    relations: list[str] = []
    depth = 0
    for token in tokens:
        depth += _depth(token)
        if depth == 0 and token.kind == "REL":
            relations.append(token.text)
            sides.append([])
        else:
            sides[-1].append(token)
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


def _with_sizes(tokens: list[Token]) -> list[Token]:
    """Read ``\\dim(W) = …`` and ``shape(W) = …`` as ``W.shape = …``."""
    kinds = [t.kind for t in tokens]
    names = kinds[:2] in (["FUNC", "OPEN"], ["LETTERS", "OPEN"], ["WORD", "OPEN"])
    if not names or tokens[0].text not in ("dim", "shape", "size"):
        return tokens
    depth = 0
    for k, token in enumerate(tokens[1:], 1):
        depth += _depth(token)
        if depth == 0:
            told = k + 1 < len(tokens) and (tokens[k + 1].kind, tokens[k + 1].text) == ("REL", "=")
            inside = tokens[2:k]
            return (
                [*inside, Token("SHAPE", "shape", token.at), *tokens[k + 1 :]] if told and inside else tokens
            )
    return tokens


def _with_shape(tokens: list[Token]) -> list[Token]:
    """``W, b: (n, m)`` states a shape."""
    colon = next((k for k, t in enumerate(tokens) if t.kind == "COLON" and not _depth_at(tokens, k)), None)
    if colon is None or _has_relation(tokens) or colon + 1 >= len(tokens):
        return tokens
    if tokens[colon + 1].kind == "OPEN" and tokens[-1].kind == "CLOSE":
        return [*tokens[:colon], Token("REL", "=", tokens[colon].at), *tokens[colon + 1 :]]
    return tokens


def _balanced(tokens: list[Token]) -> list[Token]:
    """Drop a closing bracket that nothing opens, at the end of a side."""
    kept: list[Token] = []
    depth = 0
    for k, token in enumerate(tokens):
        following = tokens[k + 1].kind if k + 1 < len(tokens) else "REL"
        if token.kind == "CLOSE" and depth == 0 and following == "REL":
            continue
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


# Words of remarks that authors put behind a formula in brackets, without upright type.
_REMARKS = {
    "element", "elementwise", "entrywise", "product", "multiplication", "chain", "rule", "hadamard", "matrix",
    "definition", "broadcast", "broadcasting", "backprop", "derivative", "vectorized", "vectorised",
}  # fmt: skip


def _without_asides(tokens: list[Token]) -> list[Token]:
    """Drop brackets that hold nothing but words."""
    kept: list[Token] = []
    opened: list[int] = []
    tables = 0
    for k, token in enumerate(tokens):
        kept.append(token)
        tables += (token.kind == "BEGIN") - (token.kind == "END")
        if token.kind == "OPEN":
            opened.append(len(kept) - 1)
        elif token.kind == "CLOSE" and opened:
            start = opened.pop()
            following = tokens[k + 1 : k + 2]
            last = not following or following[0].kind in ("REL", "ROW", "COMMA", "DOT", "QUAD", "TEXT")
            inside = kept[start + 1 : -1]
            if start and last and (_is_remark(kept[start - 1], inside) or (_is_range(inside) and not tables)):
                del kept[start:]
    return kept


def _is_range(inside: list[Token]) -> bool:
    """``(l < L)`` behind a formula says for which layers it holds."""
    kinds = [t.kind for t in inside]
    simple = all(k in ("LETTERS", "NUMBER", "REL", "SIGN", "COMMA", "DOTS") for k in kinds)
    order = any(t.kind == "REL" and t.text in "<>≤≥" for t in inside)
    return simple and order and all(t.text in "lLijktTKmnN" for t in inside if t.kind == "LETTERS")


def _is_remark(before: Token, inside: list[Token]) -> bool:
    if not inside or any(t.kind not in ("LETTERS", "NAME", "WORD", "TEXT", "SIGN", "QUAD") for t in inside):
        return False
    if len(inside) == 1 and inside[0].kind == "TEXT":
        return True
    words = [t.text.lower() for t in inside if t.kind in ("LETTERS", "WORD", "TEXT", "NAME")]
    if any(part in _REMARKS for w in words for part in w.split()):
        return True
    foreign = all(not t.text.isascii() and len(t.text) > 1 for t in inside if t.kind == "NAME")
    return foreign and all(t.kind == "NAME" for t in inside) and before.kind in ("CLOSE", "QUAD", "RB")


def _with_cases(tokens: list[Token]) -> list[Token]:
    r"""Write ``0 \text{ if } z < 0; 1 \text{ if } z > 0`` as an environment of cases."""
    words = [k for k, t in enumerate(tokens) if _is_condition(t) and not _depth_at(tokens, k)]
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
        depth += _depth(token)
        if depth == 0 and token.kind == "COMMA":
            items.append([])
        else:
            items[-1].append(token)
    if len(items) == 1:
        return parse_expr(tokens, latex)
    return Group(",", tuple(parse_expr(item, latex) for item in items if item), (), tokens[0].at)


def _trimmed(tokens: list[Token]) -> list[Token]:
    """Take off the punctuation, list numbers and words around a statement."""
    kept = list(tokens)
    if len(kept) > 1 and kept[0].kind == "TEXT" and kept[1].kind == "REL" and kept[1].text in _CHAIN:
        kept[0] = Token("WORD", kept[0].text, kept[0].at)  # words that name a quantity
    while kept and kept[0].kind in ("TEXT", "QUAD", "COMMA", "SEMI", "DOT", "COLON"):
        kept.pop(0)
    if len(kept) > 3 and kept[0].kind == "NUMBER" and kept[1].kind in ("DOT", "COLON"):
        kept = kept[2:]
    if (
        len(kept) > 4
        and [t.kind for t in kept[:3]] == ["OPEN", "NUMBER", "CLOSE"]
        and kept[3].kind in ("QUAD", "TEXT")
    ):
        kept = kept[4:]
    cut = next((k for k, t in enumerate(kept) if k and t.kind in ("TEXT",) and _depth_at(kept, k) == 0), None)
    if cut is not None and not _has_relation(kept[cut:]):
        kept = kept[:cut]
    while kept and kept[-1].kind in ("TEXT", "QUAD", "COMMA", "SEMI", "DOT", "COLON"):
        kept.pop()
    kept = _without_number(kept)
    return [t for t in kept if t.kind != "QUAD"] if kept else [Token("DOT", ".", 0)]


def _without_number(tokens: list[Token]) -> list[Token]:
    """Drop the number of a formula that its author set by hand: a wide space, and ``(4)`` or ``(BP1)`` at the end."""
    kinds = [t.kind for t in tokens]
    for size in (3, 4):
        inside = kinds[-size + 1 : -1]
        framed = len(tokens) > size + 1 and kinds[-size] == "OPEN" and kinds[-1] == "CLOSE"
        plain = "NUMBER" in inside and set(inside) <= {"NUMBER", "LETTERS", "NAME", "WORD"}
        if framed and plain and kinds[-size - 1] == "QUAD":
            return tokens[: -size - 1]
    return tokens


def _depth_at(tokens: Sequence[Token], end: int) -> int:
    return sum(_depth(t) for t in tokens[:end])
