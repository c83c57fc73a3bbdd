"""What goes wrong when a formula is read: the text, with a caret under the place."""

from __future__ import annotations

from symbolic._errors import LimitReached, UnreadableFormula

_WINDOW = 60  # characters of the formula shown around the caret; a whole page would hide it


class FormulaError(UnreadableFormula):
    """A formula that the grammar cannot read.

    Attributes
    ----------
    text : str
        The formula.
    position : int
        Where reading stopped, counted from 0.
    """

    def __init__(self, problem: str, text: str, position: int) -> None:
        self.text = text
        self.position = position
        super().__init__(f"{problem}\n{_pointing(text, position)}")


class FormulaLimitError(FormulaError, LimitReached):
    """A formula that is too long, too deep, or holds a number too large to work on."""


def _pointing(text: str, position: int) -> str:
    start = max(0, position - _WINDOW // 2)
    shown = text[start : start + _WINDOW]
    shown = "".join(character if character.isprintable() else " " for character in shown)
    ellipsis = "…" if start else ""
    tail = "…" if start + _WINDOW < len(text) else ""
    return f"  {ellipsis}{shown}{tail}\n  {' ' * (len(ellipsis) + position - start)}^"
