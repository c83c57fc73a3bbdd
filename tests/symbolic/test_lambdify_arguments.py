"""A NumPy function names what it cannot read, and keeps the precision of what it is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbolic


@pytest.mark.parametrize("value", ["a", 1j, np.array(["a"]), np.array([1j]), None, [[1.0], [1.0, 2.0]], b"1"])
@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
def test_what_is_no_real_number_is_named(name: str, value: Any) -> None:
    with pytest.raises(symbolic.SymbolicError, match=name):
        symbolic.to_numpy(name)(value)


@pytest.mark.parametrize("order", [0, 1])
def test_float32_stays_float32_in_arrays_and_in_single_numbers(order: int) -> None:
    f = symbolic.to_numpy("sigmoid", order)
    wide = f(np.array([0.3]))[0]

    for z in (np.float32(0.3), np.array(0.3, dtype=np.float32), np.full((2, 3), 0.3, dtype=np.float32)):
        assert f(z).dtype == np.float32
        assert np.shape(f(z)) == np.shape(z)
        assert np.ravel(f(z))[0] == np.float32(f(float(np.float32(0.3))))
    assert isinstance(f(0.3), float)
    assert f(np.array([0.3])).dtype == np.float64
    assert f(np.array([3])).dtype == np.float64
    assert f(0.3) == wide


def test_one_wide_argument_makes_the_result_wide() -> None:
    bce = symbolic.to_numpy("bce")
    a = np.array([0.25], dtype=np.float32)

    assert bce(a, 1.0).dtype == np.float32
    assert bce(a, np.array([1.0], dtype=np.float32)).dtype == np.float32
    assert bce(a, np.array([1.0])).dtype == np.float64
    assert symbolic.to_numpy("softmax")(a).dtype == np.float32
    assert symbolic.to_numpy("l2", 1)(a, 0.1).dtype == np.float32


FAR = (
    -np.inf,
    -1.797e308,
    -1e200,
    -745.0,
    -1.0,
    -5e-324,
    0.0,
    5e-324,
    0.3,
    1.0,
    745.0,
    1e200,
    1.797e308,
    np.inf,
)
UNIT = (0.0, 5e-324, 1e-300, 0.3, 1 - 2.0**-53, 1.0)
ARGUMENTS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "bce": (UNIT, UNIT),
    "bce_logit": (FAR, UNIT),
    "hinge": (FAR, (-1.0, 1.0)),
    "squared_error": (FAR, FAR),
    "huber": (FAR, FAR),
}


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_loss_is_no_nan_and_warns_of_nothing_wherever_it_is_defined(name: str, order: int) -> None:
    first, second = (np.ravel(x) for x in np.meshgrid(*ARGUMENTS[name]))
    undefined = np.isinf(first) & (first == second)  # inf - inf has no limit

    with np.errstate(all="raise", under="ignore"):
        got = symbolic.to_numpy(name, order)(first, second)

    assert np.array_equal(np.isnan(got), undefined)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("bce", (1e308, 0.0), r"a = 1e\+308; expected a probability"),
        ("bce", (2.0, 1.0), "a = 2.0; expected a probability"),
        ("bce", ([0.5, -0.1], [1.0, 1.0]), r"a\[1\] = -0.1; expected a probability"),
        ("bce", (0.5, 2.0), r"y = 2.0; expected a label in \[0, 1\]"),
        ("bce_logit", (0.5, np.inf), "y = inf; expected a label"),
        ("hinge", (np.inf, 0.0), "y = 0.0; expected a label -1 or"),
        ("softmax_cross_entropy", ([1.0, 2.0], [-1.0, 2.0]), r"Y\[0\] = -1.0; expected labels"),
        ("bce", (np.zeros(3), np.zeros(2)), r"a of shape \(3,\) and y of shape \(2,\)"),
        ("l2", (np.eye(2), [1.0, 2.0]), "lam = .*; expected one finite number"),
        ("l2", (np.eye(2), np.inf), "lam = inf; expected one finite number"),
    ],
)
@pytest.mark.parametrize("order", [0, 1])
def test_arguments_outside_the_domain_are_named(name: str, arguments: Any, said: str, order: int) -> None:
    with pytest.raises(symbolic.SymbolicError, match=said):
        symbolic.to_numpy(name, order)(*arguments)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("leaky_relu", {"slope": "a"}), ("leaky_relu", {"slope": [1, 2]}), ("elu", {"alpha": np.nan}),
     ("huber", {"delta": -1.0}), ("huber", {"delta": np.inf})],
)  # fmt: skip
def test_constants_of_a_formula_are_one_finite_number(name: str, parameters: dict[str, Any]) -> None:
    arguments = (1.0, 3.0) if name == "huber" else (-1.0,)

    with pytest.raises(symbolic.InvalidArgument, match=f"{name} got {next(iter(parameters))}"):
        symbolic.to_numpy(name)(*arguments, **parameters)


def test_nan_in_any_argument_stays_nan() -> None:
    for name, y in (("hinge", 1.0), ("bce", 1.0), ("huber", 2.0)):
        assert np.isnan(symbolic.to_numpy(name)([0.5, np.nan], [np.nan, y])).all()


def test_a_leak_of_zero_is_zero_out_to_infinity() -> None:
    assert symbolic.to_numpy("leaky_relu")(-np.inf, slope=0.0) == 0.0


def test_huber_with_a_tiny_delta_is_finite_where_the_difference_is_not() -> None:
    assert symbolic.to_numpy("huber")(1e308, -1e308, delta=1e-300) == pytest.approx(2e8, rel=1e-15)


def test_the_penalty_leaves_the_range_only_where_its_value_does() -> None:
    penalty, slope = symbolic.to_numpy("l2"), symbolic.to_numpy("l2", 1)

    with np.errstate(all="raise", under="ignore"):
        assert penalty([1e200, -1e200], 1e-300) == pytest.approx(1e100, rel=1e-15)
        assert penalty([1e-200], 1e300) == pytest.approx(5e-101, rel=1e-15)
        assert penalty([[3.0, 4.0]], 2.0) == 25.0
        assert penalty([1e200, np.inf], 0.0) == 0.0
        assert penalty([np.inf, 1.0], 2.0) == np.inf
        assert penalty([1e200], 1.0) == np.inf
        assert penalty([], 1.0) == 0.0
        assert list(slope([np.inf, 1e308], 0.0)) == [0.0, 0.0]
        assert list(slope([1e308], 100.0)) == [np.inf]
    assert np.isnan(penalty([np.nan], 0.0))


HUGE = {"W1": np.full((1, 2), 1e308), "b1": np.zeros((1, 1))}


@pytest.mark.parametrize(
    ("parameters", "X", "said"),
    [
        (HUGE, 1e308, "Z1 leaves the range of float64"),
        (HUGE, np.nan, r"X\[0, 0\] is nan"),
        ({**HUGE, "W1": np.full((1, 2), np.inf)}, 1.0, r"W1\[0, 0\] is inf"),
        ([1], 1.0, r"parameters = \[1\]; expected a dict"),
        ({"W1": "a", "b1": 3}, 1.0, "W1 = 'a'"),
        ({"W1": np.ones(3), "b1": 3}, 1.0, r"W1 has shape \(3,\)"),
    ],
)
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", ["linear_regression", "logistic_regression"])
def test_a_model_says_where_it_leaves_the_finite_numbers(
    name: str, order: int, parameters: Any, X: float, said: str
) -> None:
    with pytest.raises(symbolic.SymbolicError, match=said):
        symbolic.to_numpy(name, order)(parameters, np.full((2, 3), X), np.ones((1, 3)))


def test_a_model_whose_cost_is_beyond_all_floats_costs_infinity() -> None:
    parameters = {"W1": np.array([[1e200, 0.0]]), "b1": np.zeros((1, 1))}

    with np.errstate(all="raise", under="ignore"):
        assert symbolic.to_numpy("linear_regression")(parameters, np.ones((2, 3)), np.ones((1, 3))) == np.inf
