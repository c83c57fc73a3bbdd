r"""Scripts to indices, primes, transposes and powers: ``a^{[1](i)2}``, ``W^{[l]T}``, ``g^{\prime[l]}``, ``w^l_{jk}``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .._errors import LatexError, NotUnderstoodError
from ..parse import Expr, Script, Token, parse_expr
from ._layer_names import example_at_layer
from ._lexicon import Lexicon
from ._terms import Index
from ._windows import read_window

_TRANSPOSES = {"T", "top", "tr"}


@dataclass(frozen=True)
class Marks:
    """What the scripts of one symbol say."""

    layer: Index | None = None
    example: Index | None = None
    subs: tuple[Index, ...] = ()
    primes: int = 0
    transposed: bool = False
    power: Expr | None = None
    label: str = ""
    time: Index | None = None
    raw: tuple[str, ...] = field(default=())


def read_marks(name: str, scripts: Sequence[Script], lexicon: Lexicon, latex: str) -> Marks:
    """Interpret all scripts of a symbol.

    Raises
    ------
    NotUnderstoodError
        A script means nothing known.
    """
    marks = Marks()
    for script in scripts:
        if script.kind == "prime":
            marks = replace(marks, primes=marks.primes + 1)
        elif script.kind == "sub":
            marks = _subscript(name, marks, list(script.tokens), lexicon)
        else:
            marks = _superscript(name, marks, list(script.tokens), lexicon, latex)
    return marks


def read_index(tokens: Sequence[Token], lexicon: Lexicon) -> Index | None:
    """Read ``l``, ``l-1``, ``2``, ``target`` or a label; None for anything longer."""
    tokens = [t for t in tokens if t.kind not in ("LB", "RB", "SPACE")]
    texts = [t.text for t in tokens]
    if not tokens:
        return None
    first = tokens[0]
    if len(tokens) == 1:
        if first.kind == "NUMBER" and texts[0].isdigit():
            return Index("", int(texts[0]))
        if first.kind in ("LETTERS", "NAME", "WORD"):
            known = texts[0] in lexicon.indices or texts[0] in lexicon.layers
            known = known or (texts[0] in lexicon.declared and first.kind == "LETTERS")
            return Index(texts[0], 0, label=not known)
        return None
    kinds = [t.kind for t in tokens]
    if kinds == ["LETTERS", "SUB", "LETTERS"] and texts[2] in lexicon.indices and len(texts[0]) == 1:
        return Index(f"{texts[0]}_{texts[2]}")  # w_{y_i}: the class of example i
    if kinds in (["LETTERS", "SIGN", "NUMBER"], ["NAME", "SIGN", "NUMBER"]) and texts[2].isdigit():
        return Index(texts[0], int(texts[2]) if texts[1] == "+" else -int(texts[2]))
    return read_window(tokens, lexicon)


def _subscript(name: str, marks: Marks, tokens: list[Token], lexicon: Lexicon) -> Marks:
    digits = [t.text for t in tokens if t.kind not in ("LB", "RB")]
    if len(digits) == 1 and digits[0].isdigit() and len(digits[0]) == 2 and name in lexicon.pairs:
        return replace(marks, subs=(*marks.subs, *(Index("", int(c)) for c in digits[0])))
    if (arrow := _arrow(tokens, lexicon)) is not None:
        return replace(marks, subs=(*marks.subs, *arrow[0]), label=f"{marks.label}{arrow[1]}")
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "COMMA":
            groups.append([])
        else:
            groups[-1].append(token)
    found: list[Index] = []
    if any(t.kind == "REL" and t.text == "=" for t in tokens):
        if tokens[0].kind == "OPEN" and tokens[-1].kind == "CLOSE":  # 1_{\{y_i = k\}}
            tokens = tokens[1:-1]
        at = next(k for k, t in enumerate(tokens) if t.kind == "REL")
        pair = [read_index(tokens[:at], lexicon), read_index(tokens[at + 1 :], lexicon)]
        if None in pair or any(p is not None and p.label for p in pair):
            raise NotUnderstoodError("the condition in a subscript")
        return replace(marks, subs=(*marks.subs, *(p for p in pair if p is not None)), label="=")
    for group in groups:
        kinds = [t.kind for t in group if t.kind not in ("LB", "RB")]
        if kinds == ["NUMBER", "SUB", "LETTERS"]:  # w_{2_j}: entry j of w_2
            inner = read_index(group[-1:] if group[-1].kind == "LETTERS" else group[-2:-1], lexicon)
            if inner is not None and not inner.label:
                found += [Index(group[0].text, 0, label=True), inner]
                continue
        index = read_index(group, lexicon)
        if index is None or (index.label and len(index.name) > 1):
            letters = "".join(t.text for t in group)
            if letters.isalpha() and 1 < len(letters) <= 3 and all(c in lexicon.indices for c in letters):
                found.extend(Index(c) for c in letters)
                continue
            if index is None:
                index = Index("".join(t.text for t in group if t.kind not in ("LB", "RB")), 0, label=True)
        found.append(index)
    return replace(marks, subs=(*marks.subs, *found))


def _arrow(tokens: Sequence[Token], lexicon: Lexicon) -> tuple[tuple[Index, Index], str] | None:
    """``w_{i \\to j}``: two indices and the arrow, which stays in the name: whether W holds it at i, j or j, i is open."""
    inner = [t for t in tokens if t.kind not in ("LB", "RB")]
    if len(inner) != 3 or inner[1].text not in ("→", "←"):
        return None
    letters = [t.text for t in (inner[0], inner[2])]
    if not all(len(x) == 1 and x.islower() for x in letters) or not set(letters) & lexicon.indices:
        return None
    return (Index(letters[0]), Index(letters[1])), inner[1].text


def _superscript(name: str, marks: Marks, tokens: list[Token], lexicon: Lexicon, latex: str) -> Marks:
    """Eat tags off the front; what is left over is a power or a layer."""
    rest = last_layer(tokens)
    while rest:
        head = rest[0]
        if head.kind == "PRIME":
            marks, rest = replace(marks, primes=marks.primes + 1), rest[1:]
        elif head.kind in ("SUP",):
            rest = rest[1:]
        elif head.kind == "LB" and rest[-1].kind == "RB" and len(rest) > 2:
            rest = rest[1:-1]
        elif head.kind == "OPEN" and head.text in ("[", "(", "<"):
            whole = rest
            inside, rest = _bracketed(rest)
            pair = example_at_layer(inside) if head.text == "(" else None
            if pair is not None and marks.layer is None and marks.example is None:
                marks = replace(marks, example=pair[0], layer=pair[1])
                continue
            if head.text == "(" and len(inside) == 1 and _names_layer(inside[0], lexicon):
                marks = replace(marks, label=f"{marks.label}^{inside[0].text}")
                continue
            index = read_index(inside, lexicon)
            if index is not None and head.text == "(" and index.name == lexicon.last_layer != "":
                index = Index("L", index.offset)
            if index is None:
                if head.text == "(" and not rest:
                    return replace(marks, power=parse_expr(inside, latex))
                if name in ("", "e") and head.text == "(" and marks == Marks():
                    return replace(marks, power=_power(whole, latex))  # e^{(x)_k}
                raise NotUnderstoodError("the meaning of a bracketed superscript")
            if head.text == "<":
                marks = replace(marks, time=index if not index.label else replace_label(index))
            elif head.text == "[":
                marks = replace(marks, layer=index)
            else:
                marks = _example(name, marks, index, lexicon)
        elif head.kind == "LETTERS" and head.text == "T" and not _raises(name, lexicon):
            marks, rest = replace(marks, transposed=not marks.transposed), rest[1:]
        elif (
            head.kind in ("LETTERS", "NAME")
            and head.text in _TRANSPOSES
            and len(rest) == 1
            and head.text != "T"
        ):
            marks, rest = replace(marks, transposed=not marks.transposed), []
        else:
            return _bare(name, marks, rest, lexicon, latex)
    return marks


def _names_layer(token: Token, lexicon: Lexicon) -> bool:
    """Whether the O or *out* in a pair of brackets is part of a name."""
    return token.text in lexicon.layer_names or _is_word(token, lexicon)


def last_layer(tokens: Sequence[Token]) -> list[Token]:
    """A superscript with the ``n_l`` by which many notes number their last layer, as an L."""
    found = list(tokens)
    for k in range(len(found) - 2):
        texts = [t.text for t in found[k : k + 3] if t.kind not in ("LB", "RB")]
        if texts == ["n", "_", "l"]:
            end = k + 3
        elif [t.text for t in found[k : k + 5]] == ["n", "_", "{", "l", "}"]:
            end = k + 5
        else:
            continue
        return [*found[:k], Token("LETTERS", "L", found[k].at), *found[end:]]
    return found


# Letters of numbers, which a horizon T may raise: γ^T.
_NUMBERS = {"alpha", "beta", "gamma", "lambda", "eta", "rho", "epsilon", "mu", "tau", "p", "q", "r", "c"}


def _raises(name: str, lexicon: Lexicon) -> bool:
    """Whether a superscript T is a power: the document knows a number T, and what it stands on may be a number."""
    return "T" in lexicon.names and (not name or name in _NUMBERS)


def replace_label(index: Index) -> Index:
    """The letter of a time is an index, though nothing declares it."""
    return Index(index.name, index.offset) if len(index.name) == 1 else index


def _example(name: str, marks: Marks, index: Index, lexicon: Lexicon) -> Marks:
    """``(i)`` is an example, unless it is the document's layer letter, or the step of a recursion."""
    steps = lexicon.paren_steps if name in lexicon.paren_timed else set()
    if steps and (not index.name or index.name in steps or index.name == "T") and marks.time is None:
        return replace(marks, time=replace_label(index))
    counted = lexicon.paren_layers and not index.name and name not in ("x", "y", "X", "Y", "t")
    if (index.name in ("l", "L", "ell") or counted) and marks.layer is None:
        return replace(marks, layer=index)
    if marks.example is not None:
        if marks.layer is None:
            return replace(marks, layer=marks.example, example=index)
        raise NotUnderstoodError("two examples on one symbol")
    return replace(marks, example=index)


