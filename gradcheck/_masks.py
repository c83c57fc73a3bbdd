"""Zeros among the entries of a gradient: a mask, the diagonal of a Jacobian, or just nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck._evidence import FIT, Evidence, Pair, gradients, listed
from gradcheck._report import Diagnosis


def masked(e: Evidence) -> Iterator[Diagnosis]:
    """Some entries are zero, the others too large by the factor that makes up for it: dropout in the backward pass only.

    Zeros among entries that are right are no mask of that kind: nothing is propagated to them.
    """
    highest = [p for p in e.wrong if p.layer == e.top] if e.top is not None else list(e.wrong)
    factors: list[float] = []
    n_live = n_kept = 0
    for pair in highest:
        a, n = pair.analytic[pair.known], pair.numeric[pair.known]
        live = np.abs(n) > 1e-6 * pair.size
        kept = live & (a != 0)
        if not np.any(live & (a == 0)) or not kept.any():
            return
        ratio = a[kept] / n[kept]
        if np.ptp(ratio) > 1e-3 * abs(ratio[0]):
            return
        factors.append(float(np.median(ratio)))
        n_live, n_kept = n_live + int(live.sum()), n_kept + int(kept.sum())
    if not factors:
        return
    where = listed([p.name for p in highest])
    if abs(factors[0] - 1) < 1e-3:
        if all(is_softmax_diagonal(p) for p in highest):
            yield Diagnosis(
                "softmax_diagonal",
                where,
                f"{gradients([p.name for p in highest])} zero but for one entry an example, and an example's slopes add "
                "up to 0, as those of a softmax do: the off-diagonal -a_i a_j of its Jacobian are missing.",
                {},
                0.8,
            )
        yield Diagnosis(
            "zero",
            where,
            f"{gradients([p.name for p in highest])} zero in {n_live - n_kept} of {n_live} places that have a slope, and "
            "right in the others: nothing is propagated there.",
            {"zeros": n_live - n_kept},
            0.6,
        )
        return
    # A mask that keeps a part q of n entries and scales by 1/q: the part kept varies by sqrt(q (1 - q) / n).
    keep = 1 / factors[0]
    if not 0 < keep < 1 or abs(n_kept / n_live - keep) > 3 * np.sqrt(keep * (1 - keep) / n_live):
        return
    yield Diagnosis(
        "dropout",
        where,
        f"{gradients([p.name for p in highest])} zero in some places and {factors[0]:.4g} times the slope in the others: a "
        "dropout mask acts in the backward pass only.",
        {"factor": factors[0]},
        0.95 if n_live - n_kept > 1 else 0.5,
    )


def is_softmax_diagonal(pair: Pair) -> bool:
    """Whether one entry of each line is kept and the slopes along these lines add up to zero."""
    if pair.value.ndim != 2 or not pair.known.all():
        return False
    return any(
        pair.value.shape[axis] > 2
        and bool(np.all(np.count_nonzero(pair.analytic, axis=axis) == 1))
        and float(np.max(np.abs(np.sum(pair.numeric, axis=axis)))) <= FIT * pair.size
        for axis in (0, 1)
    )
