"""What stands around a refuted equality, as far as it tells what its author may have meant to write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as List
from dataclasses import dataclass

from ._cut import layout
from ._layout import Sequence, Term, Unit, values

MOST_NAMES = 28


@dataclass(frozen=True)
class Edit:
    """One mistake undone: stretches of the LaTeX with what stands there instead.

    Parameters
    ----------
    splices : tuple of (int, int, str)
        From where, to where, and the new text.
    cost : float
        The less likely the mistake, the higher.
    mistake : str
        The mistake in words, as in "most likely a sign".
    both : tuple of Edit
        The two mistakes that this one is; empty where it is one.
    """

    splices: tuple[tuple[int, int, str], ...]
    cost: float
    mistake: str
    both: tuple[Edit, ...] = ()

    def applied(self, latex: str) -> str:
        """The LaTeX with the mistake undone."""
        old = latex
        for start, end, text in sorted(self.splices, reverse=True):
            latex = latex[:start] + _spaced(latex, start, end, text) + latex[end:]
        new = re.sub(r"^\s*\+\s*", "", latex).strip()
        return _bare(new) if _bare(old) == old else new


def _bare(latex: str) -> str:
    """Without brackets around the whole."""
    found = re.fullmatch(r"(?:\\left\s*)?\((.*?)(?:\\right\s*)?\)", latex, re.DOTALL)
    if found is None:
        return latex
    level = 0
    for char in found[1]:
        level += (char == "(") - (char == ")")
        if level < 0:
            return latex
    return found[1].strip()


def _spaced(latex: str, start: int, end: int, text: str) -> str:
    r"""A space where a command's name would run into a letter: ``\cdot`` and ``x``."""
    before, after = latex[:start], latex[end:]
    if text[:1].isalpha() and re.search(r"\\[A-Za-z]+$", before):
        text = " " + text
    whole = text if text else before
    if after[:1].isalpha() and re.search(r"\\[A-Za-z]+$", whole):
        text += " "
    return text


@dataclass(frozen=True)
class Page:
    """A side that is wrong, cut up, and the words of the document that may belong in it.

    Parameters
    ----------
    latex : str
        The side.
    tree : Sequence
        The same cut up.
    left : str
        What it should be equal to.
    names : tuple of str
        Quantities with their indices, as the document writes them, the nearest first.
    calls : tuple of str
        Functions at their arguments.
    sums : tuple of str
        Sums with their limits.
    count : str
        The number of examples.
    entrywise : str
        The sign of the entrywise product; empty where the document has none.
    factors : tuple of str
        Factors of the other sides of the same chain, the left side's first.
    later : tuple of str
        The sides with which the chain goes on.
    kind : str
        What the formula is: ``claim``, ``update``, ``numeric``, ``shape`` and so on.
    primed_inside : bool
        The document writes ``g^{[l]'}``, not ``g'^{[l]}``.
    indices : tuple of str
        Letters that count: ``i``, ``j``, ``k``.
    """

    latex: str
    tree: Sequence
    left: str
    names: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    count: str = "m"
    entrywise: str = ""
    factors: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    kind: str = "claim"
    primed_inside: bool = False
    indices: tuple[str, ...] = ()

    def text(self, piece: Unit | Sequence) -> str:
        """What stands in a stretch of the side."""
        return self.latex[piece.start : piece.end]


_SUM = re.compile(
    r"\\sum(?:\\limits)?\s*(?:_(?:\{[^{}]*\}|\w)(?:\s*\^\s*(?:\{[^{}]*\}|\w))?|\^\s*(?:\{[^{}]*\}|\w)\s*_(?:\{[^{}]*\}|\w))"
)
_MEAN = re.compile(
    r"\\frac\s*\{?\s*[12]\s*\}?\s*\{\s*2?\s*([A-Za-z])\s*\}|\\frac\s*1\s*([mNn])|1\s*/\s*([mNn])\b"
)
_ENTRYWISE = re.compile(r"\\odot|\\circ(?![A-Za-z])|⊙|∘")
_INDEX = re.compile(r"[_^]\s*\{?\s*\(?([ijknt])\b|_([ijknt])(?![A-Za-z])")


def page_of(
    latex: str, left: str, sides: List[str], later: List[str], formulas: List[str], kind: str
) -> Page | None:
    """Read the surroundings of a side; None where the side itself cannot be cut up.

    Parameters
    ----------
    latex, left : str
        The side that is wrong, and the side before it.
    sides, later : list of str
        The other sides of its chain, and those that follow.
    formulas : list of str
        The formulas of the document, the nearest first.
    kind : str
        What the formula is.
    """
    tree = layout(latex)
    if tree is None or not tree.terms:
        return None
    around = [left, *sides, *formulas]
    names, calls = _named([latex, *around])
    everything = "\n".join([latex, *around])
    mean = _MEAN.search(everything)
    entrywise = _ENTRYWISE.search(everything)
    star = "*" if re.search(r"(?<!\^)(?<!\^\{)\*", everything) else ""
    return Page(
        latex,
        tree,
        left,
        tuple(names[:MOST_NAMES]),
        tuple(calls[:10]),
        tuple(dict.fromkeys(m.group() for m in _SUM.finditer(everything)))[:4],
        next((g for g in mean.groups() if g), "m") if mean else "m",
        entrywise.group() if entrywise else star,
        tuple(dict.fromkeys(f for side in (left, *sides) for f in _factors(side)))[:8],
        tuple(dict.fromkeys(s for s in later if s and s != "…")),
        kind,
        re.search(r"\^\s*\{\s*[\[(][^\])]*[\])]\s*(?:'|\\prime)", everything) is not None,
        tuple(dict.fromkeys(a or b for a, b in _INDEX.findall(everything)))[:4],
    )


