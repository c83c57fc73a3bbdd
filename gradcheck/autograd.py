"""HIPS autograd: check a function built of its primitives, or a primitive of one's own with its `defvjp`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck._check import check as _check
from gradcheck._errors import GradcheckError
from gradcheck._report import Report
from gradcheck._seed import read_seed

__all__ = ["check"]


def check(function: Callable[..., Any], args: Any, *, rng: int = 0, **options: Any) -> Report:
    """Check what `autograd.make_vjp` returns against measured slopes.

    Parameters
    ----------
    function : callable
        Called as ``function(*args)``; a result that is no scalar is contracted with a fixed random cotangent.
    args : tuple or array
        Floating-point arrays, all of which are checked.
    rng : int
        Seed of the cotangent and of the probe points.
    **options
        Handed on to `gradcheck.check`.

    Returns
    -------
    Report
        Its parameters are ``arg0``, ``arg1``, ...

    Raises
    ------
    ImportError
        If autograd is not installed.
    """
    from autograd import make_vjp

    arguments = args if isinstance(args, (tuple, list)) else (args,)
    at = {f"arg{i}": np.array(a, copy=True) for i, a in enumerate(arguments)}

    def value(point: Mapping[str, np.ndarray]) -> np.ndarray:
        result = function(*point.values())
        if isinstance(result, tuple | list | dict):
            raise GradcheckError(
                f"the function returned a {type(result).__name__}; expected one array or number. Check one output at a time."
            )
        return np.asarray(result)

    shape = value(at).shape
    draw = np.random.default_rng([read_seed(rng), 77])
    cotangent = draw.uniform(0.5, 1.5, shape) * draw.choice([-1.0, 1.0], shape) if shape else np.ones(())

    def loss(point: Mapping[str, np.ndarray]) -> float:
        return float((cotangent * value(point)).sum())

    def gradient(point: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        names = list(point)
        pull_back, _ = make_vjp(lambda args: function(*args))(tuple(point[k] for k in names))
        slopes = pull_back(cotangent if shape else 1.0)
        return {k: np.array(s) for k, s in zip(names, slopes, strict=True)}

    return _check(loss, gradient, at, rng=rng, **options)
