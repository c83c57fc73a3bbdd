"""Causes that show in the two gradients alone: ratios, transposes, penalties, lone rows and entries, rounding, clipping."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck._evidence import FIT, Evidence, Pair, listed
from gradcheck._point import Array, entry_name
from gradcheck._report import Diagnosis


def ratio_of(pair: Pair) -> float | None:
    """The number c with analytic = c · numeric in every entry, if there is one."""
    a, n = pair.analytic[pair.known], pair.numeric[pair.known]
    square = float(np.sum(n * n))
    if not square:
        return None
    c = float(np.sum(a * n)) / square
    return c if pair.explains(c * pair.numeric) else None


def constant_ratio(e: Evidence) -> Iterator[Diagnosis]:
    """All that is wrong is wrong by one factor."""
    ratios = [ratio_of(pair) for pair in e.wrong]
    if not ratios or any(c is None for c in ratios):
        return
    known = [c for c in ratios if c is not None]
    c = known[0]
    names = [pair.name for pair in e.wrong]
    where = listed(names)
    if all(abs(k) < 1e-9 for k in known):
        yield Diagnosis(
            "zero",
            where,
            f"d{listed(names)} is zero in every entry, but the loss does depend on it: "
            "nothing is propagated there.",
            {"ratio": 0.0},
            0.96,
        )
        return
    if max(known) - min(known) > 1e-4 * max(map(abs, known)):
        lone = max(known, key=lambda k: abs(k - 1))
        name = names[known.index(lone)]
        if all(0 < k < 1 for k in known):
            yield Diagnosis(
                "clipping",
                where,
                f"The gradients of {where} are each shortened by a factor of their own, as "
                "if each were clipped to a norm.",
                {"ratios": known},
                0.7,
            )
        yield from named_ratio(lone, name, e, 0.6, size=1)
        return
    if norm_is_capped(e):
        yield Diagnosis(
            "clipping",
            where,
            f"The whole gradient is {c:.4g} of what it should be, and it has the same norm at other "
            "points: it is clipped to a norm, and the loss knows nothing of it.",
            {"ratio": c},
            0.97,
        )
    yield from named_ratio(c, where, e, 0.95, size=len(names))


def named_ratio(c: float, where: str, e: Evidence, score: float, size: int) -> Iterator[Diagnosis]:
    """Say what a factor usually means."""
    m = e.m
    evidence = {"ratio": c, "m": m}
    said = f"d({where})" if size > 1 else f"d{where}"
    every = f"{said} is {{}} in every entry"

    def near(value: float) -> bool:
        return abs(c - value) <= 1e-4 * abs(value)

    if near(-1):
        yield Diagnosis(
            "sign",
            where,
            f"{said} has the wrong sign in every entry: its size is right. "
            "Was it Y - A instead of A - Y, or a minus lost?",
            evidence,
            score,
        )
    elif m is not None and m > 1 and near(m):
        yield Diagnosis(
            "missing_mean",
            where,
            every.format(f"m = {m} times too large") + ": the mean over the examples (1/m) is missing.",
            evidence,
            score,
        )
    elif m is not None and m > 1 and near(1 / m):
        yield Diagnosis(
            "extra_mean",
            where,
            every.format(f"m = {m} times too small") + ": it is divided by m twice.",
            evidence,
            score,
        )
    elif m is not None and m > 2 and near(m / (m - 1)):
        yield Diagnosis(
            "bessel",
            where,
            every.format(f"m/(m-1) = {m}/{m - 1} times what it should be")
            + ": it is divided by m - 1 instead of m.",
            evidence,
            score,
        )
    else:
        hidden = 0.55 if m is None else 0.2
        whole, part = round(c), round(1 / c) if c else 0
        k = round(c / (c - 1)) if abs(c - 1) > 1e-6 else 0
        if m is None and whole >= 3 and near(whole):
            yield Diagnosis(
                "missing_mean",
                where,
                every.format(f"{whole} times too large") + f": if there are m = {whole} "
                "examples, their mean (1/m) is missing.",
                evidence,
                hidden + 0.1,
            )
        if m is None and part >= 3 and near(1 / part):
            yield Diagnosis(
                "extra_mean",
                where,
                every.format(f"{part} times too small") + f": if there are m = {part} "
                "examples, it is divided by m twice.",
                evidence,
                hidden + 0.1,
            )
        if m is None and k >= 3 and near(k / (k - 1)):
            yield Diagnosis(
                "bessel",
                where,
                every.format(f"{k}/{k - 1} times what it should be") + f": with m = {k} "
                "examples that is a division by m - 1 instead of m.",
                evidence,
                hidden + 0.1,
            )
        yield Diagnosis(
            "factor",
            where,
            every.format(f"{c:.6g} times what it should be") + ": a constant factor is missing or too many.",
            evidence,
            score if m else hidden,
        )


def norm_is_capped(e: Evidence) -> bool:
    """Whether the gradient as a whole is as long at other points as here."""
    if len(e.wrong) < len(e.pairs) or not e.elsewhere:
        return False

    def norm(arrays: tuple[Array, ...]) -> float:
        return float(np.sqrt(sum(np.sum(a * a) for a in arrays)))

    here = norm(tuple(pair.analytic for pair in e.pairs))
    same = [abs(norm(other) - here) <= 1e-6 * here for other in e.elsewhere]
    return here > 0 and sum(same) >= 1


def shapes_mistaken(e: Evidence) -> Iterator[Diagnosis]:
    """A transpose, a reshape instead of a transpose, rows or columns in another order."""
    for pair in e.wrong:
        if pair.value.ndim != 2 or min(pair.value.shape) < 2 or not pair.known.all():
            continue
        n, shape = pair.numeric, pair.value.shape
        where, score = pair.name, 0.95 if len(e.wrong) == 1 else 0.85
        if shape[0] == shape[1] and pair.explains(n.T):
            yield Diagnosis(
                "transpose",
                where,
                f"d{where} is the transpose of what it should be: dW = dZ Aᵀ, not A dZᵀ.",
                {},
                score,
            )
        elif pair.explains(n.T.reshape(shape)) or pair.explains(n.reshape(shape[::-1]).T):
            yield Diagnosis(
                "reshape",
                where,
                f"d{where} holds the right numbers in the wrong places: it was reshaped to "
                f"{shape} where it should have been transposed.",
                {},
                score,
            )
        else:
            orders = {"rows reversed": n[::-1], "columns reversed": n[:, ::-1]}
            for k in (1, -1):
                orders[f"rows rolled by {k}"] = np.roll(n, k, axis=0)
                orders[f"columns rolled by {k}"] = np.roll(n, k, axis=1)
            for said, moved in orders.items():
                if pair.explains(moved):
                    yield Diagnosis("permuted", where, f"d{where} has its {said}.", {"order": said}, score)


def penalty_mistaken(e: Evidence) -> Iterator[Diagnosis]:
    """The difference is proportional to the parameter itself."""
    found: list[tuple[Pair, float]] = []
    for pair in e.wrong:
        off, w = (pair.analytic - pair.numeric)[pair.known], pair.value[pair.known]
        square = float(np.sum(w * w))
        if not square or w.size < 2:
            return  # nothing to be proportional to
        d = float(np.sum(off * w)) / square
        reach = float(np.max(np.abs(off)))
        noise = max(4 * pair.noise, 1e-9 * pair.size)
        if float(np.max(np.abs(off - d * w))) > max(1e-4 * reach, noise) or reach < 2 * noise:
            return
        found.append((pair, d))
    if not found:
        return
    biases = [pair.name for pair, _ in found if pair.is_bias]
    names = [pair.name for pair, _ in found]
    if len(biases) == len(found):
        d = found[0][1]
        yield Diagnosis(
            "l2_on_bias",
            listed(biases),
            f"d{listed(biases)} exceeds the slope by {d:.4g} times the bias itself: "
            "the penalty is applied to the bias, but the loss penalises weights only.",
            {"coefficient": d},
            0.97,
        )
        return
    pair, d = next((p, d) for p, d in found if not p.is_bias)
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


def lone_places(e: Evidence) -> Iterator[Diagnosis]:
    """Only one entry, row, column or unit of the highest wrong layer is wrong."""
    highest = [p for p in e.wrong if p.layer == e.top] if e.top is not None else list(e.wrong)
    others = [p for p in e.wrong if p not in highest]
    if not highest or (e.top is None and len(e.wrong) > 1):
        return
    matrices = [p for p in highest if p.value.ndim == 2 and not p.is_bias]
    vectors = [p for p in highest if p not in matrices]
    score = 0.9 if not others else 0.75
    rows = {lone_line(p, 0) for p in matrices} | {lone_line(p, 0) for p in vectors}
    if len(highest) == 1 and not others and int(highest[0].wrong.sum()) == 1 and highest[0].value.size > 1:
        pair = highest[0]
        index = tuple(int(i) for i in np.argwhere(pair.wrong)[0])
        name = entry_name(pair.name, index)
        yield Diagnosis(
            "one_entry",
            name,
            f"Only {name} is wrong: it is {pair.analytic[index]:.6g} and should be "
            f"{pair.numeric[index]:.6g}; all other entries of d{pair.name} are right.",
            {"index": list(index)},
            0.93,
        )
        return
    if len(rows) == 1 and None not in rows:
        (row,) = rows
        if matrices and vectors:
            yield Diagnosis(
                "one_unit",
                listed([p.name for p in highest]),
                f"Only unit {row} is wrong in {listed([p.name for p in highest])}: its weights and its bias.",
                {"unit": row},
                score + 0.04,
            )
        elif matrices:
            yield Diagnosis(
                "one_row",
                f"{matrices[0].name}[{row}, :]",
                f"Only row {row} of d{matrices[0].name} is wrong, the weights into one unit.",
                {"row": row},
                score + 0.03,
            )
    if len(matrices) == 1 and not vectors:
        column = lone_line(matrices[0], 1)
        if column is not None:
            yield Diagnosis(
                "one_column",
                f"{matrices[0].name}[:, {column}]",
                f"Only column {column} of d{matrices[0].name} is wrong, the weights out of one input.",
                {"column": column},
                score + 0.03,
            )


def lone_line(pair: Pair, axis: int) -> int | None:
    """The index of the one line along `axis` that holds all wrong entries, if other lines are right and alive."""
    if pair.value.ndim <= axis or pair.value.shape[axis] < 2:
        return None
    lines = np.unique(np.argwhere(pair.wrong)[:, axis])
    if lines.size != 1:
        return None
    alive = pair.known & ~pair.wrong & (np.abs(np.where(pair.known, pair.numeric, 0.0)) > 1e-6 * pair.size)
    return int(lines[0]) if alive.any() else None


def wrong_axes(e: Evidence) -> Iterator[Diagnosis]:
    """A bias gradient with all entries equal, or a matrix whose rows or columns are all equal."""
    for pair in e.wrong:
        a, n = pair.analytic, pair.numeric
        if a.size < 2 or not pair.known.all():
            continue
        for axis in [None, *range(a.ndim)] if a.ndim > 1 and min(a.shape) > 1 else [None]:
            total = np.sum(n, axis=axis, keepdims=True)
            count = a.size if axis is None else a.shape[axis]
            same = (
                bool(np.ptp(a, axis=axis).max() <= FIT * pair.size)
                and pair.explains(total / count + 0 * a) is not None
            )
            if not same or float(np.max(np.abs(a))) <= FIT * pair.size:
                continue
            square = float(np.sum(total * total))
            c = float(np.sum(np.broadcast_to(total, a.shape) * a)) / (square * count) if square else 0.0
            exact = bool(square) and pair.explains(c * np.broadcast_to(total, a.shape))
            yield Diagnosis(
                "wrong_axis",
                pair.name,
                f"d{pair.name} has the same number in "
                + ("every entry" if axis is None else f"every entry along axis {axis}")
                + ": a sum runs over the units instead of the examples.",
                {"axis": axis, "factor": c},
                0.95 if exact and len(e.wrong) == 1 else 0.7,
            )
            break


def rounding(e: Evidence) -> Iterator[Diagnosis]:
    """Small, unsystematic errors: single or half precision on the way."""
    if any(not p.known.any() for p in e.wrong):
        return
    relative = [float(np.max(np.abs(p.analytic - p.numeric)[p.known])) / p.size for p in e.wrong if p.size]
    if not relative or max(relative) > 5e-3:
        return
    kind, score = "half", 0.6
    if max(relative) < 2e-5:
        kind, score = "single", 0.9
    for name, dtype in (("half", np.float16), ("single", np.float32)):
        with np.errstate(over="ignore"):
            stored = all(
                np.array_equal(p.analytic.astype(dtype).astype(np.float64), p.analytic) for p in e.wrong
            )
        if stored:
            kind, score = name, 0.96
            break
    where = listed([p.name for p in e.wrong])
    yield Diagnosis(
        "low_precision",
        where,
        f"d({where}) is right to {max(relative):.1e} only, with errors of no pattern: it "
        f"passes through {kind} precision.",
        {"relative_error": max(relative)},
        score,
    )


def clipped_entries(e: Evidence) -> Iterator[Diagnosis]:
    """Every wrong entry has the same size, and the slope is beyond it."""
    bounds: list[float] = []
    for pair in e.wrong:
        a, n = pair.analytic[pair.wrong], pair.numeric[pair.wrong]
        if not a.size:
            return
        cap = float(np.max(np.abs(a)))
        if (
            np.ptp(np.abs(a)) > 1e-9 * cap
            or np.any(np.abs(n) < cap)
            or np.any(np.sign(a) != np.sign(n))
            or not cap
        ):
            return
        bounds.append(cap)
    if not bounds or max(bounds) - min(bounds) > 1e-9 * max(bounds):
        return
    cap = bounds[0]
    count = sum(int(p.wrong.sum()) for p in e.wrong)
    beyond = [float(max(np.max(np.abs(a), initial=0.0) for a in other)) for other in e.elsewhere]
    certain = count > 1 or any(abs(b - cap) <= 1e-9 * cap for b in beyond)
    where = listed([p.name for p in e.wrong])
    yield Diagnosis(
        "clipping",
        where,
        f"Every wrong entry of d({where}) is exactly ±{cap:.6g}, and the slope is beyond: the "
        "gradient is clipped, and the loss knows nothing of it.",
        {"limit": cap},
        0.97 if certain else 0.6,
    )


def masked(e: Evidence) -> Iterator[Diagnosis]:
    """Some entries are zero, the others too large by one factor: dropout in the backward pass only."""
    highest = [p for p in e.wrong if p.layer == e.top] if e.top is not None else list(e.wrong)
    factors: list[float] = []
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
    if not factors:
        return
    where = listed([p.name for p in highest])
    scaled = factors[0] > 1.001
    yield Diagnosis(
        "dropout",
        where,
        f"d({where}) is zero in some places and {factors[0]:.4g} times the slope in the others: a "
        "dropout mask acts in the backward pass only.",
        {"factor": factors[0]},
        0.95 if scaled else 0.5,
    )


DETECTORS = (
    constant_ratio,
    shapes_mistaken,
    penalty_mistaken,
    lone_places,
    wrong_axes,
    rounding,
    clipped_entries,
    masked,
)
