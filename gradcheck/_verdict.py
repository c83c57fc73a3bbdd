"""From comparisons to a verdict, a reason and a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck import _ladder as ladder
from gradcheck._examine import CANCELLED, Block, Comparison
from gradcheck._gradient import Gradient
from gradcheck._objective import Objective
from gradcheck._point import Layout
from gradcheck._probes import ProbeOutcome
from gradcheck._repeat import Repeatability
from gradcheck._report import Diagnosis, Entry, ParameterReport, ProbePoint, Report, relative_error
from gradcheck._richardson import EPS


def assemble(
    layout: Layout,
    main: Comparison,
    outcomes: Sequence[ProbeOutcome],
    repeat: Repeatability,
    *,
    method: str,
    n_evaluations: int,
    n_gradients: int,
    elapsed: float,
    seed: int,
    objective: Objective,
    gradient: Gradient,
    cache: Any,
) -> Report:
    """Weigh everything that was found."""
    seen = [("given", main)] + [(o.name, o.comparison) for o in outcomes if o.comparison is not None]
    rows = [parameter_row(layout, place, seen, repeat) for place in range(len(layout.names))]
    verdict, reason = conclude(layout, rows, seen, repeat)
    causes: tuple[Diagnosis, ...] = ()
    if verdict == "fail":
        from gradcheck._diagnose import diagnose  # a passing check needs none of it

        causes = diagnose(layout, tuple(rows), seen, repeat, objective, gradient, cache)
    ranked = [row for row in rows if row.worst is not None and (verdict != "fail" or row.verdict == "fail")]
    worst = max(ranked, key=_deviation).worst if ranked else None
    points = [ProbePoint("given", "the point handed in", *_point_outcome(layout, main))]
    points += [
        ProbePoint(o.name, o.description, *_point_outcome(layout, o.comparison))
        if o.comparison is not None
        else ProbePoint(o.name, f"skipped: {o.why_not}", "inconclusive", 0, None)
        for o in outcomes
    ]
    return Report(
        verdict, reason, tuple(rows), worst, tuple(points),
        tuple(notes(layout, main, outcomes, rows, repeat, gradient.callable, objective.refusals)), causes,
        method, n_evaluations, n_gradients, elapsed, seed,
    )  # fmt: skip


def parameter_row(
    layout: Layout, place: int, seen: Sequence[tuple[str, Comparison]], repeat: Repeatability
) -> ParameterReport:
    """Describe one parameter at the point given, or at the first point where it is wrong."""
    name, shape = layout.names[place], layout.shapes[place]
    blocks = [(point, comparison.blocks[place]) for point, comparison in seen]
    point, block = next(((p, b) for p, b in blocks if b.n_wrong or b.direction_wrong), blocks[0])
    status = block.slopes.status
    wrong = (
        block.n_wrong
        or block.direction_wrong
        or place in repeat.changed
        or _own_wrong(repeat, block, seen[0][1])
    )
    kink_outside = int(np.count_nonzero(status == ladder.KINK_OUTSIDE))
    if wrong:
        verdict = "fail"
    elif kink_outside or not is_settled(place, seen, repeat.eps) or leaves_doubt(blocks):
        verdict = "inconclusive"
    else:
        verdict = "pass"
    numeric, bound = np.full(block.analytic.size, np.nan), np.full(block.analytic.size, np.nan)
    flags, kinks = np.zeros(block.analytic.size, dtype=bool), np.zeros(block.analytic.size, dtype=bool)
    numeric[block.indices], bound[block.indices] = block.slopes.numeric, block.slopes.bound
    flags[block.indices] = status == ladder.WRONG
    kinks[block.indices] = (status == ladder.KINK) | (status == ladder.KINK_OUTSIDE)
    return ParameterReport(
        name, shape, verdict, point, block.indices.size, block.n_wrong, int(kinks.sum()),
        block.undecided.size, worst_entry(layout, block),
        block.analytic.reshape(shape), numeric.reshape(shape), bound.reshape(shape),
        flags.reshape(shape), kinks.reshape(shape),
    )  # fmt: skip


def is_settled(place: int, seen: Sequence[tuple[str, Comparison]], eps: float) -> bool:
    """Say whether a parameter's slopes were seen clearly somewhere, or are zero as far as anyone can see."""
    blocks = [comparison.blocks[place] for _, comparison in seen]
    if any(b.is_resolved and not b.is_flat for b in blocks) or all(b.is_flat for b in blocks):
        return True
    # Rounding leaves 1e-17 where the truth is 0 (a bias before a softmax over it), or 1e-8 if the gradient comes in single
    # precision: nothing to see, nothing to doubt.
    for block, (_, comparison) in zip(blocks, seen, strict=True):
        reach = max(b.largest * b.scale for b in comparison.blocks)
        said = float(np.max(np.abs(block.analytic), initial=0.0))
        if not block.is_flat and said * block.scale > 64 * max(eps, EPS) * reach:
            return False
    return True


