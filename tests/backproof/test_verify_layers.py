"""The edges of the layers: each hears numeric lie, each hears symbolic lie, and no parameter can be left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import numeric
from backproof.triangle import _hand_layers, _heads
from backproof.triangle._check import Check, run_task
from backproof.triangle._counterparts import Counterpart
from backproof.triangle._deep import DEEP, deep_tasks
from backproof.triangle._hand_layers import hand_tasks
from backproof.triangle._layer_table import _TABLE, counterparts
from backproof.triangle._updates import RULES, update_tasks

# The layer whose backward pass lies, and what of it: a parameter's gradient, or dX.
LIARS: dict[str, tuple[type, str]] = {
    "backprop_layer": (numeric.Dense, "W"),
    "residual": (numeric.Residual, "X"),
    "gelu_block": (numeric.ActivationLayer, "X"),
    "swiglu_block": (numeric.SwiGLU, "V"),
    "conv2d": (numeric.Conv2d, "W"),
    "max_pool": (numeric.MaxPool2d, "X"),
    "avg_pool": (numeric.AvgPool2d, "X"),
    "dropout": (numeric.Dropout, "X"),
    "batch_norm": (numeric.BatchNorm, "gamma"),
    "batch_norm_in_use": (numeric.BatchNorm, "X"),
    "layer_norm": (numeric.LayerNorm, "beta"),
    "rms_norm": (numeric.RMSNorm, "gamma"),
    "embedding": (numeric.Embedding, "W"),
    "attention": (_heads.Attend, "V"),
    "causal_attention": (_heads.Attend, "K"),
    "multi_head_attention": (numeric.MultiHeadAttention, "b"),
}


def edges(name: str) -> dict[str, Check]:
    return {task.edge: run_task(task) for task in hand_tasks(name, 0)}


def lying(kind: Any, what: str, lie: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    honest = kind.backward

    def backward(self: Any, dA: Any) -> Any:
        dX = honest(self, dA)
        if what == "X":
            return lie(dX)
        self.gradients[what][...] = lie(self.gradients[what])
        return dX

    monkeypatch.setattr(kind, "backward", backward)


def test_every_layer_of_the_table_is_made_to_lie() -> None:
    assert set(LIARS) == set(_TABLE)


@pytest.mark.parametrize("name", _TABLE)
def test_the_edges_of_an_honest_layer_hold(name: str) -> None:
    found = edges(name)

    assert set(found) == {"symbolic=numeric", "numeric~gradcheck"}
    assert all(check.verdict == "pass" for check in found.values()), found


@pytest.mark.parametrize(
    "lie", [np.negative, lambda right: 1.001 * right, np.zeros_like], ids=["sign", "0.1%", "0"]
)
@pytest.mark.parametrize("name", LIARS)
def test_a_wrong_backward_pass_fails_both_edges(
    name: str, lie: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lying(*LIARS[name], lie, monkeypatch)

    assert {edge: check.verdict for edge, check in edges(name).items()} == {
        "symbolic=numeric": "fail",
        "numeric~gradcheck": "fail",
    }


@pytest.mark.parametrize("name", [name for name in LIARS if name != "multi_head_attention"])
def test_a_wrong_formula_fails_the_edge_to_symbolic_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from symbolic import library

    honest = library.claims(name)
    monkeypatch.setattr(library, "claims", lambda _: [dataclasses.replace(c, rhs=2 * c.rhs) for c in honest])

    assert {edge: check.verdict for edge, check in edges(name).items()} == {
        "symbolic=numeric": "fail",
        "numeric~gradcheck": "pass",
    }


def test_a_wrong_output_fails_although_its_gradients_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = numeric.LayerNorm.forward
    monkeypatch.setattr(
        numeric.LayerNorm, "forward", lambda self, A, *, training=False: honest(self, A) + 1e-9
    )

    check = edges("layer_norm")["symbolic=numeric"]

    assert check.verdict == "fail"
    assert check.message.startswith("Z[")


def test_heads_that_look_at_what_is_filled_up_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def causal_only(self: Any, T: int, _: int) -> Any:
        return numeric.attention_mask(T, causal=True)

    monkeypatch.setattr(numeric.MultiHeadAttention, "_allowed", causal_only)

    found = edges("multi_head_attention")

    assert found["symbolic=numeric"].verdict == "fail"
    assert found["numeric~gradcheck"].verdict == "pass"  # the gradient of the wrong function is right


def test_a_parameter_without_a_letter_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_bias(name: str) -> list[Counterpart]:
        return [
            dataclasses.replace(
                part, letters={k: v for k, v in part.letters.items() if k != "b"}, given=lambda _: {"b": 0}
            )
            for part in counterparts(name)
        ]

    monkeypatch.setattr(_hand_layers, "counterparts", without_bias)

    check = edges("conv2d")["symbolic=numeric"]

    assert check.verdict == "error"
    assert "0.b" in check.message


@pytest.mark.parametrize("name", RULES)
def test_an_optimiser_that_moves_otherwise_than_its_update_is_seen(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task,) = update_tasks(name, 0)
    kind = numeric.OPTIMISERS[name]
    honest = kind.move
    held = run_task(task)

    def move(self: Any, theta: Any, g: Any, averages: Any, scratch: Any, alpha: float, t: int) -> None:
        honest(self, theta, g, averages, scratch, alpha * 1.001, t)

    monkeypatch.setattr(kind, "move", move)
    if name == "sgd":  # plain descent has a path of its own
        honest_step = numeric._train.Descent.step
        monkeypatch.setattr(
            numeric._train.Descent, "step", lambda self, X, Y, alpha: honest_step(self, X, Y, alpha * 1.001)
        )

    assert held.verdict == "pass"
    assert run_task(task).verdict == "fail"


def test_a_decay_that_also_acts_on_biases_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from numeric import _step

    honest = _step.Engine.__init__

    def all_are_weights(self: Any, *args: Any) -> None:
        honest(self, *args)
        self.weights = [self.theta]

    monkeypatch.setattr(_step.Engine, "__init__", all_are_weights)
    (task,) = update_tasks("adamw", 0)

    check = run_task(task)

    assert check.verdict == "fail"
    assert check.message.startswith("b1")


@pytest.mark.parametrize(
    ("name", "kind", "what"),
    [
        ("digits_convolutional", numeric.BatchNorm, "gamma"),
        ("digits_transformer", numeric.MultiHeadAttention, "W_out"),
    ],
)
def test_a_layer_that_lies_inside_a_model_is_seen_by_both(
    name: str, kind: Any, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [run_task(task).verdict for task in deep_tasks(name, 0)]
    lying(kind, what, lambda right: 1.001 * right, monkeypatch)

    assert held == ["pass", "pass"]
    assert [run_task(task).verdict for task in deep_tasks(name, 0)] == ["fail", "fail"]
    assert name in DEEP
