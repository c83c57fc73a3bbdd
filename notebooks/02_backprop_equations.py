# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The equations of backprop
#
# Four equations carry the whole of deep learning, and each has a place where people slip:
#
# $$\mathrm{d}Z^{[L]} = A^{[L]} - Y \qquad \mathrm{d}W^{[l]} = \tfrac1m\, \mathrm{d}Z^{[l]} A^{[l-1]\mathsf T} \qquad
#   \mathrm{d}b^{[l]} = \tfrac1m \sum_j \mathrm{d}Z^{[l]}_{:j} \qquad
#   \mathrm{d}Z^{[l-1]} = W^{[l]\mathsf T}\mathrm{d}Z^{[l]} \circ g'(Z^{[l-1]})$$
#
# The columns of $X$ are the $m$ examples; `dZ` and `dA` belong to the loss of each example, `dW` and `db` to the cost $J$, so $1/m$ is in the last two only.

# %%
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import SVG

import gradcheck
import numeric
import symbolic
from backproof.lessons import grade, grade_gradient

plt.rcParams.update(
    {"figure.figsize": (9, 3.4), "axes.spines.top": False, "axes.spines.right": False, "lines.linewidth": 2}
)

# %% [markdown]
# ## The chain rule is bookkeeping
#
# A computation graph says what was computed from what. Forward, each node gets a value;
# backward, each node gets $\mathrm{d}J/\mathrm{d}(\text{node})$: the sum, over the arrows that leave it, of the derivative at the arrow's end times the local derivative.

# %%
graph = symbolic.graph("3*(a + b*c)")
at = {"a": 5, "b": 3, "c": 2}
print(graph.text(at))
SVG(graph.svg(at))

# %% [markdown]
# ## Forward, with given weights
#
# Three layers, weights that can be followed with a pencil, one example: $Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}$, $A^{[l]} = \sigma(Z^{[l]})$, and the last layer leaves $Z$ as it is.

# %%
three = numeric.Network([2, 3, 2, 2], activation="sigmoid", loss="mse")
three.parameters = {
    "W1": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], "b1": [[0.1], [0.2], [0.3]],
    "W2": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], "b2": [[0.1], [0.2]],
    "W3": [[0.1, 0.2], [0.3, 0.4]], "b3": [[0.1], [0.2]],
}  # fmt: skip
A = np.array([[1.0], [0.5]])
for layer in (1, 2, 3):
    Z = three.parameters[f"W{layer}"] @ A + three.parameters[f"b{layer}"]
    A = numeric.sigmoid(Z) if layer < 3 else Z
    print(f"Z[{layer}] = {Z.ravel().round(4)}   A[{layer}] = {A.ravel().round(4)}")
assert np.allclose(A, three.forward(np.array([[1.0], [0.5]])), rtol=1e-15)

# %% [markdown]
# ## Logistic regression, from the cost to the gradient

# %%
symbolic.derive("logistic_regression")

# %% [markdown]
# ## A shallow network: derived entry by entry, printed as matrices
#
# SymPy differentiates the cost with respect to every single weight; the matrix equations are then compared with that, entry by entry.
# All sizes are different, so a forgotten transpose cannot hide.

# %%
symbolic.derive("shallow_network")

# %% [markdown]
# ## The same equations in NumPy
#
# A two-layer network by hand, in as many lines as there are equations.

# %%
rng = np.random.default_rng(1)
n_x, n_h, n_y, m = 5, 4, 3, 12
X = rng.standard_normal((n_x, m))
Y = np.eye(n_y)[:, rng.integers(0, n_y, m)]
at = {
    "W1": rng.standard_normal((n_h, n_x)),
    "b1": np.zeros((n_h, 1)),
    "W2": rng.standard_normal((n_y, n_h)),
    "b2": np.zeros((n_y, 1)),
}


def forward(p):
    Z1 = p["W1"] @ X + p["b1"]
    A1 = np.tanh(Z1)
    Z2 = p["W2"] @ A1 + p["b2"]
    return Z1, A1, numeric.softmax(Z2)


def cost(p):
    return float(-np.sum(Y * np.log(forward(p)[2])) / m)


def gradient(p):
    _, A1, A2 = forward(p)
    dZ2 = A2 - Y
    dZ1 = (p["W2"].T @ dZ2) * (1 - A1**2)
    return {
        "W1": dZ1 @ X.T / m,
        "b1": dZ1.sum(axis=1, keepdims=True) / m,
        "W2": dZ2 @ A1.T / m,
        "b2": dZ2.sum(axis=1, keepdims=True) / m,
    }


report = gradcheck.check(cost, gradient, at)
assert report.verdict == "pass"
print(report)

