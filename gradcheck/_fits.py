"""Mistakes with a number in them, fitted: examples weighted or dropped, weights updated too early, masks, other factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradcheck._evidence import Evidence, Pair
from gradcheck._point import Array
from gradcheck._ratios import named_ratio
from gradcheck._replay import Edits, Tape, meets, solved_dZ
from gradcheck._report import Diagnosis

# Examples among which a mask is sought by trying all subsets.
MOST_MASKED = 14


def scaled(e: Evidence, tape: Tape) -> Iterator[Diagnosis]:
    """dZ times a number, while the penalty's gradient is right: no constant ratio shows then."""
    if not any(tape.penalties.values()):
        return
    top = e.top or len(tape.layers)
    right, twice = tape.backward(), tape.backward(Edits(at=top, dZ=lambda d: 2 * d))
    part = {name: twice[name] - right[name] for name in right}
    shares = [(p.analytic - right[p.name], part[p.name]) for p in e.pairs]
    square = sum(float(np.sum(q * q)) for _, q in shares)
    c = 1 + sum(float(np.sum(d * q)) for d, q in shares) / square if square else 1.0
    if abs(c - 1) > 1e-6 and meets(e, {name: right[name] + (c - 1) * part[name] for name in right}):
        yield from named_ratio(c, [f"Z{top}"], e, 0.96)
    for pair in e.wrong:  # or one dW alone
        data = right[pair.name] - tape.penalties.get(pair.name, 0.0) * pair.value
        whole = float(np.sum(data * data))
        c = 1 + float(np.sum((pair.analytic - right[pair.name]) * data)) / whole if whole else 1.0
        if len(e.wrong) == 1 and abs(c - 1) > 1e-6 and pair.explains(right[pair.name] + (c - 1) * data):
            yield from named_ratio(c, [pair.name], e, 0.96)


def weighted(e: Evidence, tape: Tape) -> Iterator[Diagnosis]:
    """Examples dropped or weighted: the weights follow by least squares from the contributions of each example."""
    top = e.top or len(tape.layers)
    highest = [p for p in e.wrong if p.layer == top]
    parts = []
    for j in range(tape.m):
        only = np.zeros(tape.m)
        only[j] = 1.0
        replay = tape.backward(Edits(at=top, dZ=partial(np.multiply, only)))
        parts.append(np.concatenate([_data(tape, replay, p).reshape(-1) for p in highest]))
    matrix = np.stack(parts, axis=1)
    target = np.concatenate([_minus_penalty(tape, p).reshape(-1) for p in highest])
    if matrix.shape[0] < tape.m + 1 or np.linalg.matrix_rank(matrix) < tape.m:
        return
    w = np.linalg.lstsq(matrix, target, rcond=None)[0]
    replay = tape.backward(Edits(at=top, dZ=lambda d: d * w))
    if not all(p.explains(replay[p.name]) for p in e.wrong) or np.ptp(w) < 1e-4:
        return
    where, evidence = f"dZ{top}", {"weights": [round(float(v), 6) for v in w]}
    kept = np.abs(w) > 1e-4
    if not kept.all() and np.ptp(w[kept]) < 1e-3 * abs(float(w[kept][0])):
        gone = np.flatnonzero(~kept).tolist()
        yield Diagnosis(
            "example_dropped",
            where,
            f"Example{'s' * (len(gone) > 1)} {', '.join(map(str, gone))} of m = {tape.m} "
            f"(counted from 0) {'do' if len(gone) > 1 else 'does'} not count in {where}.",
            evidence,
            0.97,
        )
    else:
        yield Diagnosis(
            "example_weights",
            where,
            f"The examples count with unequal weights in {where}, between {w.min():.3g} and "
            f"{w.max():.3g}; the loss weighs them otherwise.",
            evidence,
            0.96,
        )


