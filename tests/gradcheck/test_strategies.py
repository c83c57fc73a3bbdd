"""The strategies do what their names say, and a backward pass can be tested with them in five lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import strategies


@given(strategies.arrays_away_from((0.0, 1.0), gap=0.05))
def test_arrays_away_from_kinks_keep_their_distance(x: Any) -> None:
    assert min(np.abs(x).min(), np.abs(x - 1).min()) > 0.05


@given(strategies.arrays_at_kinks((0.0, 1.0)))
def test_arrays_at_kinks_hold_one(x: Any) -> None:
    assert np.isin(x, (0.0, 1.0)).any()


@given(st.data())
def test_batches_suit_their_network(data: st.DataObject) -> None:
    spec = data.draw(strategies.networks())
    X, Y = data.draw(strategies.batches(spec))

    assert X.shape[0] == spec.sizes[0]
    assert Y.shape == (spec.sizes[-1], X.shape[1])
    assert spec.parameters()["W1"].shape == (spec.sizes[1], spec.sizes[0])
    if spec.loss == "softmax_cross_entropy":
        assert (Y.sum(axis=0) == 1).all()


@settings(deadline=None, max_examples=15)
@given(strategies.arrays_away_from(gap=1e-2))
def test_a_relu_is_right_away_from_its_kink(x: Any) -> None:
    report = gradcheck.check(lambda x: float(np.maximum(x, 0).sum()), lambda x: (x > 0).astype(float), x)

    assert report.verdict == "pass"


@settings(deadline=None, max_examples=15)
@given(strategies.arrays_at_kinks())
def test_a_relu_at_its_kink_is_never_called_wrong(x: Any) -> None:
    report = gradcheck.check(lambda x: float(np.maximum(x, 0).sum()), lambda x: (x > 0).astype(float), x)

    assert report.verdict != "fail"
