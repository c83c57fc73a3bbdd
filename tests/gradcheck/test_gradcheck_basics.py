"""The face of gradcheck: points of every structure, reports as text, data and HTML, and clear errors."""

import json
import re

import numpy as np
import pytest

import gradcheck


def bowl(w):
    return np.sum(w**2)


def slope_of_bowl(w):
    return 2 * w


def test_a_right_gradient_passes_and_the_report_says_what_was_compared():
    report = gradcheck.check(bowl, slope_of_bowl, np.array([[1.0, -2.0], [0.5, 3.0]]))

    assert report.verdict == "pass"
    assert report.parameters[0].n_checked == 4
    assert report.n_evaluations > 8
    assert "4 of 4 slopes agree" in str(report)


def test_a_wrong_gradient_fails_and_names_the_entry():
    def wrong(w):
        g = 2 * w
        g[1, 0] *= 1.001
        return g

    report = gradcheck.check(bowl, wrong, np.array([[1.0, -2.0], [0.5, 3.0]]))

    assert report.verdict == "fail"
    assert report.worst.name == "x[1, 0]"
    assert report.worst.numeric == pytest.approx(1.0, rel=1e-9)
    assert report.worst.analytic == pytest.approx(1.001, rel=1e-12)
    assert report.parameters[0].n_wrong == 1


@pytest.mark.parametrize(
    ("at", "loss", "gradient", "name"),
    [
        (3.0, lambda x: x**3, lambda x: 3 * x**2, "x"),
        (np.float64(3.0), lambda x: x**3, lambda x: 3 * x**2, "x"),
        (np.array(3.0), lambda x: x**3, lambda x: 3 * x**2, "x"),
        ([1.0, 2.0], bowl, slope_of_bowl, "x"),
        ({"W": np.ones((2, 3)), "b": 2.0}, lambda p: bowl(p["W"]) * p["b"],
         lambda p: {"W": 2 * p["W"] * p["b"], "b": bowl(p["W"])}, "W"),
        ([np.ones(2), np.array(2.0)], lambda p: bowl(p[0]) * p[1], lambda p: [2 * p[0] * p[1], bowl(p[0])], "x[0]"),
        ((np.ones(2), np.ones((1, 1))), lambda p: bowl(p[0]) * p[1].item(),
         lambda p: (2 * p[0] * p[1].item(), np.full((1, 1), bowl(p[0]))), "x[0]"),
        ({"encoder": {"W": np.ones(3)}, "heads": [np.ones(2)]},
         lambda p: bowl(p["encoder"]["W"]) + bowl(p["heads"][0]),
         lambda p: {"encoder": {"W": 2 * p["encoder"]["W"]}, "heads": [2 * p["heads"][0]]}, "encoder.W"),
    ],
    ids=["float", "numpy scalar", "0-d array", "list of numbers", "dict", "list", "tuple", "nested"],
)  # fmt: skip
def test_points_of_every_structure_are_understood(at, loss, gradient, name):
    right = gradcheck.check(loss, gradient, at)
    point = np.asarray(at) if name == "x" else at
    arrays = gradcheck.check(loss, gradient(point), at)

    assert right.verdict == "pass"
    assert arrays.verdict == "pass"
    assert right.parameters[0].name == name


def test_the_report_is_plain_data_that_json_takes():
    report = gradcheck.check(bowl, lambda w: w, np.array([1.0, 0.0]))

    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))

    assert data["verdict"] == "fail"
    assert data["worst"]["parameter"] == "x"
    assert data["worst"]["index"] == [0]
    assert data["parameters"][0]["n_wrong"] == 1
    assert data["seed"] == 0


def test_the_html_page_is_self_contained_and_escapes_names():
    name = "<script>alert(1)</script>"
    report = gradcheck.check(lambda p: bowl(p[name]), lambda p: {name: p[name]}, {name: np.ones((3, 4))})

    page = report.to_html()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert report._repr_html_() in page


def test_assert_gradient_raises_with_the_table():
    with pytest.raises(gradcheck.GradientMismatch, match=r"x\[0\]") as caught:
        gradcheck.assert_gradient(bowl, lambda w: w, np.array([1.0, 1.0]))

    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, gradcheck.GradcheckError)
    assert caught.value.report.verdict == "fail"


def test_the_same_seed_gives_the_same_report():
    def wrong(w):
        return 2 * w + 1e-3 * np.sin(w)

    at = np.random.default_rng(3).standard_normal((4, 5))
    first, second = (gradcheck.check(bowl, wrong, at, rng=7).to_dict() for _ in range(2))

    first.pop("elapsed"), second.pop("elapsed")
    assert first == second


