"""Two witnesses on the same gradients: the library's formulas for any size, run, against numeric's hand-written code.

The layers stand beside their derivations in `backproof verify`, whose own tests let each of them lie.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numeric
import symbolic
from symbolic import library
from symbolic.tensor import Tensor, axis, gradients, lambdify, logsumexp, tanh, tensor

Arrays = dict[str, Any]
RNG = np.random.default_rng(11)


TANH = {"g": (np.tanh, lambda z: 1 - np.tanh(z) ** 2)}  # what stands for the unknown activation


def _run(name: str, labels: tuple[str, ...], arrays: Arrays) -> list[Any]:
    """Run formulas of a derivation on arrays given by name."""
    from symbolic.tensor._nodes import Symbol, in_order

    found: dict[str, Tensor] = {claim.label: claim.rhs for claim in library.claims(name)}
    formulas = [found[label] for label in labels]
    symbols = [node for node in in_order(formulas) if isinstance(node, Symbol)]
    sizes = {}
    for claim in library.claims(name):  # the axes that only windows have
        for node in in_order([claim.lhs, claim.rhs]):
            if isinstance(node, Symbol) and node.name in arrays:
                sizes.update(zip(node.axes, np.shape(arrays[node.name]), strict=True))
    return list(lambdify(formulas, symbols, TANH, sizes)(*[arrays[symbol.name] for symbol in symbols]))


def _close(mine: Any, theirs: Any) -> None:
    np.testing.assert_allclose(np.reshape(mine, np.shape(theirs)), theirs, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", ["linear_regression", "logistic_regression"])
def test_regression_agrees(name: str) -> None:
    X, w, b = RNG.normal(size=(3, 6)), RNG.normal(size=3), RNG.normal()
    y = (RNG.random(6) > 0.5).astype(float)
    _, dW, db = getattr(numeric, f"{name}_gradients")(w[None, :], [[b]], X, y[None, :])

    mine = _run(f"{name}_any_size", ("dJ/dw", "dJ/db"), {"X": X, "y": y, "w": w, "b": b})

    _close(mine[0], dW)
    _close(mine[1], db)


def _tanh_model(units: tuple[int, ...], l2: float = 0.0) -> tuple[Any, Arrays, Arrays]:
    """numeric's model of dense layers, each with a tanh, its examples and its gradients."""
    layers = [layer for n in units for layer in (numeric.Dense(n), numeric.Tanh())]
    model = numeric.Model(layers if l2 == 0 else [numeric.Dense(units[0])], (3,), loss="mse", l2=l2, rng=5)
    for key, array in model.parameters.items():
        array[...] = RNG.normal(size=array.shape)  # biases too: they begin at 0
        assert model.parameters[key] is array
    at = {"X": RNG.normal(size=(3, 7)), "Y": RNG.normal(size=(units[-1], 7))}
    return model.parameters, at, model.gradients(at["X"], at["Y"])


def test_the_squared_error_and_its_penalty_agree() -> None:
    p, at, slopes = _tanh_model((2,))
    mine = _run("mse_any_size", ("dJ/dW", "dJ/db"), {**at, "W": p["W1"], "b": p["b1"][:, 0]})
    _close(mine[0], slopes["W1"])
    _close(mine[1], slopes["b1"])

    p, at, slopes = _tanh_model((2,), l2=0.7)
    # The derivation has no bias: it is a target that lies lower.
    moved = {"X": at["X"], "Y": at["Y"] - p["b1"], "W": p["W1"], "lambda": 0.7}
    _close(_run("l2_any_size", ("dJ/dW",), moved)[0], slopes["W1"])


def test_the_recursion_and_the_induction_agree() -> None:
    p, at, slopes = _tanh_model((5, 4, 2))
    letters = {f"W_{n}": p[f"W{n}"] for n in (1, 2, 3)} | {f"b_{n}": p[f"b{n}"][:, 0] for n in (1, 2, 3)}
    keys = [f"{letter}_{n}" for n in (1, 2, 3) for letter in "Wb"]
    for key, mine in zip(
        keys, _run("backprop_induction", tuple(f"dJ/d{key}" for key in keys), {**at, **letters}), strict=True
    ):
        _close(mine, slopes[key.replace("_", "")])

    A_1 = np.tanh(p["W1"] @ at["X"] + p["b1"])
    A_2 = np.tanh(p["W2"] @ A_1 + p["b2"])
    A_3 = np.tanh(p["W3"] @ A_2 + p["b3"])
    of_layer = {"W_l": p["W2"], "b_l": p["b2"][:, 0], "A_{l-1}": A_1, "W_{l+1}": p["W3"]}
    of_layer["dZ_{l+1}"] = (A_3 - at["Y"]) * (1 - A_3**2)
    mine = _run("backprop_recursion", ("dJ/dW_l", "dJ/db_l"), of_layer)
    _close(mine[0], slopes["W2"])
    _close(mine[1], slopes["b2"])


