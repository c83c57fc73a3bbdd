"""How many floats lie between two answers, and which floats are tried."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backproof.triangle import EmptyCheckError
from backproof.triangle._check import largest
from backproof.triangle._floats import pairs, stratified, ulp_distance

FLOATS = st.floats(allow_nan=False)
calm = hypothesis_settings(deadline=None, max_examples=60)


@calm
@given(x=FLOATS)
def test_a_float_is_one_away_from_its_neighbour_and_none_from_itself(x: float) -> None:
    assert ulp_distance(x, x) == 0
    neighbour = math.nextafter(x, math.inf)
    assert ulp_distance(x, neighbour) == (0 if x == neighbour else 1)


@calm
@given(x=FLOATS, y=FLOATS)
def test_the_distance_is_symmetric_and_mirrors(x: float, y: float) -> None:
    assert ulp_distance(x, y) == ulp_distance(y, x) == ulp_distance(-x, -y)


@calm
@given(x=FLOATS)
def test_nothing_agrees_with_nan(x: float) -> None:
    assert ulp_distance(x, math.nan) == math.inf
    assert ulp_distance(math.nan, math.nan) == math.inf


def test_both_zeros_are_one_number_and_both_infinities_are_far_apart() -> None:
    assert ulp_distance(0.0, -0.0) == 0
    assert ulp_distance(math.inf, -math.inf) > 1e18
    assert ulp_distance(5e-324, -5e-324) == 2


def test_every_binade_of_both_signs_is_tried() -> None:
    z = stratified(np.random.default_rng(0))

    exponents = {(math.frexp(v)[1], v > 0) for v in z if np.isfinite(v) and v}

    assert exponents == {(e, sign) for e in range(-1073, 1025) for sign in (True, False)}
    assert {0.0, np.inf, -np.inf} <= set(z)


@pytest.mark.parametrize("name", ["squared_error", "bce", "bce_logit", "hinge", "huber"])
def test_losses_are_tried_where_they_are_defined(name: str) -> None:
    import numeric

    with np.errstate(over="ignore"):
        values = getattr(numeric, name)(*pairs(name, np.random.default_rng(0)))

    assert values.size > 1000
    assert not np.isnan(values).any()


def test_the_largest_of_nothing_is_an_error_and_nan_is_infinitely_wrong() -> None:
    with pytest.raises(EmptyCheckError, match="No things were compared"):
        largest([], "things")
    with pytest.raises(EmptyCheckError):
        largest([np.empty(0)], "things")

    assert largest([[1.0, math.nan]], "things") == math.inf
