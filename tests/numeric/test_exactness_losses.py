"""Every loss and slope stays within its bound of the truth, for predictions over all floats and labels of all kinds."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import numeric
from benchmarks._ulp import LOSSES, WIDE, distance, loss_points, softmax, truth


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_and_its_slope_are_within_2_ulp_of_the_truth(name: str) -> None:
    prediction, y = loss_points(name, 800, np.random.default_rng(0))
    exact = truth(LOSSES[name], prediction, y)

    with np.errstate(all="raise"):
        error = distance(getattr(numeric, name)(prediction, y), exact)

    worst = int(error.argmax())
    assert error[worst] <= 2.0, f"{name}({prediction[worst]!r}, {y[worst]!r}): {error[worst]:.2f} ulp"


@pytest.mark.parametrize("name", ["bce", "bce_logit", "squared_error", "huber"])
def test_the_ruler_finds_a_textbook_loss_that_loses_digits(name: str) -> None:
    p, y = loss_points(name, 100, np.random.default_rng(0))

    with np.errstate(all="ignore"):
        textbook = {
            "bce": -y * np.log(p) - (1 - y) * np.log(1 - p),
            "bce_logit": np.log(1 + np.exp(p)) - y * p,
            "squared_error": (p - y) ** 2 / 2.0000000001,
            "huber": np.where(np.abs(p - y) <= 1, (p - y) ** 2 / 2, np.abs(p - y) - 1),
        }

    assert distance(textbook[name], truth(LOSSES[name], p, y)).max() > 100


def columns(trials: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Logits from nearly equal to hopelessly apart, and of all binades."""
    spread = [rng.normal(0, 10.0 ** rng.uniform(-3, 3.2), rng.integers(2, 7)) for _ in range(trials)]
    binades = [np.ldexp(rng.uniform(-2, 2, 4), rng.integers(-1070, 1022, 4)) for _ in range(trials // 4)]
    return [
        *spread,
        *binades,
        np.array([700.3, 0.1]),
        np.array([-1e308, 1e308]),
        np.array([5e-324, 0.0, -5e-324]),
    ]


def exact_column(z: np.ndarray) -> tuple[list, list]:
    """Softmax and its logarithm."""
    A = softmax([mp.mpf(float(x)) for x in z])
    return A, [mp.log(a) for a in A]


def worst(values: object, exact: list) -> float:
    return float(
        distance(np.ravel(values), truth(lambda k: exact[int(k)], range(len(exact)), bits=WIDE)).max()
    )


def test_softmax_and_all_that_follows_from_it_are_within_4_ulp_of_the_truth() -> None:
    rng = np.random.default_rng(0)
    logits = columns(24, rng)

    with mp.workprec(WIDE), np.errstate(all="raise"):
        for z in logits:
            n = z.size
            A, log_A = exact_column(z)
            k = int(rng.integers(n))
            Y = np.eye(n)[k]
            jacobian = [A[i] * ((i == j) - A[j]) for i in range(n) for j in range(n)]
            assert worst(numeric.softmax(z), A) <= 4.0
            assert worst(numeric.log_softmax(z), log_A) <= 4.0
            assert worst(numeric.softmax_jacobian(z), jacobian) <= 4.0
            assert worst(numeric.softmax_cross_entropy(z, Y), [-log_A[k]]) <= 4.0
            assert (
                worst(numeric.softmax_cross_entropy_derivative(z, Y), [a - (i == k) for i, a in enumerate(A)])
                <= 4.0
            )


def test_the_cross_entropy_of_soft_labels_keeps_its_digits_too() -> None:
    rng = np.random.default_rng(1)

    with mp.workprec(WIDE):
        for z in (rng.normal(0, s, 5) for s in np.repeat([0.1, 1.0, 10.0], 10)):
            A, log_A = exact_column(z)
            # Random labels, and labels beside the prediction, where the slope vanishes.
            for Y in (rng.dirichlet(np.ones(5)), numeric.softmax(z) * (1 - 10.0 ** rng.uniform(-9, 0, 5))):
                total = mp.fsum(mp.mpf(float(y)) for y in Y)
                loss = -mp.fsum(mp.mpf(float(y)) * a for y, a in zip(Y, log_A, strict=True))
                slope = [a * total - mp.mpf(float(y)) for a, y in zip(A, Y, strict=True)]
                assert worst(numeric.softmax_cross_entropy(z, Y), [loss]) <= 4.0
                assert worst(numeric.softmax_cross_entropy_derivative(z, Y), slope) <= 4.0


def test_log_sum_exp_is_within_2_ulp_of_the_larger_of_its_two_terms() -> None:
    rng = np.random.default_rng(2)

    for z in columns(60, rng):
        with mp.workprec(WIDE):
            exact = mp.log(mp.fsum(mp.exp(mp.mpf(float(x))) for x in z))
            value = numeric.logsumexp(z)
            size = max(abs(float(exact)), abs(float(z.max())))
            assert abs(mp.mpf(float(value)) - exact) <= 2 * np.spacing(size)


def test_the_ruler_finds_a_textbook_softmax() -> None:
    z = np.array([0.1, -700.3])

    A, _ = exact_column(z)

    e = np.exp(z - z.max())
    assert worst(e / e.sum(), A) > 4.0


def test_logits_at_infinity_take_the_limit() -> None:
    inf = np.inf

    assert numeric.softmax(np.array([0.0, -inf])).tolist() == [1.0, 0.0]
    assert numeric.softmax(np.array([inf, inf, 0.0])).tolist() == [0.5, 0.5, 0.0]
    assert numeric.softmax(np.array([-inf, -inf])).tolist() == [0.5, 0.5]
    assert numeric.log_softmax(np.array([0.0, -inf])).tolist() == [0.0, -inf]
    assert numeric.softmax_cross_entropy(np.array([0.0, -inf]), [1, 0]) == 0.0
    assert numeric.softmax_cross_entropy(np.array([0.0, -inf]), [0, 1]) == inf
    assert np.isnan(numeric.softmax(np.array([np.nan, 0.0]))).all()


@pytest.mark.parametrize("n", [1, 2, 3, 1000, 1_000_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sum_or_mean_of_a_million_terms_is_as_exact_as_one_of_two(n: int, dtype: type) -> None:
    x = np.random.default_rng(n).lognormal(0, 5, n).astype(dtype)
    total = mp.mpf(0)
    with mp.workprec(WIDE):
        total = mp.fsum(mp.mpf(float(v)) for v in x) if n < 10_000 else mp.mpf(_exact_sum(x))
        mean = total / n

    assert (
        distance(numeric.accurate_sum(x), truth(lambda _: total, [0.0], dtype=dtype, bits=WIDE), dtype) <= 1.0
    )
    assert (
        distance(numeric.accurate_mean(x), truth(lambda _: mean, [0.0], dtype=dtype, bits=WIDE), dtype) <= 2.0
    )


def _exact_sum(x: np.ndarray) -> mp.mpf:
    """Exact: 1000 correctly rounded sums of an exact expansion would do, but integers are simpler."""
    mantissa, exponent = np.frexp(x.astype(np.float64))
    whole = [int(m * 2.0**53) for m in mantissa]
    low = int(exponent.min())
    return mp.ldexp(mp.mpf(sum(w << int(e - low) for w, e in zip(whole, exponent, strict=True))), low - 53)


def test_a_sum_whose_terms_cancel_keeps_what_is_left() -> None:
    x = np.array([1.0, 1e100, 1.0, -1e100] * 1001)

    assert numeric.accurate_sum(x) == 2002.0
    assert numeric.accurate_sum(np.ones((3, 5)), axis=0).tolist() == [3.0] * 5
    assert numeric.accurate_sum(np.array([np.inf, 1.0])) == np.inf
    assert np.isnan(numeric.accurate_mean(np.array([np.nan, 1.0])))


@pytest.mark.parametrize("scale", [1e-170, 1.0, 1e170])
def test_the_penalty_neither_overflows_nor_vanishes_on_the_way(scale: float) -> None:
    rng = np.random.default_rng(3)
    W, lam = scale * rng.normal(size=(30, 40)), 0.7 * scale**-1.5
    with mp.workprec(WIDE):
        exact = mp.mpf(lam) / 2 * mp.fsum(mp.mpf(float(w)) ** 2 for w in W.ravel())

    assert distance(numeric.l2(W, lam), truth(lambda _: exact, [0.0], bits=WIDE)) <= 2.0
    assert np.array_equal(numeric.l2_derivative(W, lam), lam * W)
