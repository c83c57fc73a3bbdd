"""Models: every entry of every backward equation, and every mistake in them caught by name."""

from __future__ import annotations

import time

import pytest
import sympy as sp

import symbolic
from symbolic.models._backward import backward_steps, claimed_forms
from symbolic.models._entries import build_entries
from symbolic.models._matrix import Matrix, named

SIZES = (3, 4, 1)


@pytest.fixture(scope="module")
def entries():
    return build_entries(SIZES, "sigmoid", "bce", 2, False)


@pytest.mark.parametrize("name", symbolic.names("model"))
def test_every_model_derives_and_prints_its_equations(name):
    d = symbolic.derive(name)

    assert {step.verdict.status for step in d.steps} == {"proved"}
    assert "dW[1] = (1/m) dZ[1] Xᵀ" in str(d)
    assert r"\frac{1}{m} \, dZ^{[1]} \, X^{\top}" in d.latex()


@pytest.mark.parametrize("name", symbolic.names("model"))
def test_the_record_of_a_model_is_the_cost_and_all_its_partial_derivatives(name):
    f = symbolic.formula(name)

    assert len(f.derivative) == len(f.variables) == len(f.closed_form)
    known = set(f.symbols) | set(f.notation)
    assert f.derivative.free_symbols | f.closed_form.free_symbols <= known


def test_linear_regression_shows_the_bowl_and_logistic_regression_the_loop():
    bowl, loop = str(symbolic.derive("linear_regression")), str(symbolic.derive("logistic_regression"))

    assert "J = (1/2) θ H θᵀ - θ c + k" in bowl
    assert "normal equations" in bowl
    assert "never negative" in bowl
    assert "for j in 1..m" in loop
    assert "the loops are a matrix product" in loop


@pytest.mark.parametrize("activation", [n for n in symbolic.names("activation") if n != "softmax"])
def test_any_activation_makes_a_network(activation):
    net = symbolic.network([1, 3, 1], activation, "bce", m=2)

    assert str(net.equations["dZ1"]) == "dA[1] ∘ g'(Z[1])"
    assert activation in net.derivation.steps[-1].rule


@pytest.mark.parametrize("loss", ["squared_error", "bce", "softmax_cross_entropy"])
def test_any_loss_ends_in_a_minus_y(loss):
    net = symbolic.network([2, 3], "tanh", loss, m=4, l2=True)

    assert str(net.equations["dZ1"]) == "A[1] - Y"
    assert str(net.equations["dW1"]) == "(1/m) dZ[1] Xᵀ + (lam/m) W[1]"


def test_the_entries_are_those_of_the_cost_written_out_in_full():
    # An independent route: the cost as one expression of x, W, b, y with tanh inside, differentiated at once.
    net = symbolic.network([2, 3, 1], "tanh", "bce", m=2)
    W1, b1, W2, b2 = (net.parameters[k] for k in ("W1", "b1", "W2", "b2"))
    cost = 0
    for j in range(2):
        z1 = W1 * net.X.col(j) + b1
        z2 = (W2 * z1.applyfunc(sp.tanh) + b2)[0]
        cost += (sp.log(1 + sp.exp(z2)) - net.Y[0, j] * z2) / 2
    symbols = sorted(cost.free_symbols, key=str)
    point = {s: sp.Rational(3 * i % 7 - 3, 5) for i, s in enumerate(symbols)}
    values = dict(point)
    for j in range(2):
        for i in range(3):
            z = (W1.row(i) * net.X.col(j))[0] + b1[i]
            known = z.subs(point)
            values |= {
                sp.Symbol(f"z1_{i + 1}{j + 1}", real=True): known,
                sp.Symbol(f"a1_{i + 1}{j + 1}", real=True): sp.tanh(known),
                sp.Symbol(f"s1_{i + 1}{j + 1}", real=True): 1 - sp.tanh(known) ** 2,
            }
        z2 = ((W2 * (W1 * net.X.col(j) + b1).applyfunc(sp.tanh) + b2)[0]).subs(point)
        values[sp.Symbol(f"z2_1{j + 1}", real=True)] = z2

    for key, matrix in net.parameters.items():
        for w, entry in zip(matrix, net.gradients[f"d{key}"], strict=True):
            assert abs(sp.N(cost.diff(w).subs(point) - entry.subs(values), 40)) < 1e-30


def _wrong_forms(e):
    right = claimed_forms(e)
    m, X = e.m, e.named("A", 0)
    dZ1, dZ2 = (named(f"dZ[{k}]", f"dZ^{{[{k}]}}", right[f"dZ{k}"].value) for k in (1, 2))
    A1, W2 = e.named("A", 1), e.named("W", 2)
    dA1 = named("dA[1]", "dA", right["dA1"].value)
    at_A = named("g'(A[1])", "g'(A)", e.A[1].applyfunc(sp.Function("g")))
    return {
        "sign": ("dZ2", named("Y", "Y", e.Y) - named("A[2]", "A", e.output_values)),
        "missing 1/m in dW": ("dW2", dZ2 @ A1.T),
        "1/m twice": ("dW1", (dZ1 @ X.T).mean_of(m).mean_of(m)),
        "transposed dW": ("dW1", (X @ dZ1.T).mean_of(m)),
        "missing transpose of W": ("dA1", named("W[2] dZ[2]", "W dZ", (W2.value.T * dZ2.value) * 2)),
        "missing g'": ("dZ1", dA1),
        "g' at A instead of Z": ("dZ1", dA1 * at_A),
        "missing 1/m in db": ("db1", dZ1.sum_over_examples()),
        "db over the wrong axis": ("db1", named("Σ_i dZ[1]_i", "s", sp.ones(1, 4) * dZ1.value)),
        "A[1] for X": ("dW2", (dZ2 @ A1.T).mean_of(m) + (dZ2 @ A1.T)),
        "stale dZ": ("dW1", (dA1 @ X.T).mean_of(m)),
        "one wrong entry": ("dW2", _one_wrong(right["dW2"])),
    }


