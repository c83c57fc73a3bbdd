r"""Right sides read: a whole one as any formula is read, one of hundreds by the piece in which it was changed.

Reading is what a trial costs most. A change of one term leaves all else as it was, so the side is read once with a hole
in the place of that term, and the term alone for every change of it. Two changes at once are not read at all, but put
together from the readings of either.
"""

from __future__ import annotations

from .._errors import NotesError
from ..parse import statements
from ..resolve import Ref, Term, rebuilt, walk
from ..resolve._lexicon import Lexicon
from ..resolve._structure import Structure
from ..resolve._whole_document import Habit
from ._layout import Sequence, sequences
from ._merge import merged
from ._page import Edit, Page

_HOLE = "holeword"
# A side shorter than that is read whole.
SHORT = 24


class Reading:
    """The readings of one side and of its changes.

    ``written_out`` does what the whole document shows (indices that count from zero, letters that name layers).
    ``faithful`` says whether the side itself is so read as the document reads it; if not, no change of it is read here.
    """

    def __init__(self, page: Page, lexicon: Lexicon, written: Term, written_out: Habit) -> None:
        self.page, self.lexicon, self.written_out = page, lexicon, written_out
        self.bracket_layers = False
        self.known: dict[tuple[str, bool], Term | None] = {}
        self.faithful = self.whole(page.latex) == written
        if not self.faithful:
            self.bracket_layers = True
            self.faithful = self.whole(page.latex) == written
        self.written = written
        self.single: dict[tuple[tuple[int, int, str], ...], Term | None] = {}
        self.pieces = sorted(_pieces(page), key=lambda piece: piece[1] - piece[0])
        self.around: dict[tuple[int, int], tuple[Term, Ref] | None] = {}

    def whole(self, latex: str) -> Term | None:
        """A side as any formula is read; None if it has no meaning."""
        key = (latex, self.bracket_layers)
        if key not in self.known:
            self.known[key] = self._whole(latex)
        return self.known[key]

    def _whole(self, latex: str) -> Term | None:
        try:
            (statement,) = statements(f"x = {latex}", self.bracket_layers)
            if statement.error or len(statement.parts) != 2:
                return None
            term = Structure(self.lexicon, latex).term(statement.parts[1])
            return self.written_out((Ref("·"), term))[1]
        except (NotesError, ValueError, RecursionError):
            return None

    def changed(self, edit: Edit, latex: str = "") -> Term | None:
        """The side with an edit, read as cheaply as that can be; ``latex`` is the edited side, where that is known."""
        if edit.both:
            one, other = map(self.changed, edit.both)
            both = merged(self.written, one, other) if one is not None and other is not None else None
            return self.whole(latex or edit.applied(self.page.latex)) if both is None else both
        if edit.splices not in self.single:
            self.single[edit.splices] = self.in_place(edit, latex or edit.applied(self.page.latex))
        return self.single[edit.splices]

    def in_place(self, edit: Edit, latex: str) -> Term | None:
        """The side with an edit, of which only the piece around it is read, where that can be."""
        low, high = min(s[0] for s in edit.splices), max(s[1] for s in edit.splices)
        for start, end in self.pieces:
            if start <= low and high <= end:
                around = self.surroundings(start, end)
                if around is not None:
                    break
        else:
            return self.whole(latex)
        text = Edit(
            tuple((a - start, b - start, new) for a, b, new in edit.splices), edit.cost, edit.mistake
        ).applied(self.page.latex[start:end])
        piece = self.whole(text) if text else None
        if piece is None:
            return self.whole(latex)
        term, hole = around
        return rebuilt(term, lambda inner: piece if inner == hole else inner)

    def surroundings(self, start: int, end: int) -> tuple[Term, Ref] | None:
        """The side with a hole in the place of a piece, and the hole; None where that cannot be read."""
        if (start, end) not in self.around:
            latex = self.page.latex
            term = self.whole(f"{latex[:start]}\\mathrm{{{_HOLE}}}{latex[end:]}")
            holes = (
                [t for t in walk(term) if isinstance(t, Ref) and _HOLE in t.name] if term is not None else []
            )
            found = (term, holes[0]) if term is not None and len(holes) == 1 else None
            self.around[start, end] = found
        return self.around[start, end]


def _pieces(page: Page) -> list[tuple[int, int]]:
    """The terms and insides of brackets that can be read alone: none in scripts, none in derivatives."""
    if len(page.latex) < SHORT:
        return []
    found: list[tuple[int, int]] = []
    for sequence in sequences(page.tree):
        if not sequence.terms or _is_bound(page, sequence):
            continue
        if sequence is not page.tree:
            found.append((sequence.start, sequence.end))
        if len(sequence.terms) > 1:
            found += [(term.start, term.end) for term in sequence.terms]
    return [(a, b) for a, b in found if b - a < 0.8 * len(page.latex)]


def _is_bound(page: Page, sequence: Sequence) -> bool:
    """Whether a stretch has its meaning from what it stands in: a script, a part of a derivative."""
    before = page.latex[: sequence.start].rstrip(" {")
    text = page.latex[sequence.start : sequence.end]
    return before.endswith(("_", "^")) or "\\partial" in text[:12] or text.lstrip().startswith("d")
