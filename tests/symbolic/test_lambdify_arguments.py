"""A NumPy function names what it cannot read, and keeps the precision of what it is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbolic


@pytest.mark.parametrize("value", ["a", 1j, np.array(["a"]), np.array([1j]), None, [[1.0], [1.0, 2.0]], b"1"])
@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
def test_what_is_no_real_number_is_named(name: str, value: Any) -> None:
    with pytest.raises(symbolic.SymbolicError, match=name):
        symbolic.to_numpy(name)(value)


@pytest.mark.parametrize("order", [0, 1])
def test_float32_stays_float32_in_arrays_and_in_single_numbers(order: int) -> None:
    f = symbolic.to_numpy("sigmoid", order)
    wide = f(np.array([0.3]))[0]

    for z in (np.float32(0.3), np.array(0.3, dtype=np.float32), np.full((2, 3), 0.3, dtype=np.float32)):
        assert f(z).dtype == np.float32
        assert np.shape(f(z)) == np.shape(z)
        assert np.ravel(f(z))[0] == np.float32(f(float(np.float32(0.3))))
    assert isinstance(f(0.3), float)
    assert f(np.array([0.3])).dtype == np.float64
    assert f(np.array([3])).dtype == np.float64
    assert f(0.3) == wide


def test_one_wide_argument_makes_the_result_wide() -> None:
    bce = symbolic.to_numpy("bce")
    a = np.array([0.25], dtype=np.float32)

    assert bce(a, 1.0).dtype == np.float32
    assert bce(a, np.array([1.0], dtype=np.float32)).dtype == np.float32
    assert bce(a, np.array([1.0])).dtype == np.float64
    assert symbolic.to_numpy("softmax")(a).dtype == np.float32
    assert symbolic.to_numpy("l2", 1)(a, 0.1).dtype == np.float32
