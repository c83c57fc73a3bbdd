"""Measures the calculus of tensors: verdicts and times over the corpus, the library, and the speed of what it generates.

Run it alone, with one BLAS thread:

    OPENBLAS_NUM_THREADS=1 python benchmarks/tensor.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/tensor.py --generated 2000
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import numeric
from symbolic.tensor import axis, differentiate, gradients, lambdify, logsumexp, prove_tensor, tanh, tensor

ROOT = Path(__file__).resolve().parent.parent


def load(name: str) -> Any:
    """Import a module that lies beside the tests."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "symbolic" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def corpus(repeats: int = 3) -> None:
    """Time each claim of the corpus, in processor time and the best of a few: other programs run beside this one."""
    start = time.process_time()
    claims = load("tensor_corpus").CORPUS
    derived = time.process_time() - start
    verdicts: Counter[str] = Counter()
    times = []
    for claim in claims:
        best = float("inf")
        for _ in range(repeats):
            start = time.process_time()
            verdict = prove_tensor(claim.lhs, claim.rhs, assuming=claim.assuming)
            best = min(best, time.process_time() - start)
        times.append((best, claim.name))
        wanted = "proved" if claim.true else "refuted"
        verdicts["right" if verdict.status == wanted else verdict.status.replace("proved", "WRONG")] += 1
    times.sort()
    seconds = [one for one, _ in times]
    print(
        f"corpus: {len(claims)} claims, {sum(not claim.true for claim in claims)} of them false; {dict(verdicts)}; "
        f"all written down and derived in {1e3 * derived:.0f} ms"
    )
    print(
        f"  median {1e3 * statistics.median(seconds):.2f} ms, p95 {1e3 * seconds[int(0.95 * len(seconds))]:.1f} ms, "
        f"slowest {1e3 * seconds[-1]:.1f} ms ({times[-1][1]})"
    )


def generated(count: int) -> None:
    """Decide claims that are true by construction, and mutants."""
    generator = load("tensor_generator").Generator
    tally: Counter[tuple[str, str]] = Counter()
    start = time.perf_counter()
    for seed in range(count // 2):
        for mistake in (False, True):
            made = generator(seed, mistake)
            left, right = made.pair()
            kind = "mutant" if made.mistaken else "true"
            tally[kind, prove_tensor(left, right).status] += 1
    elapsed = time.perf_counter() - start
    print(f"generated: {count} claims in {elapsed:.1f} s; {dict(sorted(tally.items()))}")
    print("  (a mutant that is proved changed nothing: the tests hold each against NumPy)")


def library() -> None:
    """Build and prove every derivation."""
    start = time.perf_counter()
    from symbolic.library._registry import _BOARDS

    steps = sum(len(build().steps) for build in _BOARDS.values())
    print(f"library: {len(_BOARDS)} derivations, {steps} lines proved in {time.perf_counter() - start:.2f} s")


def network(batch: int) -> None:
    """Set the generated gradient of a 784-128-10 network beside numeric's."""
    n_x, n_1, n_2, m = axis("n_x"), axis("n_1"), axis("n_2"), axis("m")
    X, Y = tensor("X", n_x, m), tensor("Y", n_2, m)
    W1, b1, W2, b2 = tensor("W1", n_1, n_x), tensor("b1", n_1), tensor("W2", n_2, n_1), tensor("b2", n_2)
    start = time.perf_counter()
    Z2 = W2 @ tanh(W1 @ X + b1[:, None]) + b2[:, None]
    J = (logsumexp(Z2, axis=n_2) - (Y * Z2).sum(axis=n_2)).mean()
    run = lambdify(gradients(J, [W1, b1, W2, b2]), [X, Y, W1, b1, W2, b2])
    derived = time.perf_counter() - start
    rng = np.random.default_rng(0)
    hand = numeric.Network([784, 128, 10], activation="tanh", loss="softmax_cross_entropy", rng=0)
    x, y = rng.normal(size=(784, batch)), np.eye(10)[rng.integers(0, 10, batch)].T.copy()
    p = hand.parameters
    arrays = (x, y, p["W1"], p["b1"].ravel(), p["W2"], p["b2"].ravel())
    runs: list[Callable[[], Any]] = [lambda: run(*arrays), lambda: tuple(hand.gradients(x, y).values())]
    pairs = zip(runs[0](), runs[1](), strict=True)
    apart = max(float(np.max(np.abs(a.reshape(b.shape) - b)) / np.max(np.abs(b))) for a, b in pairs)
    best = [float("inf")] * 2
    for _ in range(100):
        for place, one in enumerate(runs):
            start = time.perf_counter()
            one()
            best[place] = min(best[place], time.perf_counter() - start)
    print(
        f"784-128-10, m = {batch}: derived and compiled in {1e3 * derived:.1f} ms; one gradient {1e3 * best[0]:.2f} ms, "
        f"numeric {1e3 * best[1]:.2f} ms, ratio {best[0] / best[1]:.2f}; largest relative difference {apart:.1e}"
    )


def scaling() -> None:
    """Derive and prove deeper and deeper networks."""
    m = axis("m")
    for layers in (1, 2, 3, 4):
        A, weights = tensor("X", axis("n0"), m), []
        for layer in range(1, layers + 1):
            W = tensor(f"W{layer}", axis(f"n{layer}"), axis(f"n{layer - 1}"))
            A = tanh(W @ A)
            weights.append(W)
        start = time.process_time()
        gradient = differentiate((A * A).sum() / m.size, weights[0])
        middle = time.process_time()
        status = prove_tensor(gradient, gradient.T.T + 0).status
        print(
            f"  {layers} tanh layers: derived in {1e3 * (middle - start):.1f} ms, "
            f"{status} in {1e3 * (time.process_time() - middle):.1f} ms"
        )


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generated", type=int, default=400, help="how many generated claims to decide")
    chosen = parser.parse_args()
    corpus()
    library()
    generated(chosen.generated)
    for batch in (32, 256):
        network(batch)
    scaling()


if __name__ == "__main__":
    main()