@pytest.mark.parametrize(
    "form", [np.array, lambda v: np.array([v]), lambda v: np.array([[v]]), np.float64, np.longdouble]
)
def test_one_number_is_one_number_in_whatever_form_the_loss_returns_it(form):
    at = np.array([0.3, -1.2])

    assert gradcheck.check(lambda x: form(bowl(x)), slope_of_bowl, at).verdict == "pass"
    assert gradcheck.check(lambda x: form(bowl(x)), lambda x: x, at).verdict == "fail"


def test_numerical_gradient_keeps_structure_and_never_changes_its_input():
    at = {"W": np.random.default_rng(0).standard_normal((2, 3, 2)), "b": np.zeros((1, 1))}
    before = {name: a.copy() for name, a in at.items()}

    slope = gradcheck.numerical_gradient(lambda p: np.sum(np.sin(p["W"])) + np.exp(p["b"]).item(), at)

    np.testing.assert_allclose(slope["W"], np.cos(at["W"]), rtol=0, atol=1e-9)  # h² + eps / h
    np.testing.assert_allclose(slope["b"], [[1.0]], rtol=0, atol=1e-9)
    assert all((at[name] == before[name]).all() for name in at)


def test_numerical_gradient_leaves_its_input_alone_even_when_the_function_raises():
    calls = []
    at = np.array([1.0, 2.0])

    def moody(x):
        calls.append(1)
        if len(calls) > 5:
            raise RuntimeError("enough")
        return bowl(x)

    with pytest.raises(RuntimeError, match="enough"):
        gradcheck.numerical_gradient(moody, at)

    assert at.tolist() == [1.0, 2.0]


def test_numerical_gradient_differences_float32_input_in_float64():
    at = np.array([1.0, 2.0], dtype=np.float32)

    slope = gradcheck.numerical_gradient(lambda x: np.sum(x**3), at)

    assert slope.dtype == np.float64
    np.testing.assert_allclose(slope, [3.0, 12.0], rtol=1e-9)


def counting(values):
    turn = iter(values)
    return lambda x: next(turn) + bowl(x)


def writes_into_its_input(x):
    x *= 2
    return bowl(x)


def steps_while_asked(x):
    x -= 0.1 * 2 * x
    return 2 * x


