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
# # Activations and losses
#
# Every network is a chain of small functions, and backprop needs one thing of each: its derivative.
# In this lesson three witnesses that share no code speak about them:
#
# - `symbolic` derives the derivative with SymPy, and proves or refutes what we claim about it;
# - `numeric` computes it with hand-written, stable NumPy;
# - `gradcheck` measures the slope with centred finite differences.
#
# When the three agree, we believe it.

# %%
import matplotlib.pyplot as plt
import numpy as np

import gradcheck
import numeric
import symbolic
from backproof.lessons import grade, grade_gradient

plt.rcParams.update(
    {"figure.figsize": (9, 3.2), "axes.spines.top": False, "axes.spines.right": False, "lines.linewidth": 2}
)
symbolic.names("activation")

# %% [markdown]
# ## The sigmoid, on the board
#
# A derivation is a list of steps; each step was proved when it was built, so a wrong one could not have been printed.

# %%
symbolic.derive("sigmoid")

# %% [markdown]
# The classroom form writes the derivative in terms of the value: with $a = \sigma(z)$ it is $a(1-a)$.
# A sign slips easily. What does the prover say to $a(1+a)$?

# %%
right = symbolic.prove("diff(sigmoid(z), z)", "sigmoid(z) * (1 - sigmoid(z))")
wrong = symbolic.prove("diff(sigmoid(z), z)", "sigmoid(z) * (1 + sigmoid(z))")
assert right.status == "proved"
assert wrong.status == "refuted"
print(right)
print(wrong)

# %% [markdown]
# ## All of them at a glance
#
# The curve, its derivative by hand, and dots where `gradcheck` measured the slope without knowing either.
# ReLU and leaky ReLU have a kink at 0: there is no derivative there, and the line is broken.

# %%
names = ["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu", "elu"]
z = np.linspace(-5, 5, 401)
dots = np.linspace(-4.7, 4.8, 14)
fig, axes = plt.subplots(2, 4, figsize=(12, 5.4), sharex=True)
for ax, name in zip(axes.flat, names, strict=True):
    g, slope = getattr(numeric, name), getattr(numeric, name + "_derivative")
    measured = gradcheck.numerical_gradient(lambda x, g=g: float(g(x).sum()), dots.copy())
    assert np.allclose(measured, slope(dots), rtol=1e-7, atol=1e-7)
    ax.axhline(0, color="0.85", lw=0.8)
    ax.plot(z, g(z), color="#1f5fbf", label="g(z)")
    at_a_kink = np.isin(z, [float(kink) for kink in symbolic.formula(name).kinks])
    ax.plot(z, np.where(at_a_kink, np.nan, slope(z)), color="#d9480f", label="g'(z)")
    ax.plot(dots, measured, "o", color="#d9480f", ms=4, mfc="white", label="measured slope")
    ax.set_title(name)
    ax.set_ylim(-1.3, 3.2)
axes[0, 0].legend(frameon=False, fontsize=8)
fig.tight_layout()

# %% [markdown]
# ## The formula is not the program
#
# `1 / (1 + exp(-z))` is right on the board and wrong in the machine: at $z=-800$ the exponential overflows.
# And the cost of a confident mistake, $-\log(1 - \sigma(z))$, is lost much earlier: from $z = 37$ on, $\sigma(z)$ rounds to 1.
# Written in terms of the logit it is softplus$(z)$, and nothing is lost.

# %%
assert symbolic.prove("-log(1 - sigmoid(z))", "softplus(z)").status == "proved"

z = np.linspace(0, 60, 400)
with np.errstate(divide="ignore"):
    naive = -np.log(1 - 1 / (1 + np.exp(-z)))
plt.plot(z, numeric.softplus(z), color="#1f5fbf", label="softplus(z)")
plt.plot(
    z,
    np.where(np.isfinite(naive), naive, np.nan),
    "--",
    color="#d9480f",
    label="-log(1 - sigmoid(z)), as typed",
)
plt.axvline(37, color="0.7", lw=1)
_ = plt.annotate("σ(z) is 1 from here on:\nthe typed formula is infinite", (37.5, 8), color="0.3")
plt.xlabel("z")
_ = plt.legend(frameon=False)
# %% [markdown]
# ## Why dZ = A − Y
#
# The loss of the logistic unit is $L = -(y \log a + (1-y)\log(1-a))$ with $a = \sigma(z)$.
# Its derivative in $a$ has two fractions; the sigmoid's derivative cancels both.

# %%
symbolic.derive("bce_logit")

# %%
verdict = symbolic.prove("diff(-(y*log(sigmoid(z)) + (1-y)*log(1-sigmoid(z))), z)", "sigmoid(z) - y")
assert verdict.status == "proved"
print(verdict)

# %% [markdown]
# The same for all classes at once: softmax with cross-entropy, and again $\mathrm{d}Z = A - Y$,
# provided that $Y$ is one-hot: each of its columns sums to 1.

# %%
rng = np.random.default_rng(0)
Z = rng.standard_normal((4, 6))
Y = np.eye(4)[:, rng.integers(0, 4, 6)]
A = numeric.softmax(Z)
report = gradcheck.check(lambda Z: float(numeric.softmax_cross_entropy(Z, Y).sum()), A - Y, Z)
assert report.verdict == "pass"
print(report)

# %% [markdown]
# ## Exercises
#
# Replace `None` by a formula in text and run the cell: the toolkit grades it.
# A wrong answer comes back with a point at which it is wrong.
#
# **1.** With $a = \tanh(z)$: what is the derivative of tanh, in terms of `tanh(z)`?

# %%
answer_1 = None
grade(answer_1, "diff(tanh(z), z)")

# %% [markdown]
# **2.** The derivative of softplus, $\log(1+e^z)$, is a function you know. Which?

# %%
answer_2 = None
grade(answer_2, "diff(log(1 + exp(z)), z)")

# %% [markdown]
# **3.** The derivative of SiLU, $z\,\sigma(z)$, in terms of `z` and `sigmoid(z)`.

# %%
answer_3 = None
grade(answer_3, "diff(z * sigmoid(z), z)")

# %% [markdown]
# **4.** In code: the gradient of the mean of $\frac12 (a - y)^2$ over the entries of `a`. Fill in the function.

# %%
a, y = np.array([0.2, -1.0, 3.0]), np.array([0.0, 1.0, 2.5])


def answer_4(a):
    return None


grade_gradient(answer_4, lambda a: float(np.mean(0.5 * (a - y) ** 2)), a)
