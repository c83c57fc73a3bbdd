"""Checks certificates of tensor claims. It imports nothing of the prover and shares no code with it.

Of a refutation it checks everything: the hypotheses at the point, both values, with mpmath, against their intervals,
and that the intervals are disjoint. Of a proof it checks that the two sides are equal to 40 digits at the points
given and at others near by: a proof that is wrong would not survive that, yet it is a test of the verdict, not a
second proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath

FORMAT = "backproof tensor certificate 1"
DIGITS = 60
AGREE, NEAR = mpmath.mpf(10) ** -40, mpmath.mpf(10) ** -25  # equal; too near to a kink to say
Table = dict[tuple[int, ...], Any]


@dataclass(frozen=True)
class TensorReplay:
    """Whether a certificate holds, and if not, why."""

    ok: bool
    reason: str

    def __bool__(self) -> bool:
        return self.ok


class _Wrong(Exception):
    """The certificate does not hold."""


class _NoValue(Exception):
    """No value at this point, or too near to a kink."""


def replay_tensor(certificate: Mapping[str, Any] | None) -> TensorReplay:
    """Check the certificate of a tensor claim.

    Parameters
    ----------
    certificate : mapping or None
        `Verdict.certificate`, or the same read back from JSON.

    Returns
    -------
    TensorReplay
        With `ok` and `reason`; true in a condition exactly when the certificate holds.

    Examples
    --------
    >>> from symbolic.tensor import axis, prove_tensor, replay_tensor, tensor
    >>> x = tensor("x", axis("n"))
    >>> replay_tensor(prove_tensor(x + x, 2 * x).certificate).ok
    True
    >>> certificate = prove_tensor(x + x, 3 * x).certificate
    >>> certificate["enclosures"][1] = ["0", "0"]
    >>> print(replay_tensor(certificate).reason)
    a value lies outside its interval
    """
    try:
        if not isinstance(certificate, Mapping) or certificate.get("format") != FORMAT:
            return TensorReplay(False, "this is no certificate of a tensor claim")
        with mpmath.workdps(DIGITS):
            _check(certificate)
    except _Wrong as problem:
        return TensorReplay(False, str(problem))
    except (_NoValue, ZeroDivisionError):
        return TensorReplay(False, "a side has no value at the point")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
        return TensorReplay(False, f"the certificate is damaged: {type(problem).__name__} {problem}")
    return TensorReplay(True, "it holds")


def _check(certificate: Mapping[str, Any]) -> None:
    left, right = (certificate["nodes"][place] for place in certificate["sides"])
    if certificate["method"] == "axes":
        if certificate["status"] != "refuted" or left["axes"] == right["axes"]:
            raise _Wrong("the two sides have the same axes")
        return
    if left["axes"] != right["axes"]:
        raise _Wrong("the two sides have different axes")
    if certificate["status"] == "refuted":
        _check_refutation(certificate)
    elif certificate["status"] == "proved":
        _check_proof(certificate)
    else:
        raise _Wrong(f"the status {certificate['status']} claims nothing")


def _check_refutation(certificate: Mapping[str, Any]) -> None:
    (low, high), (low2, high2) = ([Fraction(x) for x in pair] for pair in certificate["enclosures"])
    if low > high or low2 > high2 or not (high < low2 or high2 < low):
        raise _Wrong("the two intervals overlap")
    mpmath.mp.dps = DIGITS + 300  # intervals may be narrow: a difference of 2^-900 is still one
    point, entry = certificate["points"][0], tuple(certificate["entry"])
    _check_hypotheses(certificate, point)
    tables = _values(certificate, point, 0)
    for side, a, b in zip(certificate["sides"], (low, low2), (high, high2), strict=True):
        value = tables[side].get(entry, mpmath.mpf(0))
        slack = mpmath.mpf(10) ** (20 - mpmath.mp.dps) * (1 + abs(value))
        if not _number(a) - slack <= value <= _number(b) + slack:
            raise _Wrong("a value lies outside its interval")


def _check_proof(certificate: Mapping[str, Any]) -> None:
    points = certificate["points"]
    if not points:
        raise _Wrong("no point shows that the sides are defined anywhere")
    for place, point in enumerate(points):
        _check_hypotheses(certificate, point)
        for shift in (0, 1):
            try:
                tables = _values(certificate, point, shift)
            except (_NoValue, ZeroDivisionError):
                if shift:  # a point of the checker's own may lie outside the domain; the given ones may not
                    continue
                raise
            left, right = (tables[side] for side in certificate["sides"])
            for entry in {*left, *right}:
                x, y = left.get(entry, mpmath.mpf(0)), right.get(entry, mpmath.mpf(0))
                if abs(x - y) > AGREE * (1 + abs(x) + abs(y)):
                    raise _Wrong(f"the two sides differ at entry {entry} of point {place + 1}")


def _check_hypotheses(certificate: Mapping[str, Any], point: Mapping[str, Any]) -> None:
    for kind, name, place in certificate["hypotheses"]:
        cells = {tuple(at): Fraction(value) for at, value in point["entries"].get(name, [])}
        checks: dict[str, Callable[[Fraction], bool]] = {
            "positive": lambda v: v > 0,
            "binary": lambda v: v in (0, 1),
            "one_hot": lambda v: v in (0, 1),
            "probability": lambda v: v >= 0,
        }
        fine = checks[kind]
        totals: dict[tuple[int, ...], Fraction] = {}
        for at, value in cells.items():
            rest = at[:place] + at[place + 1 :] if place >= 0 else at
            totals[rest] = totals.get(rest, Fraction(0)) + value
        if not all(fine(value) for value in cells.values()) or (
            kind in ("one_hot", "probability") and any(total != 1 for total in totals.values())
        ):
            raise _Wrong(f"the hypothesis on {name} fails at a point")


def _number(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def _values(certificate: Mapping[str, Any], point: Mapping[str, Any], shift: int) -> list[Table]:
    """Compute every operation at a point; with a shift, at entries moved by rationals of the checker's own."""
    held = {name for _, name, _ in certificate["hypotheses"]}
    tables: list[Table] = []
    for node in certificate["nodes"]:
        inputs = [tables[place] for place in node["of"]]
        if node["op"] == "Symbol":
            table = {tuple(at): Fraction(value) for at, value in point["entries"][node["name"]]}
            if shift and node["name"] not in held:
                table = {at: value + Fraction(1 + sum(at) % 3, 97) for at, value in table.items()}
            tables.append({at: _number(value) for at, value in table.items()})
        else:
            tables.append(_operation(node, inputs, certificate, point["sizes"]))
    return tables


