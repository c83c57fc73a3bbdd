"""Where a finding and its links stand in their document: what the terminal underlines and a patch replaces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from backproof.notes._errors import NotesError
from backproof.notes.find import Formula, find
from backproof.notes.parse import statements
from backproof.notes.report._checked import Checked


@dataclass(frozen=True)
class Sides:
    """From where to where the two sides of a link reach, in the LaTeX of their formula."""

    left: tuple[int, int] | None
    right: tuple[int, int] | None


def formulas_of(document: Checked) -> list[Formula | None]:
    """The formula of each finding, with its places; None where the document does not hold it any more."""
    by_place = {(f.line, f.column): f for f in _found(document.name, document.text)}
    found = [by_place.get((finding["line"], finding["column"])) for finding in document.findings]
    return [f if f and f.latex == x["latex"] else None for f, x in zip(found, document.findings, strict=True)]


@lru_cache(maxsize=8)
def _found(name: str, text: str) -> list[Formula]:
    try:
        return find(text, name).formulas
    except (NotesError, RecursionError):
        return []


def sides_of(finding: dict[str, Any]) -> list[Sides]:
    """The sides of each link; None for one that cannot be pointed at, as where a macro has written it."""
    links = list(finding["links"])
    latex: str = finding["latex"]
    known: dict[int, Sides] = {}
    at = 0
    try:
        read = statements(latex)
    except (NotesError, RecursionError):
        read = []
    for statement in read:
        spans = [_trimmed(latex, a, b) for a, b in statement.spans]
        if statement.continues:
            spans = [None, *spans]
        pairs = list(pairwise(spans))
        texts = [tuple("…" if s is None else latex[slice(*s)] for s in pair) for pair in pairs]
        if texts and texts == [(link["lhs"], link["rhs"]) for link in links[at : at + len(texts)]]:
            known.update({at + k: Sides(*pair) for k, pair in enumerate(pairs)})
            at += len(texts)
    return [
        known.get(k) or Sides(_only(latex, x["lhs"]), _only(latex, x["rhs"])) for k, x in enumerate(links)
    ]


def _trimmed(latex: str, a: int, b: int) -> tuple[int, int] | None:
    body = latex[a:b]
    return a + len(body) - len(body.lstrip()), b - len(body) + len(body.rstrip())


def _only(latex: str, side: str) -> tuple[int, int] | None:
    """Where a side stands, if it stands there once."""
    at = latex.find(side) if side else -1
    return None if at < 0 or latex.find(side, at + 1) >= 0 else (at, at + len(side))


def in_file(formula: Formula, span: tuple[int, int]) -> tuple[int, int]:
    """A stretch of a formula's LaTeX as a stretch of its file."""
    assert formula.source is not None
    return formula.source.start(span[0]), formula.source.stop(span[1])


def underlined(finding: dict[str, Any], formula: Formula | None) -> tuple[int, int] | None:
    """From where to where the side that fails reaches in the file; None where it cannot be pointed at."""
    link = failing(finding)
    if link is None or formula is None or formula.source is None:
        return None
    right = sides_of(finding)[link].right
    return None if right is None else in_file(formula, right)


def failing(finding: dict[str, Any]) -> int | None:
    """The number of the first link that fails."""
    return next((k for k, link in enumerate(finding["links"]) if link["verdict"] == "refuted"), None)
