r"""What authors write around the mathematics: ``{\cdot}``, words without ``\text``, arrays that are branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ._tokens import Token

# Words that no product of letters spells; they are conditions and not quantities, upright or not.
_WORDS = {"if", "otherwise", "else", "when", "where", "whenever", "for", "and", "unless", "elsewhere", "wenn", "falls",
          "sonst", "sinon", "otherwhise"}  # fmt: skip
_OF_BRANCHES = {
    "si",
    "sinon",
    "sino",
    "se",
    "falls",
    "wenn",
    "sonst",
    "cuando",
    "quand",
    "altrimenti",
    "autrement",
}
_TAKES_AN_ARGUMENT = {"SUP", "SUB", "FRAC", "SQRT", "ACCENT", "STACK", "BRACE"}


def without_noise(tokens: Sequence[Token]) -> list[Token]:
    """Take ``if`` for a word, the braces off a sign, and an array with conditions for branches."""
    found = _with_words(_in_branches(tokens))
    kinds = {t.kind for t in found}
    if "ACCENT" in kinds:
        found = _accented(found)
    if "BRACE" in kinds:
        found = _without_braces_below(found)
    if "LB" in kinds:  # no noise of either kind is without a brace
        found = _raised(_without_idle_braces(found))
    return _as_cases(_without_dashes(found)) if "BEGIN" in kinds else found


def _accented(tokens: Sequence[Token]) -> list[Token]:
    r"""``\hat yx``: without braces an accent takes one letter, and x is a factor."""
    found: list[Token] = []
    for k, token in enumerate(tokens):
        bare = k > 0 and tokens[k - 1].kind == "ACCENT" and token.kind == "LETTERS"
        if bare and len(token.text) > 1 and token.text[1:].isalpha():
            found += [
                replace(token, text=token.text[0]),
                replace(token, text=token.text[1:], at=token.at + 1),
            ]
        else:
            found.append(token)
    return found


def _in_branches(tokens: Sequence[Token]) -> list[Token]:
    r"""``1 \text{ si } x > 0`` in branches: what elsewhere may be a name leads to a condition."""
    found = list(tokens)
    tables: list[str] = []
    for k, token in enumerate(found):
        if token.kind == "BEGIN":
            tables.append(token.text)
        elif token.kind == "END" and tables:
            tables.pop()
        script = k > 1 and found[k - 1].kind == "LB" and found[k - 2].kind in ("SUB", "SUP")
        script = script or (k > 0 and found[k - 1].kind in ("SUB", "SUP"))
        if (
            tables[-1:] == ["cases"]
            and token.kind == "WORD"
            and token.text.lower() in _OF_BRANCHES
            and not script
        ):
            found[k] = replace(token, kind="TEXT")
    return found


def _with_words(tokens: Sequence[Token]) -> list[Token]:
    return [
        replace(t, kind="TEXT") if t.kind == "LETTERS" and t.text.lower() in _WORDS else t for t in tokens
    ]


def _without_braces_below(tokens: Sequence[Token]) -> list[Token]:
    r"""``\underbrace{*}_{\text{elementwise}}``: a sign with a remark below it is the sign."""
    found: list[Token] = []
    k = 0
    while k < len(tokens):
        inside = tokens[k + 1 : k + 4]
        kinds = [t.kind for t in inside]
        if (
            tokens[k].kind != "BRACE"
            or kinds[:1] + kinds[2:] != ["LB", "RB"]
            or kinds[1] not in ("OP", "SIGN", "REL")
        ):
            found.append(tokens[k])
            k += 1
            continue
        found.append(inside[1])
        k += 4
        if k + 1 < len(tokens) and tokens[k].kind in ("SUB", "SUP") and tokens[k + 1].kind == "LB":
            k = _closing(tokens, k + 1) + 1
    return found


def _without_dashes(tokens: Sequence[Token]) -> list[Token]:
    r"""``-(x^{(1)})^T- \\``: the dashes at both ends of a cell draw a row; a minus that nothing follows is none."""
    dropped: set[int] = set()
    start = 0
    for k, token in enumerate(tokens):
        if token.kind not in ("BEGIN", "END", "ROW", "AMP"):
            continue
        if token.kind != "BEGIN" and k - start > 2 and _is_dash(tokens[start]) and _is_dash(tokens[k - 1]):
            dropped |= {start, k - 1}
        start = k + 1
    return [t for k, t in enumerate(tokens) if k not in dropped]


def _is_dash(token: Token) -> bool:
    return token.text.strip() in ("-", "--", "---", "−", "–", "—", "——") and token.kind in ("SIGN", "TEXT")


def _raised(tokens: Sequence[Token]) -> list[Token]:
    """``A{[1]T}``: the caret of a layer in square brackets was forgotten."""
    found: list[Token] = []
    for k, token in enumerate(tokens):
        inside = tokens[k + 1 : k + 4]
        layer = [t.kind for t in inside] in (["OPEN", "NUMBER", "CLOSE"], ["OPEN", "LETTERS", "CLOSE"])
        layer = layer and inside[0].text == "[" and (inside[1].text.isdigit() or inside[1].text in ("l", "L"))
        named = k > 0 and tokens[k - 1].kind in ("LETTERS", "NAME")
        if token.kind == "LB" and layer and named and (k < 2 or tokens[k - 2].kind not in _TAKES_AN_ARGUMENT):
            found.append(replace(token, kind="SUP", text="^"))
        found.append(token)
    return found


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Where the brace that opens at a place is closed."""
    depth = 0
    for k in range(at, len(tokens)):
        depth += (tokens[k].kind == "LB") - (tokens[k].kind == "RB")
        if depth == 0:
            return k
    return len(tokens) - 1


