"""What a command of LaTeX stands for among the tokens."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ._symbols import (
    ACCENTS,
    BIG,
    CLOSE,
    DOTS,
    DROPPED,
    DROPPED_ARGS,
    FUNCTIONS,
    GREEK,
    OPEN,
    PRODUCTS,
    RELATIONS,
    SAME,
    SPACES,
    STYLES,
    TRANSPARENT,
    WORDS,
)

if TYPE_CHECKING:
    from ._tokens import Scanner


def _is_sign(scanner: Scanner) -> bool:
    r"""Whether ``y = \pm 1`` is all that is said: y is 1 or -1."""
    before = scanner.tokens[-1:]
    alone = re.match(r"\s*\{?\s*1\s*\}?\s*(?:$|[,;.])", scanner.text[scanner.at :])
    return bool(before) and (before[0].kind, before[0].text) == ("REL", "=") and alone is not None


def read_command(scanner: Scanner, text: str, start: int) -> None:
    name = text[1:]
    if text in SPACES or text in DROPPED:
        if text in ("\\left", "\\right") and scanner.text[scanner.at : scanner.at + 1] == ".":
            scanner.at += 1
        return
    if text in DROPPED_ARGS:
        for _ in range(DROPPED_ARGS[text]):
            scanner.argument(start)
    elif text in ("\\quad", "\\qquad"):
        scanner.add("QUAD", text, start)
    elif text in RELATIONS:
        scanner.add("REL", RELATIONS[text], start)
    elif text in PRODUCTS:
        scanner.add("OP", PRODUCTS[text], start)
    elif text in OPEN:
        scanner.enter(start)
        scanner.add("OPEN", OPEN[text], start)
    elif text in CLOSE:
        scanner.leave()
        scanner.add("CLOSE", CLOSE[text], start)
    elif text in ("\\|", "\\Vert", "\\lVert", "\\rVert", "\\vert", "\\lvert", "\\rvert", "\\mid"):
        scanner.bar("‖" if text in ("\\|", "\\Vert", "\\lVert", "\\rVert") else "|", start)
    elif text in DOTS:
        scanner.add("DOTS", "...", start)
    elif text in BIG:
        scanner.add("BIG", BIG[text], start)
    elif text in ("\\frac", "\\dfrac", "\\tfrac", "\\cfrac"):
        scanner.add("FRAC", "frac", start)
    elif text in ("\\sqrt", "\\over", "\\choose", "\\substack", "\\underset", "\\overset", "\\stackrel"):
        scanner.add({"\\sqrt": "SQRT", "\\over": "OVER"}.get(text, "STACK"), name, start)
    elif text in ("\\begin", "\\end"):
        scanner.add(name.upper(), scanner.argument(start).strip().rstrip("*"), start)
        if text == "\\begin" and scanner.tokens[-1].text in ("array", "tabular"):
            scanner.argument(start)
    elif text in STYLES and re.match(
        r"\s*(?:\{\s*d\s*\}|d(?![A-Za-z]))", scanner.text[scanner.at : scanner.at + 12]
    ):
        scanner.add("LETTERS", scanner.argument(start).strip(), start)  # a d of any face is a differential
    elif (
        text in STYLES
        and scanner.raised()
        and re.match(
            r"\s*(?:\{\s*(?:T|\\top)\s*\}|T(?![A-Za-z]))", scanner.text[scanner.at : scanner.at + 12]
        )
    ):
        scanner.argument(start)
        scanner.add("LETTERS", "T", start)  # a transpose of any face
    elif text in ACCENTS or text in STYLES:
        scanner.add("ACCENT", ACCENTS.get(text) or STYLES[text], start)
    elif text in ("\\underbrace", "\\overbrace", "\\underbracket", "\\overbracket"):
        scanner.add("BRACE", name, start)
    elif text in WORDS:
        scanner.words(scanner.argument(start), start)
    elif text in TRANSPARENT:
        return
    elif text in ("\\pdv", "\\dv", "\\odv", "\\fdv"):
        scanner.quotient("\\partial " if text == "\\pdv" else "d ", start)
    elif text in ("\\part", "\\triangledown", "\\grad", "\\gradient"):
        scanner.add("NAME", "partial" if text == "\\part" else "nabla", start)
    elif text in ("\\triangle", "\\vartriangle", "\\bigtriangleup"):
        scanner.add("NAME", "Delta", start)
    elif text in ("\\forall", "\\exists", "\\quad\\forall"):
        scanner.add("TEXT", "for all", start)
    elif text in ("\\R", "\\reals", "\\Reals", "\\RR"):
        scanner.add("NAME", "bb:R", start)
    elif text in ("\\top", "\\intercal", "\\mathsf{T}"):
        scanner.add("LETTERS", "T", start)
    elif text == "\\prime":
        scanner.add("PRIME", "'", start)
    elif text == "\\_":
        scanner.underscore(start)
    elif text == "\\*":
        scanner.add("OP", "*", start)
    elif text in ("\\%", "\\$", "\\#", "\\&"):
        if text == "\\%":
            scanner.add("NAME", "percent", start)
    elif text == "\\pm" and _is_sign(scanner):
        relation = scanner.tokens.pop()
        scanner.tokens.append(replace(relation, text="∈"))
        for kind, sign in (
            ("OPEN", "±"),
            ("SIGN", "-"),
            ("NUMBER", "1"),
            ("COMMA", ","),
            ("NUMBER", "1"),
            ("CLOSE", "±"),
        ):
            scanner.add(kind, sign, start)
        scanner.at = scanner.text.index("1", scanner.at) + 1
    elif text in ("\\pm", "\\mp"):
        raise scanner.fail("a double sign states two things at once", start)
    elif name in FUNCTIONS:
        scanner.add("FUNC", name, start)
    elif name in GREEK:
        scanner.add("NAME", SAME.get(name, name), start)
    elif name.lower() in (
        "relu",
        "softmax",
        "sigmoid",
        "tr",
        "diag",
        "sign",
        "trace",
        "mean",
        "var",
        "vec",
    ):
        scanner.add("LETTERS", name, start)
    elif name in ("d", "dd", "diff", "D"):
        scanner.add("LETTERS", "d", start)
    else:
        raise scanner.fail(f"the command {text} is not known", start)
