"""How far each function of numeric is from the truth at worst, beside SciPy, PyTorch, JAX and the textbook.

    python benchmarks/exactness.py                    the table, over about 60,000 points a function
    python benchmarks/exactness.py --points 5000      a quick look
    python benchmarks/exactness.py --write            and into docs/exactness.md

Libraries that are not installed have no column.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numeric  # noqa: E402
from benchmarks import _ulp  # noqa: E402
from benchmarks._exactness_rivals import rivals  # noqa: E402

COMPOSED = ("silu", "gelu", "gelu_tanh")
# A relative error of 100%: no digit is right.
ALL_DIGITS = 2.0**52


def bound(name: str) -> int:
    """What the docstring promises, in ulp."""
    return 4 if name.removesuffix("_derivative") in COMPOSED else 2


def measure(name: str, n: int, others: dict[str, Any], seed: int) -> tuple[list[str], float]:
    """One row of the table, and the worst error of numeric."""
    rng = np.random.default_rng(seed)
    if name in _ulp.LOSSES:
        arguments, formula = _ulp.loss_points(name, n // 2, rng), _ulp.LOSSES[name]
    else:
        arguments, formula = (_ulp.points(n, rng),), _ulp.ACTIVATIONS[name]
    exact = _ulp.truth(formula, *arguments)
    ours = getattr(numeric, name)
    with np.errstate(all="raise"):
        error = _ulp.distance(ours(*arguments), exact)
    worst = int(error.argmax())
    place = ", ".join(f"{float(a[worst]):.6g}" for a in arguments)
    row = [
        f"`{name}`",
        f"{error.size:,}",
        f"{error[worst]:.2f}",
        str(bound(name)),
        place,
        single(name, arguments),
    ]
    size = np.abs(arguments[0])
    ordinary = (size >= 2.0**-20) & (size <= 20)
    for functions in others.values():
        row.append(rival(functions.get(name), arguments, exact, ordinary))
    return row, float(error[worst])


def single(name: str, arguments: tuple[Any, ...]) -> str:
    """The worst error in float32, in its own ulp."""
    formula = (_ulp.LOSSES | _ulp.ACTIVATIONS)[name]
    keep = np.linspace(0, arguments[0].size - 1, min(arguments[0].size, 20_000)).astype(int)
    with np.errstate(all="ignore"):
        small = tuple(a[keep].astype(np.float32) for a in arguments)
    stayed = np.logical_and.reduce(
        [np.isfinite(b) == np.isfinite(a[keep]) for a, b in zip(arguments, small, strict=True)]
    )
    small = tuple(a[stayed] for a in small)
    exact = _ulp.truth(formula, *small, dtype=np.float32)
    return f"{_ulp.distance(getattr(numeric, name)(*small), exact, np.float32).max():.2f}"


def rival(function: Any, arguments: tuple[Any, ...], exact: _ulp.Truth, ordinary: Any) -> str:
    """The worst error everywhere, and for first arguments of ordinary size."""
    if function is None:
        return ""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = _ulp.distance(function(*arguments), exact)
    return f"{short(error.max())} ({short(error[ordinary].max())})"


def short(ulps: float) -> str:
    """An error as one reads it."""
    if np.isinf(ulps):
        return "NaN or ∞"
    if ulps >= ALL_DIGITS / 2:
        return "all digits"
    return f"{ulps:.2f}" if ulps < 100 else f"{ulps:.1e}"


def softmax_rows(trials: int, seed: int) -> list[list[str]]:
    """Softmax and what follows from it: the worst error over columns from nearly equal to hopelessly apart."""
    import mpmath as mp

    rng = np.random.default_rng(seed)
    worst = dict.fromkeys(
        ["softmax", "log_softmax", "softmax_jacobian", *(f"softmax_cross_entropy{s}" for s in SUFFIX)], 0.0
    )
    with mp.workprec(_ulp.WIDE):
        for _ in range(trials):
            z = rng.normal(0, 10.0 ** rng.uniform(-3, 3.2), rng.integers(2, 8))
            k, n = int(rng.integers(z.size)), z.size
            A = _ulp.softmax([mp.mpf(float(x)) for x in z])
            Y = np.eye(n)[k]
            exact = {
                "softmax": (numeric.softmax(z), A),
                "log_softmax": (numeric.log_softmax(z), [mp.log(a) for a in A]),
                "softmax_jacobian": (
                    numeric.softmax_jacobian(z),
                    [A[i] * ((i == j) - A[j]) for i in range(n) for j in range(n)],
                ),
                "softmax_cross_entropy": (numeric.softmax_cross_entropy(z, Y), [-mp.log(A[k])]),
                "softmax_cross_entropy_derivative": (
                    numeric.softmax_cross_entropy_derivative(z, Y),
                    [a - (i == k) for i, a in enumerate(A)],
                ),
            }
            for name, (value, truths) in exact.items():
                truth = _ulp.truth(
                    lambda i, truths=truths: truths[int(i)], range(len(truths)), bits=_ulp.WIDE
                )
                worst[name] = max(worst[name], float(_ulp.distance(np.ravel(value), truth).max()))
    return [[f"`{name}`", f"{trials:,} columns", f"{value:.2f}", "4"] for name, value in worst.items()]


SUFFIX = ("", "_derivative")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    """Print the table; 1 when a bound does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=60_000, help="points a function, about")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write docs/exactness.md")
    options = parser.parse_args()
    start = time.perf_counter()
    others = rivals()
    rows, broken = [], []
    for name in [*_ulp.ACTIVATIONS, *_ulp.LOSSES]:
        row, worst = measure(name, options.points, others, options.seed)
        rows.append(row)
        if worst > bound(name):
            broken.append(name)
        print(*row, sep="  ", flush=True)
    columns = softmax_rows(max(20, options.points // 50), options.seed)
    broken += [row[0] for row in columns if float(row[2]) > float(row[3])]
    head = ["function", "points", "worst", "bound", "at", "float32", *others]
    tables = table(head, rows), table(["function", "of", "worst", "bound"], columns)
    print(tables[1], f"\n{time.perf_counter() - start:.0f} s", f"over the bound: {broken}" if broken else "")
    if options.write:
        page = ROOT / "docs" / "exactness.md"
        where = f"NumPy {np.__version__}, Python {platform.python_version()}, {platform.machine()}, seed {options.seed}"
        page.write_text(PAGE.format(first=tables[0], second=tables[1], where=where), encoding="utf-8")
    return 1 if broken else 0


PAGE = """# Exactness

Every scalar function of `numeric` is measured against mpmath, at points from every binade of float64.
This page is written by `python benchmarks/exactness.py --write`; the suite repeats it with fewer points at every run.

## How it is measured

A unit in the last place (ulp) is the distance between neighbouring floats at the true value.
The error is the distance from the exact value, not from the nearest float, so that 0.5 is the best that anything can do.
The points are: each of the 2098 binades of both signs, subnormals included; the ranges where something happens; the floats next to zeros of slopes and to the points where formulas saturate; and both infinities.
The truth is the textbook's formula in 300 bits or more; it shares nothing with the code it judges.
No function warns, overflows or returns NaN on the way: the run raises at the first floating-point flag.

## The functions of the catalogue

*worst* is the largest error of `numeric` in float64, *at* the place where it was found, *bound* what the docstring promises, and *float32* the largest error in float32, in its own ulp.
The columns to the right show other libraries at the same points in the same run, and in brackets the worst for a first argument between 2^-20 and 20 in size.
PyTorch and JAX are built for speed, and XLA on the CPU takes subnormal numbers for 0, which alone accounts for some of what they lose outside the brackets.
*all digits* means a relative error of a half or more: most often a 0 where the value is not 0.
Slopes are those of the library's automatic differentiation; *textbook* is the formula of the lecture notes in NumPy.

{first}

Measured with {where}.

## Softmax and cross-entropy

Columns of 2 to 7 logits whose spread runs from a thousandth to more than a thousand; every entry of the result counts.

{second}

## What is promised

| | bound |
| --- | --- |
| activations, losses and their slopes | 2 ulp |
| SiLU, GELU in both forms, softmax and what follows from it | 4 ulp |
| float32 | computed in float64 and rounded once: 0.51 ulp |
| `accurate_sum`, `accurate_mean` | 1 and 2 ulp, for any number of terms |
| `l2` | 2 ulp |
| the cost of 10^6 examples, and the gradient of a bias over them | 8 ulp; 1.8 and 2.0 measured, on examples that are all alike, where every sum loses most |
| the gradients of weights over 10^6 examples: of `Network`, the regressions, and every layer | 8 ulp; 6.6 measured, on examples that are all alike |
| the gradient of an `Embedding`, however often a token comes | 8 ulp; 3.0 measured, over 10^6 equal tokens |

The gradient of a weight is a matrix product, and those add one term after the other: over 10^6 equal examples it would lose 1,048 ulp.
From 4,096 examples on it is therefore taken in blocks of 16, which are added by halves; that makes a step of so many examples up to 1.5 times as long, and a convolution 1.6 times.
Below, it is as exact as the library of matrix products: equal examples lose 16 ulp when there are 64, 80 when there are 1,024, and up to 182 of 4,095.

Three bounds are not relative, because near a zero no cheap formula keeps all digits.
The slopes of the cross-entropies (`bce_logit_derivative`, `softmax_cross_entropy_derivative`) for labels strictly between 0 and 1 hold their bound as long as the slope is more than 1e-14 of the label; below, the error is at most 1e-30 of the label.
`logsumexp` is within 2 ulp of the larger of the maximum and the logarithm; near a sum of exponentials of 1 these cancel.
A sum by `accurate_sum` whose terms cancel has an error of up to 1e-28 of the sum of their sizes.

## How it is done

- exp(-|z|) cannot overflow; a case for each sign keeps every term positive, so nothing cancels.
- Where a denominator such as 1 + e rounds, the rounding error is computed exactly and put right.
- Where a slope has a zero (SiLU at -1.278, GELU at -0.752), the distance from the zero is taken first, with the zero given to twice the digits.
- GELU needs the tail of the normal distribution: a Gaussian whose exponent has twice the digits, times a slow factor read off a table of Taylor polynomials. The table is made at first use from the differential equation that the factor obeys, in decimal arithmetic of the standard library; no coefficient is typed in.
- Tails such as z exp(z) at -750 stay normal numbers until the last multiplication.

The textbook forms A (1 - A) and 1 - A^2 remain in the training step of `Network`, where speed counts and A is at hand.
There the error is absolute, a rounding error of 1, and not relative.
"""


if __name__ == "__main__":
    sys.exit(main())
