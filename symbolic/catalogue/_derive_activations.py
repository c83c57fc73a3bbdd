"""The derivatives of the activations, as a teacher writes them on the board."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symbolic._derivation import Derivation
from symbolic.catalogue._activations import GELU_C, SIGMOID, gelu_tanh_inner
from symbolic.catalogue._chains import chain
from symbolic.catalogue._symbols import D, a, over, plus, s, times, vector, z

__all__ = ["ACTIVATION_DERIVATIONS"]

E = sp.exp(-z)  # e^{-z}, the only exponential a sigmoid needs


def _identity() -> Derivation:
    steps = chain(D(z, z), (sp.Integer(1), "derivative of the variable itself"))
    return Derivation("identity", "The derivative of the identity a = z", steps)


def _sigmoid() -> Derivation:
    g = sp.Function("sigma")
    bottom = 1 + E
    steps = chain(
        D(g(z), z),
        (D(SIGMOID, z), "definition of sigmoid"),
        (-over(D(bottom, z), bottom**2), "quotient rule"),
        (over(E, bottom**2), "derivative of exp, chain rule: d/dz exp(-z) = -exp(-z)"),
        (times(over(1, bottom), over(E, bottom)), "split the square"),
        (times(over(1, bottom), plus(1, -over(1, bottom))), "add and subtract 1 in the second numerator"),
        (a * (1 - a), "substitute a = sigma(z)"),
        where={g: sp.Lambda(z, SIGMOID), a: SIGMOID},
    )
    return Derivation("sigmoid", "The derivative of the sigmoid a = σ(z)", steps)


def _tanh() -> Derivation:
    top, bottom = sp.exp(z) - E, sp.exp(z) + E
    steps = chain(
        D(sp.tanh(z), z),
        (D(over(top, bottom), z), "definition of tanh"),
        (
            over(plus(times(D(top, z), bottom), -times(top, D(bottom, z))), bottom**2),
            "quotient rule",
        ),
        (over(plus(bottom**2, -(top**2)), bottom**2), "derivative of exp: the two brackets exchange roles"),
        (plus(1, -over(top**2, bottom**2)), "split the fraction"),
        (1 - a**2, "substitute a = tanh(z)"),
        where={a: sp.tanh(z)},
    )
    return Derivation("tanh", "The derivative of a = tanh(z)", steps)


def _cases(above: sp.Expr, below: sp.Expr) -> sp.Expr:
    return sp.Piecewise((above, z > 0), (below, True), evaluate=False)


def _relu() -> Derivation:
    g = sp.Function("relu")
    steps = chain(
        D(g(z), z),
        (D(_cases(z, sp.Integer(0)), z), "definition of relu"),
        (_cases(D(z, z), D(times(0, z), z)), "differentiate case by case, away from the kink z = 0"),
        (_cases(sp.Integer(1), sp.Integer(0)), "derivative of z and of a constant"),
        where={g: sp.Lambda(z, _cases(z, sp.Integer(0)))},
    )
    return Derivation(
        "relu",
        "The derivative of the rectified linear unit",
        steps,
        notes=(
            "At z = 0 there is no derivative and nothing is claimed; code takes the slope on the left, 0.",
        ),
    )


def _leaky_relu() -> Derivation:
    slope = sp.Symbol("slope", real=True)
    g = sp.Function("leaky")
    steps = chain(
        D(g(z), z),
        (D(_cases(z, slope * z), z), "definition of leaky relu"),
        (_cases(D(z, z), times(slope, D(z, z))), "differentiate case by case, away from the kink z = 0"),
        (_cases(sp.Integer(1), slope), "derivative of z"),
        where={g: sp.Lambda(z, _cases(z, slope * z))},
    )
    return Derivation(
        "leaky_relu",
        "The derivative of the leaky rectified linear unit",
        steps,
        notes=(
            "At z = 0 there is no derivative (unless slope = 1) and nothing is claimed; code takes slope.",
        ),
    )


def _softplus() -> Derivation:
    g = sp.Function("softplus")
    inside = 1 + sp.exp(z)
    steps = chain(
        D(g(z), z),
        (D(sp.log(inside), z), "definition of softplus"),
        (times(over(1, inside), D(inside, z)), "chain rule, derivative of log"),
        (over(sp.exp(z), inside), "derivative of exp"),
        (over(1, 1 + E), "multiply top and bottom by exp(-z)"),
        (s, "substitute s = sigma(z)"),
        where={g: sp.Lambda(z, sp.log(inside)), s: SIGMOID},
    )
    return Derivation("softplus", "The derivative of softplus is the sigmoid", steps)


def _silu() -> Derivation:
    g = sp.Function("sigma")
    steps = chain(
        D(times(z, g(z)), z),
        (plus(times(D(z, z), g(z)), times(z, D(g(z), z))), "product rule"),
        (plus(g(z), times(z, g(z), plus(1, -g(z)))), "derivative of the sigmoid: sigma(z)(1 - sigma(z))"),
        (s + a * (1 - s), "substitute s = sigma(z) and a = z sigma(z)"),
        where={g: sp.Lambda(z, SIGMOID), s: SIGMOID, a: z * SIGMOID},
    )
    return Derivation("silu", "The derivative of SiLU, a = z σ(z)", steps)


def _gelu() -> Derivation:
    Phi = sp.Function("Phi")
    p, q = sp.symbols("Phi phi", real=True)
    cdf = (1 + sp.erf(z / sp.sqrt(2))) / 2
    pdf = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    steps = chain(
        D(times(z, Phi(z)), z),
        (plus(times(D(z, z), Phi(z)), times(z, D(Phi(z), z))), "product rule"),
        (plus(Phi(z), times(z, D(cdf, z))), "definition of Phi, the normal distribution function"),
        (
            plus(Phi(z), times(z, over(sp.exp(-(z**2) / 2), sp.sqrt(2 * sp.pi)))),
            "derivative of erf, chain rule",
        ),
        (p + z * q, "name the values: Phi = Phi(z), phi the normal density at z"),
        where={Phi: sp.Lambda(z, cdf), p: cdf, q: pdf},
    )
    return Derivation("gelu", "The derivative of GELU, a = z Φ(z)", steps)


def _gelu_tanh() -> Derivation:
    inner, c = gelu_tanh_inner(), GELU_C
    u, t = sp.Function("u"), sp.Symbol("t", real=True)
    slope = sp.sqrt(2 / sp.pi) * (1 + 3 * c * z**2)
    half = sp.Rational(1, 2)
    steps = chain(
        D(times(half, z, plus(1, sp.tanh(u(z)))), z),
        (
            plus(times(half, plus(1, sp.tanh(u(z)))), times(half, z, D(sp.tanh(u(z)), z))),
            "product rule",
        ),
        (
            plus(
                times(half, plus(1, sp.tanh(u(z)))),
                times(half, z, plus(1, -(sp.tanh(u(z)) ** 2)), D(u(z), z)),
            ),
            "chain rule, derivative of tanh",
        ),
        (
            plus(times(half, plus(1, sp.tanh(u(z)))), times(half, z, plus(1, -(sp.tanh(u(z)) ** 2)), slope)),
            "derivative of the polynomial u",
        ),
        (plus(times(half, plus(1, t)), times(half, z, 1 - t**2, slope)), "substitute t = tanh(u(z))"),
        where={u: sp.Lambda(z, inner), t: sp.tanh(inner)},
    )
    return Derivation(
        "gelu_tanh",
        "The derivative of the tanh form of GELU",
        steps,
        hypotheses=("u(z) = sqrt(2/pi)·(z + c z^3), c = 0.044715; the steps hold for every c",),
    )


def _elu() -> Derivation:
    alpha = sp.Symbol("alpha", positive=True)
    g = sp.Function("elu")
    below = alpha * (sp.exp(z) - 1)
    steps = chain(
        D(g(z), z),
        (D(_cases(z, below), z), "definition of elu"),
        (_cases(D(z, z), times(alpha, D(sp.exp(z) - 1, z))), "differentiate case by case, away from z = 0"),
        (_cases(sp.Integer(1), times(alpha, sp.exp(z))), "derivative of exp"),
        (_cases(sp.Integer(1), a + alpha), "substitute a = alpha (exp(z) - 1)"),
        where={g: sp.Lambda(z, _cases(z, below)), a: below},
    )
    return Derivation(
        "elu",
        "The derivative of the exponential linear unit",
        steps,
        notes=("At z = 0 the slopes 1 and alpha meet only for alpha = 1, the default.",),
    )


def _softmax() -> Derivation:
    zs, letters = vector("z", 3), vector("a", 3)
    exps = [sp.exp(v) for v in zs]
    total = sp.Add(*exps)
    sum_name = sp.Function("S")
    S = sum_name(*zs)
    where = {sum_name: sp.Lambda(zs, total)} | {q: e / total for q, e in zip(letters, exps, strict=True)}
    same = chain(
        D(over(exps[0], S), zs[0]),
        (
            over(plus(times(D(exps[0], zs[0]), S), -times(exps[0], D(S, zs[0]))), S**2),
            "quotient rule, same index",
        ),
        (over(plus(times(exps[0], S), -times(exps[0], exps[0])), S**2), "derivative of exp"),
        (times(over(exps[0], S), plus(1, -over(exps[0], S))), "split the fraction"),
        (letters[0] * (1 - letters[0]), "substitute a_1"),
        where=where,
    )
    other = chain(
        D(over(exps[0], S), zs[1]),
        (
            over(plus(times(D(exps[0], zs[1]), S), -times(exps[0], D(S, zs[1]))), S**2),
            "quotient rule, another index",
        ),
        (-over(times(exps[0], exps[1]), S**2), "exp(z_1) does not depend on z_2"),
        (-letters[0] * letters[1], "substitute a_1 and a_2"),
        where=where,
    )
    jacobian = sp.ImmutableMatrix(3, 3, lambda i, j: D(over(exps[i], S), zs[j]))
    matrix = sp.ImmutableMatrix(3, 3, lambda i, j: letters[i] * (int(i == j) - letters[j]))
    rule = "the same for every entry: diag(a) - a aᵀ, or ∂a_i/∂z_j = a_i (δ_ij - a_j)"
    return Derivation(
        "softmax",
        "The Jacobian of softmax, for three classes",
        same + other + chain(jacobian, (matrix, rule), where=where),
        hypotheses=("S = exp(z_1) + exp(z_2) + exp(z_3), a_i = exp(z_i)/S",),
    )


ACTIVATION_DERIVATIONS: dict[str, Callable[[], Derivation]] = {
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
