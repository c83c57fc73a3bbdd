"""A display to its rows: what only aligns is opened, rows that go on are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ._asides import CHAIN
from ._nest import ALIGNED
from ._nesting import has_relation, matching_brace, nesting
from ._symbols import CONNECTIVES
from ._tokens import Token


def unwrap(tokens: list[Token]) -> list[Token]:
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
        depth += nesting(token)
        if token.kind == "ROW" and depth == 0:
            rows.append([])
        else:
            rows[-1].append(token)
    cells = [row for row in rows if row]
    if name in ("array", "matrix"):
        return any(has_relation(row) for row in cells)
    before = [t for t in tokens[:begin] if t.kind not in ("OPEN", "QUAD", "TEXT", "BEGIN", "LB")]
    return not before and all(
        any(t.text == "=" and t.kind == "REL" for t in _first_cell(row)) for row in cells
    )


def _first_cell(row: list[Token]) -> list[Token]:
    depth = 0
    for k, token in enumerate(row):
        depth += nesting(token)
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
            end = matching_brace(tokens, k)
            argument = before in ("SUP", "SUB", "FRAC", "SQRT", "ACCENT", "STACK", "BRACE", "RB")
            if end is not None and not argument and has_relation(tokens[k + 1 : end]):
                return k, end
        depth += nesting(token)
    return None


# What goes on over the cells of a row.
_JOINS = {"REL", "SIGN", "OP", "AMP", "ROW", "LB", "QUAD", "TEXT"}


def rows_of(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split at the row ends outside brackets, and join rows that continue the one before."""
    rows: list[list[Token]] = [[]]
    remarks: list[list[Token]] = [[]]
    depth = 0
    behind = 0
    for k, token in enumerate(tokens):
        if k < behind:
            continue
        if token.kind == "OPEN" and not depth and has_relation(rows[-1]) and _is_complete(rows[-1]):
            behind = _bracket_end(tokens, k)
            if behind:
                continue
        depth += nesting(token)
        if token.kind == "ROW" and depth <= 0:
            rows.append([])
            remarks.append([])
        elif not depth and has_relation(rows[-1]) and (behind := _remark_end(tokens, k)):
            words = " ".join(t.text for t in tokens[k:behind] if t.kind == "TEXT")
            remarks[-1] += [Token("TEXT", words, token.at), Token("QUAD", "", token.at)]
        elif not depth and (_fills_cell(tokens, k) or _is_bracketed(tokens, k)) and has_relation(rows[-1]):
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


def _is_complete(row: Sequence[Token]) -> bool:
    """Whether a row ends with no sign that wants something behind it."""
    last = next((t for t in reversed(row) if t.kind != "QUAD"), None)
    return last is not None and last.kind not in ("SIGN", "OP", "REL")


def _bracket_end(tokens: Sequence[Token], k: int) -> int:
    r"""Where a bracket ends that is a last cell by itself, ``& (n \\times m)``: a remark on the row; 0 for others."""
    if tokens[k].kind != "OPEN" or tokens[k].text != "(" or not k or tokens[k - 1].kind != "AMP":
        return 0
    depth = 0
    for j in range(k, len(tokens)):
        depth += nesting(tokens[j])
        if not depth:
            last = j + 1 == len(tokens) or tokens[j + 1].kind == "ROW"
            return j + 1 if last and not has_relation(tokens[k:j]) else 0
    return 0


def _fills_cell(tokens: Sequence[Token], k: int) -> bool:
    """Whether words fill the last cell of a row: a remark on the step, unless they say when it holds."""
    before = tokens[k - 1].kind if k else ""
    after = tokens[k + 1].kind if k + 1 < len(tokens) else "ROW"
    words = tokens[k].kind in ("TEXT", "WORD") and before == "AMP" and after == "ROW"
    return words and not set(tokens[k].text.lower().split()[:1]) & CONNECTIVES


def _remark_end(tokens: Sequence[Token], k: int) -> int:
    r"""Where a last cell ends that is a remark with formulas, ``\text{(it passes where } a > 0\text{)}``; 0 for others."""
    words = tokens[k].text.lower().lstrip("( ").split()
    opens = tokens[k].kind == "TEXT" and tokens[k].text.startswith("(") and k and tokens[k - 1].kind == "AMP"
    if not opens or not words or words[0] in CONNECTIVES:
        return 0
    end = next((j for j in range(k, len(tokens)) if tokens[j].kind in ("ROW", "AMP")), len(tokens))
    last = tokens[end - 1]
    closed = last.kind == "TEXT" and last.text.rstrip(" .,").endswith(")")
    closed = closed or (
        last.kind == "CLOSE" and sum(map(nesting, tokens[k:end])) < 0
    )  # \text{)} is a bracket
    return end if end > k + 1 and closed else 0


def _is_bracketed(tokens: Sequence[Token], k: int) -> bool:
    r"""``\text{(by the chain rule)}`` at the end of a row: a remark, unless it says when the row holds."""
    token, after = tokens[k], tokens[k + 1].kind if k + 1 < len(tokens) else "ROW"
    before = tokens[k - 1].kind if k else "REL"
    if token.kind != "TEXT" or after != "ROW" or before in ("REL", "SIGN", "OP", "SUB", "SUP", "ROW"):
        return False
    words = token.text.strip()
    inside = words[1:-1].strip() if words[:1] + words[-1:] in ("()", "[]", "（）", "【】") else ""
    first = set(inside.lower().split()[:1])
    return (
        bool(inside)
        and not first & (CONNECTIVES - {"by", "since", "because"})
        and inside[0] not in "当若如當"
    )


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
        return first.text in CHAIN
    if first.kind == "SIGN":
        return not any(t.kind == "REL" for t in row) or first.text == "+"
    return first.kind == "OP"


def _unfinished(row: list[Token]) -> bool:
    return row[-1].kind in ("REL", "SIGN", "OP") and row[-1].text != "⇒"