def test_the_losses_agree() -> None:
    Z, m = RNG.normal(size=(3, 7)), 7
    Y = np.eye(3)[RNG.integers(0, 3, m)].T.copy()
    bce = _run("sigmoid_bce", ("J", "dJ/dZ"), {"Z": Z, "Y": Y})
    _close(bce[0], numeric.bce_logit(Z, Y).sum() / m)
    _close(bce[1], numeric.bce_logit_derivative(Z, Y) / m)

    entropy = _run("softmax_cross_entropy_any_size", ("J", "dJ/dZ"), {"Z": Z, "Y": Y})
    _close(entropy[0], np.mean(numeric.softmax_cross_entropy(Z, Y)))
    _close(entropy[1], numeric.softmax_cross_entropy_derivative(Z, Y) / m)

    z, u, v = Z[:, 0], Z[:, 1], Z[:, 2]
    J = numeric.softmax_jacobian(z)
    products = _run(
        "softmax_jvp", ("dp/dz", "Jacobian times v", "u times Jacobian"), {"z": z, "u": u, "v": v}
    )
    for mine, theirs in zip(products, (J, J @ v, u @ J), strict=True):
        _close(mine, theirs)


def _network(batch: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """The gradient of a 784-128-10 network: generated, and numeric's."""
    n_x, n_1, n_2, m = axis("n_x"), axis("n_1"), axis("n_2"), axis("m")
    X, Y = tensor("X", n_x, m), tensor("Y", n_2, m)
    W1, b1, W2, b2 = tensor("W1", n_1, n_x), tensor("b1", n_1), tensor("W2", n_2, n_1), tensor("b2", n_2)
    Z2 = W2 @ tanh(W1 @ X + b1[:, None]) + b2[:, None]
    J = (logsumexp(Z2, axis=n_2) - (Y * Z2).sum(axis=n_2)).mean()
    run = lambdify(gradients(J, [W1, b1, W2, b2]), [X, Y, W1, b1, W2, b2])
    network = numeric.Network([784, 128, 10], activation="tanh", loss="softmax_cross_entropy", rng=0)
    x, y = RNG.normal(size=(784, batch)), np.eye(10)[RNG.integers(0, 10, batch)].T.copy()
    p = network.parameters
    w1, c1, w2, c2 = p["W1"], p["b1"].ravel(), p["W2"], p["b2"].ravel()
    return lambda: run(x, y, w1, c1, w2, c2), lambda: tuple(network.gradients(x, y).values())


@pytest.mark.parametrize("batch", [32, 256])
def test_the_generated_gradient_of_a_784_128_10_network_agrees(batch: int) -> None:
    generated, by_numeric = _network(batch)

    for mine, theirs in zip(generated(), by_numeric(), strict=True):
        np.testing.assert_allclose(mine.reshape(theirs.shape), theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.serial
@pytest.mark.parametrize("batch", [32, 256])
def test_the_generated_gradient_costs_at_most_twice_what_numeric_does(
    batch: int, fastest: Callable[..., tuple[float, ...]]
) -> None:
    def cheap(mine: float, theirs: float) -> bool:
        return mine <= 2 * theirs

    times = fastest(*_network(batch), enough=cheap, least=60, most=600)

    assert cheap(*times), times


NUMERIC = Path(numeric.__file__).parent
NO_LAYER = {"__init__", "_bare", "_windows"}
LAYER_FILES = [
    *(path for path in sorted((NUMERIC / "layers").glob("*.py")) if path.stem not in NO_LAYER),
    *(NUMERIC / f"_{name}.py" for name in ("dense", "activation_layers", "backprop", "optimisers")),
]


@pytest.mark.parametrize("path", LAYER_FILES, ids=lambda path: path.stem)
def test_the_file_of_a_layer_names_derivations_that_there_are(path: Path) -> None:
    head = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    (sentence,) = re.findall(
        r"Derived line by line, each line proved: (.+?)[.;](?:$|\s)", head, re.DOTALL | re.MULTILINE
    )
    named = [name.removeprefix("backproof derive ") for name in re.findall("``(.+?)``", sentence)]

    assert named
    assert all(symbolic.derive(name).steps for name in named)
