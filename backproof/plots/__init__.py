"""Pictures where people would rather look than read; matplotlib, imported when a picture is drawn."""

from backproof.plots._bowl import plot_bowl
from backproof.plots._canvas import check_picture, save, to_svg
from backproof.plots._error import plot_error
from backproof.plots._function import plot_function
from backproof.plots._learning import plot_learning
from backproof.plots._pictures import plot_pictures

__all__ = [
    "check_picture",
    "plot_bowl",
    "plot_error",
    "plot_function",
    "plot_learning",
    "plot_pictures",
    "save",
    "to_svg",
]
