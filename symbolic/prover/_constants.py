"""The sign of a constant such as pi - 3: digits can show that it is not zero, only algebra could show that it is."""

from __future__ import annotations

from typing import Any

from flint import arb, fmpq

from symbolic.prover._balls import at_precision, sign
from symbolic.prover._field import Field, Frac, Poly

_PRECISIONS = (64, 256, 1024)


def sign_of_constant(field: Field, p: Poly) -> int | None:
    """1 or -1 if every kernel of the polynomial is a constant and balls can tell; otherwise None."""
    used = [field.index_of(place) for place, e in enumerate(p.degrees()) if e]
    if any(field.kernels[k].kind in ("sym", "log", "fun", "g", "parity") for k in used):
        return None
    for precision in _PRECISIONS:
        with at_precision(precision):
            value = _value(field, p)
            s = None if value is None else sign(value)
        if value is None or s:
            return s
    return None


def _value(field: Field, p: Poly) -> arb | None:
    total = arb(0)
    for exponents, c in p.terms():
        term = arb(int(c))
        for place, e in enumerate(exponents):
            if e:
                kernel = _kernel(field, field.index_of(place))
                if kernel is None:
                    return None
                term *= kernel ** int(e)
        total += term
    return total


def _fraction(field: Field, u: Frac) -> arb | None:
    num, den = _value(field, u.num), _value(field, u.den)
    return None if num is None or den is None or not sign(den) else num / den


def _kernel(field: Field, k: int) -> arb | None:
    kernel = field.kernels[k]
    argument: Any = kernel.args[0]
    if kernel.kind == "const":
        return {"pi": arb.pi, "euler": arb.const_euler, "catalan": arb.const_catalan}[argument]()
    if kernel.kind == "prime":
        return arb(argument).log()
    if kernel.kind == "exp":
        u = _fraction(field, argument)
        unit: fmpq = kernel.args[1]
        return None if u is None else (u * arb(unit)).exp()
    if kernel.kind == "root":
        radicand = _value(field, argument)
        return None if radicand is None or sign(radicand) != 1 else radicand.root(kernel.args[1])
    return None
