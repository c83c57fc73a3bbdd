"""to_numpy against 60 digits and more: a few ulp over the whole float64 range, no warning, no NaN."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

import symbolic

MOST_ULP = 16.0  # the front door compares with the hand-written code in ulps; each form here needs at most 9
ACTIVATIONS = [n for n in symbolic.names("activation") if n != "softmax"]
ROOTS = (-1.2784645427610738, -0.7517915246935645, -0.7524614220710162)  # of the derivatives of SiLU and GELU


def _ulps(got: float, true: mp.mpf) -> float:
    nearest = float(true)
    if np.isinf(nearest) or np.isinf(got):
        return 0.0 if nearest == got else np.inf
    if np.isnan(got):
        return np.inf
    return float(abs(mp.mpf(got) - true) / mp.mpf(float(np.spacing(min(abs(nearest), 1e308)) or 5e-324)))


def _stratified(rng: np.random.Generator) -> np.ndarray:
    magnitudes = np.concatenate(
        [10.0 ** rng.uniform(-320, 308, 60), rng.uniform(0, 50, 120), rng.uniform(0, 760, 60)]
    )
    near = [r + k * np.spacing(r) for r in ROOTS for k in (-20, -3, -1, 0, 1, 2, 17)]
    near += [r + d for r in ROOTS for d in rng.uniform(-0.3, 0.3, 12)]
    return np.concatenate(
        [magnitudes, -magnitudes, near, [0.0, 5e-324, -5e-324, 745.0, -745.0, -38.4, 1e308, -1e308]]
    )


def _digits(x: float) -> int:
    """Digits that survive the cancellation in the plain formula: about z²/2 bits for GELU, -log10|z| for small z."""
    return 60 + (800 if 3 < abs(x) < 2000 else 0) + (330 if 0 < abs(x) < 1e-20 else 0)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_within_a_few_ulp_everywhere(name, order):
    f = symbolic.formula(name)
    plain = f.with_defaults(f.expression if order == 0 else f.derivative)
    reference = sp.lambdify([f.variable], plain, "mpmath")
    # Beyond these, the plain formula needs more digits than it is worth: there the value is 0, 1 or z, tested below.
    reach = (
        np.inf if isinstance(plain, sp.Piecewise) or plain.is_polynomial() else 39 if "gelu" in name else 2000
    )
    z = _stratified(np.random.default_rng(0))

    with np.errstate(all="raise", under="ignore"):
        got = symbolic.to_numpy(name, order)(z)

    assert not np.isnan(got).any()
    worst = (0.0, 0.0)
    for x, value in zip(z, got, strict=True):
        if abs(x) <= reach and not (plain.has(sp.exp) and abs(x) > 1e6):
            with mp.workdps(_digits(x)):
                worst = max(worst, (_ulps(value, reference(mp.mpf(float(x)))), float(x)))
    assert worst[0] <= MOST_ULP, f"{name}, order {order}: {worst[0]:.3g} ulp at z = {worst[1]!r}"


@pytest.mark.parametrize(
    ("name", "order", "left", "right"),
    [
        ("identity", 0, -np.inf, np.inf), ("identity", 1, 1, 1), ("sigmoid", 0, 0, 1), ("sigmoid", 1, 0, 0),
        ("tanh", 0, -1, 1), ("tanh", 1, 0, 0), ("relu", 0, 0, np.inf), ("relu", 1, 0, 1),
        ("leaky_relu", 0, -np.inf, np.inf), ("leaky_relu", 1, 0.01, 1), ("softplus", 0, 0, np.inf),
        ("softplus", 1, 0, 1), ("silu", 0, 0, np.inf), ("silu", 1, 0, 1), ("gelu", 0, 0, np.inf), ("gelu", 1, 0, 1),
        ("gelu_tanh", 0, 0, np.inf), ("gelu_tanh", 1, 0, 1), ("elu", 0, -1, np.inf), ("elu", 1, 0, 1),
    ],
)  # fmt: skip
def test_at_the_infinities_and_far_out_the_value_is_the_limit(name, order, left, right):
    f = symbolic.to_numpy(name, order)

    with np.errstate(all="raise", under="ignore"):
        far = f(np.array([-np.inf, -1e308, 1e308, np.inf]))

    assert far[0] == left
    assert far[3] == right
    assert far[1] == left or (np.isinf(left) and far[1] < -1e305)
    assert far[2] == right or (np.isinf(right) and far[2] > 1e305)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", ["bce", "bce_logit", "squared_error", "huber", "hinge"])
def test_losses_are_within_a_few_ulp(name, order):
    rng = np.random.default_rng(1)
    f = symbolic.formula(name)
    n = 240
    hard = rng.integers(0, 2, n).astype(float)
    if name == "bce":
        x = np.concatenate(
            [
                rng.uniform(0, 1, n // 2),
                10 ** rng.uniform(-320, 0, n // 4),
                1 - 10 ** rng.uniform(-16, 0, n // 4),
            ]
        )
    elif name == "bce_logit":
        x = np.concatenate([rng.uniform(-50, 50, n // 2), rng.uniform(-760, 760, n // 2)])
    else:
        x = np.concatenate([rng.normal(size=n // 2), 10.0 ** rng.uniform(-300, 150, n // 2)])
    y = {"hinge": 2 * hard - 1, "squared_error": rng.normal(size=n), "huber": rng.normal(size=n)}.get(
        name, hard
    )
    plain = f.with_defaults(f.expression if order == 0 else f.derivative)
    reference = sp.lambdify(f.symbols[:2], plain, "mpmath")

    with np.errstate(all="raise", under="ignore"):
        got = symbolic.to_numpy(name, order)(x, y)

    worst = (0.0, 0.0, 0.0)
    with mp.workdps(700):
        for p, q, value in zip(x, y, got, strict=True):
            if name == "bce" and p in (0.0, 1.0):
                continue  # the plain formula has 0·log(0) there; tested below
            true = mp.re(reference(mp.mpf(float(p)), mp.mpf(float(q))))
            worst = max(worst, (_ulps(value, true), float(p), float(q)))
    assert worst[0] <= MOST_ULP, f"{name}, order {order}: {worst[0]:.3g} ulp at {worst[1:]}"


def test_binary_cross_entropy_at_certainty_is_zero_or_infinite_and_never_nan():
    loss, slope = symbolic.to_numpy("bce"), symbolic.to_numpy("bce", 1)

    with np.errstate(all="raise", under="ignore"):
        assert list(loss([0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0])) == [0.0, 0.0, np.inf, np.inf]
        assert list(slope([0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0])) == [1.0, -1.0, -np.inf, np.inf]


@pytest.mark.parametrize("scale", [1.0, 30.0, 300.0, 1e5])
def test_softmax_and_its_loss_are_within_a_few_ulp(scale):
    rng = np.random.default_rng(2)
    k, m = 4, 25
    Z = rng.normal(size=(k, m)) * scale
    Y = np.eye(k)[rng.integers(0, k, m)].T

    with np.errstate(all="raise", under="ignore"):
        a, J = symbolic.to_numpy("softmax")(Z), symbolic.to_numpy("softmax", 1)(Z)
        L, dZ = (symbolic.to_numpy("softmax_cross_entropy", o)(Z, Y) for o in (0, 1))

    with mp.workdps(700):  # log1p of 1e-300 keeps 60 digits
        for j in range(m):
            e = [mp.exp(mp.mpf(v)) for v in Z[:, j]]
            total = mp.fsum(e)
            t = int(Y[:, j].argmax())
            wrong = mp.fsum(e[q] for q in range(k) if q != t)  # summed, so that nothing cancels
            assert _ulps(L[j], mp.log1p(wrong / e[t])) <= MOST_ULP
            for i in range(k):
                rest = mp.fsum(e[q] for q in range(k) if q != i)
                assert _ulps(a[i, j], e[i] / total) <= MOST_ULP
                assert _ulps(dZ[i, j], -rest / total if i == t else e[i] / total) <= MOST_ULP
                for q in range(k):
                    true = e[i] * rest / total**2 if i == q else -e[i] * e[q] / total**2
                    assert _ulps(J[i, q, j], true) <= MOST_ULP


def test_softmax_with_infinite_logits_is_a_limit_and_equal_infinities_share():
    f, loss = symbolic.to_numpy("softmax"), symbolic.to_numpy("softmax_cross_entropy")
    inf = np.inf

    with np.errstate(all="raise", under="ignore"):
        assert list(f([inf, 0.0, 1.0])) == [1.0, 0.0, 0.0]
        assert list(f([inf, inf, 0.0])) == [0.5, 0.5, 0.0]
        assert list(f([-inf, -inf])) == [0.5, 0.5]
        assert list(f([1.7e308, -1.7e308])) == [1.0, 0.0]
        assert loss([inf, 0.0], [1.0, 0.0]) == 0.0
        assert loss([inf, 0.0], [0.0, 1.0]) == inf
        assert loss([-inf, 0.0], [0.0, 1.0]) == 0.0
