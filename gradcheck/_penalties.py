"""The gradient of a penalty: missing, doubled, of another coefficient, of another kind, or where none belongs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from gradcheck._evidence import FIT, Evidence, Pair, gradients, holds_elsewhere, listed
from gradcheck._paths import with_multiple
from gradcheck._point import Array
from gradcheck._report import Diagnosis


def penalty_mistaken(e: Evidence) -> Iterator[Diagnosis]:
    """The difference is proportional to the parameter itself."""
    found: list[tuple[Pair, float]] = []
    for pair in e.wrong:
        off, w = (pair.analytic - pair.numeric)[pair.known], pair.value[pair.known]
        square = float(np.sum(w * w))
        if not square:
            return  # nothing to be proportional to
        d = float(np.sum(off * w)) / square
        again = holds_elsewhere(e, pair, partial(with_multiple, d))
        if again is False or (w.size < 2 and again is None):
            return  # one number is always proportional to another; two points tell
        reach = float(np.max(np.abs(off)))
        noise = max(4 * pair.noise, 1e-9 * pair.size)
        if float(np.max(np.abs(off - d * w))) > max(1e-4 * reach, noise) or reach < 2 * noise:
            return
        found.append((pair, d))
    if not found or all(pair.value.size > 1 and is_all_penalty(pair) for pair, _ in found):
        return
    # Where there are no weights besides, a vector is a vector of weights.
    biases = [
        pair.name
        for pair, d in found
        if (pair.is_bias and any(not p.is_bias for p in e.pairs)) or is_unpenalised_vector(e, pair, d)
    ]
    names = [pair.name for pair, _ in found]
    d = found[0][1]
    if len(biases) == len(found) and d > 0:
        yield Diagnosis(
            "l2_on_bias",
            listed(biases),
            f"{gradients(biases)} off by {d:.4g} times the bias itself: "
            "the penalty is applied to the bias, but the loss penalises weights only.",
            {"coefficient": d},
            0.97,
        )
        return
    pair, d = next(((p, d) for p, d in found if not p.is_bias), found[0])
    where = listed(names)
    lam = e.penalty.get(pair.name)
    evidence = {"coefficient": d, "penalty": lam}
    if lam is None:
        yield Diagnosis(
            "missing_l2" if d < 0 else "doubled_l2",
            where,
            f"d{where} differs from the slope by {d:.4g} times "
            f"the weights: the penalty's gradient is {'missing' if d < 0 else 'there twice'}.",
            evidence,
            0.6,
        )
        yield Diagnosis(
            "l2_scale",
            where,
            f"d{where} differs from the slope by {d:.4g} times the weights: the penalty's "
            "gradient has another coefficient than the penalty (λ/m?).",
            evidence,
            0.45,
        )
    elif lam and abs(d + lam) <= 0.02 * lam:
        yield Diagnosis(
            "missing_l2",
            where,
            f"d{where} lacks {lam:.4g} · W, the gradient of the L2 penalty.",
            evidence,
            0.97,
        )
    elif lam and abs(d - lam) <= 0.02 * lam:
        yield Diagnosis(
            "doubled_l2",
            where,
            f"d{where} has {lam:.4g} · W once too often: the gradient of the L2 penalty is "
            "added twice, or the factor 1/2 of the penalty was forgotten.",
            evidence,
            0.97,
        )
    else:
        yield Diagnosis(
            "l2_scale",
            where,
            f"d{where} has {d + lam:.4g} · W where the penalty in the loss gives {lam:.4g} · W: "
            "the coefficient differs (λ or λ/m?).",
            evidence,
            0.95,
        )


def is_unpenalised_vector(e: Evidence, pair: Pair, d: float) -> bool:
    """Whether a parameter has one row or column only, others have more, and the loss has no penalty on it."""
    lam = e.penalty.get(pair.name)
    lines = [max(p.value.shape, default=1) for p in e.pairs]
    thin = [line == p.value.size for line, p in zip(lines, e.pairs, strict=True)]
    return lam is not None and abs(lam) <= FIT * abs(d) and thin[e.pairs.index(pair)] and not all(thin)


def another_penalty(e: Evidence) -> Iterator[Diagnosis]:
    """The difference is a mixture of the parameter and of its signs: L1 in one pass, L2 in the other."""
    for pair in e.wrong:
        off, w = (pair.analytic - pair.numeric)[pair.known], pair.value[pair.known]
        if off.size < 4:
            continue
        basis = np.stack([w, np.sign(w)], axis=1)
        fit = np.linalg.lstsq(basis, off, rcond=None)[0]
        reach = float(np.max(np.abs(off)))
        shares = np.abs(fit) * np.max(np.abs(basis), axis=0)
        if (
            np.max(np.abs(basis @ fit - off)) > max(1e-4 * reach, min(4 * pair.noise, 1e-2 * reach))
            or shares[1] < 1e-2 * reach
        ):
            continue
        if holds_elsewhere(e, pair, partial(with_both, fit)) is False:
            continue
        said = f"{fit[1]:+.4g} sign({pair.name})" + (
            f" {fit[0]:+.4g} {pair.name}" if shares[0] > 1e-2 * reach else ""
        )
        yield Diagnosis(
            "wrong_penalty",
            pair.name,
            f"d{pair.name} differs from the slope by {said}: the penalty's gradient is not that of the penalty in the loss "
            "(L1 in the one, L2 or nothing in the other).",
            {"of_signs": float(fit[1]), "of_values": float(fit[0])},
            0.95,
        )


def with_both(shares: Array, pair: Pair) -> Array:
    """What a gradient with shares of the parameter and of its signs in it would be."""
    both: Array = pair.numeric + shares[0] * pair.value + shares[1] * np.sign(pair.value)
    return both


def is_all_penalty(pair: Pair) -> bool:
    """Whether the slope itself is the parameter times a number: then a factor says all, and says it more simply."""
    n, w = pair.numeric[pair.known], pair.value[pair.known]
    square = float(np.sum(w * w))
    c = float(np.sum(n * w)) / square if square else 0.0
    return bool(np.max(np.abs(n - c * w)) <= FIT * pair.size)
