"""Whatever is handed over, the answer is a result or an error of numeric's own, which names the argument."""

from __future__ import annotations

import numpy as np
import pytest

import numeric

X = np.random.default_rng(0).standard_normal((4, 6))
Y = numeric.one_hot([0, 1, 2, 0, 1, 2], 3)
NONSENSE = [
    None, "z", b"z", object(), [], {}, {"a": 1}, [1, "a"], [[1], [1, 2]], 1 + 2j, float("nan"), float("inf"), -1, 0,
    10**400, 10**5000, lambda *_: "z", np.array([[1, 2]], object), np.array("z"), np.zeros((2, 2, 2)), np.array(["a", "b"]),
    {1}, range(3), np.datetime64("2020"), type, ...,
]  # fmt: skip


def net():
    return numeric.Network([4, 5, 3])


def model():
    return numeric.Model([numeric.Dense(5), numeric.ReLU(), numeric.Dense(3)], input_shape=(4,))


def cases(make):
    point = make().parameters.copy()
    return {
        "X": lambda v: make().cost(v, Y),
        "Y": lambda v: make().cost(X, v),
        "learning_rate": lambda v: make().step(X, Y, v),
        **{
            name: lambda v, name=name: make().fit(X, Y, **{"epochs": 1, name: v})
            for name in ("batch_size", "optimiser", "clip_norm", "validation", "patience", "rng", "callback")
        },
        "parameters": lambda v: setattr(make(), "parameters", v),
        "parameters, updated": lambda v: make().parameters.update(v),
        "parameters, by name": lambda v: make().parameters.__setitem__(v, point["W1"]),
        "a parameter": lambda v: make().parameters.__setitem__("W1", v),
        "a point": lambda v: make().loss_at(X, Y)(v),
        "a point in points": lambda v: make().loss_at(X, Y).many([v]),
        "points": lambda v: make().loss_at(X, Y).many(v),
        "a point of gradients": lambda v: make().gradients_at(X, Y)(v),
        "name": lambda v: make().loss_at(X, Y).differences(v, 1e-6),
        "h": lambda v: make().loss_at(X, Y).differences("W1", v),
        "a point of differences": lambda v: make().loss_at(X, Y).differences("W1", 1e-6, v),
        "path": lambda v: make().save(v) if not isinstance(v, str) else None,
    }


