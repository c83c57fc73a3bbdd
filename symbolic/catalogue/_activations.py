"""The activations a = g(z): what each is, and the derivative claimed for it in class."""

from __future__ import annotations

import sympy as sp

from symbolic.catalogue._formula import Formula, derived
from symbolic.catalogue._symbols import a, s, vector, z

__all__ = ["ACTIVATIONS", "GELU_C", "GELU_CONSTANT", "SIGMOID", "gelu_tanh_inner"]

SIGMOID = 1 / (1 + sp.exp(-z))


def _identity() -> Formula:
    return derived("identity", "activation", "Identity", z, (z,), sp.Integer(1))


def _sigmoid() -> Formula:
    return derived(
        "sigmoid",
        "activation",
        "Sigmoid",
        SIGMOID,
        (z,),
        a * (1 - a),
        notation={a: SIGMOID},
        aliases=("logistic",),
    )


def _tanh() -> Formula:
    return derived(
        "tanh", "activation", "Hyperbolic tangent", sp.tanh(z), (z,), 1 - a**2, notation={a: sp.tanh(z)}
    )


def _relu() -> Formula:
    return derived(
        "relu",
        "activation",
        "Rectified linear unit",
        sp.Piecewise((z, z > 0), (0, True)),
        (z,),
        sp.Piecewise((1, z > 0), (0, True)),
        kinks=(sp.Integer(0),),
    )


def _leaky_relu() -> Formula:
    slope = sp.Symbol("slope", real=True)
    return derived(
        "leaky_relu",
        "activation",
        "Leaky rectified linear unit",
        sp.Piecewise((z, z > 0), (slope * z, True)),
        (z,),
        sp.Piecewise((1, z > 0), (slope, True)),
        parameters={slope: sp.Rational(1, 100)},
        kinks=(sp.Integer(0),),
    )


def _softplus() -> Formula:
    return derived(
        "softplus", "activation", "Softplus", sp.log(1 + sp.exp(z)), (z,), s, notation={s: SIGMOID}
    )


def _silu() -> Formula:
    return derived(
        "silu",
        "activation",
        "SiLU, also called swish",
        z * SIGMOID,
        (z,),
        s + a * (1 - s),
        notation={s: SIGMOID, a: z * SIGMOID},
        aliases=("swish",),
    )


def _gelu() -> Formula:
    Phi, phi = sp.symbols("Phi phi", real=True)
    cdf = (1 + sp.erf(z / sp.sqrt(2))) / 2
    pdf = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    return derived(
        "gelu",
        "activation",
        "Gaussian error linear unit, z times the normal distribution function",
        z * cdf,
        (z,),
        Phi + z * phi,
        notation={Phi: cdf, phi: pdf},
    )


GELU_C = sp.Symbol("c", real=True)
GELU_CONSTANT = {GELU_C: sp.Rational(44715, 1_000_000)}


def gelu_tanh_inner() -> sp.Expr:
    """Return u(z) = √(2/π)(z + c z³) of the tanh form of GELU, with c left as a letter: its value is 0.044715."""
    return sp.sqrt(2 / sp.pi) * (z + GELU_C * z**3)


def _gelu_tanh() -> Formula:
    u, t = gelu_tanh_inner(), sp.Symbol("t", real=True)
    slope = sp.sqrt(2 / sp.pi) * (1 + 3 * GELU_C * z**2)
    return derived(
        "gelu_tanh",
        "activation",
        "Gaussian error linear unit, tanh form",
        z * (1 + sp.tanh(u)) / 2,
        (z,),
        (1 + t) / 2 + z * (1 - t**2) * slope / 2,
        notation={t: sp.tanh(u)},
        constants=GELU_CONSTANT,
    )


def _elu() -> Formula:
    alpha = sp.Symbol("alpha", positive=True)
    below = alpha * (sp.exp(z) - 1)
    # With the default alpha = 1 the two slopes meet at 0, so no kink is listed; any other alpha has one there.
    return derived(
        "elu",
        "activation",
        "Exponential linear unit",
        sp.Piecewise((z, z > 0), (below, True)),
        (z,),
        sp.Piecewise((1, z > 0), (a + alpha, True)),
        notation={a: below},
        parameters={alpha: sp.Integer(1)},
    )


def _softmax(n: int = 3) -> Formula:
    zs, letters = vector("z", n), vector("a", n)
    total = sp.Add(*map(sp.exp, zs))
    column = sp.ImmutableMatrix([sp.exp(v) / total for v in zs])
    jacobian = sp.ImmutableMatrix(n, n, lambda i, j: letters[i] * (int(i == j) - letters[j]))
    return derived(
        "softmax",
        "activation",
        "Softmax, with its Jacobian ∂a_i/∂z_j",
        column,
        zs,
        jacobian,
        notation=dict(zip(letters, column, strict=True)),
        domain=sp.S.Reals**n,
    )


ACTIVATIONS = {
    "identity": _identity,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "elu": _elu,
    "softmax": _softmax,
}