def leaves_doubt(blocks: Sequence[tuple[str, Block]]) -> bool:
    """Say whether an entry that could not be decided at the point given was not seen to be right elsewhere either."""
    doubt = blocks[0][1].undecided
    for _, block in blocks[1:]:
        doubt = np.setdiff1d(doubt, block.decided)
    return bool(doubt.size)


def _own_wrong(repeat: Repeatability, block: Block, main: Comparison) -> bool:
    """Compare the answer in float32 with the answer in float64: it may lose digits, not more.

    A slope that vanishes (a bias before a normalisation) is what rounding leaves of terms as large as the other slopes.
    """
    if repeat.own is None:
        return False
    double, single = repeat.analytic[block.place], repeat.own[block.place]
    steepest = max(float(np.max(np.abs(b.analytic), initial=0.0)) * b.scale for b in main.blocks)
    rounding = 64 * repeat.own_eps * steepest / main.blocks[block.place].scale
    # 2^-10: single precision after a thousand roundings that all lean one way.
    lost = 2**-10 * float(np.max(np.abs(double), initial=0.0)) + rounding
    return bool(np.max(np.abs(double - single), initial=0.0) > lost)


def worst_entry(layout: Layout, block: Block) -> Entry | None:
    """Find the entry that deviates most; among wrong entries if there are any."""
    if not block.indices.size:
        return None
    off = np.abs(block.compared - block.slopes.numeric)
    off = np.where(np.isfinite(off), off, -1.0)
    wrong = block.slopes.status == ladder.WRONG
    k = int(np.argmax(np.where(wrong, off, -2.0) if wrong.any() else off))
    index = tuple(int(i) for i in np.unravel_index(block.indices[k], layout.shapes[block.place]))
    a, n = float(block.compared[k]), float(block.slopes.numeric[k])
    return Entry(layout.names[block.place], index, a, n, relative_error(a, n), float(block.slopes.step[k]),
                 float(block.slopes.bound[k]))  # fmt: skip


def conclude(
    layout: Layout,
    rows: Sequence[ParameterReport],
    seen: Sequence[tuple[str, Comparison]],
    repeat: Repeatability,
) -> tuple[str, str]:
    """Say the verdict and the sentence that justifies it."""
    failed = [row for row in rows if row.verdict == "fail"]
    if repeat.changed:
        names = ", ".join(layout.names[p] for p in repeat.changed)
        return "fail", f"the gradient of {names} changes when it is asked again at the same point"
    if failed:
        row = max(failed, key=_deviation)
        others = f" ({', '.join(r.name for r in failed if r is not row)} too)" if len(failed) > 1 else ""
        where = "" if row.point == "given" else f" at the point {row.point!r}"
        entry = row.worst
        if not row.n_wrong or entry is None:
            return "fail", f"the gradient of {row.name}{others} contradicts the slope of the loss{where}"
        count = f"{row.n_wrong} of {row.n_checked} entries" if row.n_checked > 1 else "its value"
        return "fail", (
            f"the gradient of {row.name} is wrong in {count}{where}{others}: {entry.name} says "
            f"{entry.analytic:.6g}, the loss says {entry.numeric:.6g} ± {entry.bound:.1g}"
        )
    unclear = [row for row in rows if row.verdict == "inconclusive"]
    if unclear:
        row = unclear[0]
        names = ", ".join(r.name for r in unclear)
        noise = seen[0][1].noise
        if np.any(np.isfinite(row.numeric) & row.kinks & ~between_slopes(row)):
            return "inconclusive", (
                f"{row.name} stands exactly at a kink and its value lies outside the one-sided slopes there"
                + (", while nearby all agrees" if len(seen) > 1 else "")
            )
        reach = max(b.largest * b.scale for b in seen[0][1].blocks)
        if row.n_unresolved and reach > CANCELLED * abs(seen[0][1].value):
            return "inconclusive", (
                f"for {row.n_unresolved} of {row.n_checked} entries of {names} no step gives a slope to rely on: the loss "
                "jumps, has kinks closer than can be resolved, or has no value around the point"
            )
        return "inconclusive", (
            f"the slopes of {names} are too small to be seen: the loss jitters by {noise:.1g}, which hides a wrong "
            "gradient as well as a right one; try a point with larger slopes"
        )
    checked = sum(row.n_checked for row in rows)
    if not checked:
        return (
            "pass",
            f"none of {layout.size} slopes was visited; along random directions the gradient agrees",
        )
    return "pass", f"{checked} of {layout.size} slopes agree with the gradient within their bounds"