UNHAPPY = {
    "loss is NaN": (lambda x: np.nan, slope_of_bowl, np.ones(2), gradcheck.NonFiniteError, "the loss is nan"),
    "loss is infinite": (lambda x: np.inf, slope_of_bowl, np.ones(2), gradcheck.NonFiniteError, "the loss is inf"),
    "loss is a vector": (lambda x: x**2, slope_of_bowl, np.ones(2), gradcheck.ShapeError, r"\(2,\).*sum or a mean"),
    "loss is complex": (lambda x: 1j, slope_of_bowl, np.ones(2), gradcheck.DtypeError, "complex"),
    "loss is None": (lambda x: None, slope_of_bowl, np.ones(2), gradcheck.DtypeError, "NoneType"),
    "loss is no function": (3.0, slope_of_bowl, np.ones(2), gradcheck.DtypeError, "expected a function"),
    "loss is random": (counting(range(99)), slope_of_bowl, np.ones(2), gradcheck.NonDeterministicError, "same point"),
    "loss writes": (writes_into_its_input, slope_of_bowl, np.ones(2), gradcheck.InputChangedError,
                    r"the loss changed its input: x\[0\]"),
    "gradient writes": (bowl, steps_while_asked, np.ones(2), gradcheck.InputChangedError, r"the gradient changed"),
    "gradient is NaN": (bowl, lambda x: x * np.nan, np.ones(2), gradcheck.NonFiniteError, r"gradient of x is nan"),
    "gradient is None": (bowl, lambda x: None, np.ones(2), gradcheck.StructureError, "None"),
    "gradient is transposed": (bowl, lambda x: 2 * x.T, np.ones((2, 3)), gradcheck.ShapeError, "transpose"),
    "gradient lost an axis": (bowl, lambda x: 2 * x[:, 0], np.ones((2, 1)), gradcheck.ShapeError, "keepdims"),
    "gradient not summed": (lambda x: bowl(x + np.zeros((2, 5))), lambda x: np.ones((2, 5)), np.ones((2, 1)),
                            gradcheck.ShapeError, "summed"),
    "gradient is complex": (bowl, lambda x: 2j * x, np.ones(2), gradcheck.DtypeError, "complex"),
    "gradient lacks a key": (lambda p: bowl(p["W"]), lambda p: {}, {"W": np.ones(2)}, gradcheck.StructureError,
                             r"lacks \['W'\]"),
    "gradient is named dW": (lambda p: bowl(p["W"]), lambda p: {"dW": p["W"]}, {"W": np.ones(2)},
                             gradcheck.StructureError, "Rename"),
    "gradient is no dict": (lambda p: bowl(p["W"]), lambda p: [p["W"]], {"W": np.ones(2)}, gradcheck.StructureError,
                            "expected a dict"),
    "gradient is short": (lambda p: bowl(p[0]), lambda p: [], [np.ones(2)], gradcheck.StructureError, "sequence of 1"),
    "integers": (bowl, slope_of_bowl, np.arange(3), gradcheck.DtypeError, r"int64.*astype"),
    "truth values": (bowl, slope_of_bowl, np.array([True]), gradcheck.DtypeError, "bool"),
    "complex numbers": (bowl, slope_of_bowl, np.ones(2) * 1j, gradcheck.DtypeError, "two real parameters"),
    "strings": (bowl, slope_of_bowl, np.array(["a"]), gradcheck.DtypeError, "expected an array of floats"),
    "no parameters": (bowl, slope_of_bowl, {}, gradcheck.StructureError, "no parameter"),
    "empty parameters": (bowl, slope_of_bowl, np.ones((0, 3)), gradcheck.StructureError, "empty"),
    "NaN parameter": (bowl, slope_of_bowl, np.array([1.0, np.nan]), gradcheck.NonFiniteError, r"nan at \[1\]"),
    "too many entries": (lambda x: 0.0, np.zeros(2_000_001), np.zeros(2_000_001), gradcheck.TooManyEntriesError,
                         "stratified"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNHAPPY)
def test_what_cannot_be_checked_raises_an_error_that_names_it(case):
    loss, gradient, at, error, words = UNHAPPY[case]

    with pytest.raises(error, match=words) as caught:
        gradcheck.check(loss, gradient, at)

    assert isinstance(caught.value, gradcheck.GradcheckError)


@pytest.mark.parametrize("option", [{"coordinates": "some"}, {"coordinates": -1}, {"method": "magic"}])
def test_an_unknown_option_is_refused(option):
    with pytest.raises(gradcheck.OptionError, match="expected"):
        gradcheck.check(bowl, slope_of_bowl, np.ones(2), **option)


def test_a_gradient_buffer_that_is_reused_between_calls_is_copied():
    buffer = np.empty(3)

    def reuses_its_buffer(x):
        np.multiply(2, x, out=buffer)
        return buffer

    assert gradcheck.check(bowl, reuses_its_buffer, np.array([1.0, 2.0, 3.0])).verdict == "pass"


@pytest.mark.parametrize("rng", ["z", -1, None, 1.5, True, np.nan, [1]])
def test_what_is_no_seed_is_named(rng):
    def loss(x):
        return float(x @ x)

    for ask in (
        lambda: gradcheck.check(loss, lambda x: 2 * x, np.ones(2), rng=rng),
        lambda: gradcheck.assert_gradient(loss, lambda x: 2 * x, np.ones(2), rng=rng),
        lambda: gradcheck.check_vjp(lambda x: x, lambda x, v: v, np.ones(2), rng=rng),
        lambda: gradcheck.check_jvp(lambda x: x, lambda x, v: v, np.ones(2), rng=rng),
        lambda: gradcheck.sweep([], rng=rng),
    ):
        with pytest.raises(gradcheck.GradcheckError, match=r"rng=.*; expected a seed, a whole number"):
            ask()


def test_in_the_page_a_column_stands_and_a_vector_lies_and_each_cell_names_its_entry():
    at = {"b": np.linspace(1, 2, 9)[:, None], "v": np.linspace(1, 2, 9)}

    report = gradcheck.check(
        lambda p: sum(float((a**2).sum()) for a in p.values()), lambda p: {k: 2 * a for k, a in p.items()}, at
    )

    page = report.to_html()
    sizes = re.findall(r'aria-label="errors of (\w)" width="(\d+)" height="(\d+)"', page)
    assert [(name, int(height) > 5 * int(width)) for name, width, height in sizes] == [
        ("b", True),
        ("v", False),
    ]
    assert "<title>b[8, 0]: " in page
    assert "<title>v[8]: " in page
