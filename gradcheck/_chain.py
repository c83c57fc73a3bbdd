"""A factor of the chain rule that is missing or too many: a function of a parameter, of a norm, or of the loss itself.

One point cannot tell a number from the value of a function there. So a factor counts as constant only if it is the same
at every point looked at, and a function counts only if it gives the factor at every point, in every entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from gradcheck._evidence import Evidence, Pair, holds_elsewhere, slopes_vary
from gradcheck._point import Array
from gradcheck._ratios import constant_factor, ratio_of
from gradcheck._report import Diagnosis

#: What an inner derivative may look like, as a function of what the feature is called.
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "{}": lambda x: x,
    "{}²": lambda x: x * x,
    "{}³": lambda x: x**3,
    "√{}": np.sqrt,
    "exp({})": np.exp,
    "exp(2 {})": lambda x: np.exp(2 * x),
    "exp({}/2)": lambda x: np.exp(x / 2),
    "sigmoid({})": lambda x: 1 / (1 + np.exp(-x)),
    "(1 - sigmoid({}))": lambda x: 1 / (1 + np.exp(x)),
    "sigmoid'({})": lambda x: 1 / (2 + np.exp(x) + np.exp(-x)),
    "(1 - tanh({})²)": lambda x: 1 / np.cosh(x) ** 2,
    "(1 + {}²)": lambda x: 1 + x * x,
    "log({})": np.log,
}
# Constants that may stand beside the function: signs and the powers' own factors.
PLAIN = (1.0, -1.0, 2.0, 0.5, -2.0, -0.5)
# Points at which one lone number must fit: two constants and a function are found by chance at two.
POINTS = 3


def inner_derivative(e: Evidence) -> Iterator[Diagnosis]:
    """A gradient that is the slope times a function of a parameter: the derivative of exp(s), say, is missing."""
    found = [(pair, fit) for place, pair in enumerate(e.pairs) if pair.is_wrong and (fit := fitted(e, place))]
    for pair, (said, c, times) in found:
        much = "" if abs(c - 1) < 1e-4 else f"{c:.4g} · " if times else f"{c:.4g}, "
        how = (
            f"the slope times {much}{said}"
            if times
            else f"the slope {'times ' + much if much else ''}divided by {said}"
        )
        yield Diagnosis(
            "inner_derivative",
            pair.name,
            f"d{pair.name} is {how}, in every entry and at every point: a factor of the chain rule is "
            f"{'too many' if times else 'missing'}.",
            {"function": said, "constant": c, "multiplied": times},
            (0.95 if abs(c - min(PLAIN, key=lambda q: abs(c - q))) < 1e-4 else 0.88)
            - 0.15 * (len(found) < len(e.wrong)),
        )


def fitted(e: Evidence, place: int) -> tuple[str, float, bool] | None:
    """Find the function, the constant and whether it multiplies; the simplest constant first."""
    rows = [e.pairs] + [s.pairs for s in e.sights if s.pairs[place].known.any()]
    if (
        constant_factor(e, e.pairs[place]) is not None
        or sum(int(r[place].alive.sum()) for r in rows) < POINTS
    ):
        return None
    features = [features_of(row, place) for row in rows]
    best: tuple[str, float, bool] | None = None
    with np.errstate(all="ignore"):
        for key, (said, _) in features[0].items():
            for shape, function in FUNCTIONS.items():
                values = [function(np.asarray(f[key][1], dtype=np.float64)) for f in features]
                for times in (False, True):
                    c = constant_beside([v if times else 1 / v for v in values], rows, place)
                    if c is None:
                        continue
                    if any(abs(c - q) < 1e-4 for q in PLAIN):
                        return shape.format(said), c, times
                    best = best or (shape.format(said), c, times)
    return best


def constant_beside(factors: list[Array], rows: list[tuple[Pair, ...]], place: int) -> float | None:
    """The number c with analytic = c · factor · numeric in every entry at every point, unless the factor is constant."""
    shape = rows[0][place].value.shape
    whole = [np.broadcast_to(f, shape) for f in factors]
    if not all(np.isfinite(f).all() for f in whole):
        return None
    flat = np.concatenate([f.reshape(-1) for f in whole])
    if np.ptp(flat) <= 1e-2 * np.max(np.abs(flat)):
        return None
    first = None
    for f, row in zip(whole, rows, strict=True):
        pair = row[place]
        q = np.where(pair.known, f * pair.numeric, 0.0)
        square = float(np.sum(q * q))
        if not square:
            return None
        c = float(np.sum(np.where(pair.known, pair.analytic, 0.0) * q)) / square
        first = c if first is None else first
        if abs(c - first) > 1e-4 * abs(first) or not pair.explains(first * f * pair.numeric):
            return None
    return first


def features_of(pairs: tuple[Pair, ...], place: int) -> dict[tuple[str, int], tuple[str, Array]]:
    """What a factor may depend on: the parameter itself, lone numbers, vectors along one axis, norms."""
    own = pairs[place]
    found: dict[tuple[str, int], tuple[str, Array]] = {(own.name, -1): (own.name, own.value)}
    for k, other in enumerate(pairs):
        v = other.value
        if k != place and v.size == 1:
            found[other.name, -1] = (other.name, v.reshape(-1)[:1].reshape(()))
        if v.size > 1:
            found[f"|{other.name}|", -1] = (f"|{other.name}|", np.sqrt(np.sum(v * v)))
        for axis, length in enumerate(own.value.shape):
            line = [1] * own.value.ndim
            line[axis] = length
            if k != place and v.size == length > 1 and own.value.ndim + v.ndim > 1:
                found[other.name, axis] = (other.name, v.reshape(line))
            if v.ndim == 2:
                for across in (0, 1):
                    if v.shape[1 - across] == length:
                        norms = np.sqrt(np.sum(v * v, axis=across))
                        words = f"|{other.name}| of each {('column', 'row')[across]}"
                        found[words, axis] = (words, norms.reshape(line))
    return found


def outer_derivative(e: Evidence) -> Iterator[Diagnosis]:
    """One factor for all entries at each point, and another at another point: a function of the loss, or of more."""
    rows = [(e.loss, e.pairs)] + [(s.loss, s.pairs) for s in e.sights if any(p.known.any() for p in s.pairs)]
    if len(e.wrong) < len(e.pairs) or len(rows) < 2 or sum(int(p.alive.sum()) for p in e.pairs) < 3:
        return
    ratios = [common_ratio(pairs) for _, pairs in rows]
    if any(c is None or abs(c) < 1e-9 for c in ratios):
        return
    known = np.array([c for c in ratios if c is not None])
    if np.ptp(known) <= 1e-3 * np.max(np.abs(known)):
        return
    values = np.array([value for value, _ in rows])
    said = f"{known.min():.4g} to {known.max():.4g} times the slope"
    with np.errstate(all="ignore"):
        for shape, function in FUNCTIONS.items():
            for times in (True, False) if len(rows) >= POINTS else ():
                quotient = known / function(values) if times else known * function(values)
                if np.isfinite(quotient).all() and np.ptp(quotient) <= 1e-4 * np.max(np.abs(quotient)):
                    name = shape.format("J")
                    yield Diagnosis(
                        "outer_derivative",
                        "the whole gradient",
                        f"The whole gradient is {said}, and at every point this is {quotient[0]:.4g} "
                        f"{'times' if times else 'divided by'} {name}, J being the loss: the outer factor of the chain "
                        f"rule is {'too many' if times else 'missing'}.",
                        {"function": name, "constant": float(quotient[0]), "multiplied": times},
                        0.95,
                    )
                    return
    yield Diagnosis(
        "outer_derivative",
        "the whole gradient",
        f"The whole gradient is {said}, one factor at each point and another at the next: a factor that depends on the "
        "parameters is missing or too many, such as the derivative of a root, a logarithm or a norm of the loss.",
        {"ratios": [float(c) for c in known]},
        0.8,
    )


def common_ratio(pairs: tuple[Pair, ...]) -> float | None:
    """The number c with analytic = c · numeric in every entry of every parameter."""
    top = sum(float(np.sum((p.analytic * p.numeric)[p.known])) for p in pairs)
    bottom = sum(float(np.sum(p.numeric[p.known] ** 2)) for p in pairs)
    if not bottom:
        return None
    return top / bottom if all(p.explains(top / bottom * p.numeric) for p in pairs if p.size) else None


def line_factors(e: Evidence) -> Iterator[Diagnosis]:
    """Every row, column or entry has a factor of its own: a scale, a norm, a count or class weights in one pass only."""
    for pair in e.wrong:
        if ratio_of(pair) is not None or not pair.known.all():
            continue
        for axis in range(pair.value.ndim if pair.value.ndim > 1 else 0):
            others = tuple(k for k in range(pair.value.ndim) if k != axis)
            live = np.sum(pair.alive, axis=others) > 1
            square = np.sum(pair.numeric**2, axis=others, keepdims=True)
            c = np.sum(pair.analytic * pair.numeric, axis=others, keepdims=True) / np.where(
                square > 0, square, 1.0
            )
            factors = c.reshape(-1)[live]
            if are_own(factors) and pair.explains(c * pair.numeric):
                line = ("row", "column")[axis] if pair.value.ndim == 2 else f"line across axis {axis}"
                yield _line_factors(pair, f"Every {line}", factors, 0.9)
                break
        else:
            with np.errstate(all="ignore"):
                r = np.where(pair.alive, pair.analytic / pair.numeric, 1.0)
            factors = r[pair.alive]
            # Where the slopes are the same at every point, the ratio of anything constant to them is too.
            moves = slopes_vary(e, pair.name)
            if moves and are_own(factors) and holds_elsewhere(e, pair, partial(scaled, r)):
                yield _line_factors(pair, "Every entry, at every point,", factors, 0.85)


def scaled(factors: Array, pair: Pair) -> Array:
    """What a gradient with these factors would be."""
    return factors * pair.numeric


def are_own(factors: Array) -> bool:
    """Whether factors differ, none is zero, and most are not 1: else lone lines, or zeros, are the matter."""
    off = np.abs(factors - 1) > 1e-4
    return bool(
        off.sum() > 1
        and 2 * off.sum() > factors.size
        and np.min(np.abs(factors)) > 1e-9
        and np.ptp(factors) > 1e-3 * np.max(np.abs(factors))
    )


def _line_factors(pair: Pair, which: str, factors: Array, score: float) -> Diagnosis:
    counts = 1 / factors
    said = f"from {factors.min():.4g} to {factors.max():.4g}"
    if np.all(np.abs(counts - np.round(counts)) < 1e-3 * np.abs(counts)) and np.all(counts > 0.5):
        said += ", each 1 over a whole number: is it a mean where the loss has a sum"
    elif np.all(np.abs(factors - np.round(factors)) < 1e-3 * np.abs(factors)) and np.all(factors > 0.5):
        said += ", each a whole number: is it a sum where the loss has a mean"
    else:
        said += ": a scale, a norm or a weight is in one pass only"
    return Diagnosis(
        "line_factors",
        pair.name,
        f"{which} of d{pair.name} is multiplied by a number of its own, {said}.",
        {"factors": [round(float(f), 6) for f in factors[:12]]},
        score,
    )
