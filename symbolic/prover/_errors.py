"""How work on one claim can end early. None of these leaves the package: each becomes an ``unknown``."""

from __future__ import annotations


class OutOfReach(Exception):
    """The claim holds something that the normal form cannot read; the message names it."""


class Symbolic(Exception):
    """The claim holds a sum or product of symbolic length, or a derivative by an entry with a symbolic index."""


class Exhausted(Exception):
    """The work outgrew its limit of time or size; the message says which."""


class Undefined(Exception):
    """The expression has no value anywhere in the region at hand."""
