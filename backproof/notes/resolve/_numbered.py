"""Names that end in a number, as code has them: where ``Z1`` and ``A1`` are defined, ``W1X`` is W1 times X."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..parse import Expr, Letters, Statement, children
from ._lexicon import Lexicon, text_of

_NUMBERED = re.compile(r"[A-Za-z]\d")
_RUN = re.compile(r"(?:[A-Za-z]\d|[A-Z])*[A-Za-z]\d(?:[A-Za-z]\d|[A-Z])*")
_ACTIVITIES = set("ZAHS")  # of which a net has one a layer: beside x1 and x2 stand inputs
_FEWEST = 2  # names with a number that make a habit of it


def name_numbered(chains: Iterable[Statement], lexicon: Lexicon) -> None:
    """Take the letters with numbers for names, where the left sides of two equations are such names."""
    found = list(chains)
    heads = {text_of(c.parts[0]) for c in found if c.relations and c.parts}
    heads |= {text_of(c.parts[0]) for c in found if len(c.parts) == 1 and not c.relations}
    numbered = {h.removeprefix("d") for h in heads if _NUMBERED.fullmatch(h.removeprefix("d"))}
    if len(numbered) < _FEWEST or len({h[0] for h in numbered}) < _FEWEST:
        return
    layers = {h[0] for h in numbered if h[0] in _ACTIVITIES and f"{h[0]}1" in heads}
    for run in {r for chain in found for part in chain.parts for r in _runs(part)}:
        if _RUN.fullmatch(run.removeprefix("d") if len(run) == 3 else run):
            pieces = re.findall(r"[A-Za-z]\d|[A-Z]", run.removeprefix("d") if len(run) == 3 else run)
            lexicon.names.update(pieces)
            if len(pieces) > 1:
                lexicon.names.discard(run)
            if len(layers) > 1:
                lexicon.numbered.update(p for p in pieces if len(p) > 1)
                lexicon.layered.update(p[0] for p in pieces if len(p) > 1)


def _runs(expr: Expr) -> Iterator[str]:
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Letters):
            yield node.run
        stack.extend(children(node))