def _without_idle_braces(tokens: Sequence[Token]) -> list[Token]:
    r"""Braces that only hold a sign and what follows it, as in ``a{\cdot{b}}``, a word, or nothing, as in ``(v){}_j``."""
    dropped: set[int] = set()
    starts: list[int] = []
    for k, token in enumerate(tokens):
        if token.kind == "LB":
            starts.append(k)
        elif token.kind == "RB" and starts:
            start = starts.pop()
            argument = start > 0 and tokens[start - 1].kind in _TAKES_AN_ARGUMENT
            inside = tokens[start + 1 : k]
            sign = bool(inside) and (
                inside[0].kind == "OP" or (len(inside) == 1 and inside[0].kind in ("REL", "PRIME"))
            )
            word = bool(inside) and all(t.kind == "TEXT" for t in inside) and tokens[start - 1].kind != "RB"
            alone = len(inside) == 1 and inside[0].kind == "SIGN"  # \\textcolor{red}{-}
            behind = tokens[k + 1].kind if k + 1 < len(tokens) else ""
            empty = not inside and tokens[start - 1].kind == "CLOSE" and behind in ("SUB", "SUP")
            if ((sign or word or alone) and not argument) or (empty and start > 0):
                dropped |= {start, k}
    return [t for k, t in enumerate(tokens) if k not in dropped]


def _as_cases(tokens: Sequence[Token]) -> list[Token]:
    r"""``\left\{ \begin{array}{ll} 1 & x > 0 \\ 0 & \text{otherwise} \end{array} \right.`` lists branches."""
    found = list(tokens)
    dropped: set[int] = set()
    for k, token in enumerate(tokens):
        if token.kind != "BEGIN" or token.text not in ("array", "matrix") or k == 0:
            continue
        end = _end(tokens, k)
        brace = k > 1 and (tokens[k - 1].kind, tokens[k - 1].text) == ("OPEN", "s")
        before = tokens[k - 2] if brace else tokens[k - 1]
        closed = end + 1 < len(tokens) and tokens[end + 1].kind == "CLOSE"
        if before.kind != "REL" or closed or not _lists_branches(tokens[k + 1 : end]):
            continue
        found[k] = replace(token, text="cases")
        found[end] = replace(tokens[end], text="cases")
        if brace:
            dropped.add(k - 1)
    return [t for k, t in enumerate(found) if k not in dropped]


def _end(tokens: Sequence[Token], begin: int) -> int:
    depth = 0
    for k in range(begin, len(tokens)):
        depth += (tokens[k].kind == "BEGIN") - (tokens[k].kind == "END")
        if depth == 0:
            return k
    return len(tokens) - 1


def _lists_branches(inside: Sequence[Token]) -> bool:
    """Whether every row is a value without a relation, and a condition with one or in words."""
    rows: list[list[list[Token]]] = [[[]]]
    depth = 0
    for token in inside:
        depth += (token.kind in ("OPEN", "LB", "BEGIN")) - (token.kind in ("CLOSE", "RB", "END"))
        if token.kind == "ROW" and depth == 0:
            rows.append([[]])
        elif token.kind == "AMP" and depth == 0:
            rows[-1].append([])
        else:
            rows[-1][-1].append(token)
    filled = [[cell for cell in row if cell] for row in rows if any(row)]
    return len(filled) > 1 and all(
        len(row) == 2
        and not any(t.kind == "REL" for t in row[0])
        and any(t.kind in ("REL", "TEXT") for t in row[1])
        for row in filled
    )