def _bare(name: str, marks: Marks, tokens: list[Token], lexicon: Lexicon, latex: str) -> Marks:
    """A superscript without brackets: a layer where the document writes layers so, otherwise a power."""
    if (
        len(tokens) == 1
        and name not in ("", "e")
        and (_is_word(tokens[0], lexicon) or _is_label(tokens[0], lexicon))
    ):
        return replace(marks, label=f"{marks.label}^{tokens[0].text}")
    raised = "".join(t.text for t in tokens)
    if len(raised) == 2 and raised[1] == "T" and _is_label(replace(tokens[0], text=raised[0]), lexicon):
        return replace(marks, label=f"{marks.label}^{raised[0]}", transposed=not marks.transposed)
    open_end = len(tokens) > 1 and tokens[-2].kind in ("OP", "SIGN")  # e^{z/T}
    transposed = tokens[-1].kind == "LETTERS" and tokens[-1].text == "T" and len(tokens) > 1 and not open_end
    body = tokens[:-1] if transposed else tokens
    index = read_index(body, lexicon)
    letters = {t.text for t in body if t.kind in ("LETTERS", "NAME")}
    if marks.layer is None and index is not None and name:
        if (
            letters
            and letters <= (lexicon.layers & {"l", "L", "ell"}) | {"K", "N", "H"}
            and name in lexicon.layered
        ):
            return replace(marks, layer=index, transposed=marks.transposed != transposed)
        if not letters and name in lexicon.layered:
            return replace(marks, layer=index, transposed=marks.transposed != transposed)
    if [t.text for t in tokens] == ["-", "T"]:  # the inverse, transposed
        inverse = [Token("SIGN", "-", tokens[0].at), Token("NUMBER", "1", tokens[0].at)]
        return replace(marks, power=parse_expr(inverse, latex), transposed=not marks.transposed)
    if len(tokens) == 1 and (tokens[0].text == "*" or tokens[0].kind == "SIGN"):
        return replace(marks, label=tokens[0].text)
    return replace(marks, power=_power(body, latex), transposed=marks.transposed != transposed)


