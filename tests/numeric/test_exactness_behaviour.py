"""How the scalar functions treat shapes, dtypes, labels and `out`, apart from their digits."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import numeric

ELEMENTWISE = [name for name in numeric.ACTIVATIONS if name != "softmax"]
FUNCTIONS = [f"{name}{suffix}" for name in ELEMENTWISE for suffix in ("", "_derivative")]
PAIRS = [
    f"{name}{suffix}"
    for name in numeric.LOSSES
    if name != "softmax_cross_entropy"
    for suffix in ("", "_derivative")
]
floats = hnp.arrays(
    st.sampled_from([np.float32, np.float64]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
    elements=st.floats(-50, 50, width=32),
)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(z=floats)
@settings(deadline=None, max_examples=15)
def test_an_entry_of_the_result_depends_on_that_entry_alone(name: str, z: np.ndarray) -> None:
    function = getattr(numeric, name)

    values = function(z)

    assert np.shape(values) == z.shape
    assert values.dtype == z.dtype
    assert np.array_equal(values, np.array([function(x) for x in z.ravel()], z.dtype).reshape(z.shape))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_layout_of_the_memory_does_not_matter(name: str) -> None:
    function = getattr(numeric, name)
    z = np.random.default_rng(0).normal(size=(130, 140))  # more than one block
    expected = function(z)

    assert np.array_equal(function(np.asfortranarray(z)), expected)
    assert np.array_equal(function(z[::2, ::-3]), expected[::2, ::-3])
    assert np.array_equal(function(z.astype(">f8")), expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_out_may_be_the_input_itself_or_a_shifted_view_of_it(name: str) -> None:
    function = getattr(numeric, name)
    memory = np.random.default_rng(0).normal(size=20_001)
    z = memory[:-1].copy()
    expected = function(z)

    shifted = memory[1:]
    assert function(memory[:-1], out=shifted) is shifted
    assert np.array_equal(shifted, expected)
    assert function(z, out=z) is z
    assert np.array_equal(z, expected)
    strided = np.zeros((20_000, 2))[:, 0]
    assert np.array_equal(function(memory[1:], out=strided), function(expected))


@pytest.mark.parametrize("name", [*FUNCTIONS, *PAIRS])
def test_the_input_is_left_as_it_was(name: str) -> None:
    z = np.array([0.25, 0.5, 1.0])
    y = np.array([1.0, 1.0, 1.0])

    getattr(numeric, name)(*((z, y) if name in PAIRS else (z,)))

    assert z.tolist() == [0.25, 0.5, 1.0]
    assert y.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_wrong_dtype_is_named(name: str) -> None:
    function = getattr(numeric, name)

    for wrong in (np.ones(2, np.float16), np.ones(2, np.complex128), np.array(["1"]), np.array([None])):
        with pytest.raises(numeric.DtypeError, match=rf"z has dtype {wrong.dtype}.*float64"):
            function(wrong)
    with pytest.raises(numeric.ShapeError, match="rows have unequal lengths"):
        function([[1.0], [1.0, 2.0]])
    with pytest.raises(numeric.ShapeError, match=r"out has shape \(3,\) and dtype float64; expected \(2,\)"):
        function(np.zeros(2), out=np.zeros(3))


def test_whole_numbers_become_float64() -> None:
    assert numeric.sigmoid(0) == 0.5
    assert numeric.relu([-1, 2]).tolist() == [0.0, 2.0]
    assert numeric.relu(np.array([-1, 2], np.int8)).dtype == np.float64


@pytest.mark.parametrize("name", PAIRS)
def test_a_label_of_another_shape_is_an_error_not_a_table(name: str) -> None:
    with pytest.raises(numeric.ShapeError, match=r"y has shape \(3,\); expected \(1, 3\)"):
        getattr(numeric, name)(np.full((1, 3), 0.5), np.ones(3))


@pytest.mark.parametrize("name", PAIRS)
def test_a_loss_keeps_the_dtype_of_the_prediction_for_whole_labels(name: str) -> None:
    function = getattr(numeric, name)
    p = np.full(3, 0.5, np.float32)

    assert function(p, np.ones(3, np.int64)).dtype == np.float32
    assert function(p, np.ones(3, bool)).dtype == np.float32
    assert function(p, 1).dtype == np.float32
    assert function(p, np.ones(3, np.float64)).dtype == np.float64
    assert function(0.5, 1).shape == ()


@pytest.mark.parametrize("suffix", ["", "_derivative"])
@pytest.mark.parametrize(
    ("loss", "prediction", "y", "message"),
    [
        ("bce", [0.5, 0.5], [0.0, 2.0], r"y\[1\] is 2.0; labels .* in \[0, 1\]"),
        ("bce", [0.5, 0.5], [-1.0, 1.0], r"y\[0\] is -1.0; .* Try \(y > 0\)"),
        ("bce", [0.5, 1.5], [0.0, 1.0], r"a\[1\] is 1.5; .* Try bce_logit"),
        ("bce", [[0.5, -0.1]], [[0.0, 1.0]], r"a\[0, 1\] is -0.1"),
        ("bce_logit", [3.0], [np.nan], r"y\[0\] is nan"),
        ("hinge", [3.0], [0.0], r"y\[0\] is 0.0; expected -1 or \+1 .* Try 2 \* y - 1"),
        ("hinge", 3.0, 0.5, r"y is 0.5; expected -1 or \+1"),
        ("softmax_cross_entropy", [3.0, 1.0], [0.0, 2.0], r"Y\[1\] is 2.0; .*one_hot"),
        ("softmax_cross_entropy", [3.0, 1.0], [0.0, np.nan], r"Y\[1\] is nan"),
    ],
)
def test_a_label_out_of_range_is_named_with_its_place(
    loss: str, prediction: object, y: object, message: str, suffix: str
) -> None:
    function = getattr(numeric, loss + suffix)

    with pytest.raises(numeric.LabelError, match=message):
        function(prediction, y)
    function(prediction, y, check=False)


def test_a_column_of_logits_needs_its_axis() -> None:
    for function in (numeric.softmax, numeric.log_softmax, numeric.logsumexp, numeric.softmax_jacobian):
        with pytest.raises(numeric.ShapeError, match=r"z has shape \(\); expected \(n, \.\.\.\)"):
            function(1.0)
        with pytest.raises(numeric.ShapeError, match=r"z has shape \(0, 3\)"):
            function(np.zeros((0, 3)))
    with pytest.raises(numeric.ShapeError, match=r"Y has shape \(2,\); expected \(2, 3\)"):
        numeric.softmax_cross_entropy(np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(numeric.ShapeError, match=r"expected \(n,\) or \(n, m\)"):
        numeric.softmax_jacobian(np.zeros((2, 3, 4)))
    with pytest.raises(numeric.ShapeError, match=r"Z has shape \(\)"):
        numeric.softmax_cross_entropy(1.0, 1.0, check=False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: numeric.huber(1.0, 0.0, delta=0.0), "delta is 0.0; expected a finite number above 0"),
        (lambda: numeric.huber(1.0, 0.0, delta=np.inf), "delta is inf"),
        (lambda: numeric.l2([1.0], lam=-1.0), "lam is -1.0; expected a finite number of at least 0"),
        (lambda: numeric.l2([1.0], lam="1"), "lam is '1'"),
        (lambda: numeric.leaky_relu(1.0, slope=np.nan), "slope is nan; expected a finite number."),
        (lambda: numeric.elu(1.0, alpha=1j), "alpha is 1j"),
    ],
)
def test_a_wrong_setting_is_named(call: object, message: str) -> None:
    with pytest.raises(numeric.NumericError, match=message):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "left", "at", "right"),
    [("relu", 0.0, 0.0, 1.0), ("leaky_relu", 0.01, 0.01, 1.0), ("elu", 1.0, 1.0, 1.0)],
)
def test_at_a_kink_the_slope_is_the_one_on_the_left(name: str, left: float, at: float, right: float) -> None:
    slope = getattr(numeric, f"{name}_derivative")

    assert slope(np.array([-5e-324, 0.0, -0.0, 5e-324])).tolist() == [left, at, at, right]
    assert numeric.ACTIVATIONS[name].kinks == ((0.0,) if left != right else ())


def test_settings_move_the_formulas() -> None:
    z = np.array([-2.0, 3.0])

    assert numeric.leaky_relu(z, slope=0.5).tolist() == [-1.0, 3.0]
    assert numeric.leaky_relu_derivative(z, slope=0.5).tolist() == [0.5, 1.0]
    assert numeric.elu(z, alpha=2.0).tolist() == [2 * np.expm1(-2.0), 3.0]
    assert numeric.elu_derivative(z, alpha=2.0).tolist() == [2 * np.exp(-2.0), 1.0]
    assert numeric.huber(z, 0.0, delta=2.0).tolist() == [2.0, 4.0]
    assert numeric.huber_derivative(z, 0.0, delta=2.5).tolist() == [-2.0, 2.5]


@given(
    Z=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.integers(0, 5)),
        elements=st.floats(-700, 700, allow_subnormal=False),
    )
)
@settings(deadline=None, max_examples=40)
def test_softmax_sums_to_one_and_its_jacobian_to_zero_along_each_axis(Z: np.ndarray) -> None:
    A, J = numeric.softmax(Z), numeric.softmax_jacobian(Z)
    n = Z.shape[0]

    # n roundings of numbers of at most 1.
    bound = 4 * n * 2.0**-53
    assert np.abs(A.sum(axis=0) - 1).max(initial=0) <= bound
    assert np.abs(J.sum(axis=0)).max(initial=0) <= bound
    assert np.array_equal(J, J.swapaxes(0, 1))
    assert J.shape == (n, n, Z.shape[1])
    for j in range(Z.shape[1]):
        assert np.array_equal(numeric.softmax(Z[:, j]), A[:, j])
        assert np.array_equal(numeric.softmax_jacobian(Z[:, j]), J[:, :, j])


def test_the_columns_of_a_wide_batch_are_independent() -> None:
    rng = np.random.default_rng(0)
    Z, Y = rng.normal(size=(10, 5000)), numeric.one_hot(rng.integers(0, 10, 5000), 10)
    which = [0, 818, 819, 4999]

    losses = numeric.softmax_cross_entropy(Z, Y)
    slopes = numeric.softmax_cross_entropy_derivative(Z, Y)

    assert np.array_equal(losses[which], [numeric.softmax_cross_entropy(Z[:, j], Y[:, j]) for j in which])
    assert np.array_equal(slopes[:, 819], numeric.softmax_cross_entropy_derivative(Z[:, 819], Y[:, 819]))
    assert numeric.softmax_cross_entropy(Z.astype(np.float32), Y.astype(int)).dtype == np.float32
    assert numeric.softmax(Z, out=Z) is Z
    with pytest.raises(numeric.ShapeError, match="out has shape"):
        numeric.softmax(Z, out=np.zeros(3))


@pytest.mark.parametrize("name", [*numeric.ACTIVATIONS, *numeric.LOSSES])
def test_the_registry_holds_the_public_functions(name: str) -> None:
    record = (numeric.ACTIVATIONS | numeric.LOSSES)[name]

    assert record.function is getattr(numeric, name)
    assert record.derivative is getattr(numeric, f"{name}_derivative")
    assert record[:2] == (record.function, record.derivative)


def test_the_tables_of_the_normal_tail_are_made_when_first_used() -> None:
    code = (
        "import numeric, sys; from numeric.functions import _normal as n; assert n._tables.cache_info().currsize == 0;"
        "numeric.gelu(1.0); assert n._tables.cache_info().currsize == 1; assert 'scipy' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_backward_recurrence_ends_at_the_half_it_must_end_at() -> None:
    from numeric.functions._normal import _tables

    m, k = _tables()

    assert m.constant[0] == k.constant[0] == 0.5
    assert abs(m.slopes[0, 0] + 1 / np.sqrt(2 * np.pi)) < 1e-16
