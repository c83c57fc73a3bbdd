"""A layer with a mistake in its backward pass, for `backproof gradcheck docs/my_layer.py:case`."""

import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((4, 16)), rng.standard_normal((3, 16))
at = {"W": rng.standard_normal((3, 4)), "b": np.zeros((3, 1))}


def loss(p):
    A = np.tanh(p["W"] @ X + p["b"])
    return float(np.sum((A - Y) ** 2) / (2 * X.shape[1]))


def gradient(p):
    A = np.tanh(p["W"] @ X + p["b"])
    dZ = (A - Y) * (1 - A**2)
    return {"W": dZ @ X.T, "b": dZ.mean(axis=1, keepdims=True)}


case = loss, gradient, at