def updated_too_early(e: Evidence, tape: Tape) -> Iterator[Diagnosis]:
    """dA is carried back with weights that the update has already changed: W - η dW."""
    top = e.top or len(tape.layers)
    if top >= len(tape.layers):
        return
    right = tape.backward()
    back = tape.layers[top].W.T - right[f"W{top + 1}"].T
    other = tape.backward(Edits(at=top + 1, back=back))
    pairs = [p for p in e.pairs if p.layer == top]
    square = sum(float(np.sum((other[p.name] - right[p.name]) ** 2)) for p in pairs)
    if not square:
        return
    rate = (
        sum(float(np.sum((other[p.name] - right[p.name]) * (p.analytic - right[p.name]))) for p in pairs)
        / square
    )
    moved = tape.layers[top].W.T - rate * right[f"W{top + 1}"].T
    if abs(rate) > 1e-9 and meets(e, tape.backward(Edits(at=top + 1, back=moved))):
        yield Diagnosis(
            "wrong_W",
            f"dA{top}",
            f"dA{top} is carried back with W{top + 1} - {rate:.4g} dW{top + 1}: the weights were "
            "updated before they were used.",
            {"rate": rate},
            0.97,
        )


def carried_by_another_matrix(e: Evidence, tape: Tape) -> Iterator[Diagnosis]:
    """Is dZ = (M dZ_above) * g'(Z) for some matrix M? Row by row a linear system, if there are more equations than units."""
    top = e.top or len(tape.layers)
    found = _rows(e, tape, top)
    if found is None or top >= len(tape.layers):
        return
    system, known = found
    above, layer = right_dZ(tape, top + 1), tape.layers[top - 1]
    assert layer.slope is not None
    slope = layer.slope(layer.Z)
    if above.shape[0] >= system.shape[0]:
        return
    tested = 0
    for i in range(slope.shape[0]):
        matrix = system @ (above * slope[i]).T
        if np.linalg.matrix_rank(matrix) < above.shape[0]:
            continue
        tested += 1
        row = np.linalg.lstsq(matrix, known[i], rcond=None)[0]
        if np.max(np.abs(matrix @ row - known[i])) > 1e-4 * np.max(np.abs(known)):
            return
    if 2 * tested <= slope.shape[0]:
        return
    yield Diagnosis(
        "wrong_W",
        f"dA{top}",
        f"dA{top} is dZ{top + 1} multiplied by a matrix that is not W{top + 1}ᵀ.",
        {},
        0.88,
    )


def another_factor(e: Evidence, tape: Tape) -> Iterator[Diagnosis]:
    """Is dZ = dA * f(Z) for another function f? Sought among combinations of what one might have written for g'."""
    top = e.top or len(tape.layers)
    found = _rows(e, tape, top)
    if found is None or top >= len(tape.layers):
        return
    system, known = found
    layer = tape.layers[top - 1]
    assert layer.slope is not None
    slope, dA = layer.slope(layer.Z), tape.layers[top].W.T @ right_dZ(tape, top + 1)
    Z, A = layer.Z, layer.A
    on = (Z > 0) * 1.0
    with np.errstate(all="ignore"):
        basis = [
            np.ones_like(Z),
            slope,
            slope**2,
            A,
            A * A,
            Z,
            Z * Z,
            A * Z,
            on,
            layer.slope(A),
            slope * A,
            slope * Z,
        ]
    columns = [(system @ (dA * f).T).T.reshape(-1) for f in basis if np.isfinite(f).all()]
    matrix, target = np.stack(columns, axis=1), known.reshape(-1)
    if matrix.shape[0] < 2 * matrix.shape[1]:
        return
    weights = np.linalg.lstsq(matrix, target, rcond=1e-10)[0]
    if np.max(np.abs(matrix @ weights - target)) <= 1e-4 * np.max(np.abs(target)):
        yield Diagnosis(
            "wrong_gprime",
            f"g'(Z{top})",
            f"dZ{top} is W{top + 1}ᵀ dZ{top + 1} times a function of Z{top} that is not g'(Z{top}).",
            {},
            0.86,
        )


