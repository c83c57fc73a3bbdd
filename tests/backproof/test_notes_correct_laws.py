r"""A law of corrections: plant one mistake in a true claim; what comes back is proved, and nearly always what was there."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproof.notes import check

ROOT = Path(__file__).parents[2]


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


mistakes = _loaded("_mistakes").mistakes

NEURON = r"""All quantities are numbers: $z = wx + b$, $a = \sigma(z)$ with $\sigma(z) = \frac{1}{1+e^{-z}}$, and
$L = -y\log a - (1-y)\log(1-a)$."""
TANH = r"""All quantities are numbers: $z = wx + b$, $a = \tanh(z)$ and $E = \frac{1}{2}(a - y)^2$."""
MEAN = r"""There are $m$ examples and $E = \frac{1}{m} \sum_{i=1}^{m} (p_i - y_i)^2$ with $p_i = u x_i + c$, all numbers."""
LAYERS = r"""The $m$ examples are the columns of $X = A^{[0]}$, $*$ is the entrywise product,
juxtaposition the matrix product.
$W^{[l]}$ is $(n^{[l]}, n^{[l-1]})$, $b^{[l]}$ is $(n^{[l]}, 1)$, and for $l = 1, \dots, L$

$$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[l]} = g^{[l]}(Z^{[l]})$$

with $g^{[l]}$ applied entry by entry, $g^{[l]'}$ is its derivative. The loss of example $i$ is $\mathcal{L}^{(i)}$ and
$J = \frac{1}{m} \sum_{i=1}^{m} \mathcal{L}^{(i)}$. $dZ^{[l]}$ and $dA^{[l]}$ hold in column $i$
the gradient of $\mathcal{L}^{(i)}$, $dW^{[l]}$ and $db^{[l]}$ are the gradients of $J$."""

POOL = [
    (NEURON, r"\frac{\partial L}{\partial w}", "(a - y) x"),
    (NEURON, r"\frac{\partial L}{\partial a}", r"-\frac{y}{a} + \frac{1-y}{1-a}"),
    (NEURON, r"\frac{\partial a}{\partial w}", "a (1 - a) x"),
    (NEURON, "L", r"-y\log(a) - (1-y)\log(1-a)"),
    (NEURON, r"\sigma'(z)", r"\sigma(z) (1 - \sigma(z))"),
    (TANH, r"\frac{\partial a}{\partial z}", "1 - a^2"),
    (TANH, r"\frac{\partial E}{\partial w}", "(a - y) (1 - a^2) x"),
    (MEAN, r"\frac{\partial E}{\partial u}", r"\frac{2}{m} \sum_{i=1}^{m} (p_i - y_i) x_i"),
    (MEAN, r"\frac{\partial E}{\partial c}", r"\frac{2}{m} \sum_{i=1}^{m} (p_i - y_i)"),
    (LAYERS, "dW^{[l]}", r"\frac{1}{m} dZ^{[l]} A^{[l-1]T}"),
    (LAYERS, "dA^{[l-1]}", "W^{[l]T} dZ^{[l]}"),
    (LAYERS, "dZ^{[l]}", "dA^{[l]} * g^{[l]'}(Z^{[l]})"),
    (r"$u(x)$ and $v(x)$ are differentiable, $q(x) = u(x) v(x)$.", "q'(x)", "u'(x) v(x) + u(x) v'(x)"),
    (r"Let $f(x) = x \sin(x)$.", "f'(x)", r"\sin(x) + x \cos(x)"),
    (r"Let $f(x) = x^2 e^{-x}$.", "f'(x)", r"2 x e^{-x} - x^2 e^{-x}"),
]  # fmt: skip
PLANTED = sorted({(note, left, right, wrong) for note, left, right in POOL for _, wrong in mistakes(right)})
# Of the 108 mistakes that are refuted 107 come back as they stood, all with a correction; the bars leave room for ties.
EXACT, FOUND = 0.9, 0.95


def text(note: str, left: str, right: str) -> str:
    return f"{note}\n\n$$\n{left} = {right}\n$$\n"


def bare(latex: str) -> str:
    return re.sub(r"\\left|\\right|\s", "", latex)


@pytest.mark.parametrize(("note", "left", "right"), POOL)
def test_every_claim_of_the_pool_is_proved(note: str, left: str, right: str) -> None:
    assert check(text(note, left, right), timeout=20.0)[-1].verdict == "proved"


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PLANTED))
def test_a_correction_of_a_planted_mistake_is_proved_when_it_is_written_in_its_place(
    planted: tuple[str, str, str, str],
) -> None:
    note, left, _, wrong = planted

    found = check(text(note, left, wrong), timeout=20.0)[-1]

    if found.correction:
        assert found.verdict == "refuted"
        assert check(text(note, left, found.correction), timeout=20.0)[-1].verdict == "proved"
    if found.verdict != "refuted":
        assert not found.correction


def test_nearly_every_planted_mistake_comes_back_as_what_stood_there() -> None:
    count: Counter[str] = Counter()
    missed: list[str] = []

    for note, left, right, wrong in PLANTED[::3]:
        found = check(text(note, left, wrong), timeout=20.0)[-1]
        assert found.verdict != "proved" or bare(wrong) != bare(right)
        if found.verdict == "refuted":
            same = bare(found.correction) == bare(right)
            count.update(refuted=1, found=bool(found.correction), exact=same)
            if not same:
                missed.append(f"{left} = {wrong}: {found.correction or 'none'} for {right}")

    report = "\n".join(missed)
    assert count["refuted"] >= 30
    assert count["found"] >= FOUND * count["refuted"], report
    assert count["exact"] >= EXACT * count["refuted"], report
