"""Are the three witnesses ours? Their import names are short, and other distributions use them too."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from backproof._errors import HouseError

__all__ = ["WITNESSES", "require_our_witnesses"]

WITNESSES = ("symbolic", "numeric", "gradcheck")


def require_our_witnesses() -> None:
    """Raise unless every witness lies beside this package; imports none of them.

    Raises
    ------
    HouseError
        Another distribution owns one of the names, or it is missing.
    """
    home = Path(__file__).resolve().parent.parent
    for name in WITNESSES:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise HouseError(
                f"The package {name!r} of backproof is missing from {home}; install backproof again."
            )
        if spec.origin is None or Path(spec.origin).resolve().parent != home / name:
            found = spec.origin or ", ".join(spec.submodule_search_locations or ())
            raise HouseError(
                f"The import name {name!r} belongs to another distribution: Python finds {found}, and backproof "
                f"needs {home / name}. Its verdicts would not be ours. Uninstall the other one, remove it from "
                "PYTHONPATH, or give backproof a virtual environment of its own."
            )