def _places(axes: list[str], sizes: Mapping[str, int]) -> list[tuple[int, ...]]:
    return list(product(*(range(1 if axis == "1" else sizes[axis]) for axis in axes)))


def _operation(
    node: Mapping[str, Any], inputs: list[Table], certificate: Mapping[str, Any], sizes: Mapping[str, int]
) -> Table:
    op, zero = node["op"], mpmath.mpf(0)
    where = _places(node["axes"], sizes)
    if op == "Number":
        return {(): _number(Fraction(node["value"]))}
    if op == "Size":
        return {(): mpmath.mpf(sizes[node["axis"]])}
    if op == "Delta":
        return {at: mpmath.mpf(at[0] == at[1]) for at in where}
    if op == "Window":
        return {at: mpmath.mpf(at[0] == node["stride"] * at[1] + at[2] - node["padding"]) for at in where}
    if op == "Add":
        weights = [_number(Fraction(value)) for value in node["values"]]
        return {
            at: sum((w * t.get(at, zero) for w, t in zip(weights, inputs, strict=True)), zero) for at in where
        }
    if op == "Einsum":
        return _einsum(node, inputs, sizes)
    if op == "Power":
        return {at: _power(inputs[0].get(at, zero), Fraction(node["value"])) for at in where}
    if op == "Map":
        return {at: _map(node, inputs[0].get(at, zero), certificate["functions"]) for at in where}
    return _along(node, inputs, where)