def _power(tokens: Sequence[Token], latex: str) -> Expr:
    try:
        return parse_expr(tokens, latex)
    except LatexError as error:
        raise NotUnderstoodError(f"the meaning of a superscript: {error.message}") from None


def _is_word(token: Token, lexicon: Lexicon) -> bool:
    """Whether a superscript is a word such as *corrected* or *new*, which no power is."""
    if token.text in lexicon.names or token.text in lexicon.indices:
        return False
    if token.kind == "LETTERS" and token.text in _ABBREVIATIONS:
        return True
    return (token.kind == "WORD" and len(token.text) > 1) or (
        token.kind == "LETTERS" and token.text.isalpha() and (len(token.text) > 3 or token.text in _WORDS)
    )


def _is_label(token: Token, lexicon: Lexicon) -> bool:
    """Whether a letter names a layer, as the h and the o of ``W^h, b^h, W^o, b^o`` do."""
    bases = lexicon.raised.get(token.text, set())
    weights = bases & {"W", "w", "Theta", "theta", "U", "V"}
    counts = token.text in "TlLnmktijpdNK" or token.text in lexicon.indices
    return token.kind == "LETTERS" and len(bases) > 1 and bool(weights) and not counts


# Label smoothing, maximum likelihood, batch norm: y^{LS} is no power.
_ABBREVIATIONS = {"LS", "ML", "MLE", "MAP", "BN", "LN", "MSE", "CE", "KL", "RL", "TD", "SVM", "OLS", "EM"}
_WORDS = {"new", "old", "out", "in", "max", "min", "next", "prev"}


def _bracketed(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    depth = 0
    for k, token in enumerate(tokens):
        depth += (token.kind == "OPEN") - (token.kind == "CLOSE")
        if depth == 0:
            return tokens[1:k], tokens[k + 1 :]
    raise NotUnderstoodError("a bracket in a superscript is never closed")
