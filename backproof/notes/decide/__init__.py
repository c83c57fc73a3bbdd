"""Verdicts: claims made concrete, refuted by certified points, proved by normal forms."""

from ._item import decide_item

__all__ = ["decide_item"]
