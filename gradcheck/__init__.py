"""gradcheck measures the slopes of a loss and says whether a gradient agrees with them.

>>> import numpy as np
>>> import gradcheck
>>> report = gradcheck.check(lambda w: np.sum(w**2), lambda w: 2 * w, np.array([1.0, -2.0]))
>>> report.verdict
'pass'
"""

from gradcheck._check import assert_gradient, check
from gradcheck._errors import (
    DtypeError,
    GradcheckError,
    GradientInconclusive,
    GradientMismatch,
    InputChangedError,
    NonDeterministicError,
    NonFiniteError,
    OptionError,
    ShapeError,
    StructureError,
    TooManyEntriesError,
)
from gradcheck._numerical import numerical_gradient
from gradcheck._products import check_hessian, check_jvp, check_vjp
from gradcheck._report import Diagnosis, Entry, ParameterReport, ProbePoint, Report
from gradcheck._structured import StructuredLoss
from gradcheck._sweep import Case, SweepResult, sweep

__all__ = [
    "Case",
    "Diagnosis",
    "DtypeError",
    "Entry",
    "GradcheckError",
    "GradientInconclusive",
    "GradientMismatch",
    "InputChangedError",
    "NonDeterministicError",
    "NonFiniteError",
    "OptionError",
    "ParameterReport",
    "ProbePoint",
    "Report",
    "ShapeError",
    "StructureError",
    "StructuredLoss",
    "SweepResult",
    "TooManyEntriesError",
    "assert_gradient",
    "check",
    "check_hessian",
    "check_jvp",
    "check_vjp",
    "numerical_gradient",
    "sweep",
]
