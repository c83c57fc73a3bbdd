"""gradcheck measures the slopes of a loss and says whether a gradient agrees with them.

>>> import numpy as np
>>> import gradcheck
>>> report = gradcheck.check(lambda w: np.sum(w**2), lambda w: 2 * w, np.array([1.0, -2.0]))
>>> report.verdict
'pass'

Every name, and each of the submodules `torch`, `jax`, `autograd`, `scipy` and `strategies`, is imported at its first use:
`import gradcheck` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck import autograd as autograd
    from gradcheck import jax as jax
    from gradcheck import scipy as scipy
    from gradcheck import strategies as strategies
    from gradcheck import torch as torch
    from gradcheck._check import assert_gradient as assert_gradient
    from gradcheck._check import check as check
    from gradcheck._errors import DtypeError as DtypeError
    from gradcheck._errors import GradcheckError as GradcheckError
    from gradcheck._errors import GradientInconclusive as GradientInconclusive
    from gradcheck._errors import GradientMismatch as GradientMismatch
    from gradcheck._errors import InputChangedError as InputChangedError
    from gradcheck._errors import NonDeterministicError as NonDeterministicError
    from gradcheck._errors import NonFiniteError as NonFiniteError
    from gradcheck._errors import OptionError as OptionError
    from gradcheck._errors import ShapeError as ShapeError
    from gradcheck._errors import StructureError as StructureError
    from gradcheck._errors import TooManyEntriesError as TooManyEntriesError
    from gradcheck._numerical import numerical_gradient as numerical_gradient
    from gradcheck._products import check_hessian as check_hessian
    from gradcheck._products import check_jvp as check_jvp
    from gradcheck._products import check_vjp as check_vjp
    from gradcheck._report import Diagnosis as Diagnosis
    from gradcheck._report import Entry as Entry
    from gradcheck._report import ParameterReport as ParameterReport
    from gradcheck._report import ProbePoint as ProbePoint
    from gradcheck._report import Report as Report
    from gradcheck._structured import StructuredLoss as StructuredLoss
    from gradcheck._sweep import Case as Case
    from gradcheck._sweep import SweepResult as SweepResult
    from gradcheck._sweep import sweep as sweep

# name -> the module that holds it; one line a name, in the order of __all__.
_HOME = {
    "Case": "gradcheck._sweep",
    "Diagnosis": "gradcheck._report",
    "DtypeError": "gradcheck._errors",
    "Entry": "gradcheck._report",
    "GradcheckError": "gradcheck._errors",
    "GradientInconclusive": "gradcheck._errors",
    "GradientMismatch": "gradcheck._errors",
    "InputChangedError": "gradcheck._errors",
    "NonDeterministicError": "gradcheck._errors",
    "NonFiniteError": "gradcheck._errors",
    "OptionError": "gradcheck._errors",
    "ParameterReport": "gradcheck._report",
    "ProbePoint": "gradcheck._report",
    "Report": "gradcheck._report",
    "ShapeError": "gradcheck._errors",
    "StructureError": "gradcheck._errors",
    "StructuredLoss": "gradcheck._structured",
    "SweepResult": "gradcheck._sweep",
    "TooManyEntriesError": "gradcheck._errors",
    "assert_gradient": "gradcheck._check",
    "check": "gradcheck._check",
    "check_hessian": "gradcheck._products",
    "check_jvp": "gradcheck._products",
    "check_vjp": "gradcheck._products",
    "numerical_gradient": "gradcheck._numerical",
    "sweep": "gradcheck._sweep",
}
# One file for each library that gradcheck adapts; the library itself is imported where it is used.
_SUBMODULES = ("autograd", "jax", "scipy", "strategies", "torch")

__all__ = sorted(_HOME)  # the table above is the one list of names


def __getattr__(name: str) -> Any:
    """Import a name from its home, or a submodule, at first use."""
    if name in _SUBMODULES:
        return importlib.import_module(f"gradcheck.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_SUBMODULES})
