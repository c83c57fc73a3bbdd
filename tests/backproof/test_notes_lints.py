"""Lints: what looks wrong without being refuted is said, what is right is left alone, and no verdict changes."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from backproof.commands.check import command
from backproof.notes import _check, check
from backproof.notes import lint as lint_folder
from backproof.notes._check import guarded
from backproof.notes.find import find
from backproof.notes.resolve._collect import gather


def lints(note: str) -> list[str]:
    return [text for finding in check(note, timeout=10.0) for text in finding.lints]


SLIPS = {
    "a mean that sums from 0 to m": (r"$$J = \frac{1}{m}\sum_{i=0}^m L^{(i)}$$", "one term more than m, by which the mean"),
    "a bias with a column for each example": (
        r"$X$ is $n\times m$, $W$ is $k\times n$, $b$ is $k\times m$." "\n\n" r"$$Z = W X + b$$",
        "a bias has k × 1",
    ),
    "a bias stated with m columns": (r"$$b^{[l]} = (n^{[l]}, m)$$", "a bias has n^[l] × 1"),
    "a bias with a row for each example": (
        r"One example per row: $X$ is $m\times n$, $W$ is $n\times k$, $b$ is $m\times k$." "\n\n" r"$$Z = X W + b$$",
        "a bias has 1 × k",
    ),
    "a product the wrong way round": (
        r"$X$ is $n\times m$, $W$ is $k\times n$. $$Z = XW$$", "shapes do not fit: n × m times k × n"
    ),
    "a transpose too many": (
        r"One example per column. $W$ has shape $(4, 3)$, $X$ has shape $(3, m)$. $$Z = W^T X + b$$",
        "shapes do not fit: 3 × 4 times 3 × m",
    ),
    "a layer that is not the one before": (
        "$$W^{[l]}: (n^{[l]}, n^{[l-1]})$$\n\n$$A^{[l]}: (n^{[l]}, m)$$\n\n$$Z^{[l]} = W^{[l]} A^{[l]}$$",
        "shapes do not fit: n^[l] × n^[l-1] times n^[l] × m",
    ),
    "a sum of two shapes": (
        r"$A\in\mathbb{R}^{3\times 4}$, $B\in\mathbb{R}^{4\times 3}$. $$C = A + B$$", "shapes do not fit: 3 × 4 plus 4 × 3"
    ),
    "an index that no sum binds": (
        r"$$J = \frac{1}{m}\sum_{i=1}^m L(a^{(j)}, y^{(i)})$$", "nothing says what j is"
    ),
    "an index on the right side alone": (
        r"$$z_j = \sum_k w_{jk} x_k$$" "\n\n" r"$$\frac{\partial z_j}{\partial w_{jk}} = x_i$$", "nothing says what i is",
    ),
    "a sum whose summand does not move": (r"$$p_i = \frac{e^{z_i}}{\sum_j e^{z_i}}$$", "no j stands in the sum over j"),
    "the last layer for a layer": (r"$$z^{[l]} = W^{[L]}a^{[l-1]} + b^{[l]}$$", "is W^[l] meant?"),
    "a loss in two sizes": ("$$L = (a-y)^2$$\n\n$$\\frac{dl}{da} = 2(a-y)$$", "the loss is l here and L in line 1"),
    "a loss that is a layer": (
        "$$a^{[L]} = g(z^{[L]})$$\n\n$$L = (a^{[L]}-y)^2$$", "L is a loss here and the last layer in line 1"
    ),
    "a sigmoid that falls": (r"The sigmoid is $$f(z) = \frac{1}{1+e^{z}}$$", "the sigmoid is usually 1/(1 + e^(-z))"),
    "a sigma that falls": (r"$$\sigma(u) = \frac{1}{1+e^{u}}$$", "usually 1/(1 + e^(-u))"),
    "a sigmoid with another sign": (r"The logistic function: $$f(x) = \frac{1}{1-e^{-x}}$$", "the sigmoid is usually"),
    "a tanh upside down": (
        r"The hyperbolic tangent is $$g(z) = \frac{e^z+e^{-z}}{e^z-e^{-z}}$$", "tanh is usually (e^z - e^(-z))/"
    ),
    "a ReLU that is a minimum": (r"$$ReLU(z) = \min(0,z)$$", "ReLU is usually max(0, z)"),
    "a ReLU by cases the wrong way": (
        r"ReLU: $$f(x) = \begin{cases} x & x<0 \\ 0 & x \ge 0\end{cases}$$", "ReLU is usually max(0, x)"
    ),
    "a softplus of the mirror image": (r"Softplus: $$f(x)=\log(1+e^{-x})$$", "softplus is usually log(1 + e^x)"),
    "a softmax that sums to anything": (r"The softmax of $z$: $$p_i = e^{z_i}$$", "usually normalised"),
    "a cross-entropy without its minus": (r"The cross-entropy is $$L = \sum_k y_k \log p_k$$", "usually has a minus"),
    "a binary one without a word": (r"$$L = y\log a + (1-y)\log(1-a)$$", "usually has a minus"),
    "half a mean squared error": (
        r"The mean squared error is $$J = \frac{1}{2m}\sum_{i=1}^m (a_i - y_i)^2$$", "this is 1/2 times that"
    ),
    "a mean that divides by nothing": (r"The MSE is $$J = \sum_{i=1}^m (a_i - y_i)^2$$", "divides by the number"),
    "a caret that is missing": (r"$$dW{[1]} = dZ^{[1]} X^T$$", "a caret is missing"),
    "one in Korean": (r"시그모이드 함수는 다음과 같다. $$f(x) = \frac{1}{1+e^{x}}$$", "the sigmoid is usually"),
    "a name told by its heading": ("# Sigmoid\n\n$$f(x) = \\frac{1}{1+e^{x}}$$", "the sigmoid is usually"),
}  # fmt: skip


@pytest.mark.parametrize(("note", "part"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_pointed_at(note: str, part: str) -> None:
    assert any(part in text for text in lints(note)), lints(note)


RIGHT = {
    "a matrix told by its columns": r"$$X = [x^{(1)} \; x^{(2)} \; \cdots \; x^{(m)}]$$",
    "a mean from 1": r"$$J = \frac{1}{m}\sum_{i=1}^m L^{(i)}$$",
    "a mean from 0 to one less": r"$$J = \frac{1}{m}\sum_{i=0}^{m-1} L_i$$",
    "a bias that is repeated": r"$X$ is $n\times m$, $W$ is $k\times n$, $b$ is $k\times 1$. $$Z = W X + b$$",
    "layers that fit": "$$W^{[l]}: (n^{[l]}, n^{[l-1]})$$\n\n$$A^{[l]}: (n^{[l]}, m)$$\n\n$$Z^{[l]} = W^{[l]} A^{[l-1]}$$",
    "a product entry by entry": r"$A$ and $B$ are $n\times m$. $$C = A * B$$",
    "sizes that may be equal": r"$A$ is $n\times k$, $B$ is $p\times q$. $$C = A B$$",
    "a size that a formula gives": r"$A$ is $n\times k$, $B$ is $n\times m$, $n = k$. $$C = A B$$",
    "an inner product of columns": r"$x$ and $w$ are $n\times 1$. $$z = w \cdot x$$",
    "a weight with m columns": r"$W$ is $k\times m$, $x$ is $m\times 1$, $b$ is $k\times 1$. $$z = W x + b$$",
    "a range for every index": r"For $j=1,\dots,n$: $$s = x_j$$",
    "an index that words explain": r"Let $c$ be the true class. $$L = -\log p_c$$",
    "the size of a key": r"$$S = \frac{Q K^T}{\sqrt{d_k}}$$",
    "a range of layers": "$$a^{[l]} = g(z^{[l]})$$\n\nfor $l=1,\\dots,L$",
    "a number of layers": "$$a^{[l]} = g(z^{[l]})$$\n\n$$L = 3$$",
    "a script loss beside the last layer": r"$$a^{[L]} = g(z^{[L]})$$ and $$\mathcal{L} = (a^{[L]}-y)^2$$",
    "the last layer by itself": r"$$z^{[L]} = W^{[L]}a^{[L-1]} + b^{[L]}$$",
    "the gradient of the last layer": r"$$\delta^l = (W^{l+1})^T \delta^{l+1} \odot \sigma'(z^l)$$",
    "a sigmoid": r"The sigmoid is $$f(z) = \frac{1}{1+e^{-z}}$$",
    "a sigmoid in its other form": r"The sigmoid is $$f(z) = \frac{e^z}{e^z+1}$$",
    "its derivative": r"The derivative of the sigmoid: $$f(z) = \frac{e^{-z}}{(1+e^{-z})^2}$$",
    "a line before a sigmoid": r"A sigmoid neuron computes $$z = w x + b$$",
    "sigma for another function": r"$$\sigma(z)=\max(0,z)$$",
    "a tanh by one exponential": r"The tanh is $$g(z) = \frac{e^{2z}-1}{e^{2z}+1}$$",
    "a ReLU": r"$$ReLU(z) = \max(0,z)$$",
    "a leaky one": r"The leaky ReLU is $$f(x) = \max(0.01x, x)$$",
    "a softmax": r"The softmax of $z$: $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$",
    "a softmax in two steps": r"The softmax of $z$ is taken in steps: $$t = e^{z},\quad p_i = \frac{t_i}{\sum_j t_j}$$",
    "a cross-entropy": r"The cross-entropy is $$L = -\sum_k y_k \log p_k$$",
    "a minus before brackets": r"$$L = -(y\log a + (1-y)\log(1-a))$$",
    "two minuses": r"$$L = -y\log a - (1-y)\log(1-a)$$",
    "a log-likelihood": r"We maximise the log-likelihood $$L = \sum_k y_k \log p_k$$",
    "a mean squared error": r"The mean squared error is $$J = \frac{1}{m}\sum_{i=1}^m (a_i - y_i)^2$$",
    "half a squared error by another name": r"The loss is $$J = \frac{1}{2m}\sum_{i=1}^m (a_i - y_i)^2$$",
}


@pytest.mark.parametrize("note", RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_left_alone(note: str) -> None:
    assert lints(note) == []


@pytest.mark.parametrize("note", [note for note, _ in SLIPS.values()], ids=SLIPS)
def test_a_lint_changes_no_verdict(note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_lints = [(f.verdict, f.links) for f in check(note, timeout=10.0)]
    monkeypatch.setattr(_check, "lints", lambda item, gathered: iter(()))

    assert [(f.verdict, f.links) for f in check(note, timeout=10.0)] == with_lints


def test_a_lint_that_fails_costs_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(item: object, gathered: object) -> None:
        raise RuntimeError(item)

    monkeypatch.setattr(_check, "lints", broken)

    assert [f.verdict for f in check("$$1 + 1 = 2$$")] == ["proved"]


def test_lints_of_a_long_document_cost_what_its_formulas_cost() -> None:
    """Every formula here asks about the whole document: whether l is a layer, and L a loss."""
    note = (
        "$$a^{[l]} = g(z^{[l]})$$\n\n$$L = w^2$$\n\n" + "$$\\frac{\\partial l}{\\partial w} = 2w$$\n\n" * 800
    )
    document = find(note, "note.md")
    gathered = gather(document, partial(guarded, seconds=10.0))

    start = time.process_time()
    found = [lint for item in gathered.items for lint in lint_folder.lints(item, gathered)]

    assert len(found) > 800
    assert time.process_time() - start < 10  # 0.2 s when it was written; a look at all for each takes minutes


def test_a_claim_that_holds_keeps_its_proof_beside_a_lint() -> None:
    note = "$$L = y\\log a + (1-y)\\log(1-a)$$\n\n$$\\frac{dL}{da} = \\frac{y}{a} - \\frac{1-y}{1-a}$$\n"

    definition, claim = check(note)

    assert (definition.verdict, claim.verdict) == ("none", "proved")
    assert definition.lints
    assert not claim.lints


def test_every_report_keeps_lints_apart_from_refutations(tmp_path: Path) -> None:
    note = tmp_path / "mean.md"
    note.write_text("The cost is a mean.\n\n$$J = \\frac{1}{m}\\sum_{i=0}^m L^{(i)}$$\n")
    files = {kind: tmp_path / f"out.{kind}" for kind in ("json", "sarif", "html", "junit")}
    options = [f"--{kind}={path}" for kind, path in files.items()]

    run = CliRunner().invoke(command, [str(note), "--no-cache", *options])

    said = "the sum from i = 0 to m has one term more than m"
    assert run.exit_code == 0, run.output
    assert said in " ".join(run.output.split()), run.output
    (finding,) = json.loads(files["json"].read_text())["findings"]
    assert finding["verdict"] == "none"
    assert said in finding["lints"][0]
    (result,) = json.loads(files["sarif"].read_text())["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("lint", "warning")
    assert said in result["message"]["text"]
    assert said in files["html"].read_text()
    assert "<failure" not in files["junit"].read_text()