# %% [markdown]
# ## Five ways to slip
#
# Each of these is one small edit of the function above. The picture shows how far every entry of the gradient is from the measured slope:
# where the mistake sits can be seen.

# %%
slips = {
    "a sign": lambda g: {**g, "W2": -g["W2"]},
    "1/m forgotten in dW1": lambda g: {**g, "W1": m * g["W1"]},
    "g' forgotten": lambda g: {
        **g,
        "W1": (at["W2"].T @ (forward(at)[2] - Y)) @ X.T / m,
        "b1": (at["W2"].T @ (forward(at)[2] - Y)).sum(axis=1, keepdims=True) / m,
    },
    "one unit dropped": lambda g: {**g, "W1": g["W1"] * (np.arange(n_h) != 2)[:, None]},
    "db2 twice": lambda g: {**g, "b2": 2 * g["b2"]},
}
truth = gradcheck.numerical_gradient(cost, at)
fig, axes = plt.subplots(len(slips), 4, figsize=(9, 7.5), gridspec_kw={"width_ratios": [n_x, 1, n_h, 1]})
for row, (slip, edit) in zip(axes, slips.items(), strict=True):
    wrong = edit(gradient(at))
    assert gradcheck.check(cost, wrong, at).verdict == "fail", slip
    for ax, name in zip(row, at, strict=True):
        ax.imshow(
            np.log10(np.abs(wrong[name] - truth[name]) + 1e-12),
            vmin=-12,
            vmax=0,
            cmap="magma_r",
            aspect="auto",
        )
        ax.set_xticks([])
        ax.set_yticks([])
        if slip == "a sign":
            ax.set_title("d" + name)
    row[0].set_ylabel(slip, rotation=0, ha="right", va="center")
fig.suptitle("Distance from the measured slope, entry by entry (light: at most 1e-8, dark: 1)")
fig.tight_layout()

# %% [markdown]
# ## Zeros never break the symmetry
#
# With all weights zero every hidden unit computes the same, gets the same gradient, and stays the same: the network has one unit, however wide it is.

# %%
X_moons, Y_moons = numeric.make_moons(200, rng=0)
across, up = np.meshgrid(np.linspace(-1.6, 2.6, 120), np.linspace(-1.2, 1.7, 100))
fig, axes = plt.subplots(2, 2, figsize=(9, 6))
for (left, right), init in zip(axes, ("zeros", "xavier"), strict=True):
    net = numeric.Network([2, 8, 1], activation="tanh", loss="bce", init=init, rng=0)
    rows = []
    for _ in range(800):
        net.step(X_moons, Y_moons, learning_rate=1.0)
        rows.append(net.parameters["W1"][:, 0].copy())
    left.plot(np.array(rows))
    left.set_title(f"init={init!r}: W1[:, 0] of the eight units")
    left.set_xlabel("step")
    P = net.forward(np.array([across.ravel(), up.ravel()])).reshape(across.shape)
    right.contourf(across, up, P, levels=20, cmap="RdBu", vmin=0, vmax=1, alpha=0.6)
    right.contour(across, up, P, levels=[0.5], colors="0.3")
    right.scatter(*X_moons, c=Y_moons[0], cmap="RdBu", s=14, edgecolor="white", lw=0.5)
    right.set_title(f"what it learned: {net.accuracy(X_moons, Y_moons):.0%} right")
    right.set_xticks([])
    right.set_yticks([])
    if init == "zeros":
        assert np.ptp(rows[-1]) == 0
    else:
        assert net.accuracy(X_moons, Y_moons) > 0.95
fig.tight_layout()

# %% [markdown]
# ## Exercises
#
# **1.** A unit computes $z = wx + b$, $a = \sigma(z)$, and the loss is $\frac12 (a-y)^2$.
# What is $\partial L/\partial w$, in terms of `x`, `y`, `w` and `b`?

# %%
answer_1 = None
grade(answer_1, "diff((sigmoid(w*x + b) - y)**2 / 2, w)")

# %% [markdown]
# **2.** For $J = 3(a + bc)$: what is $\mathrm{d}J/\mathrm{d}b$?

# %%
answer_2 = None
grade(answer_2, "diff(3*(a + b*c), b)")

# %% [markdown]
# **3.** Change the loss above to the mean squared error, $J = \frac{1}{2m}\sum (A_2 - Y)^2$ with $A_2 = Z_2$ (no softmax), and write its gradient.

# %%


def cost_3(p):
    A1 = np.tanh(p["W1"] @ X + p["b1"])
    return float(np.sum((p["W2"] @ A1 + p["b2"] - Y) ** 2) / (2 * m))


def answer_3(p):
    return None


grade_gradient(answer_3, cost_3, at)
