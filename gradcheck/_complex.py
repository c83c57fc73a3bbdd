"""Complex step: J'(p) = Im J(p + ih) / h, without subtraction, so with all digits, where J is analytic.

The step can be so small that truncation vanishes altogether.
Nothing tells from one such value whether the loss really is analytic (it may take an absolute value, or drop the
imaginary part), so a sample is measured with real steps too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck import _ladder as ladder
from gradcheck._errors import DtypeError
from gradcheck._ladder import Slopes
from gradcheck._objective import Objective
from gradcheck._point import Array
from gradcheck._richardson import EPS, Moves, Terms
from gradcheck._structured import Audit, audited, climb_into

# 2^-100 of the scale: its square is far below rounding, its product with any slope far above underflow.
STEP = 2.0**-100


def complex_slopes(
    objective: Objective, arrays: Sequence[Array], place: int, indices: NDArray[np.intp], steps: Array
) -> Array:
    """Measure slopes by complex steps; every entry is restored at once."""
    given: list[NDArray[Any]] = [a.astype(np.complex128) for a in arrays]
    flat = given[place].reshape(-1)
    slopes = np.empty(indices.size)
    for k, (i, h) in enumerate(zip(indices.tolist(), steps.tolist(), strict=True)):
        held = flat[i]
        flat[i] = complex(held.real, h)
        objective.n_evaluations += 1
        try:
            with np.errstate(all="ignore"):
                value = np.asarray(objective.loss(objective.layout.fold(given)))
        except TypeError as error:
            raise DtypeError(
                f"the loss does not take complex parameters ({error}); method='complex' needs one that does. "
                "Use method='auto'."
            ) from error
        finally:
            flat[i] = held
        if value.dtype.kind != "c" or value.ndim:
            raise DtypeError(
                f"the loss gave {value!r} at a complex point; method='complex' needs a complex number. "
                "Does it drop the imaginary part (float(...), abs, .real)? Use method='auto'."
            )
        slopes[k] = value.imag / h
    return slopes


def judge_complex(
    objective: Objective,
    arrays: Sequence[Array],
    place: int,
    analytic: Array,
    indices: NDArray[np.intp],
    plain: Moves,
    terms: Terms,
    size: float,
    rng: np.random.Generator,
) -> tuple[Slopes, Audit]:
    """Judge entries by complex steps, audited on the plain loss; disagreements are measured there too."""
    steps = ladder.power_of_two(terms.scale) * STEP
    numeric = complex_slopes(objective, arrays, place, indices, steps)
    finite = np.isfinite(numeric)
    largest = float(np.max(np.abs(numeric[finite]), initial=0.0))
    # Rounding of a sum of like terms; 256: a few hundred operations in a row.
    bound = np.where(finite, 256 * EPS * (np.abs(numeric) + largest), np.inf) + terms.allowance
    audit = audited(objective.layout.names[place], plain, numeric, ~finite, terms, rng)
    with np.errstate(invalid="ignore"):
        doubtful = np.flatnonzero(~(np.abs(analytic - numeric) <= bound))
    status = np.full(indices.size, ladder.OK, dtype=np.int8)
    sharp = numeric.copy(), bound.copy()
    climb_into(plain, analytic, terms, doubtful, (numeric, bound, steps, status))
    # Where the ladder calls an entry right within a wider bound, the sharper witness decides, if the audit trusts it.
    smooth = doubtful[np.isin(status[doubtful], (ladder.OK, ladder.WIDE))]
    if audit.agrees:
        with np.errstate(invalid="ignore"):
            beyond = smooth[np.abs(analytic - sharp[0])[smooth] > 2 * sharp[1][smooth]]
        status[beyond] = ladder.WRONG
        numeric[beyond], bound[beyond] = sharp[0][beyond], sharp[1][beyond]
    return Slopes(numeric, bound, steps, status), audit
