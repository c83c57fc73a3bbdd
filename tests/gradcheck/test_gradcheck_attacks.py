"""What a black box may do to a checker: factors that look like clipping, zeros that look like dropout, errors, names."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import gradcheck

V = np.random.default_rng(0).standard_normal(5)
Z = np.random.default_rng(1).standard_normal((4, 5))
Y = np.eye(4)[:, [0, 2, 1, 3, 2]]
MASK = np.random.default_rng(2).random(30) < 0.7
WIDE = np.random.default_rng(3).standard_normal(30)


def tanh(x: Any) -> float:
    return float(np.tanh(x).sum())


def slope(x: Any) -> Any:
    return 1 - np.tanh(x) ** 2


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@pytest.mark.parametrize(
    ("loss", "gradient", "at", "cause"),
    [
        (lambda x: float(x.sum()), lambda x: 0.5 * np.ones_like(x), V, "factor"),
        (lambda x: float(x), lambda x: 0.5, 2.0, "factor"),
        (lambda x: float(np.sqrt(x @ x)), lambda x: 0.5 * x / np.sqrt(x @ x), V, "factor"),
        (lambda x: float(x @ x), lambda x: x, V, "factor"),
        (lambda p: float(p["b"] @ p["b"]), lambda p: {"b": p["b"]}, {"b": V}, "factor"),
        (tanh, lambda x: 1.001 * slope(x), V, "factor"),
        (tanh, lambda x: 1.5 * slope(x), V, "factor"),
        (lambda x: float(x @ x), lambda x: np.clip(2 * x, -0.2, 0.2), V, "clipping"),
        (tanh, lambda x: slope(x) * (np.arange(30) % 3 > 0), WIDE, "zero"),
        (tanh, lambda x: slope(x) * MASK / 0.7, WIDE, "dropout"),
        (lambda z: -float((Y * np.log(softmax(z))).sum()), lambda z: -Y * (1 - softmax(z)), Z, "softmax_diagonal"),
    ],
    ids=[
        "linear", "one linear number", "norm", "square", "square of a bias", "1.001", "1.5", "clip", "zeros",
        "dropout", "softmax diagonal",
    ],
)  # fmt: skip
def test_the_first_cause_is_no_cleverer_than_the_numbers(
    loss: Any, gradient: Any, at: Any, cause: str
) -> None:
    report = gradcheck.check(loss, gradient, at)
    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == cause


@pytest.mark.parametrize("noise", [1e-12, 1e-9, 1e-6])
def test_noise_that_obeys_no_law_hides_no_wrong_gradient_and_blames_no_right_one(noise: float) -> None:
    def loss(x: Any) -> float:
        draw = int.from_bytes(hashlib.sha256(np.asarray(x).tobytes()).digest()[:4], "big") / 2**32 - 0.5
        return tanh(x) + noise * draw

    assert gradcheck.check(loss, slope, V).verdict == "pass"
    assert gradcheck.check(loss, lambda x: 1.5 * slope(x), V).verdict == "fail"


@pytest.mark.parametrize("unit", [1e-150, 1e-12, 1e-6, 1e6, 1e12, 1e150])
@pytest.mark.parametrize(("wrong", "verdict"), [(1.0, "pass"), (1.001, "fail")])
def test_neither_the_unit_of_the_loss_nor_of_the_input_changes_a_verdict(
    unit: float, wrong: float, verdict: str
) -> None:
    scaled = gradcheck.check(lambda x: unit * tanh(x), lambda x: unit * wrong * slope(x), V)
    moved = gradcheck.check(lambda x: tanh(x / unit), lambda x: wrong * slope(x / unit) / unit, V * unit)
    assert scaled.verdict == moved.verdict == verdict


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


@pytest.mark.parametrize(
    ("loss", "gradient", "at"),
    [
        (lambda x: float((relu(x) - relu(-x)).sum()), np.ones_like, np.zeros(3)),
        (lambda x: float(np.abs(x).sum()), np.sign, np.zeros(3)),
        (lambda x: float(x.max()), lambda x: np.eye(3)[x.argmax()], np.ones(3)),
        (lambda x: float(x.max()), lambda x: (x == x.max()) / (x == x.max()).sum(), np.ones(3)),
        (lambda x: float(np.clip(x, -1, 1).sum()), lambda x: (np.abs(x) < 1) * 1.0, np.array([1, -1, 0.5])),
        (lambda x: float(np.clip(x, -1, 1).sum()), lambda x: (np.abs(x) <= 1) * 1.0, np.array([1, -1, 0.5])),
        (lambda x: float(relu(1 - x).sum()), lambda x: np.where(x < 1, -1.0, 0), np.array([1, 0.5, 2])),
        (lambda x: 3.0, np.zeros_like, V),
        (lambda x: 1e8 + tanh(x), slope, V),
    ],
    ids=[
        "relu - relu",
        "abs",
        "argmax",
        "mean of maxima",
        "clip",
        "clip, border in",
        "hinge",
        "constant",
        "offset",
    ],
)
def test_a_right_gradient_exactly_at_a_kink_passes(loss: Any, gradient: Any, at: Any) -> None:
    assert gradcheck.check(loss, gradient, at).verdict == "pass"


def test_a_parameter_may_be_named_like_a_script_and_stays_text() -> None:
    name = "<script>alert(1)</script>\"'&[0]['W']"
    report = gradcheck.check(
        lambda p: float(np.sum(p[name] ** 2)), lambda p: {name: p[name]}, {name: np.ones((2, 3))}
    )
    assert report.verdict == "fail"
    assert "<script>alert" not in report.to_html() + report._repr_html_()
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["parameters"][0]["name"] == name


def test_an_error_in_the_users_code_is_told_as_theirs_with_its_line(tmp_path: Path) -> None:
    from backproof._errors import BackproofError
    from backproof.commands.gradcheck import command

    module = tmp_path / "theirs.py"
    module.write_text(
        "import numpy as np\ncase = (lambda w: float(w.sum()),\n        lambda w: 1 / 0, np.ones(3))\n"
    )
    result = CliRunner().invoke(command, [f"{module}:case"])
    assert isinstance(result.exception, BackproofError)
    assert "raised ZeroDivisionError: division by zero (theirs.py, line 3)" in str(result.exception)


def test_a_float32_bias_before_a_normalisation_whose_slope_is_rounding_passes() -> None:
    rng = np.random.default_rng(0)
    X, R = rng.standard_normal((3, 6)), rng.standard_normal((2, 6))

    def parts(p: Any) -> tuple[Any, Any, Any]:
        Z = p["W"] @ X.astype(p["W"].dtype) + p["b"]
        C = Z - Z.mean(axis=1, keepdims=True)
        inv = 1 / np.sqrt((C * C).mean(axis=1, keepdims=True) + 1e-5)
        return C, inv, R.astype(Z.dtype)

    def loss(p: Any) -> Any:
        C, inv, R = parts(p)
        return np.sum(R * (C * inv) ** 2)

    def gradient(p: Any) -> Any:
        C, inv, R = parts(p)
        dN = 2 * R * C * inv
        through = (dN * C * inv).mean(axis=1, keepdims=True)
        dZ = inv * (dN - dN.mean(axis=1, keepdims=True) - C * inv * through)
        return {"W": dZ @ X.T.astype(dZ.dtype), "b": dZ.sum(axis=1, keepdims=True)}

    at = {"W": rng.standard_normal((2, 3)).astype("f"), "b": rng.standard_normal((2, 1)).astype("f")}
    assert gradcheck.check(loss, gradient, at).verdict == "pass"


def test_an_integer_start_and_a_missing_jacobian_are_read_as_scipy_reads_them() -> None:
    assert gradcheck.scipy.check(lambda x: float(x @ x), lambda x: 2 * x, [1, 2]).verdict == "pass"
    with pytest.raises(gradcheck.OptionError, match="jac is None"):
        gradcheck.scipy.check(lambda x: float(x @ x), None, [1.0])


def test_an_array_of_three_axes_that_begins_square_is_diagnosed_too() -> None:
    at = np.random.default_rng(0).standard_normal((2, 2, 3))
    wrong = gradcheck.check(tanh, lambda x: slope(x) * (1 + (np.arange(12).reshape(2, 2, 3) == 5)), at)
    assert wrong.diagnosis[0].cause == "one_entry"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda g: g[::-1], "reversed"),
        (lambda g: np.roll(g, 1), "rolled by 1"),
        (lambda g: g[[1, 0, 4, 2, 3]], "[1, 0, 4, 2, 3]"),
    ],
)
def test_the_entries_of_a_vector_in_another_order_are_named(spoil: Any, said: str) -> None:
    report = gradcheck.check(tanh, lambda x: spoil(slope(x)), V)

    assert report.diagnosis[0].cause == "permuted"
    assert said in report.diagnosis[0].message


@pytest.mark.parametrize(
    ("slopes", "verdict"),
    [
        (lambda x: slope(x).astype(np.float32), "pass"),
        (lambda x: (1.00005 * slope(x)).astype(np.float32), "fail"),
        (lambda x: slope(x).astype(np.float16), "fail"),
        (lambda x: slope(x).astype(np.float32).astype(float), "fail"),
    ],
)
@pytest.mark.parametrize("called", [True, False])
def test_an_answer_whose_type_says_single_precision_may_round_as_it_does_and_no_other(
    slopes: Any, verdict: str, called: bool
) -> None:
    report = gradcheck.check(tanh, slopes if called else slopes(V), V)

    assert report.verdict == verdict
    assert any("lower precision" in note for note in report.notes) == (slopes(V).dtype == np.float32)


def sine_of_product(p: Any) -> float:
    return float(np.sin(p["a"] * p["b"]).sum() + 0.5 * (p["a"] ** 2).sum())


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("seed", range(6))
def test_a_branch_on_the_sign_of_a_product_or_of_an_entry_is_found_with_every_seed(n: int, seed: int) -> None:
    at = {"a": np.array([0.8, 1.5, 0.7])[:n], "b": np.array([1.1, 0.6, 0.9])[:n]}

    def right(p: Any) -> Any:
        slope = np.cos(p["a"] * p["b"])
        return {"a": p["b"] * slope + p["a"], "b": p["a"] * slope}

    def wrong_product(p: Any) -> Any:
        g = right(p)
        g["a"][-1] *= 1.0 if p["a"][0] * p["b"][-1] > 0 else 1.1
        return g

    def wrong_entry(p: Any) -> Any:
        g = right(p)
        g["b"][0] *= 1.0 if p["b"][-1] > 0 else 1.1
        return g

    assert gradcheck.check(sine_of_product, right, at, rng=seed).verdict == "pass"
    for wrong in (wrong_product, wrong_entry):
        report = gradcheck.check(sine_of_product, wrong, at, rng=seed)
        assert report.verdict == "fail"
        assert report.diagnosis[0].cause == "rare_branch"


def test_a_loss_that_has_a_value_at_the_point_alone_is_inconclusive_and_raises_no_warning() -> None:
    def loss(x: Any) -> float:
        if not np.array_equal(x, V):
            raise ValueError("no other point is welcome")
        return tanh(x)

    report = gradcheck.check(loss, slope, V)

    assert report.verdict == "inconclusive"
    assert "no value around the point" in report.reason


def itself() -> list[object]:
    x: list[object] = [1.0]
    x.append(x)
    return x


def square(x: np.ndarray) -> float:
    return float(np.sum(np.asarray(x) ** 2))


class Mute:
    """A loss whose protocol says nothing."""

    def __call__(self, p: dict[str, np.ndarray]) -> float:
        return square(p["x"])

    def differences(self, name: str, h: float, parameters: object = None) -> None:
        return None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        *(
            (lambda options=options: gradcheck.check(square, lambda x: 2 * x, np.ones(3), **options), words)
            for options, words in [
                ({"directions": -1}, "directions=-1; expected None or a number"),
                ({"directions": "a"}, "directions='a'; expected None or a number"),
                ({"probes": "no"}, "probes='no'; expected True or False"),
                ({"structured": 2}, "structured=2; expected True or False"),
                ({"cache": 5}, "cache=5; expected a dict or a function"),
            ]
        ),
        (lambda: gradcheck.check(square, square, itself()), "contains itself"),
        (lambda: gradcheck.check(square, square, np.ma.array([1.0, 2.0], mask=[0, 1])), "masked entries"),
        (
            lambda: gradcheck.check(Mute(), lambda p: {"x": 2 * p["x"]}, {"x": np.ones(3)}),
            "gave NoneType; expected three",
        ),
        (lambda: gradcheck.sweep(None), "a case is of type NoneType"),
        (lambda: gradcheck.sweep([1]), "a case is of type int"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_in_words(call, words: str) -> None:
    with pytest.raises(gradcheck.GradcheckError, match=re.escape(words)):
        call()


def test_a_pass_along_directions_alone_says_that_no_slope_was_visited() -> None:
    report = gradcheck.check(square, lambda x: 2 * x, np.ones(3), coordinates=0)

    assert report.verdict == "pass"
    assert report.reason == "none of 3 slopes was visited; along random directions the gradient agrees"
