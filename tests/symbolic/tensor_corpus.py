"""Claims about tensors of symbolic size: what textbooks state, and the mistakes that notes make of it.

Each entry says whether it is true. The false ones are made by hand: a transpose that fits because a matrix is square,
a missing 1/m, a sum along the wrong axis, g' taken at A, a factor dropped, a hypothesis forgotten.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from symbolic.tensor import (
    argmax_mask,
    axis,
    binary,
    delta,
    differentiate,
    einsum,
    elementwise,
    exp,
    gelu,
    log,
    log_softmax,
    logsumexp,
    maximum,
    norm,
    normal_cdf,
    normal_pdf,
    one_hot,
    positive,
    probability,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    sqrt,
    step,
    tanh,
    tensor,
    window,
)


class Claim(NamedTuple):
    """A claim and the truth about it."""

    name: str
    true: bool
    lhs: Any
    rhs: Any
    assuming: tuple[Any, ...] = ()


HALF = Fraction(1, 2)
n, k, m, h = axis("n"), axis("k"), axis("m"), axis("h")
W, A, b, G, Y = tensor("W", n, k), tensor("A", k, m), tensor("b", n), tensor("G", n, m), tensor("Y", n, m)
g, f = elementwise("g"), elementwise("f")


def layer() -> list[Claim]:
    """One layer with an unknown activation."""
    Z = W @ A + b[:, None]
    J = (G * g(Z)).sum() / m.size
    dZ = G * g.derivative(Z)
    dW, db, dA = (differentiate(J, x) for x in (W, b, A))
    linear = differentiate((G * Z).sum() / m.size, W)
    return [
        Claim("linear layer: dW", True, linear, G @ A.T / m.size),
        Claim("linear layer: dW without 1/m", False, linear, G @ A.T),
        Claim("linear layer: dW with 1/n", False, linear, G @ A.T / n.size),
        Claim("layer: dW", True, dW, dZ @ A.T / m.size),
        Claim("layer: db", True, db, dZ.mean(axis=m)),
        Claim("layer: dA", True, dA, W.T @ dZ / m.size),
        Claim("layer: dW transposed twice", True, dW, (A @ dZ.T).T / m.size),
        Claim("layer: dW with g' at A", False, dW, (G * g.derivative(g(Z))) @ A.T / m.size),
        Claim("layer: dW with g in place of g'", False, dW, (G * g(Z)) @ A.T / m.size),
        Claim("layer: dW without g'", False, dW, G @ A.T / m.size),
        Claim("layer: dW with the wrong sign", False, dW, -dZ @ A.T / m.size),
        Claim("layer: db as a sum, not a mean", False, db, dZ.sum(axis=m)),
        Claim("layer: db averaged over everything", False, db, dZ.mean() + 0 * b),
        Claim("layer: dA without g'", False, dA, W.T @ G / m.size),
        Claim(
            "layer: dW by an outer product of means",
            False,
            dW,
            dZ.mean(axis=m)[:, None] * A.mean(axis=m)[None, :],
        ),
        Claim("layer: dW of the wrong shape", False, dW, A @ dZ.T / m.size),
    ]


def square() -> list[Claim]:
    """Square matrices, in which a transpose can hide."""
    S, T, x, y = tensor("S", n, n), tensor("T", n, n), tensor("x", n), tensor("y", n)
    trace = einsum("ii->", S @ T)
    quadratic = x @ S @ x
    power7 = S @ S @ S @ S @ S @ S @ S
    return [
        Claim("trace(ST) = trace(TS)", True, trace, einsum("ii->", T @ S)),
        Claim("trace(ST) = trace(S Tᵀ)", False, trace, einsum("ii->", S @ T.T)),
        Claim("d trace(ST) / dS = Tᵀ", True, differentiate(trace, S), T.T),
        Claim("d trace(ST) / dS = T", False, differentiate(trace, S), T),
        Claim("d xᵀSx / dx = (S + Sᵀ)x", True, differentiate(quadratic, x), (S + S.T) @ x),
        Claim("d xᵀSx / dx = 2Sx", False, differentiate(quadratic, x), 2 * S @ x),
        Claim("d xᵀSx / dS = x xᵀ", True, differentiate(quadratic, S), x[:, None] * x[None, :]),
        Claim("d yᵀSx / dS = y xᵀ", True, differentiate(y @ S @ x, S), y[:, None] * x[None, :]),
        Claim("d yᵀSx / dS = x yᵀ", False, differentiate(y @ S @ x, S), x[:, None] * y[None, :]),
        Claim("ST = TS", False, S @ T, T @ S),
        Claim("(ST)ᵀ = TᵀSᵀ", True, (S @ T).T, T.T @ S.T),
        Claim("(ST)ᵀ = SᵀTᵀ", False, (S @ T).T, S.T @ T.T),
        Claim("trace(S⁷) = trace((Sᵀ)⁷)", True, einsum("ii->", power7), einsum("ii->", power7.T)),
        Claim(
            "d trace(S⁷) / dS = 7 (S⁶)ᵀ",
            True,
            differentiate(einsum("ii->", power7), S),
            7 * (S @ S @ S @ S @ S @ S).T,
        ),
        Claim(
            "d trace(S⁷) / dS = 7 S⁶",
            False,
            differentiate(einsum("ii->", power7), S),
            7 * S @ S @ S @ S @ S @ S,
        ),
        Claim("S ∘ T = T ∘ S", True, S * T, T * S),
        Claim("S ∘ T = S T", False, S * T, S @ T),
        Claim("I S = S", True, delta(n) @ S, S),
        Claim("I ∘ S = S", False, delta(n) * S, S),
    ]


def norms() -> list[Claim]:
    """Squares, norms, means and variances."""
    X, w, v, lam = tensor("X", n, m), tensor("w", k), tensor("v", n), tensor("lam")
    r = v - W @ w
    var, mu = X.var(axis=m), X.mean(axis=m)
    return [
        Claim("d ||W||² / dW = 2W", True, differentiate(norm(W) ** 2, W), 2 * W),
        Claim("d ||W|| / dW = W / ||W||", True, differentiate(norm(W), W), W / norm(W)),
        Claim("d ||W|| / dW = 2W / ||W||", False, differentiate(norm(W), W), 2 * W / norm(W)),
        Claim("d ½||v - Ww||² / dw", True, differentiate(HALF * (r**2).sum(), w), -W.T @ r),
        Claim("d ½||v - Ww||² / dw, sign lost", False, differentiate(HALF * (r**2).sum(), w), W.T @ r),
        Claim("d ||v - Ww||² / dw, 2 lost", False, differentiate((r**2).sum(), w), -W.T @ r),
        Claim(
            "L2: λ/(2m) ||W||²", True, differentiate(lam / 2 / m.size * (W * W).sum(), W), lam / m.size * W
        ),
        Claim("L2 without 1/m", False, differentiate(lam / 2 / m.size * (W * W).sum(), W), lam * W),
        Claim(
            "L2 with the 1/2 kept",
            False,
            differentiate(lam / 2 / m.size * (W * W).sum(), W),
            lam / 2 / m.size * W,
        ),
        Claim("var = mean of squares - square of mean", True, var, (X * X).mean(axis=m) - mu**2),
        Claim("var = mean of squares", False, var, (X * X).mean(axis=m)),
        Claim("deviations add up to 0", True, (X - mu[:, None]).sum(axis=m), 0),
        Claim(
            "d var / dX", True, differentiate((v * var).sum(), X), 2 * v[:, None] * (X - mu[:, None]) / m.size
        ),
        Claim("mean of means over both axes", True, X.mean(axis=m).mean(), X.mean()),
        Claim("sum of a product = product of sums", False, (v * v).sum(), v.sum() * v.sum()),
        Claim("(Σv)² = Σ_i Σ_j v_i v_j", True, v.sum() ** 2, (v[:, None] * v[None, :]).sum()),
        Claim("sum along n = sum along m", False, X.sum(axis=m).sum(), n.size * X.mean()),
    ]


def activations() -> list[Claim]:
    """Element-wise functions and their slopes."""
    Z = tensor("Z", n, m)
    s, t = sigmoid(Z), tanh(Z)
    return [
        Claim("σ' = σ(1 - σ)", True, sigmoid.derivative(Z), exp(-Z) / (1 + exp(-Z)) ** 2),
        Claim("σ' = 1 - σ²", False, sigmoid.derivative(Z), 1 - s**2),
        Claim("σ(-z) = 1 - σ(z)", True, sigmoid(-Z), 1 - s),
        Claim("σ(-z) = -σ(z)", False, sigmoid(-Z), -s),
        Claim("tanh z = 2σ(2z) - 1", True, t, 2 * sigmoid(2 * Z) - 1),
        Claim("tanh z = 2σ(z) - 1", False, t, 2 * s - 1),
        Claim("tanh' = 1 - tanh²", True, differentiate(tanh(Z).sum(), Z), 4 / (exp(Z) + exp(-Z)) ** 2),
        Claim("tanh' = 1 - tanh", False, differentiate(tanh(Z).sum(), Z), 1 - t),
        Claim("softplus' = σ", True, softplus.derivative(Z), 1 / (1 + exp(-Z))),
        Claim("softplus(z) - softplus(-z) = z", True, softplus(Z) - softplus(-Z), Z),
        Claim("softplus = relu", False, softplus(Z), relu(Z)),
        Claim("relu' = step", True, differentiate(relu(Z).sum(), Z), step(Z)),
        Claim("relu' = relu / z", True, differentiate(relu(Z).sum(), Z), relu(Z) / Z),
        Claim("relu(z) - relu(-z) = z", True, relu(Z) - relu(-Z), Z),
        Claim("relu(z) + relu(-z) = z", False, relu(Z) + relu(-Z), Z),
        Claim("relu(relu(z)) = relu(z)", True, relu(relu(Z)), relu(Z)),
        Claim("max(z, y) = max(y, z)", True, maximum(Z, Y), maximum(Y, Z)),
        Claim("max(z, y) + min(z, y) = z + y", True, maximum(Z, Y) - maximum(-Z, -Y), Z + Y),
        Claim("silu' = σ + z σ(1 - σ)", True, silu.derivative(Z), s + Z * s * (1 - s)),
        Claim("silu' = σ", False, silu.derivative(Z), s),
        Claim("gelu' = Φ + zφ", True, differentiate(gelu(Z).sum(), Z), normal_cdf(Z) + Z * normal_pdf(Z)),
        Claim("gelu' = Φ", False, differentiate(gelu(Z).sum(), Z), normal_cdf(Z)),
        Claim("Φ(-z) = 1 - Φ(z)", True, normal_cdf(-Z), 1 - normal_cdf(Z)),
        Claim(
            "g(f(z))' = g'(f(z)) f'(z)",
            True,
            differentiate(g(f(Z)).sum(), Z),
            g.derivative(f(Z)) * f.derivative(Z),
        ),
        Claim(
            "g(f(z))' = g'(z) f'(z)",
            False,
            differentiate(g(f(Z)).sum(), Z),
            g.derivative(Z) * f.derivative(Z),
        ),
        Claim("g is odd", False, g(-Z), -g(Z)),
    ]


def losses() -> list[Claim]:
    """Cross-entropies, with the hypotheses they need."""
    Z = W @ A + b[:, None]
    P, S = softmax(Z, axis=n), sigmoid(Z)
    hot, prob = (one_hot(Y, axis=n),), (probability(Y, axis=n),)
    ce = -(Y * log(P)).sum() / m.size
    bce = -(Y * log(S) + (1 - Y) * log(1 - S)).sum() / m.size
    stable = -(Y * log_softmax(Z, axis=n)).sum() / m.size
    lse = logsumexp(Z, axis=n)
    return [
        Claim("softmax columns add up to 1", True, P.sum(axis=n), 1),
        Claim("softmax rows add up to 1", False, P.sum(axis=m), 1),
        Claim("softmax ignores a shift", True, softmax(Z + tensor("c", m), axis=n), P),
        Claim("softmax ignores a shift along n", False, softmax(Z + tensor("d", n)[:, None], axis=n), P),
        Claim("ce in z", True, differentiate(ce, Z), (P - Y) / m.size, hot),
        Claim("ce in z with probabilities", True, differentiate(ce, Z), (P - Y) / m.size, prob),
        Claim("ce in z without hypothesis", False, differentiate(ce, Z), (P - Y) / m.size),
        Claim("ce in z, 1/m missing", False, differentiate(ce, Z), P - Y, hot),
        Claim("ce in z, sign", False, differentiate(ce, Z), (Y - P) / m.size, hot),
        Claim("ce in W", True, differentiate(ce, W), (P - Y) @ A.T / m.size, hot),
        Claim("ce in b", True, differentiate(ce, b), (P - Y).mean(axis=m), hot),
        Claim("ce in p", True, differentiate(ce, P), -(Y / P) / m.size, hot),
        Claim("ce in p, y lost", False, differentiate(ce, P), -(1 / P) / m.size, hot),
        Claim("ce = stable ce", True, ce, stable, hot),
        Claim("ce = lse - Σ y z", True, stable, (lse - (Y * Z).sum(axis=n)).mean(), hot),
        Claim("ce = lse - Σ y z without hypothesis", False, stable, (lse - (Y * Z).sum(axis=n)).mean()),
        Claim("d lse / dz = softmax", True, differentiate(lse.sum(), Z), P),
        Claim("d lse / dz = 0", False, differentiate(lse.sum(), Z), 0 * P),
        Claim("bce in z", True, differentiate(bce, Z), (S - Y) / m.size),
        Claim("bce in z, sign", False, differentiate(bce, Z), (Y - S) / m.size),
        Claim("bce in W", True, differentiate(bce, W), (S - Y) @ A.T / m.size),
        Claim(
            "bce in W with σ' left over", False, differentiate(bce, W), ((S - Y) * S * (1 - S)) @ A.T / m.size
        ),
        Claim("bce in a", True, differentiate(bce, S), ((1 - Y) / (1 - S) - Y / S) / m.size),
        Claim("bce = softplus(z) - y z", True, bce, (softplus(Z) - Y * Z).sum() / m.size),
        Claim("bce averaged over n too", False, bce, (softplus(Z) - Y * Z).mean()),
        Claim("one-hot is idempotent", True, Y * Y, Y, hot),
        Claim("a probability is idempotent", False, Y * Y, Y, prob),
        Claim("Y Yᵀ is diagonal", True, Y @ Y.T, delta(n) * Y.sum(axis=m)[:, None], hot),
    ]


def networks() -> list[Claim]:
    """Two layers."""
    k0 = axis("k0")
    X, W1, b1 = tensor("X", k0, m), tensor("W1", h, k0), tensor("b1", h)
    W2, b2 = tensor("W2", n, h), tensor("b2", n)
    found = []
    for name, act in (("tanh", tanh), ("σ", sigmoid), ("relu", relu), ("g", g)):
        Z1 = W1 @ X + b1[:, None]
        Z2 = W2 @ act(Z1) + b2[:, None]
        P, S = softmax(Z2, axis=n), sigmoid(Z2)
        for loss, J, dZ2, given in (
            ("ce", -(Y * log_softmax(Z2, axis=n)).sum() / m.size, P - Y, (one_hot(Y, axis=n),)),
            ("bce", -(Y * log(S) + (1 - Y) * log(1 - S)).sum() / m.size, S - Y, ()),
        ):
            dZ1 = (W2.T @ dZ2) * act.derivative(Z1)
            found.append(
                Claim(
                    f"two layers, {name}, {loss}: dW1", True, differentiate(J, W1), dZ1 @ X.T / m.size, given
                )
            )
            found.append(
                Claim(f"two layers, {name}, {loss}: db1", True, differentiate(J, b1), dZ1.mean(axis=m), given)
            )
            right = dZ1 @ X.T / m.size
            mistakes = {
                "g' lost": (W2.T @ dZ2) @ X.T / m.size,
                "sign": -right,
                "1/m lost": m.size * right,
                "1/m twice": right / m.size,
            }
            found += [
                Claim(f"two layers, {name}, {loss}: {mistake}", False, differentiate(J, W1), wrong, given)
                for mistake, wrong in mistakes.items()
            ]
    return found


def normalisation() -> list[Claim]:
    """Batch norm, layer norm, attention, convolution, pooling."""
    X, D, gamma, eps = tensor("X", n, m), tensor("D", n, m), tensor("gamma", n), tensor("eps")
    plus = (positive(eps),)
    found = []
    for name, along in (("batch norm", m), ("layer norm", n)):
        mu, s = X.mean(axis=along, keepdims=True), sqrt(X.var(axis=along, keepdims=True) + eps)
        hat = (X - mu) / s
        J = (D * gamma[:, None] * hat).sum()
        dh = D * gamma[:, None]
        mean = dh.mean(axis=along, keepdims=True)
        along_hat = (dh * hat).mean(axis=along, keepdims=True)
        found += [
            Claim(f"{name}: dX", True, differentiate(J, X), (dh - mean - hat * along_hat) / s, plus),
            Claim(f"{name}: mean and variance held still", False, differentiate(J, X), dh / s, plus),
            Claim(f"{name}: variance held still", False, differentiate(J, X), (dh - mean) / s, plus),
            Claim(f"{name}: dgamma", True, differentiate(J, gamma), (D * hat).sum(axis=m), plus),
        ]
    t, d, e = axis("t"), axis("d"), axis("e")
    Q, K, V, O, C = (
        tensor("Q", t, d),
        tensor("K", t, d),
        tensor("V", t, e),
        tensor("O", t, e),
        tensor("C", t, t),
    )
    P = softmax(Q @ K.T / sqrt(d.size), axis=1)
    M = softmax(Q @ K.T / sqrt(d.size), axis=1, where=C)
    J, masked = (O * (P @ V)).sum(), (O * (M @ V)).sum()

    def scores(p: Any) -> Any:
        dP = O @ V.T
        return p * (dP - (p * dP).sum(axis=1, keepdims=True)) / sqrt(d.size)

    i, p = axis("i"), axis("p")
    T = window(h, i, p, stride=1, padding=1)
    x, kern, up = tensor("x", h), tensor("kern", p), tensor("up", i)
    conv = einsum("h,p,hip->i", x, kern, T)
    U = tensor("U", n, m)
    return [
        *found,
        Claim("self-attention: dQ", True, differentiate(J, Q), scores(P) @ K),
        Claim("self-attention: dK", True, differentiate(J, K), scores(P).T @ Q),
        Claim("self-attention: dK, transpose lost", False, differentiate(J, K), scores(P) @ Q),
        Claim("self-attention: dV", True, differentiate(J, V), P.T @ O),
        Claim("self-attention: dV, transpose lost", False, differentiate(J, V), P @ O),
        Claim("self-attention: dQ, √d lost", False, differentiate(J, Q), sqrt(d.size) * scores(P) @ K),
        Claim("self-attention: softmax as if element-wise", False, differentiate(J, V), (P * (1 - P)).T @ O),
        Claim("masked self-attention: dQ", True, differentiate(masked, Q), scores(M) @ K, (binary(C),)),
        Claim(
            "masked self-attention: mask lost", False, differentiate(masked, Q), scores(P) @ K, (binary(C),)
        ),
        Claim(
            "convolution: dx", True, differentiate((up * conv).sum(), x), einsum("i,p,hip->h", up, kern, T)
        ),
        Claim(
            "convolution: dk", True, differentiate((up * conv).sum(), kern), einsum("i,h,hip->p", up, x, T)
        ),
        Claim(
            "convolution: other padding",
            False,
            differentiate((up * conv).sum(), kern),
            einsum("i,h,hip->p", up, x, window(h, i, p, stride=1, padding=0)),
        ),
        Claim("d max / dU", True, differentiate(U.max(axis=n).sum(), U), argmax_mask(U, axis=n)),
        Claim(
            "d max / dU along the wrong axis",
            False,
            differentiate(U.max(axis=n).sum(), U),
            argmax_mask(U, axis=m),
        ),
        Claim("max ignores order", True, U.max(axis=n).T, U.T.max(axis=n)),
    ]


CORPUS: list[Claim] = [
    claim
    for group in (layer, square, norms, activations, losses, networks, normalisation)
    for claim in group()
]
