"""Functions of the normal form: exp, log and step taken apart, and every known function written in them."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq, fmpz

from symbolic.tensor._algebra import (
    IS_ZERO,
    STEPS,
    factored,
    is_idempotent,
    leading,
    multiply,
    power_poly,
    sorted_mono,
)
from symbolic.tensor._errors import TensorUndefinedError
from symbolic.tensor._terms import (
    ONE_MONO,
    Atom,
    Exponent,
    Poly,
    Work,
    add_to,
    const,
    constant_atom,
    exp_atom,
    function_atom,
    one,
    poly_positive,
    show_poly,
    whole,
)

MAX_BITS = 4  # jumps inside of a jump, of which every case is looked at


def exp_poly(work: Work, exponent: Poly) -> Poly:
    """Take exp of a polynomial: a product of one exponential for each of its terms."""
    picked = _picked(work, exponent, "exp", 0)
    if picked is not None:
        return picked
    result = one()
    for mono, value in exponent.items():
        rational = whole(Fraction(int(value.p), int(value.q)))
        if len(mono) == 1 and mono[0][1] == 1 and mono[0][0].kind == "F" and mono[0][0].data[0] == "log":
            result = multiply(work, result, power_poly(work, mono[0][0].data[2], rational))
        else:
            result = multiply(work, result, {((exp_atom(mono), rational),): fmpq(1)})
    return result


def log_poly(work: Work, argument: Poly) -> Poly:
    """Take log of a polynomial: its positive factors apart."""
    if not argument:
        raise TensorUndefinedError(
            "the expression takes the logarithm of something that is identically zero."
        )
    picked = _picked(work, argument, "log", 0)
    if picked is not None:
        return picked
    value, outside, inside = factored(work, argument, only_positive=len(argument) > 1)
    if len(inside) == 1:
        ((mono, number),) = inside.items()
        value, inside = value * number, one()
        powers = dict(outside)
        for atom, power in mono:
            powers[atom] = whole(powers.get(atom, 0) + power)
        outside = sorted_mono(powers)
    result: Poly = {}
    rest: dict[Atom, Exponent] = {}
    for atom, power in outside:
        if atom.positive:
            add_to(result, _log_atom(atom), fmpq(Fraction(power).numerator, Fraction(power).denominator))
        else:
            rest[atom] = power
    if len(rest) == 1 and inside == one() and value > 0:
        ((atom, power),) = rest.items()
        if isinstance(power, int) and power % 2:
            add_to(result, _log_atom(atom), power)
            rest = {}
    if value > 0:
        add_to(result, _log_number(value))
        value = fmpq(1)
    left = multiply(work, inside, {sorted_mono(rest): value})
    if left != one():
        add_to(result, {((function_atom("log", 0, left), 1),): fmpq(1)})
    return result


def _log_atom(atom: Atom) -> Poly:
    if atom.kind == "E":
        return {atom.data: fmpq(1)}
    inner: Poly = atom.data if atom.kind == "P" else {((atom, 1),): fmpq(1)}
    return {((function_atom("log", 0, inner), 1),): fmpq(1)}


def _log_number(value: fmpq) -> Poly:
    result: Poly = {}
    for number, sign in ((value.p, 1), (value.q, -1)):
        pairs = [(number, 1)] if number > 10**12 else fmpz(number).factor()
        for prime, power in pairs:
            if prime != 1:
                atom = function_atom("log", 0, {ONE_MONO: fmpq(prime)})
                add_to(result, {((atom, 1),): fmpq(1)}, sign * int(power))
    return result


def step_poly(work: Work, argument: Poly, name: str = "step") -> Poly:
    """Ask whether a polynomial is positive (step), or zero (is_zero): 1 if so, else 0."""
    if not argument:
        return const(1 if name == IS_ZERO else 0)
    picked = _picked(work, argument, name, 0) if name == "step" else None
    if picked is not None:
        return picked
    bits = sorted(
        {a for mono in argument for a, _ in mono if a.kind == "F" and is_idempotent(work, a)},
        key=lambda atom: atom.text,
    )
    if name == "step" and 0 < len(bits) <= MAX_BITS:  # step(p + q H) is (1 - H) step(p) + H step(p + q)
        off = {mono: value for mono, value in argument.items() if bits[0] not in dict(mono)}
        on: Poly = {}
        for mono, value in argument.items():
            add_to(on, {tuple(pair for pair in mono if pair[0] != bits[0]): value})
        bit: Poly = {((bits[0], 1),): fmpq(1)}
        low = step_poly(work, off)
        return add_to(low, multiply(work, bit, add_to(step_poly(work, on), low, -1)))
    _, _, inside = factored(work, argument, only_positive=True)  # a positive factor does not change a sign
    if poly_positive(inside):
        return const(0 if name == IS_ZERO else 1)
    if inside[leading(inside)] < 0:
        inside = {mono: -value for mono, value in inside.items()}
        work.kinks[f"{show_poly(inside)} = 0"] = None
        if poly_positive(inside):
            return {}
        flipped: Poly = {((function_atom(name, 0, inside), 1),): fmpq(1)}
        return flipped if name == IS_ZERO else add_to(one(), flipped, -1)
    work.kinks[f"{show_poly(inside)} = 0"] = None
    return {((function_atom(name, 0, inside), 1),): fmpq(1)}


def function_poly(work: Work, name: str, order: int, z: Poly) -> Poly:
    """Apply a function to a polynomial, in terms of exp, log, step and what stays opaque."""
    if name == "exp":
        return exp_poly(work, z)
    if name == "log":
        return log_poly(work, z)
    if name in ("sigmoid", "silu"):
        e = exp_poly(work, z)
        unit = add_to(one(), power_poly(work, add_to(one(), e), -1), -1)  # 1 - 1/(1 + E)
        return unit if name == "sigmoid" else multiply(work, z, unit)
    if name == "tanh":
        e2 = exp_poly(work, {mono: 2 * value for mono, value in z.items()})
        return add_to(one(), power_poly(work, add_to(one(), e2), -1), -2)
    if name == "softplus":
        return log_poly(work, add_to(one(), exp_poly(work, z)))
    if name in STEPS:
        return step_poly(work, z, name)
    if name == "relu":
        return multiply(work, z, step_poly(work, z)) if z else {}
    if name in ("sign", "abs"):
        if not z:
            return {}
        sign = add_to(const(-1), step_poly(work, z), 2)
        return sign if name == "sign" else multiply(work, z, sign)
    if name in ("normal_cdf", "gelu"):
        below = _normal_cdf(z)
        return below if name == "normal_cdf" else multiply(work, z, below)
    if name == "normal_pdf":
        half = {mono: -value / 2 for mono, value in multiply(work, z, z).items()}
        return multiply(work, exp_poly(work, half), {((constant_atom("1/sqrt(2 pi)"), 1),): fmpq(1)})
    picked = _picked(work, z, name, order)
    return {((function_atom(name, order, z), 1),): fmpq(1)} if picked is None else picked


def _picked(work: Work, z: Poly, name: str, order: int) -> Poly | None:
    """Apply log, or a function that is defined everywhere, to what one-hot columns pick."""
    if not work.one_hot:
        return None
    from symbolic.tensor._picks import in_function

    return in_function(work, z, lambda inner: function_poly(work, name, order, inner), name != "log")


def _normal_cdf(z: Poly) -> Poly:
    if not z:
        return const(Fraction(1, 2))
    if z[leading(z)] < 0:
        mirrored = {mono: -value for mono, value in z.items()}
        return add_to(one(), {((function_atom("normal_cdf", 0, mirrored), 1),): fmpq(1)}, -1)
    return {((function_atom("normal_cdf", 0, z), 1),): fmpq(1)}
