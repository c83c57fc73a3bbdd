"""Linear and logistic regression: networks of one layer, and the same gradient written out with loops.

    z_j = sum_i w_i x_ij + b                           one output, so W is (1, n)
    linear    a_j = z_j              loss (a - y)^2 / 2
    logistic  a_j = sigmoid(z_j)     loss -(y log a + (1 - y) log(1 - a))
    both      dz_j = a_j - y_j
    dw_i = (1/m) sum_j x_ij dz_j,    db = (1/m) sum_j dz_j

The loops say what the two matrix products of the vectorised version do; `benchmarks/training.py` says what they
cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from numeric._arguments import check_positive, check_positive_int, real_array
from numeric._checks import check_pair
from numeric._errors import NumericError, ShapeError
from numeric._layer import Array
from numeric._long_sums import over_examples
from numeric._network import Network
from numeric.functions import bce_logit, sigmoid, squared_error

__all__ = [
    "gradient_descent",
    "linear_regression",
    "linear_regression_gradients",
    "linear_regression_gradients_loops",
    "logistic_regression",
    "logistic_regression_gradients",
    "logistic_regression_gradients_loops",
]


def linear_regression(n_x: int, n_y: int = 1, *, l2: float = 0.0, dtype: DTypeLike = np.float64) -> Network:
    """Make linear regression: a network of one layer with squared error, beginning at zero.

    The cost is a bowl with one lowest point, so zeros are as good a start as any.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 21)[None, :]
    >>> model = linear_regression(1)
    >>> _ = model.fit(X, 3 * X + 0.5, epochs=200, batch_size=None, learning_rate=1.0)
    >>> round(model.parameters["W1"].item(), 6), round(model.parameters["b1"].item(), 6)
    (3.0, 0.5)
    """
    return Network([n_x, n_y], loss="mse", l2=l2, init="zeros", dtype=dtype)


def logistic_regression(n_x: int, n_y: int = 1, *, l2: float = 0.0, dtype: DTypeLike = np.float64) -> Network:
    """Make logistic regression: a network of one layer with sigmoid and cross-entropy, beginning at zero.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[-2.0, -1.0, 1.0, 2.0]])
    >>> model = logistic_regression(1)
    >>> _ = model.fit(X, X > 0, epochs=50, batch_size=None, learning_rate=1.0)
    >>> model.predict(X)
    array([[0, 0, 1, 1]])
    """
    return Network([n_x, n_y], loss="bce", l2=l2, init="zeros", dtype=dtype)


def linear_regression_gradients(W: Any, b: Any, X: Any, Y: Any) -> tuple[float, Array, Array]:
    """Return cost, dW and db of linear regression, without a loop.

    Parameters
    ----------
    W, b : (1, n) and (1, 1) array_like
        Parameters.
    X, Y : (n, m) and (1, m) array_like
        Examples and labels.

    Returns
    -------
    J : float
        The mean over the examples of (a - y)^2 / 2.
    dW, db : (1, n) and (1, 1) ndarray
        Its gradient.

    Examples
    --------
    >>> J, dW, db = linear_regression_gradients([[2.0]], [[0.0]], [[1.0, 3.0]], [[1.0, 5.0]])
    >>> J, dW, db
    (0.5, array([[2.]]), array([[1.]]))
    """
    W, b, X, Y = _checked(W, b, X, Y, "mse")
    A = W @ X + b
    return _gradients(float(squared_error(A, Y).mean()), A - Y, X)


def linear_regression_gradients_loops(W: Any, b: Any, X: Any, Y: Any) -> tuple[float, Array, Array]:
    """Return what `linear_regression_gradients` returns, with a loop over m and a loop over n.

    Examples
    --------
    >>> linear_regression_gradients_loops([[2.0]], [[0.0]], [[1.0, 3.0]], [[1.0, 5.0]])
    (0.5, array([[2.]]), array([[1.]]))
    """
    W, b, X, Y = _checked(W, b, X, Y, "mse")
    return _loops(W, b, X, Y, activation=lambda z: z, loss=lambda z, a, y: (a - y) ** 2 / 2)


def logistic_regression_gradients(W: Any, b: Any, X: Any, Y: Any) -> tuple[float, Array, Array]:
    """Return cost, dW and db of logistic regression, without a loop.

    The arguments and results are those of `linear_regression_gradients`, with labels in [0, 1].

    Examples
    --------
    >>> J, dW, db = logistic_regression_gradients([[0.0]], [[0.0]], [[1.0, 3.0]], [[0, 1]])
    >>> round(J, 6), dW, db
    (0.693147, array([[-0.5]]), array([[0.]]))
    """
    W, b, X, Y = _checked(W, b, X, Y, "bce")
    Z = W @ X + b
    return _gradients(float(bce_logit(Z, Y).mean()), sigmoid(Z) - Y, X)


def logistic_regression_gradients_loops(W: Any, b: Any, X: Any, Y: Any) -> tuple[float, Array, Array]:
    """Return what `logistic_regression_gradients` returns, with a loop over m and a loop over n.

    Examples
    --------
    >>> J, dW, db = logistic_regression_gradients_loops([[0.0]], [[0.0]], [[1.0, 3.0]], [[0, 1]])
    >>> round(J, 6), dW, db
    (0.693147, array([[-0.5]]), array([[0.]]))
    """
    W, b, X, Y = _checked(W, b, X, Y, "bce")
    return _loops(W, b, X, Y, activation=sigmoid, loss=lambda z, a, y: bce_logit(z, y))


def gradient_descent(
    gradient: Callable[[dict[str, Array]], Mapping[str, Array]],
    parameters: Mapping[str, Any],
    *,
    learning_rate: float,
    steps: int,
) -> dict[str, Array]:
    """Go downhill by whatever gradient function is handed in, backprop's or a numerical one.

    Parameters
    ----------
    gradient : callable
        ``gradient(parameters) -> gradients``, both dicts of arrays by the same names.
    parameters : mapping of str to array_like
        Where to begin; left as they are.
    learning_rate : float
        How far each step goes.
    steps : int
        How many steps.

    Returns
    -------
    dict of str to ndarray
        Where the descent ended.

    Raises
    ------
    NumericError
        When the names do not agree, or a gradient is not finite.
    ShapeError
        When a gradient has another shape than its parameter.

    Examples
    --------
    Backprop and centred differences lead to the same place:

    >>> import numeric, numpy as np
    >>> X, Y = numeric.make_moons(50, rng=0)
    >>> net = numeric.Network([2, 3, 1], activation="tanh", loss="bce", rng=0)
    >>> def by_differences(p, h=1e-5):
    ...     J, slopes = net.loss_at(X, Y), {}
    ...     for name, array in p.items():
    ...         slopes[name] = np.empty_like(array)
    ...         for index in np.ndindex(array.shape):
    ...             moved = {sign: {k: v.copy() for k, v in p.items()} for sign in (-1, 1)}
    ...             moved[1][name][index] += h
    ...             moved[-1][name][index] -= h
    ...             slopes[name][index] = (J(moved[1]) - J(moved[-1])) / (2 * h)
    ...     return slopes
    >>> a = gradient_descent(net.gradients_at(X, Y), net.parameters, learning_rate=0.5, steps=20)
    >>> b = gradient_descent(by_differences, net.parameters, learning_rate=0.5, steps=20)
    >>> max(float(abs(a[name] - b[name]).max()) for name in a) < 1e-9
    True
    """
    learning_rate, steps = check_positive(learning_rate, "learning_rate"), check_positive_int(steps, "steps")
    if not callable(gradient) or not isinstance(parameters, Mapping):
        raise NumericError(
            f"gradient is a {type(gradient).__name__} and parameters a {type(parameters).__name__}; expected a function "
            "of a dict of arrays by name, and such a dict."
        )
    theta = {
        name: np.array(values, dtype=np.result_type(np.float32, real_array(values, str(name))))
        for name, values in parameters.items()
    }
    for number in range(1, steps + 1):
        slopes = gradient({name: values.copy() for name, values in theta.items()})
        if not isinstance(slopes, Mapping) or set(slopes) != set(theta):
            said = (
                ", ".join(map(str, slopes)) if isinstance(slopes, Mapping) else f"a {type(slopes).__name__}"
            )
            raise NumericError(f"gradient returned {said}; expected {', '.join(theta)}.")
        for name, values in theta.items():
            slope = np.asarray(slopes[name])
            if slope.shape != values.shape:
                raise ShapeError(f"The gradient of {name} has shape {slope.shape}; expected {values.shape}.")
            if not np.isfinite(slope).all():
                raise NumericError(
                    f"The gradient of {name} is not finite at step {number}; try a smaller learning_rate."
                )
            values -= learning_rate * slope
    return theta


def _gradients(J: float, dZ: Array, X: Array) -> tuple[float, Array, Array]:
    m = X.shape[1]
    return J, over_examples(dZ, X, m) / m, dZ.sum(axis=1, keepdims=True) / m


def _loops(
    W: Array, b: Array, X: Array, Y: Array, activation: Callable[[Any], Any], loss: Callable[..., Any]
) -> tuple[float, Array, Array]:
    n, m = X.shape
    J, dW, db = 0.0, np.zeros_like(W), np.zeros_like(b)
    for j in range(m):  # over the examples
        z = b[0, 0]
        for i in range(n):  # over the inputs
            z = z + W[0, i] * X[i, j]
        a = activation(z)
        J = J + float(loss(z, a, Y[0, j]))
        dz = a - Y[0, j]
        for i in range(n):
            dW[0, i] = dW[0, i] + X[i, j] * dz
        db[0, 0] = db[0, 0] + dz
    return J / m, dW / m, db / m


def _checked(W: Any, b: Any, X: Any, Y: Any, loss: str) -> tuple[Array, Array, Array, Array]:
    W, b = (real_array(values, name).astype(np.float64) for values, name in ((W, "W"), (b, "b")))
    if W.ndim != 2 or W.shape[0] != 1:
        raise ShapeError(f"W has shape {W.shape}; expected (1, n): a row of weights, one for each row of X.")
    if b.shape != (1, 1):
        raise ShapeError(f"b has shape {b.shape}; expected (1, 1).")
    X, Y = check_pair(X, Y, (W.shape[1],), 1, loss, np.float64)

    return W, b, X, Y