def masks(e: Evidence, tape: Tape) -> Iterator[Diagnosis]:
    """Is dZ of the highest wrong layer zero in some places and scaled in the others? One unit tells, by trial."""
    top = e.top or len(tape.layers)
    found = _rows(e, tape, top)
    if found is None:
        return
    system, known = found
    right = right_dZ(tape, top)
    kept = np.ones(right.shape, dtype=bool)
    factors: list[float] = []
    for i in range(right.shape[0]):
        live = np.flatnonzero(np.abs(right[i]) > 1e-9 * np.max(np.abs(right)))
        if not 2 <= live.size <= MOST_MASKED or system.shape[0] < 3:
            continue
        parts = (system * right[i])[:, live]
        subsets = (np.arange(1, 2**live.size)[:, None] >> np.arange(live.size)) & 1
        sums = subsets @ parts.T
        square = np.sum(sums * sums, axis=1)
        with np.errstate(all="ignore"):
            c = np.where(square > 0, (sums @ known[i]) / square, 0.0)
        off = np.max(np.abs(c[:, None] * sums - known[i]), axis=1)
        best = int(np.argmin(off))
        if off[best] > 1e-5 * np.max(np.abs(known)):
            return
        kept[i, live] = subsets[best] > 0
        factors.append(float(c[best]))
    alive = [c for c in factors if c != 0]
    if not alive or kept.all() or np.ptp(alive) > 1e-3 * abs(alive[0]) or alive[0] < 0:
        return
    if top == len(tape.layers) and np.array_equal(kept, tape.Y != 0):
        return  # the labels' pattern, not a random one
    if top < len(tape.layers) and abs(alive[0] - 1) < 1e-3 and is_threshold(tape.layers[top - 1].Z, kept):
        yield Diagnosis(
            "wrong_gprime",
            f"g'(Z{top})",
            f"dZ{top} is zero beyond a threshold of Z{top} where g' is not.",
            {},
            0.9,
        )
        return
    yield Diagnosis(
        "dropout",
        f"dZ{top}",
        f"dZ{top} is zero in some places and {alive[0]:.4g} times the right value in the others: a dropout mask acts in "
        "the backward pass only.",
        {"factor": alive[0]},
        0.95 if abs(alive[0] - 1) > 1e-3 else 0.6,
    )


def is_threshold(Z: Array, kept: Any) -> bool:
    """Whether Z, -Z or |Z| is larger in all places left out than in all places kept."""
    return any(float(f[~kept].min()) > float(f[kept].max()) for f in (Z, -Z, np.abs(Z)))


def _rows(e: Evidence, tape: Tape, number: int) -> tuple[Array, Array] | None:
    """Give the linear system of a layer's dZ: system @ dZ[i] = known[i], from dW and db."""
    by_name = {p.name: p for p in e.pairs}
    W, b = by_name.get(f"W{number}"), by_name.get(f"b{number}")
    if W is None or b is None or not (W.is_wrong and b.is_wrong):
        return None
    system = np.vstack([tape.below(number), np.ones((1, tape.m))])
    return system, np.hstack([_minus_penalty(tape, W), b.analytic.reshape(-1, 1)]) * tape.m / tape.scale


def right_dZ(tape: Tape, number: int) -> Array:
    """Give dZ of a layer in the unspoiled backward pass."""
    dZ = tape.dZ
    for k in range(len(tape.layers), number, -1):
        under = tape.layers[k - 2]
        assert under.slope is not None
        dZ = tape.layers[k - 1].W.T @ dZ * under.slope(under.Z)
    return dZ


def _data(tape: Tape, replay: dict[str, Array], pair: Pair) -> Array:
    return replay[pair.name] - tape.penalties.get(pair.name, 0.0) * pair.value


def _minus_penalty(tape: Tape, pair: Pair) -> Any:
    return pair.analytic - tape.penalties.get(pair.name, 0.0) * pair.value


def output_recovered(e: Evidence, tape: Tape) -> Iterator[Diagnosis]:
    """Where the parameters determine it: the dZ of the output layer that the gradient under test used."""
    if e.top != len(tape.layers):
        return
    used = solved_dZ(tape, e, [pair.analytic for pair in e.pairs])
    if used is None:
        return
    if not meets(e, replace(tape, dZ=used).backward()):
        return  # no dZ gives this gradient: the mistake comes after it
    off = np.abs(used - tape.dZ)
    wrong = off > 1e-4 * np.max(np.abs(tape.dZ))
    yield Diagnosis(
        "output",
        f"dZ{e.top}",
        f"Below, the backward pass is right; dZ{e.top} itself is wrong in {int(wrong.sum())} of {wrong.size} entries: look "
        "at the derivative of the loss.",
        {"entries": int(wrong.sum())},
        0.7,
    )


FITS = (
    output_recovered,
    scaled,
    weighted,
    updated_too_early,
    masks,
    carried_by_another_matrix,
    another_factor,
)
