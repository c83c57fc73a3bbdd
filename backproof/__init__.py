"""backproof: the front door that hears three witnesses."""

from backproof._errors import BackproofError, HouseError
from backproof._magic import load_ipython_extension
from backproof._version import __version__

__all__ = ["BackproofError", "HouseError", "__version__", "load_ipython_extension"]
