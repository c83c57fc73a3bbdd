"""Everything wrong by one factor: a sign, a mean, a norm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from gradcheck._evidence import Evidence, Pair, gradients, holds_elsewhere, listed
from gradcheck._point import Array
from gradcheck._report import Diagnosis

# A batch of more is not guessed from a factor m/(m - 1) that near to 1.
MOST_EXAMPLES = 1024


def ratio_of(pair: Pair) -> float | None:
    """The number c with analytic = c · numeric in every entry, if there is one."""
    a, n = pair.analytic[pair.known], pair.numeric[pair.known]
    square = float(np.sum(n * n))
    if not square:
        return None
    c = float(np.sum(a * n)) / square
    return c if pair.explains(c * pair.numeric) else None


def constant_factor(e: Evidence, pair: Pair) -> float | None:
    """The number c with analytic = c · numeric in every entry, unless another point has another number."""
    c = ratio_of(pair)
    return None if c is None or holds_elsewhere(e, pair, lambda p: c * p.numeric) is False else c


def ratio_beside_penalty(pair: Pair) -> float | None:
    """The number c with analytic = c · numeric + d · W: the penalty's share need not have the factor."""
    if pair.is_bias or pair.value.ndim < 2:
        return None
    a, n, w = pair.analytic[pair.known], pair.numeric[pair.known], pair.value[pair.known]
    if a.size < 4:
        return None
    c, d = np.linalg.lstsq(np.stack([n, w], axis=1), a, rcond=None)[0]
    # With c = 1 the penalty alone would be wrong.
    return float(c) if abs(c - 1) > 1e-4 and pair.explains(c * pair.numeric + d * pair.value) else None


def constant_ratio(e: Evidence) -> Iterator[Diagnosis]:
    """All that is wrong is wrong by one factor."""
    whole = [ratio_of(pair) for pair in e.wrong]
    if whole and None not in whole and norm_is_capped(e):
        c = ratio_of(e.wrong[0]) or 0.0
        yield Diagnosis(
            "clipping",
            listed([pair.name for pair in e.wrong]),
            f"The whole gradient is {c:.4g} of what it should be, and it has the same norm at other "
            "points: it is clipped to a norm, and the loss knows nothing of it.",
            {"ratio": c},
            0.97,
        )
    ratios = [constant_factor(e, pair) for pair in e.wrong]
    ratios = [ratio_beside_penalty(p) if c is None else c for c, p in zip(ratios, e.wrong, strict=True)]
    if not ratios or any(c is None for c in ratios):
        return
    known = [c for c in ratios if c is not None]
    c = known[0]
    names = [pair.name for pair in e.wrong]
    where = listed(names)
    if all(abs(k) < 1e-9 for k in known) and any(np.any(pair.analytic) for pair in e.wrong):
        yield Diagnosis(
            "wrong_axis",
            where,
            f"{gradients(names)} zero up to rounding: a sum over the classes, where dZ = A - Y adds up to 0, instead of the "
            "examples.",
            {"ratio": 0.0},
            0.9,
        )
        return
    if all(abs(k) < 1e-9 for k in known):
        yield Diagnosis(
            "zero",
            where,
            f"{gradients(names)} zero in every entry, but the loss does depend on it: "
            "nothing is propagated there.",
            {"ratio": 0.0},
            0.96,
        )
        return
    if max(known) - min(known) > 1e-4 * max(map(abs, known)):
        lone = max(known, key=lambda k: abs(k - 1))
        name = names[known.index(lone)]
        if all(0 < k < 1 for k in known) and all(pair.value.size > 1 for pair in e.wrong):
            yield Diagnosis(
                "clipping",
                where,
                f"The gradients of {where} are each shortened by a factor of their own, as "
                "if each were clipped to a norm.",
                {"ratios": known},
                0.7,
            )
        yield from named_ratio(lone, [name], e, 0.6)
        return
    yield from named_ratio(c, names, e, 0.95)


def named_ratio(c: float, names: list[str], e: Evidence, score: float) -> Iterator[Diagnosis]:
    """Say what a factor usually means."""
    m = e.m
    evidence = {"ratio": c, "m": m}
    where, said = listed(names), gradients(names)
    every = f"{said} {{}} in every entry"

    def near(value: float) -> bool:
        return abs(c - value) <= 1e-4 * abs(value)

    if abs(c) < 1e-9:
        yield Diagnosis(
            "zero",
            where,
            f"{said} zero in every entry, but the loss does depend on it: nothing is propagated there.",
            evidence,
            0.965,
        )
    elif near(-1):
        yield Diagnosis(
            "sign",
            where,
            f"{said} of the right size in every entry, but with the wrong sign. "
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
            every.format(f"m/(m-1) = {m}/{m - 1} times the right value")
            + ": it is divided by m - 1 instead of m.",
            evidence,
            score,
        )
    else:
        hidden = 0.55 if m is None else 0.2
        whole, part = round(c), round(1 / c) if c else 0
        k = round(c / (c - 1)) if abs(c - 1) > 1e-6 else 0
        if (
            k - 1 in (10, 20, 50, 100, 200, 1000) or k > MOST_EXAMPLES
        ):  # 1.1, 1.05, 1.01 or 1.001 rather than m/(m - 1)
            k = 0
        like_a_rate = any(near(rate) for rate in (0.1, 0.01, 0.001))  # a learning rate rather than 1/m
        like_a_mean = (
            m is None
            and not like_a_rate
            and any(
                n >= 3 and near(v)
                for n, v in ((whole, whole), (part, 1 / max(part, 1)), (k * (k > 3), k / max(k - 1, 1)))
            )
        )
        if m is None and whole >= 3 and near(whole):
            yield Diagnosis(
                "missing_mean",
                where,
                every.format(f"{whole} times too large") + f": if there are m = {whole} "
                "examples, their mean (1/m) is missing.",
                evidence,
                hidden + 0.1,
            )
        if (
            m is None and part >= 3 and near(1 / part) and part not in (10, 100, 1000)
        ):  # a learning rate, rather
            yield Diagnosis(
                "extra_mean",
                where,
                every.format(f"{part} times too small") + f": if there are m = {part} "
                "examples, it is divided by m twice.",
                evidence,
                hidden + 0.1,
            )
        if m is None and k >= 4 and near(k / (k - 1)):
            yield Diagnosis(
                "bessel",
                where,
                every.format(f"{k}/{k - 1} times the right value") + f": with m = {k} "
                "examples that is a division by m - 1 instead of m.",
                evidence,
                hidden + 0.1,
            )
        yield Diagnosis(
            "factor",
            where,
            every.format(f"{c:.6g} times the right value") + ": a constant factor is missing or too many.",
            evidence,
            score if m is not None or not like_a_mean else hidden,
        )


def norm_is_capped(e: Evidence) -> bool:
    """Whether the gradient as a whole is as long at another point as here, while the slopes are not."""
    if len(e.wrong) < len(e.pairs):
        return False

    def norm(arrays: Iterable[Array]) -> float:
        return float(np.sqrt(sum(np.nansum(a * a) for a in arrays)))

    here = norm(p.analytic for p in e.pairs)
    for sight in e.sights:
        # Of the slopes, those are compared that were measured at both points.
        both = [p.numeric * s.known for p, s in zip(e.pairs, sight.pairs, strict=True)]
        measured = norm(p.numeric for p in sight.pairs)
        grew = abs(measured - norm(both)) > 1e-3 * norm(both)
        if grew and here > 0 and abs(norm(p.analytic for p in sight.pairs) - here) <= 1e-6 * here:
            return True
    return False
