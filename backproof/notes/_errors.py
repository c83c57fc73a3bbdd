"""What can go wrong with one formula, said so that its author can mend it."""

from __future__ import annotations


class NotesError(ValueError):
    """A note, or one formula of it, cannot be read or decided."""


class LatexError(NotesError):
    """A formula is not understood; ``position`` is the offset of the first token that is not.

    Parameters
    ----------
    message : str
        What was expected there.
    latex : str
        The formula.
    position : int
        Offset into ``latex``.
    """

    def __init__(self, message: str, latex: str = "", position: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.latex = latex
        self.position = min(max(position, 0), len(latex))

    def __str__(self) -> str:
        start = self.latex.rfind("\n", 0, self.position) + 1
        end = self.latex.find("\n", self.position)
        line = self.latex[start : end if end >= 0 else None]
        # A long formula is cut around the caret: the message goes into tables and SARIF records.
        left = max(0, self.position - start - 40)
        shown = line[left : left + 80]
        return f"{self.message}\n{shown}\n{' ' * (self.position - start - left)}^"


class NotUnderstoodError(NotesError):
    """The formula parses, but the document does not say what some part of it means."""


class NoDependenceError(NotUnderstoodError):
    """Something is differentiated by ``name``, with which nothing in the document connects it."""

    WORDS = "nothing in the document makes"

    def __init__(self, name: str, what: str = "this") -> None:
        super().__init__(f"{self.WORDS} {what} depend on {name}")


class MisplacedError(NotUnderstoodError):
    """The shapes in a definition do not fit what the document says elsewhere; ``definition`` is that one."""

    def __init__(self, definition: object, head: object, why: object) -> None:
        super().__init__(f"the shapes in the definition of {head} do not fit: {why}")
        self.definition = definition


class ShapeClashError(NotesError):
    """Two operands have shapes that no product or sum allows."""


class OutOfRangeError(ShapeClashError):
    """An index points beside the entries of an array."""


class BeforeTheFirstError(NotUnderstoodError):
    """An index points beside the entries that a definition gives."""


class LimitError(NotesError):
    """The work on one formula passed its limit of time or size."""
