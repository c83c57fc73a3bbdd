r"""Macros that a document defines: expanded with a bound on the growth.

A name that two definitions give different meanings stands for neither: which of them a formula uses is not told by its place
alone, as definitions end with the group around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .._errors import LatexError, LimitError

# A macro bomb doubles at every level; honest notes grow a formula a few times.
MAX_GROWTH = 20_000
MAX_ROUNDS = 12
# A book's preamble has hundreds of macros, each of a line.
MAX_MACROS = 10_000
MAX_BODY = 2_000

_NAME = r"\\(?:[A-Za-z@]+)"
_GAP = r"[ \t]{0,9}\n?[ \t]{0,9}"
_DEFINITION = re.compile(
    rf"\\(?P<how>newcommand|renewcommand|providecommand|DeclareMathOperator|DeclareRobustCommand|[gex]?def)\*?{_GAP}"
    rf"(?:\{{[ \t]{{0,9}}(?P<name>{_NAME})[ \t]{{0,9}}\}}|(?P<bare>{_NAME})){_GAP}"
    rf"(?:\[(?P<count>\d)\]{_GAP}(?:\[(?P<default>[^\[\]]{{0,200}})\])?)?(?P<marks>(?:\#\d){{0,9}}){_GAP}(?=\{{)"
    rf"|\\(?P<xparse>(?:New|Renew|Declare|Provide)DocumentCommand){_GAP}\{{?(?P<long>{_NAME})\}}?{_GAP}"
    rf"\{{[ ]{{0,9}}(?:(?P<none>o)|O\{{(?P<given>[^{{}}]{{0,200}})\}})?(?P<ms>[m ]{{0,20}})\}}{_GAP}(?=\{{)"
    rf"|\\DeclarePairedDelimiter{_GAP}\{{?(?P<pair>{_NAME})\}}?{_GAP}(?=\{{)"
    rf"|\\let{_GAP}(?P<new>{_NAME}){_GAP}=?{_GAP}(?P<old>{_NAME})"
)
_COMMAND = re.compile(r"\\(?:[A-Za-z@]+|.)", re.DOTALL)
_OPTIONAL = re.compile(r"\s{0,9}\[(?:([^\[\]]*)\])?")
_BRACE = re.compile(r"\\[\\{}]|[{}]")


class Macro(NamedTuple):
    """What a command stands for.

    ``arity`` arguments, of which the first is ``default`` where none is written in square brackets; ``starred``: a star may
    stand behind the name.
    """

    arity: int
    body: str
    default: str | None = None
    starred: bool = False


# What stands for a name with two meanings.
AMBIGUOUS = Macro(0, "#")


def find_macros(text: str) -> dict[str, Macro]:
    r"""Collect the macros that a document defines, in LaTeX or in a page's settings for MathJax and KaTeX.

    Returns
    -------
    dict
        Name with its backslash -> number of arguments, body, default of the first argument.

    Raises
    ------
    LimitError
        There are more than ten thousand.

    Examples
    --------
    >>> find_macros(r"\newcommand{\dd}[2][L]{\frac{\partial #1}{\partial #2}}")
    {'\\dd': Macro(arity=2, body='\\frac{\\partial #1}{\\partial #2}', default='L', starred=False)}
    """
    from ._script_macros import script_macros

    found: dict[str, Macro] = {}
    lets: dict[str, str] = {}
    for number, match in enumerate(_DEFINITION.finditer(text)):
        if number >= MAX_MACROS:
            raise LimitError(f"the document defines more than {MAX_MACROS:,} macros")
        if match["new"]:
            lets[match["new"]] = match["old"]
            continue
        named = _defined(text, match)
        if named is not None and not (_provides(match) and named[0] in found):
            join(found, [named])
    join(found, script_macros(text))
    # A name for another macro may be meant to keep what that was before it was redefined.
    join(found, ((new, Macro(0, old)) for new, old in lets.items() if old not in {*found, *lets}))
    return found


def join(macros: dict[str, Macro], more: Iterable[tuple[str, Macro]]) -> None:
    """Add definitions to those of a document."""
    for name, macro in more:
        macros[name] = macro if macros.get(name, macro) == macro else AMBIGUOUS


def _provides(match: re.Match[str]) -> bool:
    return "provide" in (match["how"] or match["xparse"] or "").lower()


def _defined(text: str, match: re.Match[str]) -> tuple[str, Macro] | None:
    """The name and the meaning of one definition; None where it is not closed or calls itself."""
    body, end = braced(text, match.end(), MAX_BODY)
    if body is None:
        return None
    if match["pair"]:
        closing, _ = braced(text, end, MAX_BODY)
        delimiters = f"\\left{body} #2 \\right{closing}"
        return (match["pair"], Macro(2, delimiters, "", True)) if closing is not None else None
    name = match["name"] or match["bare"] or match["long"]
    if match["xparse"]:
        default = "" if match["none"] else match["given"]
        macro = Macro((default is not None) + match["ms"].count("m"), body, default)
    else:
        count = int(match["count"] or 0) or match["marks"].count("#")
        operator = match["how"] == "DeclareMathOperator"
        macro = Macro(count, f"\\mathrm{{{body}}}" if operator else body, match["default"])
    return None if re.search(re.escape(name) + r"(?![A-Za-z@])", body) else (name, macro)


def expand_macros(latex: str, macros: Mapping[str, Macro]) -> str:
    """Expand macros until none is left.

    Raises
    ------
    LimitError
        The formula grows past every reasonable size.
    LatexError
        A macro has two meanings in the document.
    """
    if not macros or "\\" not in latex:
        return latex
    for _ in range(MAX_ROUNDS):
        pieces: list[str] = []
        at = done = 0
        while (match := _COMMAND.search(latex, at)) is not None:
            at = match.end()
            name = match.group()
            if name not in macros and "@" in name:  # outside of packages an at sign ends a name
                name = name.partition("@")[0]
                at = match.start() + len(name)
            if name not in macros:
                continue
            if macros[name] == AMBIGUOUS:
                raise LatexError(f"the macro {name} has two meanings in this document", latex, match.start())
            pieces.append(latex[done : match.start()])
            body, at = _applied(macros[name], latex, at)
            pieces.append(body + " ")
            done = at
            if sum(map(len, pieces)) > MAX_GROWTH:
                raise LimitError("the macros of this formula grow past the limit")
        if not pieces:
            return latex
        latex = "".join(pieces) + latex[done:]
        if len(latex) > MAX_GROWTH:
            raise LimitError("the macros of this formula grow past the limit")
    raise LimitError("the macros of this formula call each other without end")


def _applied(macro: Macro, text: str, at: int) -> tuple[str, int]:
    """The body of a macro with the arguments that stand at a place, and the place behind them."""
    arguments: list[str] = []
    if macro.starred and text.startswith("*", at):
        at += 1
    if macro.default is not None:
        written = _OPTIONAL.match(text, at)
        if written is not None and written[1] is None:
            raise LatexError("an optional argument that holds brackets is not understood", text, at)
        arguments.append(macro.default if written is None else written[1])
        at = at if written is None else written.end()
    while len(arguments) < macro.arity:
        argument, at = _argument(text, at)
        arguments.append(argument)
    grown = sum(macro.body.count(f"#{n}") * len(a) for n, a in enumerate(arguments, 1))
    if grown > MAX_GROWTH:
        raise LimitError("the macros of this formula grow past the limit")
    given = dict(enumerate(arguments, 1))
    return re.sub(r"#(\d)", lambda m: given.get(int(m[1]), m[0]), macro.body), at


def _argument(text: str, at: int) -> tuple[str, int]:
    while at < len(text) and text[at].isspace():
        at += 1
    body, end = braced(text, at)
    if body is not None:
        return body, end
    command = _COMMAND.match(text, at)
    return (command.group(), command.end()) if command else (text[at : at + 1], at + 1)


def braced(text: str, at: int, limit: int = MAX_GROWTH) -> tuple[str | None, int]:
    """What stands between the brace at a place and the one that closes it, and the place behind; None without one."""
    if not text.startswith("{", at):
        return None, at
    depth = 0
    for match in _BRACE.finditer(text, at, at + limit):
        depth += (match.group() == "{") - (match.group() == "}")
        if depth == 0:
            return text[at + 1 : match.start()], match.end()
    return None, at
