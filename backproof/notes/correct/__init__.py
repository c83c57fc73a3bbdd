"""What the author of a refuted equality may have meant: single mistakes undone, and the first that is then proved."""

from ._misfits import refuted_by_shape
from ._search import Correction, corrected

__all__ = ["Correction", "corrected", "refuted_by_shape"]