def _einsum(node: Mapping[str, Any], inputs: list[Table], sizes: Mapping[str, int]) -> Table:
    """Multiply factor by factor over partial indices that are not zero so far."""
    partial: list[tuple[dict[int, int], Any]] = [({}, _number(Fraction(node["value"])))]
    for table, labels in sorted(zip(inputs, node["at"], strict=True), key=lambda one: len(one[0])):
        longer = []
        for bound, value in partial:
            for at, factor in table.items():
                if factor != 0 and all(bound.get(label, i) == i for label, i in zip(labels, at, strict=True)):
                    joined = {**bound, **dict(zip(labels, at, strict=True))}
                    if all(joined[label] == i for label, i in zip(labels, at, strict=True)):
                        longer.append((joined, value * factor))
        partial = longer
    result: Table = {}
    for bound, value in partial:
        free = [label for label in node["out"] if label not in bound]
        for more in _places([node["labels"][label] for label in free], sizes):
            whole = {**bound, **dict(zip(free, more, strict=True))}
            at = tuple(whole[label] for label in node["out"])
            result[at] = result.get(at, mpmath.mpf(0)) + value
    return result


def _power(base: Any, exponent: Fraction) -> Any:
    if (exponent < 0 and base == 0) or (exponent.denominator != 1 and base < 0):
        raise _NoValue
    return base**exponent.numerator if exponent.denominator == 1 else mpmath.power(base, _number(exponent))


def _map(node: Mapping[str, Any], x: Any, functions: Mapping[str, Any]) -> Any:
    name = node["function"]
    if name in ("step", "sign") and abs(x) < NEAR:
        raise _NoValue
    if name == "log" and x <= 0:
        raise _NoValue
    known = {
        "exp": mpmath.exp,
        "log": mpmath.log,
        "tanh": mpmath.tanh,
        "sigmoid": lambda v: 1 / (1 + mpmath.exp(-v)),
        "softplus": lambda v: mpmath.log(1 + mpmath.exp(v)),
        "silu": lambda v: v / (1 + mpmath.exp(-v)),
        "relu": lambda v: v if v > 0 else mpmath.mpf(0),
        "step": lambda v: mpmath.mpf(v > 0),
        "sign": mpmath.sign,
        "abs": abs,
        "normal_cdf": mpmath.ncdf,
        "normal_pdf": mpmath.npdf,
        "gelu": lambda v: v * mpmath.ncdf(v),
    }
    if name in known:
        return known[name](x)
    coefficients = [Fraction(value) for value in functions[name]]
    for _ in range(node["order"]):
        coefficients = [power * value for power, value in enumerate(coefficients)][1:]
    return sum((_number(value) * x**power for power, value in enumerate(coefficients)), mpmath.mpf(0))


def _along(node: Mapping[str, Any], inputs: list[Table], where: list[tuple[int, ...]]) -> Table:
    """Softmax, log-sum-exp and largest entries, column by column."""
    columns: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for at, value in inputs[0].items():
        rest = tuple(i for place, i in enumerate(at) if place not in node["places"])
        columns.setdefault(rest, {})[at] = value
    result: Table = {}
    for rest, column in columns.items():
        if node["op"] in ("MaxOver", "ArgMax"):
            ranked = sorted(column, key=lambda at: column[at])
            if node["op"] == "MaxOver":
                result[rest] = column[ranked[-1]]
                continue
            if len(ranked) > 1 and column[ranked[-1]] - column[ranked[-2]] < NEAR:
                raise _NoValue
            result.update({at: mpmath.mpf(at == ranked[-1]) for at in column})
            continue
        weights = {at: mpmath.exp(value) for at, value in column.items()}
        if len(inputs) > 1:
            weights = {at: weight * inputs[1].get(at, mpmath.mpf(0)) for at, weight in weights.items()}
        total = sum(weights.values(), mpmath.mpf(0))
        if node["op"] == "LogSumExp":
            result[rest] = mpmath.log(total)
        else:
            result.update({at: weight / total for at, weight in weights.items()})
    return result