def between_slopes(row: ParameterReport) -> NDArray[np.bool_]:
    """Where the analytic value agrees with the measured one, at a kink the nearest of the one-sided slopes."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(row.analytic - row.numeric) <= row.bound)


def notes(
    layout: Layout,
    main: Comparison,
    outcomes: Sequence[ProbeOutcome],
    rows: Sequence[ParameterReport],
    repeat: Repeatability,
    gradient_callable: bool,
    refusals: Sequence[str],
) -> list[str]:
    """Say what was not checked and what else matters."""
    lines = []
    if main.n_checked < layout.size:
        n_directions = sum(b.directions.status.size for b in main.blocks if b.directions is not None)
        lines.append(
            f"{layout.size - main.n_checked} of {layout.size} entries were not visited; "
            + (
                f"{n_directions} random directions stand for them"
                if n_directions
                else "nothing stands for them"
            )
        )
    if not gradient_callable:
        lines.append("the gradient was given as arrays: other points and hidden state were not checked")
    if refusals:
        lines.append(f"the loss had no value at {len(refusals)} of the points tried ({refusals[0]})")
    kinks = sum(row.n_kinks for row in rows)
    if kinks:
        lines.append(
            f"{kinks} entries stand at a kink: the gradient was compared with the slopes on both sides"
        )
    audits = [b.audit for b in main.blocks if b.audit is not None]
    if audits:
        n_audited = sum(a.n_audited for a in audits)
        largest = max(a.largest_deviation for a in audits)
        lines.append(
            f"audited on {n_audited} random entries against plain differences of the loss: largest deviation {largest:.1e}"
        )
        refused = [a.name for a in audits if not a.agrees]
        if refused:
            lines.append(
                f"the audit refused the values of {', '.join(refused)}: measured on the plain loss instead"
            )
    if repeat.eps > EPS:
        lines.append(
            f"the gradient came in lower precision (eps {repeat.eps:.1e}); bounds allow for its rounding"
        )
    n_doubt = sum(row.n_unresolved for row in rows if row.point == "given")
    if n_doubt:
        lines.append(
            f"{n_doubt} entries could not be decided at the point given (a jump, a cusp, or too many kinks)"
        )
    coarse = [r for r in rows if r.verdict == "pass" and _coarseness(r) > 1e-4]
    if coarse:
        names = ", ".join(f"{r.name} to {_coarseness(r):.0e}" for r in coarse)
        lines.append(f"the loss shows these slopes only coarsely, relative to the largest: {names}")
    flat = [layout.names[b.place] for b in main.blocks if b.is_flat and b.analytic.size]
    if flat:
        lines.append(f"the loss does not depend on {', '.join(flat)} at the point given")
    for outcome in outcomes:
        if outcome.comparison is not None and 0 < outcome.comparison.n_checked < layout.size:
            lines.append(
                f"at the point {outcome.name!r} {outcome.comparison.n_checked} of {layout.size} entries were visited, "
                "random directions stand for the others"
            )
    glanced = [o.name for o in outcomes if o.comparison is not None and not o.comparison.n_checked]
    if glanced:
        lines.append(f"along random directions only: {', '.join(glanced)}")
    return lines


def _coarseness(row: ParameterReport) -> float:
    """Median bound against the largest slope of a parameter."""
    known = np.isfinite(row.bound)
    largest = float(np.max(np.abs(row.analytic), initial=0.0))
    return float(np.median(row.bound[known])) / largest if largest and known.any() else 0.0


def _deviation(row: ParameterReport) -> float:
    if row.worst is None:
        return -1.0
    largest = float(np.fmax.reduce(np.abs([row.analytic, row.numeric]), axis=None, initial=0.0))
    return abs(row.worst.analytic - row.worst.numeric) / largest if largest else 0.0


def _point_outcome(layout: Layout, comparison: Comparison) -> tuple[str, int, Entry | None]:
    entries = [(worst_entry(layout, b), b) for b in comparison.blocks]
    ranked = [
        (abs(e.analytic - e.numeric) / b.largest if b.largest else 0.0, e)
        for e, b in entries
        if e is not None
    ]
    worst = max(ranked, key=lambda pair: pair[0])[1] if ranked else None
    return ("fail" if comparison.is_wrong else "pass"), comparison.n_checked, worst
