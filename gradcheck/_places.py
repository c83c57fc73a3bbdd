"""Where the wrong entries are: one entry, a line or several, a unit, beyond a threshold, off the diagonal, exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import numpy as np
from numpy.typing import NDArray

from gradcheck._evidence import Evidence, Pair, listed
from gradcheck._point import entry_name
from gradcheck._report import Diagnosis

# A pattern of wrong entries is believed where chance would give it once in so many cases.
RARE = 400
# Entries named in a message.
NAMED = 6


def lone_places(e: Evidence) -> Iterator[Diagnosis]:
    """Only one entry, row, column or unit of the highest wrong layer is wrong."""
    highest = [p for p in e.wrong if p.layer == e.top] if e.top is not None else list(e.wrong)
    others = [p for p in e.wrong if p not in highest]
    if not highest:
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
    return int(lines[0]) if np.any(pair.alive & ~pair.wrong) else None


def several_places(e: Evidence) -> Iterator[Diagnosis]:
    """Some of the entries are wrong, and which ones is no accident: a threshold of the value, whole lines, a few entries."""
    if len(e.wrong) != 1:
        return
    (pair,) = e.wrong
    wrong, right = pair.wrong & pair.alive, ~pair.wrong & pair.alive
    n_wrong, n_right = int(wrong.sum()), int(right.sum())
    if not n_wrong or not n_right:
        return
    if comb(min(n_wrong + n_right, 60), min(n_wrong, n_right, 30)) > RARE:
        limit = threshold(pair, wrong, right)
        if limit is not None:
            yield Diagnosis(
                "rare_branch",
                pair.name,
                f"d{pair.name} is wrong exactly where {limit}, and right elsewhere: it takes another branch there than the "
                "loss.",
                {"where": limit},
                0.9,
            )
    if n_wrong < 2:
        return
    for axis in range(pair.value.ndim if pair.value.ndim > 1 else 0):
        others = tuple(k for k in range(pair.value.ndim) if k != axis)
        hit, clean = np.any(wrong, axis=others), np.any(right, axis=others) & ~np.any(wrong, axis=others)
        full = np.sum(wrong, axis=others)[hit] >= 0.8 * np.sum(pair.alive, axis=others)[hit]
        if 1 < hit.sum() <= 0.75 * (hit.sum() + clean.sum()) and full.all():
            kind = ("rows", "columns")[axis] if pair.value.ndim == 2 else f"lines across axis {axis}"
            shown = places(np.flatnonzero(hit))
            yield Diagnosis(
                "some_lines",
                f"{pair.name}, {kind} {shown}",
                f"The {kind} {shown} of d{pair.name} are wrong and the others right. Does an index occur more than once, "
                "and is its share overwritten (g[i] += ...) instead of added up (np.add.at)? Is a part left out?",
                {"axis": axis, "lines": np.flatnonzero(hit).tolist()},
                0.7,
            )
            return
    diagonal = (
        pair.value.ndim == 2
        and min(pair.value.shape) > 2
        and np.all(wrong <= np.eye(*wrong.shape, dtype=np.bool_))
    )
    if diagonal and n_wrong == int(np.sum(np.diag(pair.alive))):
        yield Diagnosis(
            "some_entries",
            f"the diagonal of {pair.name}",
            f"Only the diagonal of d{pair.name} is wrong; the entries beside it are right: is it "
            "transformed (exp, softplus) or counted apart in the loss?",
            {"count": n_wrong},
            0.7,
        )
    elif n_wrong < 0.5 * (n_wrong + n_right):
        entries = [entry_name(pair.name, tuple(int(i) for i in index)) for index in np.argwhere(wrong)]
        yield Diagnosis(
            "some_entries",
            pair.name,
            f"{n_wrong} of {n_wrong + n_right} entries of d{pair.name} are wrong and the others right: "
            f"{', '.join(entries[:NAMED])}{', ...' if len(entries) > NAMED else ''}.",
            {"entries": entries[:NAMED], "count": n_wrong},
            0.55,
        )


def threshold(pair: Pair, wrong: NDArray[np.bool_], right: NDArray[np.bool_]) -> str | None:
    """Words for the threshold of a parameter's value, or of its size, that divides wrong from right entries."""
    for said, v in ((pair.name, pair.value), (f"|{pair.name}|", np.abs(pair.value))):
        if float(v[wrong].min()) > float(v[right].max()):
            return f"{said} > {0.5 * (v[wrong].min() + v[right].max()):.3g}"
        if float(v[wrong].max()) < float(v[right].min()):
            return f"{said} < {0.5 * (v[wrong].max() + v[right].min()):.3g}"
    return None


def places(indices: NDArray[np.intp]) -> str:
    """Write a list of indices, cut short."""
    shown = [str(i) for i in indices[:NAMED].tolist()]
    return listed(shown) if indices.size <= NAMED else ", ".join(shown) + ", ..."


def exchanged(e: Evidence) -> Iterator[Diagnosis]:
    """One parameter's gradient is another's."""
    for place, pair in enumerate(e.pairs):
        if not pair.is_wrong:
            continue
        for k, other in enumerate(e.pairs):
            if k == place or pair.value.shape != other.value.shape or not np.any(other.numeric):
                continue
            if pair.explains(other.numeric) and pair.value.size > 1:
                back = other.is_wrong and other.explains(pair.numeric)
                said = (
                    f"d{pair.name} and d{other.name} have changed places."
                    if back
                    else f"d{pair.name} holds the gradient of {other.name}."
                )
                where = listed([pair.name, other.name] if back else [pair.name])
                yield Diagnosis("exchanged", where, said, {"with": other.name}, 0.965)
                return


def off_diagonal(e: Evidence) -> Iterator[Diagnosis]:
    """Right on the diagonal, wrong by one factor or in one triangle beside it: how symmetric matrices fail."""
    for pair in e.wrong:
        n = pair.value.shape[0] if pair.value.ndim == 2 else 0
        if n < 3 or pair.value.shape != (n, n) or not pair.known.all():
            continue
        off, lower = ~np.eye(n, dtype=bool), np.tril(np.ones((n, n), dtype=bool), -1)
        if np.any(pair.wrong & ~off):
            continue
        square = float(np.sum(pair.numeric[off] ** 2))
        c = float(np.sum(pair.analytic[off] * pair.numeric[off])) / square if square else 0.0
        if square and abs(c - 1) > 1e-3 and pair.explains(np.where(off, c, 1.0) * pair.numeric):
            yield Diagnosis(
                "off_diagonal",
                pair.name,
                f"The entries of d{pair.name} beside the diagonal are {c:.4g} times the slope, those on it are right: do an "
                "entry of a symmetric matrix and its mirror image count once, or twice?",
                {"ratio": c},
                0.95,
            )
            continue
        for name, part in (("below", lower), ("above", lower.T)):
            if (
                pair.wrong.sum() > 1
                and not np.any(pair.wrong & ~part)
                and np.all((pair.wrong | ~pair.alive)[part])
            ):
                yield Diagnosis(
                    "off_diagonal",
                    pair.name,
                    f"Only the entries of d{pair.name} {name} the diagonal are wrong: does the loss read one triangle only?",
                    {"triangle": name},
                    0.92,
                )
