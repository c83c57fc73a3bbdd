"""Verdicts: claims made concrete, refuted by certified points, proved by normal forms."""

from ._agrees import agrees_with
from ._item import decide_item

__all__ = ["agrees_with", "decide_item"]
