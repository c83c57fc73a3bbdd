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
# # Gradient checking
#
# A derivative is a slope, and a slope can be measured: walk a small step $h$ to both sides and divide,
#
# $$f'(x) \approx \frac{f(x+h) - f(x-h)}{2h}.$$
#
# How small should $h$ be? How close is close enough? This lesson answers both, and shows where the method deceives.

# %%
import matplotlib.pyplot as plt
import numpy as np

import gradcheck
import numeric
import symbolic
from backproof.lessons import grade, grade_gradient

plt.rcParams.update(
    {"figure.figsize": (9, 3.4), "axes.spines.top": False, "axes.spines.right": False, "lines.linewidth": 2}
)

# %% [markdown]
# ## The V
#
# Too large a step: the curve bends away from its chord (truncation, $h^2$).
# Too small: the two values agree in all but their last digits, and the difference is noise (rounding, $\varepsilon/h$).
# Between them lies the best that can be had: about $\varepsilon^{1/3} \approx 6\cdot 10^{-6}$, with an error near $10^{-11}$.

# %%
f, slope = symbolic.to_numpy("sigmoid"), symbolic.to_numpy("sigmoid", order=1)
x, h = 0.7, np.logspace(-15, 0, 300)
centred = np.abs((f(x + h) - f(x - h)) / (2 * h) - slope(x)) / slope(x)
one_sided = np.abs((f(x + h) - f(x)) / h - slope(x)) / slope(x)
plt.loglog(h, one_sided, color="0.7", label="one-sided")
plt.loglog(h, centred, color="#1f5fbf", label="centred")
plt.axvline(np.finfo(float).eps ** (1 / 3), color="#d9480f", lw=1, label="$\\varepsilon^{1/3}$")
plt.xlabel("step h")
plt.ylabel("relative error")
_ = plt.legend(frameon=False)
assert centred.min() < 1e-10 < one_sided.min()

# %% [markdown]
# Why is the centred difference so much better? Expand both values: the even terms cancel.
# For a cubic the error is exactly $h^2$ times the leading coefficient, which the prover confirms:

# %%
verdict = symbolic.prove("((x + h)**3 - (x - h)**3) / (2*h) - diff(x**3, x)", "h**2")
assert verdict.status == "proved"
print(verdict)

# %% [markdown]
# ## A check that knows its own error
#
# `gradcheck.check` measures every entry and says how far its own slope can be trusted.
# It calls an entry wrong only when the analytic value lies outside that bound.

# %%
X, Y = numeric.make_moons(60, rng=0)
net = numeric.Network([2, 6, 1], activation="tanh", loss="bce", rng=0)
good = net.gradients(X, Y)
report = gradcheck.check(net.loss_at(X, Y), good, net.parameters)
assert report.verdict == "pass"
print(report)

# %% [markdown]
# One wrong entry out of 25, by one part in a thousand, and it is found:

# %%
bad = {name: value.copy() for name, value in good.items()}
bad["W1"][3, 1] *= 1.001
report = gradcheck.check(net.loss_at(X, Y), bad, net.parameters)
assert report.verdict == "fail"
assert report.worst.parameter == "W1"
assert tuple(report.worst.index) == (3, 1)
print(report)

# %% [markdown]
# ## Training without backprop
#
# Slopes alone can train a network: measure every one, step downhill, measure again.
# It arrives at the same parameters as backprop. It only costs two evaluations of the loss for every parameter and step, where backprop takes about three for all of them together.

# %%
small = numeric.Network([2, 4, 1], activation="tanh", loss="bce", rng=0)
J = small.loss_at(X, Y)
evaluations = 0


def measured_gradient(p):
    def counted(q):
        global evaluations
        evaluations += 1
        return J(q)

    return gradcheck.numerical_gradient(counted, p)


def rounds(gradient, n=150):
    """Gradient descent by 150 steps; return the cost before each, and where it ended."""
    costs, p = [], small.parameters
    for _ in range(n):
        costs.append(J(p))
        p = numeric.gradient_descent(gradient, p, learning_rate=0.8, steps=1)
    return costs, p


costs_backprop, by_backprop = rounds(small.gradients_at(X, Y))
costs_slopes, by_slopes = rounds(measured_gradient)
apart = max(float(np.abs(by_backprop[name] - by_slopes[name]).max()) for name in by_backprop)
assert apart < 1e-7
print(f"{evaluations:,} evaluations of the loss; the parameters end {apart:.1e} apart")
plt.plot(costs_backprop, color="#1f5fbf", label="backprop")
plt.plot(
    range(0, 150, 6), costs_slopes[::6], "o", color="#d9480f", mfc="white", ms=5, label="measured slopes"
)
plt.xlabel("step")
plt.ylabel("cost J")
_ = plt.legend(frameon=False)

# %% [markdown]
# ## Kinks
#
# At 0 the ReLU has no derivative. A step that straddles the kink averages two slopes and proves nothing about either.

# %%
distance = np.logspace(-9, 0, 200)
step = 1e-5
measured = (numeric.relu(distance + step) - numeric.relu(distance - step)) / (2 * step)
plt.semilogx(distance, measured, color="#1f5fbf")
plt.axvspan(distance[0], step, color="#d9480f", alpha=0.12, lw=0)
plt.annotate("the stencil straddles the kink", (1.5e-9, 0.75), color="#d9480f")
plt.xlabel("distance from the kink")
plt.ylabel("measured slope of ReLU (true: 1)")
assert measured[0] < 0.51
assert measured[-1] == 1.0 or abs(measured[-1] - 1) < 1e-9

# %% [markdown]
# So an honest check reports a kink as a kink, never as an error: here, one pre-activation sits exactly on it.

# %%
x = np.array([0.0, 1.0, -2.0])
report = gradcheck.check(lambda x: float(numeric.relu(x).sum()), numeric.relu_derivative, x)
assert report.verdict != "fail"
print(report)

# %% [markdown]
# ## Exercises
#
# **1.** For $f(x) = x^3$ the *one-sided* difference $((x+h)^3 - x^3)/h$ misses $3x^2$ by how much, in terms of `x` and `h`?

# %%
answer_1 = None
grade(answer_1, "((x + h)**3 - x**3) / h - 3*x**2")

# %% [markdown]
# **2.** The gradient of $f(x) = \sum_i \log(1 + e^{x_i}) + \frac{\lambda}{2}\sum_i x_i^2$ with $\lambda = 0.1$, in NumPy:

# %%


def answer_2(x):
    return None


grade_gradient(
    answer_2, lambda x: float(numeric.softplus(x).sum() + 0.05 * (x * x).sum()), np.array([-3.0, 0.5, 2.0])
)
