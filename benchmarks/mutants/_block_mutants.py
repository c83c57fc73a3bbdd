"""What people get wrong in the blocks of `_blocks`: one edit an entry."""

from __future__ import annotations

from typing import Any

import numpy as np
from _case import Array, Mutant


def _scatter_overwrites(v: Array, c: Any) -> Array:
    v = v.copy()
    v[c["rows"]] += c["of"]  # the trap: repeated rows count once
    return v


def _scatter_next_row(v: Array, c: Any) -> Array:
    v = v.copy()
    np.add.at(v, (c["rows"] + 1) % c["vocabulary"], c["of"])
    return v


def _all_ties(v: Array, c: Any) -> Array:
    return np.broadcast_to(0.25 * c["dpool"], c["blocks"].shape)


def _first_of_window(v: Array, c: Any) -> Array:
    first = np.zeros_like(v)
    first[:, :, :, 0, :, 0] = c["dpool"][:, :, :, 0, :, 0]
    return first


def B(
    family: str, name: str, cause: str, at: str, edit: Any, options: dict[str, Any] | None = None, *also: str
) -> Mutant:
    return Mutant(f"{family}: {name}", cause, at, edit, family, options or {}, also)


LAYER = {"axis": 0}


def mutants() -> list[Mutant]:
    zero, one = lambda v, c: v * 0, lambda v, c: np.ones_like(v)
    return [
        B(
            "batch_norm",
            "the path through the mean forgotten",
            "lost_path",
            "through mean",
            zero,
            {},
            "layer",
        ),
        B(
            "batch_norm",
            "the path through the variance forgotten",
            "lost_path",
            "through variance",
            zero,
            {},
            "layer",
        ),
        B(
            "batch_norm",
            "mean and variance taken as constants",
            "lost_path",
            "dX",
            lambda v, c: c["inv"] * c["dx_hat"],
            {},
            "layer",
        ),
        B(
            "batch_norm",
            "m - 1 in the variance's path",
            "lost_path",
            "through variance",
            lambda v, c: v * c["m"] / (c["m"] - 1),
            {},
            "layer",
        ),
        B(
            "batch_norm",
            "gamma forgotten",
            "layer",
            "dx_hat",
            lambda v, c: v / c["gamma"],
            {},
            "factor",
            "one_unit",
            "inner_derivative",  # the slope divided by gamma: what is missing, named
        ),
        B(
            "batch_norm",
            "X for x_hat in dgamma",
            "wrong_A",
            "x_hat in dgamma",
            lambda v, c: c["X"],
            {},
            "layer",
        ),
        B("batch_norm", "dbeta is a mean", "extra_mean", "dbeta", lambda v, c: v / c["m"]),
        B("batch_norm", "sign of dgamma", "sign", "dgamma", lambda v, c: -v),
        B(
            "batch_norm",
            "inverse variance for inverse deviation",
            "layer",
            "inv",
            lambda v, c: v * v,
            {},
            "factor",
            "one_unit",
        ),
        B("batch_norm", "layer norm, mean forgotten", "lost_path", "through mean", zero, LAYER, "layer"),
        B(
            "batch_norm",
            "layer norm, variance forgotten",
            "lost_path",
            "through variance",
            zero,
            LAYER,
            "layer",
        ),
        B(
            "batch_norm",
            "layer norm, mean over the wrong axis",
            "wrong_axis",
            "through mean",
            lambda v, c: c["dx_hat"].mean(axis=1, keepdims=True),
            LAYER,
            "layer",
        ),
        B("attention", "1/sqrt(d) forgotten in dQ", "factor", "dQ", lambda v, c: v / c["scale"]),
        B(
            "attention",
            "1/sqrt(d) forgotten in both",
            "factor",
            "dS",
            lambda v, c: v / c["scale"],
            {},
            "layer",
        ),
        B("attention", "1/d for 1/sqrt(d)", "factor", "dK", lambda v, c: v * c["scale"]),
        B(
            "attention",
            "softmax's diagonal only",
            "softmax_diagonal",
            "row sum",
            lambda v, c: v * 0 + 0.0,
            {},
            "layer",
        ),
        B(
            "attention",
            "softmax's sum over the wrong axis",
            "wrong_axis",
            "row sum",
            lambda v, c: v.mean() + v * 0,
            {},
            "layer",
        ),
        B(
            "attention",
            "dK with dS for dS'",
            "transpose",
            "dK",
            lambda v, c: c["dS"] @ c["Q"] * c["scale"],
            {},
            "layer",
        ),
        B(
            "attention",
            "scores for probabilities in dV",
            "wrong_A",
            "P in dV",
            lambda v, c: c["S"],
            {},
            "layer",
        ),
        B("attention", "P for P' in dV", "transpose", "dV", lambda v, c: c["P"] @ c["R"], {}, "layer"),
        B(
            "attention",
            "softmax's slope without P",
            "missing_gprime",
            "dS",
            lambda v, c: v / np.where(c["P"] > 0, c["P"], 1),
            {},
            "layer",
        ),
        B(
            "convolution",
            "kernel turned by 180 degrees in dX",
            "wrong_W",
            "kernel in dX",
            lambda v, c: v[:, :, ::-1, ::-1],
            {},
            "layer",
        ),
        B(
            "convolution",
            "dW turned by 180 degrees",
            "permuted",
            "dW",
            lambda v, c: v[:, :, ::-1, ::-1],
            {},
            "reshape",
            "permuted",  # the last two axes reversed: the same numbers
        ),
        B(
            "convolution",
            "kernel's rows and columns exchanged",
            "transpose",
            "dW",
            lambda v, c: v.swapaxes(2, 3),
            {"stride": 2, "padding": 1},
            "reshape",
        ),
        B(
            "convolution",
            "db not summed over the batch but averaged",
            "extra_mean",
            "db",
            lambda v, c: v / 3,
            {},
            "factor",
        ),
        B("convolution", "g' forgotten", "missing_gprime", "g'", one, {}, "layer"),
        B("convolution", "max pooling spread over the window", "layer", "unpooled", _all_ties, {}, "layer"),
        B(
            "convolution",
            "max pooling sent to the first of the window",
            "layer",
            "unpooled",
            _first_of_window,
            {},
            "layer",
        ),
        B(
            "convolution",
            "average pooling without 1/4",
            "factor",
            "unpooled",
            lambda v, c: 4 * v,
            {"pool": "mean"},
            "missing_mean",  # what is missing is the mean over the window
        ),
        B(
            "convolution",
            "padding not cropped but shifted",
            "reshape",
            "dX",
            lambda v, c: np.roll(v, 1, axis=3),
            {},
            "example_rolled",
            "permuted",  # dX with its columns rolled by one: the same numbers
        ),
        B(
            "recurrence",
            "only the last step's dW",
            "lost_path",
            "dW of a step",
            lambda v, c: v * (c["t"] == 3),
            {},
            "layer",
        ),
        B(
            "recurrence",
            "H[t+1] for H[t] in dW",
            "wrong_A",
            "dW of a step",
            lambda v, c: c["dZ"] @ c["H"][c["t"] + 1].T,
            {},
            "layer",
        ),
        B(
            "recurrence",
            "W for W' through time",
            "transpose",
            "dH",
            lambda v, c: c["W"] @ c["dZ"],
            {},
            "layer",
        ),
        B("recurrence", "g' forgotten", "missing_gprime", "g'", one, {}, "layer"),
        B("recurrence", "truncated after one step", "lost_path", "dH", zero, {}, "layer"),
        B("recurrence", "factor 2 of the squared error", "factor", "dH_last", lambda v, c: 2 * v),
        B(
            "recurrence",
            "repeated rows of the embedding count once",
            "some_lines",
            "scatter",
            _scatter_overwrites,
            {},
            "one_row",
            "one_unit",
            "layer",  # several rows of dE and nothing else: its step is wrong, as in the other blocks
        ),
        B(
            "recurrence",
            "the embedding's rows off by one",
            "some_lines",
            "scatter",
            _scatter_next_row,
            {},
            "example_rolled",
            "reshape",
            "permuted",  # dE with its rows rolled by one: the same numbers
        ),
        B("recurrence", "dU transposed", "transpose", "dU", lambda v, c: v.T),
    ]