ALONE = {
    "sizes": lambda v: numeric.Network(v),
    "a size": lambda v: numeric.Network([4, v]),
    "layers": lambda v: numeric.Model(v, input_shape=(4,)),
    "input_shape": lambda v: numeric.Model([numeric.Dense(3)], input_shape=v),
    **{
        name: lambda v, name=name: numeric.Network([4, 5, 3], **{name: v})
        for name in (
            "activation",
            "loss",
            "l2",
            "l1",
            "label_smoothing",
            "class_weights",
            "init",
            "dtype",
            "rng",
        )
    },
    "units": lambda v: numeric.Dense(v),
    "an init": lambda v: numeric.Dense(3, init=v),
    "eps": lambda v: numeric.LayerNorm(v),
    "momentum": lambda v: numeric.BatchNorm(momentum=v),
    "an activation": lambda v: numeric.ActivationLayer(v),
    "kind": lambda v: numeric.recipe(v),
    "labels": lambda v: numeric.one_hot(v),
    "answers": lambda v: numeric.confusion_matrix([0, 1], v),
    "out": lambda v: numeric.relu(X, out=v),
    "out of softmax": lambda v: numeric.softmax(X, out=v),
    "axis": lambda v: numeric.accurate_sum(X, axis=v),
    "lam": lambda v: numeric.l2(X, v),
    "W": lambda v: numeric.linear_regression_gradients(v, [[0.0]], X, Y[:1]),
    "b": lambda v: numeric.linear_regression_gradients(np.zeros((1, 4)), v, X, Y[:1]),
    "Q": lambda v: numeric.scaled_dot_product_attention(v, X, X),
    "mask": lambda v: numeric.scaled_dot_product_attention(X, X, X, v),
    "scratch": lambda v: numeric.scaled_dot_product_attention(X, X, X, scratch=v),
    "dA": lambda v: numeric.scaled_dot_product_attention_backward(
        v, numeric.scaled_dot_product_attention(X, X, X)
    ),
    "attended": lambda v: numeric.scaled_dot_product_attention_backward(X, v),
    "padding": lambda v: numeric.attention_mask(3, padding=v),
    "causal": lambda v: numeric.attention_mask(3, causal=v),
    "padding of a pool": lambda v: numeric.MaxPool2d(2, padding=v),
    "p": lambda v: numeric.Dropout(v),
    "beta1": lambda v: numeric.Adam(beta1=v),
    "weight_decay": lambda v: numeric.AdamW(weight_decay=v),
    "then": lambda v: numeric.warm_up(3, then=v),
    "layer": lambda v: numeric.distinct_units(net().parameters, v),
    "epochs": lambda v: numeric.History(v),
    "arrays": lambda v: numeric.Parameters(v),
    **{
        f"check of {name}": lambda v, loss=loss: (
            loss.function([0.5], [1.0], check=v),
            loss.derivative([0.5], [1.0], check=v),
        )
        for name, loss in numeric.LOSSES.items()
        if name != "softmax_cross_entropy"
    },
    "check of softmax_cross_entropy": lambda v: numeric.softmax_cross_entropy(X[:3], Y, check=v),
    "a point of the forward pass": lambda v: net().loss_at(X, Y).cache(v),
    "gradient": lambda v: numeric.gradient_descent(v, {"w": [1.0]}, learning_rate=0.1, steps=1),
    "start": lambda v: numeric.gradient_descent(lambda p: p, v, learning_rate=0.1, steps=1),
    "file": lambda v: numeric.load_network(v) if not isinstance(v, str) else None,
}


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(call, id=f"{kind}-{name}")
        for kind, group in (("network", cases(net)), ("model", cases(model)), ("alone", ALONE))
        for name, call in group.items()
    ],
)
def test_nonsense_is_taken_or_refused_in_a_sentence(call):
    refused = []
    for value in NONSENSE:
        try:
            call(value)
        except numeric.NumericError as error:
            refused.append(str(error))

    assert len(refused) >= 10
    assert all("expected" in said and len(said) < 700 for said in refused)


@pytest.mark.parametrize("make", [net, model])
def test_a_path_with_a_null_byte_is_refused(make):
    for call in (
        lambda v: make().save(v),
        lambda v: make().fit(X, Y, epochs=1, checkpoint=v),
        numeric.load_network,
    ):
        with pytest.raises(numeric.NumericError, match="null byte"):
            call("a\0b")


def test_a_list_of_labels_is_no_point():
    with pytest.raises(numeric.NumericError, match="parameters is a list; expected a dict of arrays by name"):
        net().loss_at(X, Y)([1, 2])


def test_a_whole_number_beyond_all_floats_is_refused_with_its_name():
    with pytest.raises(
        numeric.NumericError, match=r"learning_rate is 1000.*\.\.\.; expected a finite number"
    ):
        net().step(X, Y, 10**300 * 10**100)


def test_no_slope_on_the_left_is_relu_out_to_minus_infinity():
    z = np.array([-np.inf, -2.0, 0.0, 3.0, np.inf, np.nan])

    np.testing.assert_array_equal(numeric.leaky_relu(z, slope=0), numeric.relu(z))


def test_a_class_is_no_schedule():
    with pytest.raises(numeric.NumericError, match="schedule is <class 'type'>; expected a function"):
        net().fit(X, Y, schedule=type)


@pytest.mark.parametrize(
    "function", [numeric.relu, numeric.softmax, numeric.gelu_derivative], ids=lambda f: f.__name__
)
def test_a_read_only_out_is_refused_before_anything_is_computed(function):
    out = np.ones_like(X)
    out.flags.writeable = False

    with pytest.raises(numeric.NumericError, match="out is read-only; expected an array to write into"):
        function(X, out=out)


def test_class_numbers_in_a_row_are_told_what_makes_them_one_hot():
    with pytest.raises(numeric.ShapeError, match=r"Try numeric.one_hot\(Y\[0\], 3\)"):
        net().cost(X, [[0, 1, 2, 0, 1, 2]])
