"""A proof says where it holds: no point at which a side is undefined lies in the stated domain."""

from __future__ import annotations

import pytest

from symbolic import prove

TINY = "1/10^60"


@pytest.mark.parametrize(
    ("lhs", "rhs", "assuming", "said"),
    [
        ("relu(z)/relu(z)", "1", (), ("z > 0",)),
        ("1/relu(z)", "1/relu(z)", (), ("z > 0",)),
        ("log(relu(z))", "log(relu(z))", (), ("z > 0",)),
        ("abs(z)/abs(z)", "1", (), ("z ≠ 0",)),
        ("log(z^2)", "2*log(abs(z))", (), ("z ≠ 0",)),
        ("log(abs(z))", "log(abs(z))", (), ("z ≠ 0",)),
        ("(z^2)^(-1/2)", "1/abs(z)", (), ("z ≠ 0",)),
        ("1/max(z, -1)", "1/max(-1, z)", (), ("z ≠ 0 if z + 1 >= 0",)),
        ("1/max(x, y)", "1/max(y, x)", (), ("y ≠ 0 if y - x >= 0", "x ≠ 0 if y - x <= 0")),
        ("piecewise(1/z, z > -1, 2)", "piecewise(1/z, z > -1, 2)", (), ("z ≠ 0 if z + 1 >= 0",)),
        ("z/z", "1", ("z >= 0",), ("z ≠ 0", "z >= 0")),
        ("log(z)", "2*log(sqrt(z))", ("z >= 0",), ("z ≠ 0", "z >= 0")),
        ("z/z", "1", ("z > 0",), ("z > 0",)),
        ("x^(y - y)", "1", (), ("x ≠ 0",)),
        ("sqrt(x*y)^2", "x*y", (), ("x >= 0 if y >= 0", "x <= 0 if y <= 0")),
        ("relu(z) + 1/(1 + abs(z))", "relu(z) + 1/(abs(z) + 1)", (), ()),
    ],
)
def test_the_stated_domain_leaves_out_every_point_without_a_value(
    lhs: str, rhs: str, assuming: tuple[str, ...], said: tuple[str, ...]
) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "proved"
    assert set(verdict.assumptions) == set(said)
    assert all(text in str(verdict) for text in said)


@pytest.mark.parametrize("at", ["sign(z)/sign(z)", "heaviside(z)/heaviside(z)"])
def test_a_jump_in_a_denominator_leaves_its_kink_out(at: str) -> None:
    verdict = prove(at, "1")

    assert verdict.status == "proved"
    assert verdict.kinks == ("z = 0",)


@pytest.mark.parametrize(
    ("lhs", "rhs", "status"),
    [
        ("x^(0*x)", "1", "proved"),
        ("max(z, x)^heaviside(z)", "(z + x - min(z, x))^(relu(z)/z)", "proved"),
        ("x^(10^25)", "x", "refuted"),
        ("tanh(1/3)/(x*x)", f"tanh(1/3)/((x + {TINY})*x)", "refuted"),
        ("((x + 1/10^30)*|x|)^(1/2)", "(x*|x|)^(1/2)", "refuted"),
    ],
)
def test_exponents_of_zero_and_numbers_beyond_machine_integers_are_decided(
    lhs: str, rhs: str, status: str
) -> None:
    assert prove(lhs, rhs, assuming="x > 0").status == status


@pytest.mark.parametrize(
    ("lhs", "rhs", "assuming", "hidden"),
    [
        # In each, both sides are defined where the named polynomial is 0, and differ there: a root of 0 says nothing of y.
        ("|x| + sqrt(-x) + sqrt(x*y) + |y|", "|x| + sqrt(-x) + sqrt(x*y) - y", (), "x = 0"),
        ("|x| + sqrt(x*y) + sqrt(-x*z) + |y| + |z|", "|x| + sqrt(x*y) + sqrt(-x*z) + |y - z|", (), "x = 0"),
        (
            "max(x, w) + sqrt(w - x) + sqrt((x - w)*y) + |y|",
            "w + sqrt(w - x) + sqrt((x - w)*y) - y",
            (),
            "x - w = 0",
        ),
        (
            "max(x, y) + root(x*(y - x), 4) + |y|",
            "max(x, y) + root(x*(y - x), 4) - y",
            "(x + 1)*(x - y) >= 0",
            "y - x = 0",
        ),
        (
            "root(y*z, 4) + |x| + sqrt(x*y) + |x| + |z|",
            "root(y*z, 4) + sqrt(x*y) + |x + z| + |x|",
            (),
            "y = 0",
        ),
    ],
)
def test_what_a_root_of_zero_leaves_open_is_left_out(
    lhs: str, rhs: str, assuming: str | tuple[str, ...], hidden: str
) -> None:
    verdict = prove(lhs, rhs, assuming=assuming)

    assert verdict.status == "unknown" or hidden in verdict.kinks, str(verdict)


def test_regions_that_meet_on_a_border_cover_it_together() -> None:
    # At y = 0 every x lies in one of the two regions: nothing is left out.
    for lhs, rhs in (
        ("sqrt(x*y) + |x| + |y|", "sqrt(x*y) + |x + y|"),
        ("sqrt(x*y*z)", "sqrt(|x|)*sqrt(|y|)*sqrt(|z|)"),
        ("sqrt(x*y) + sqrt(z*w) + |x| + |z|", "sqrt(|x*y|) + sqrt(|z*w|) + sqrt(x^2) + sqrt(z^2)"),
        ("|a| + |b| + |a + b| + |a - b|", "|b| + |a| + |b - a| + |a + b|"),
    ):
        verdict = prove(lhs, rhs)

        assert (verdict.status, verdict.kinks) == ("proved", ()), str(verdict)


def test_an_integer_that_an_exponent_happens_to_be_does_not_widen_its_domain() -> None:
    # x^y asks for x > 0 unless y is an integer by assumption; so it does where heaviside(y) is 1.
    assert prove("x^y", "|x|^y").status == "proved"
    assert prove("x^heaviside(y)", "|x|^heaviside(y)").status != "refuted"
    assert prove("x^y", "|x|^y", assuming="y in Z").status == "refuted"