def _one_wrong(form: Matrix) -> Matrix:
    value = form.value.as_mutable()
    value[0, 2] = value[0, 1]
    return named(form.text, form.tex, value)


MISTAKES = list(_wrong_forms(build_entries(SIZES, "sigmoid", "bce", 2, False)))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_backward_equation_is_refuted_and_named(entries, mistake):
    key, wrong = _wrong_forms(entries)[mistake]

    with pytest.raises(symbolic.WrongStep) as caught:
        backward_steps(entries, {**claimed_forms(entries), key: wrong})

    assert caught.value.status == "refuted"
    assert caught.value.rule.startswith(key + ":")
    assert wrong.text in str(caught.value)


def test_a_forgotten_penalty_is_refuted():
    e = build_entries((2, 3), "identity", "squared_error", 4, True)
    forms = claimed_forms(e)
    forms["dW1"] = (named("dZ", "dZ", forms["dZ1"].value) @ e.named("A", 0).T).mean_of(4)

    with pytest.raises(symbolic.WrongStep, match="dW1"):
        backward_steps(e, forms)


def test_a_product_of_matrices_that_do_not_fit_names_both():
    left, right = named("W", "W", sp.ones(2, 3)), named("A", "A", sp.ones(2, 3))

    with pytest.raises(symbolic.ShapeMismatch, match=r"W has shape \(2, 3\) and A \(2, 3\)"):
        left @ right


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([3],), "at least two"),
        (([3, 0, 1],), "at least two"),
        (([3, 2], "softmax"), "hidden layers take one of"),
        (([3, 2], "tanh", "hinge"), "a network takes one of"),
        (([3, 1], "tanh", "softmax_cross_entropy"), "at least 2 outputs"),
    ],
)
def test_an_architecture_that_is_none_is_refused(arguments, message):
    with pytest.raises(symbolic.InvalidArgument, match=message):
        symbolic.network(*arguments)


@pytest.mark.parametrize("sizes", [(12, 3), (2, 11), (11, 11)])
def test_entries_of_large_matrices_have_names_of_their_own(sizes):
    # x_111 would be x_{1,11} and x_{11,1}: the derivation of a right equation was refused for it.
    net = symbolic.network(sizes, loss="mse", m=1)

    entries = [*net.parameters["W1"], *net.X, *net.Y]
    assert len({s.name for s in entries}) == len(entries)


@pytest.mark.parametrize("sizes", [[300, 300], [3, 300, 1], [2] * 50])
def test_a_network_too_large_for_entry_by_entry_is_refused_at_once(sizes):
    start = time.process_time()

    with pytest.raises(symbolic.LimitReached, match=r"at most \d+ are derived.*symbolic.tensor"):
        symbolic.network(sizes)

    assert time.process_time() - start < 0.5  # one entry of these alone takes longer to differentiate


@pytest.mark.parametrize(
    "sizes",
    [{"a": 1}, float("nan"), [float("nan"), 1], "32", [2, "b"], [2], [2, 0], [2.0, 1], [True, 1], None, 3],
)
def test_sizes_that_are_none_are_named(sizes):
    with pytest.raises(
        symbolic.InvalidArgument, match=r"sizes is .*; expected at least two positive whole numbers"
    ):
        symbolic.network(sizes)
    with pytest.raises(
        symbolic.InvalidArgument, match=r"sizes is .*; expected at least two positive whole numbers"
    ):
        symbolic.network_gradients(sizes, "tanh", "mse")


@pytest.mark.parametrize("m", [0, -1, 1.5, "2", None, float("nan"), True])
def test_a_number_of_examples_that_is_none_is_named(m):
    with pytest.raises(symbolic.InvalidArgument, match=r"m is .*; expected a whole number"):
        symbolic.network([2, 1], m=m)


@pytest.mark.parametrize("n", [1, 2.5, "3", float("nan"), True])
def test_a_number_of_classes_that_is_none_is_named(n):
    with pytest.raises(symbolic.InvalidArgument, match=r"n is .*; softmax needs a whole number"):
        symbolic.formula("softmax", n=n)


def test_more_classes_than_can_be_derived_entry_by_entry_are_refused_at_once():
    with pytest.raises(symbolic.LimitReached, match="at most 12 classes"):
        symbolic.formula("softmax", n=1000)
    assert symbolic.formula("softmax", n=12).expression.shape == (12, 1)
