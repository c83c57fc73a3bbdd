"""Is the house complete, and are the three witnesses ours? Their import names are short, and others use them too."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from backproof._errors import HouseError

__all__ = ["WITNESSES", "missing_dependency", "require_our_witnesses"]

WITNESSES = ("symbolic", "numeric", "gradcheck")
# import name -> distribution: what pip installs with backproof
DEPENDENCIES = {
    "click": "click",
    "flint": "python-flint",
    "jinja2": "Jinja2",
    "lark": "lark",
    "markdown_it": "markdown-it-py",
    "math_core": "math-core",
    "mdit_py_plugins": "mdit-py-plugins",
    "mpmath": "mpmath",
    "numpy": "numpy",
    "rich": "rich",
    "sympy": "sympy",
}
# import name -> the extra of backproof that brings it
EXTRAS = {
    "joblib": "parallel",
    "matplotlib": "plot",
    "sklearn": "data",
    "hypothesis": "test",
    "nbclient": "notebooks",
}


def missing_dependency(error: BaseException) -> str:
    """Say which package is missing and how to get it, if that is what a failed import means; else nothing.

    Examples
    --------
    >>> missing_dependency(ModuleNotFoundError("No module named 'flint'", name="flint"))
    'The package python-flint, which backproof needs, is not installed: pip install backproof'
    >>> missing_dependency(ModuleNotFoundError("No module named 'joblib'", name="joblib"))
    'The package joblib, which this needs, is not installed: pip install "backproof[parallel]"'
    >>> missing_dependency(ModuleNotFoundError("No module named 'torch'", name="torch"))
    ''
    """
    name = (getattr(error, "name", None) or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and name in EXTRAS:
        return (
            f'The package {name}, which this needs, is not installed: pip install "backproof[{EXTRAS[name]}]"'
        )
    if not isinstance(error, ModuleNotFoundError) or name not in DEPENDENCIES:
        return ""
    return f"The package {DEPENDENCIES[name]}, which backproof needs, is not installed: pip install backproof"


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
