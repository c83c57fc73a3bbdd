"""backproof: the front door that hears three witnesses."""

from backproof._version import __version__

__all__ = ["__version__"]
