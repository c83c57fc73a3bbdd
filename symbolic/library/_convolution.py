"""2-D convolution and pooling, with stride and padding.

A window tensor T[h, i, p] is 1 where input pixel h lies under kernel pixel p of output pixel i. With one for each
direction a convolution is a product summed over pixels and kernel, and so are its gradients, for every size.
No line of the proof looks into T: it holds for each stride and padding, the ones printed are those that are run.
Groups are filters with zeros between the groups, dilation is a filter with zeros between its taps.
"""

from __future__ import annotations

from symbolic.library._board import Board
from symbolic.tensor import Tensor, argmax_mask, axis, einsum, named, tensor, window

m, c, o = axis("m"), axis("c"), axis("c_out")
h, w, i, j = axis("h"), axis("w"), axis("h_out"), axis("w_out")
p, q = axis("k_h"), axis("k_w")


def _windows(stride: int, padding: int) -> tuple[Tensor, Tensor]:
    T = window(h, i, p, stride=stride, padding=padding)
    S = window(w, j, q, stride=stride, padding=padding)
    return named("T", T), named("S", S)


def convolution(stride: int = 2, padding: int = 1) -> Board:
    """Z[n,o,i,j] = sum of X[n,c,h,w] K[o,c,p,q] under the window, plus a bias."""
    X, K, b, dZ = tensor("X", m, c, h, w), tensor("K", o, c, p, q), tensor("b", o), tensor("dZ", m, o, i, j)
    T, S = _windows(stride, padding)
    board = Board("conv2d", f"2-D convolution, here with stride {stride} and padding {padding}")
    board.given.append(f"T[h,i,p] = 1 where h = {stride} i + p - {padding}, else 0; S likewise for columns")
    Z = board.define("Z", einsum("nchw,ocpq,hip,wjq->noij", X, K, T, S) + b[:, None, None])
    J = board.define("J", (dZ * Z).sum(), "the cost near this point, with dZ = dJ/dZ held still")
    board.gradient(J, K, einsum("noij,nchw,hip,wjq->ocpq", dZ, X, T, S), "product rule", "dJ/dK")
    board.gradient(J, X, einsum("noij,ocpq,hip,wjq->nchw", dZ, K, T, S), "product rule", "dJ/dX")
    board.gradient(J, b, dZ.sum(axis=(m, i, j)), "b is repeated over examples and pixels", "dJ/db")
    board.notes.append("Pixels outside the image never meet a 1 in T or S: that is padding with zeros.")
    return board


def max_pooling(stride: int = 2) -> Board:
    """The largest entry under each window."""
    X, dA = tensor("X", m, c, h, w), tensor("dA", m, c, i, j)
    T, S = _windows(stride, 0)
    board = Board("max_pool", f"Max pooling, here with stride {stride}")
    board.given.append(
        f"T[h,i,p] = 1 where h = {stride} i + p, else 0; S likewise; every window lies inside the image"
    )
    U = board.define("U", einsum("nchw,hip,wjq->ncijpq", X, T, S), "the pixels under each window")
    A = board.define("A", U.max(axis=(p, q)))
    J = board.define("J", (dA * A).sum(), "the cost near this point, with dA = dJ/dA held still")
    H = board.define("H", argmax_mask(U, axis=(p, q)), "1 at the largest pixel of a window, else 0")
    board.gradient(J, U, dA[:, :, :, :, None, None] * H, "only the largest pixel counts", "dJ/dU")
    board.gradient(J, X, einsum("ncij,ncijpq,hip,wjq->nchw", dA, H, T, S), "chain rule", "dJ/dX")
    return board


def average_pooling(stride: int = 2) -> Board:
    """The mean under each window."""
    X, dA = tensor("X", m, c, h, w), tensor("dA", m, c, i, j)
    T, S = _windows(stride, 0)
    board = Board("avg_pool", f"Average pooling, here with stride {stride}")
    board.given.append(f"T[h,i,p] = 1 where h = {stride} i + p, else 0; S likewise")
    A = board.define("A", einsum("nchw,hip,wjq->ncij", X, T, S) / (p.size * q.size))
    J = board.define("J", (dA * A).sum(), "the cost near this point, with dA = dJ/dA held still")
    gradient = einsum("ncij,hip,wjq->nchw", dA, T, S) / (p.size * q.size)
    board.gradient(J, X, gradient, "every pixel gets an equal share", "dJ/dX")
    return board