def _factors(side: str) -> list[str]:
    """The factors of a product, and every sum in it with what it sums."""
    tree = layout(side)
    if tree is None:
        return []
    found = []
    for term in tree.terms:
        for k, factor in enumerate(term.factors):
            text = side[factor.start : factor.end]
            if text.startswith("\\sum") and k + 1 < len(term.factors):
                found.append(side[factor.start : term.factors[k + 1].end])
            elif len(term.factors) > 1 and len(text) < 40 and not text.startswith("\\sum"):
                found.append(text)
    return found


_NO_NAME = re.compile(
    r"\\(?:sum|prod|partial|nabla|log|ln|exp|tanh|sin|cos|max|min|cdot|times|odot|circ|[lc]?dots|frac|text|quad|left"
    r"|right|infty|in|to|mid|forall|int|begin|end|prime|displaystyle|limits|tag|label|big)(?![A-Za-z])|[de]$|e\^|np\."
)


def _sides(text: str) -> Iterator[str]:
    """The sides of the equalities of a formula; those that cannot be cut up in pieces between commas."""
    for side in re.split(r"\\approx|\\\\|&|;|:?=|\\q?quad|\\(?:begin|end)\{[a-z*]+\}", text):
        yield from (
            [side.strip()] if layout(side.strip()) is not None else (s.strip() for s in side.split(","))
        )


def _named(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    names: dict[str, None] = {}
    calls: dict[str, None] = {}
    for text in texts:
        for side in _sides(text):
            tree = layout(side)
            if tree is None:
                continue
            for unit in values(tree):
                name = side[unit.start : unit.end]
                if unit.kind in ("letter", "command", "word") and not _NO_NAME.match(name) and len(name) < 40:
                    if re.match(r"d[A-Za-z]", name) and unit.inside == ():
                        names.setdefault(name[1:])
                    names.setdefault(re.sub(r"\^\{?\s*(?:2|T|\\top)\s*\}?$|T(?=\}$)", "", name))
            for term in tree.terms:
                for factor in term.factors:
                    if len(factor.units) > 1 and factor.end - factor.start < 40:
                        calls.setdefault(side[factor.start : factor.end])
    return list(names), list(calls)


def is_quantity(page: Page, unit: Unit) -> bool:
    """Whether a letter or a command stands for something that has a value."""
    text = page.latex[unit.start : unit.stop]
    return text not in ("d", "e") and _SIGNS.match(text) is None


_SIGNS = re.compile(
    r"\\(?:sum|prod|partial|nabla|log|ln|exp|max|min|cdot|[lc]?dots|odot|times|quad|text\s*\{\s*for|infty|in|prime"
    r"|displaystyle|limits|\|)(?![A-Za-z])"
)


def plain(latex: str) -> str:
    r"""LaTeX in a sentence: ``1/m`` for ``\frac{1}{m}``."""
    text = latex.strip().replace("\\hat{y}", "ŷ")
    text = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", _quotient, text)
    return re.sub(r"\\(?:mathbf|mathrm|text|boldsymbol|bm)\s*\{([^{}]*)\}", r"\1", text).replace("\\", "")


def _quotient(found: re.Match[str]) -> str:
    return (
        f"{found[1]}/({found[2]})"
        if len(found[2].strip()) > 1 and not found[2].isdigit()
        else f"{found[1]}/{found[2]}"
    )


def in_front(page: Page, sequence: Sequence, new: str, cost: float, mistake: str) -> Edit:
    """A factor before everything, with the brackets that a sum needs."""
    terms = sequence.terms
    if len(terms) == 1:
        return before(page, terms[0], new, cost, mistake)
    opening, closing = (
        ("\\left(", "\\right)")
        if "\\frac" in page.text(sequence) or "\\sum" in page.text(sequence)
        else ("(", ")")
    )
    space = "" if new.isdigit() else " "
    return Edit(
        ((sequence.start, sequence.start, new + space + opening), (sequence.end, sequence.end, closing)),
        cost + 0.05,
        mistake,
    )


def before(page: Page, term: Term, new: str, cost: float, mistake: str) -> Edit:
    at, start = term.start, page.latex[term.start :]
    if start.startswith("\\sum") and new.isdigit():
        return Edit(((at, at, new + " "),), cost, mistake)
    joint = "" if new.isdigit() else " "
    if start[:1].isdigit():
        joint = " \\cdot "
    return Edit(((at, at, new + joint),), cost, mistake)
