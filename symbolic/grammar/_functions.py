"""The functions that formulas may call, each with the number of arguments it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from symbolic.grammar._algebra import Algebra

Builder = Callable[..., Any]
HALF = sp.Rational(1, 2)
TWO = sp.Integer(2)
SLOPE = sp.Rational(1, 100)  # of the leaky ReLU, as in the catalogue


def _sigmoid(al: Algebra, z: sp.Expr) -> sp.Expr:
    return al.div(sp.S.One, al.add(sp.S.One, al.exp(al.neg(z))))


def _relu(al: Algebra, z: sp.Expr) -> sp.Expr:
    return al.call(sp.Max, sp.S.Zero, z)


def _leaky_relu(al: Algebra, z: sp.Expr, slope: sp.Expr = SLOPE) -> sp.Expr:
    return al.piecewise((z, sp.Gt(z, 0, evaluate=False)), (al.mul(slope, z), sp.true))


def _softplus(al: Algebra, z: sp.Expr) -> sp.Expr:
    return al.call(sp.log, al.add(sp.S.One, al.exp(z)))


def _silu(al: Algebra, z: sp.Expr) -> sp.Expr:
    return al.mul(z, _sigmoid(al, z))


def _gelu(al: Algebra, z: sp.Expr) -> sp.Expr:
    phi = al.add(sp.S.One, al.call(sp.erf, al.div(z, al.sqrt(sp.Integer(2)))))
    return al.mul(HALF, z, phi)


def _gelu_tanh(al: Algebra, z: sp.Expr) -> sp.Expr:
    cubic = al.add(z, al.mul(sp.Rational(44715, 1000000), al.pow(z, sp.Integer(3))))
    inner = al.mul(al.sqrt(al.div(sp.Integer(2), sp.pi)), cubic)
    return al.mul(HALF, z, al.add(sp.S.One, al.call(sp.tanh, inner)))


def _elu(al: Algebra, z: sp.Expr, alpha: sp.Expr = sp.S.One) -> sp.Expr:
    return al.piecewise(
        (z, sp.Gt(z, 0, evaluate=False)), (al.mul(alpha, al.add(al.exp(z), sp.S.NegativeOne)), sp.true)
    )


def _log(al: Algebra, x: sp.Expr, base: sp.Expr | None = None) -> sp.Expr:
    logarithm = al.call(sp.log, x)
    return logarithm if base is None else al.div(logarithm, al.call(sp.log, base))


def _logit(al: Algebra, p: sp.Expr) -> sp.Expr:
    return al.call(sp.log, al.div(p, al.add(sp.S.One, al.neg(p))))


def _root(al: Algebra, x: sp.Expr, n: sp.Expr = TWO) -> sp.Expr:
    return al.pow(x, al.div(sp.S.One, n))


def _reciprocal(function: Callable[..., Any]) -> Builder:
    return lambda al, z: al.div(sp.S.One, al.call(function, z))


def _plain(function: Callable[..., Any]) -> Builder:
    return lambda al, *arguments: al.call(function, *arguments)


MANY = 100

# name: (fewest arguments, most arguments, builder)
FUNCTIONS: dict[str, tuple[int, int, Builder]] = {
    "exp": (1, 1, lambda al, z: al.exp(z)),
    "log": (1, 2, _log),
    "log2": (1, 1, lambda al, z: _log(al, z, sp.Integer(2))),
    "log10": (1, 1, lambda al, z: _log(al, z, sp.Integer(10))),
    "sqrt": (1, 1, lambda al, z: al.sqrt(z)),
    "root": (2, 2, _root),
    "abs": (1, 1, _plain(sp.Abs)),
    "max": (1, MANY, _plain(sp.Max)),
    "min": (1, MANY, _plain(sp.Min)),
    "sign": (1, 1, _plain(sp.sign)),
    "heaviside": (1, 1, _plain(sp.Heaviside)),
    "sin": (1, 1, _plain(sp.sin)),
    "cos": (1, 1, _plain(sp.cos)),
    "tan": (1, 1, _plain(sp.tan)),
    "asin": (1, 1, _plain(sp.asin)),
    "acos": (1, 1, _plain(sp.acos)),
    "atan": (1, 1, _plain(sp.atan)),
    "sinh": (1, 1, _plain(sp.sinh)),
    "cosh": (1, 1, _plain(sp.cosh)),
    "tanh": (1, 1, _plain(sp.tanh)),
    "sech": (1, 1, _reciprocal(sp.cosh)),
    "csch": (1, 1, _reciprocal(sp.sinh)),
    "coth": (1, 1, _reciprocal(sp.tanh)),
    "asinh": (1, 1, _plain(sp.asinh)),
    "acosh": (1, 1, _plain(sp.acosh)),
    "atanh": (1, 1, _plain(sp.atanh)),
    "erf": (1, 1, _plain(sp.erf)),
    "erfc": (1, 1, lambda al, z: al.add(sp.S.One, al.neg(al.call(sp.erf, z)))),
    "gamma": (1, 1, _plain(sp.gamma)),
    "sigmoid": (1, 1, _sigmoid),
    "logit": (1, 1, _logit),
    "relu": (1, 1, _relu),
    "leaky_relu": (1, 2, _leaky_relu),
    "softplus": (1, 1, _softplus),
    "silu": (1, 1, _silu),
    "gelu": (1, 1, _gelu),
    "gelu_tanh": (1, 1, _gelu_tanh),
    "elu": (1, 2, _elu),
}
ALIASES = {
    "ln": "log",
    "sigma": "sigmoid",
    "swish": "silu",
    "step": "heaviside",
    "sgn": "sign",
    "Max": "max",
    "Min": "min",
    "Abs": "abs",
    "ReLU": "relu",
    "GELU": "gelu",
    "ELU": "elu",
    "SiLU": "silu",
    "LeakyReLU": "leaky_relu",
    "Heaviside": "heaviside",
    "Gamma": "gamma",
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "artanh": "atanh",
    "arctanh": "atanh",
}
CONSTANTS = {"pi": sp.pi, "e": sp.E}
NOT_NUMBERS = {"inf", "infinity", "oo", "nan", "NaN", "Inf"}
# Letters that name an unknown function when a bracket follows; a(b + c) is far more often a product.
UNKNOWN_FUNCTIONS = {"f", "g", "h", "F", "G", "H", "phi", "psi", "Phi", "Psi"}
