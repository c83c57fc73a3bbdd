"""Embedding, scaled dot-product attention and its heads. Rows are positions, as in the papers."""

from __future__ import annotations

from symbolic.library._board import Board
from symbolic.tensor import axis, binary, einsum, one_hot, softmax, sqrt, tensor

t, s, d, e = axis("t"), axis("s"), axis("d_k"), axis("d_v")


def embedding() -> Board:
    """Look a row of a table up for each token: a product with one-hot rows."""
    v = axis("v")
    E, tokens, dX = tensor("E", v, d), tensor("T", t, v), tensor("dX", t, d)
    board = Board(
        "embedding", "Embedding of t tokens from a vocabulary of v", assuming=[one_hot(tokens, axis=v)]
    )
    X = board.define("X", tokens @ E)
    J = board.define("J", (dX * X).sum(), "the cost near this point, with dX = dJ/dX held still")
    board.gradient(J, E, tokens.T @ dX, "each row of E gathers the gradients of its tokens", "dJ/dE")
    counts = tokens.sum(axis=t)
    board.identity(
        (tokens.T @ tokens).sum(axis=1),
        counts,
        "one-hot rows",
        "row sums of TᵀT",
        "How often each token occurs.",
    )
    return board


def attention(causal: bool = False) -> Board:
    """softmax(Q Kᵀ / √d) V: the gradients of Q, K and V."""
    Q, K, V, dO = tensor("Q", t, d), tensor("K", s, d), tensor("V", s, e), tensor("dO", t, e)
    C = tensor("C", t, s)
    name = "causal_attention" if causal else "attention"
    title = "Scaled dot-product attention" + (" with a causal mask" if causal else "")
    board = Board(name, title, assuming=[binary(C)] if causal else [])
    if causal:
        board.given.append("C[t,s] = 1 where position t may look at position s, else 0; each row has a 1")
    S = board.define("S", Q @ K.T / sqrt(d.size), "scores")
    P = board.define("P", softmax(S, axis=s, where=C if causal else None), "each row adds up to 1")
    O = board.define("O", P @ V)
    J = board.define("J", (dO * O).sum(), "the cost near this point, with dO = dJ/dO held still")
    board.gradient(J, V, P.T @ dO, "product rule", "dJ/dV")
    dP = board.define("dP", dO @ V.T)
    board.gradient(J, P, dP, "product rule", "dJ/dP")
    dS = board.define("dS", P * (dP - (P * dP).sum(axis=s, keepdims=True)))
    board.gradient(J, S, dS, "softmax, row by row", "dJ/dS")
    board.gradient(J, Q, dS @ K / sqrt(d.size), "product rule", "dJ/dQ")
    board.gradient(J, K, dS.T @ Q / sqrt(d.size), "product rule", "dJ/dK")
    if causal:
        board.identity(dS * C, dS, "masked scores have no gradient", "dS ∘ C")
    return board


def causal_attention() -> Board:
    """Attention that looks only where the mask allows."""
    return attention(causal=True)


def multi_head_attention() -> Board:
    """The way into the heads and the way out, for sequences (width, positions, examples)."""
    d, k, r, m = axis("d"), axis("k"), axis("r"), axis("m")
    X, W, b, dR = tensor("X", d, t, m), tensor("W", r, d), tensor("b", r), tensor("dR", r, t, m)
    H, W_out, b_out, dA = (
        tensor("H", k, t, m),
        tensor("W_out", d, k),
        tensor("b_out", d),
        tensor("dA", d, t, m),
    )
    board = Board("multi_head_attention", "Several heads of attention of a sequence to itself")
    board.given.append(
        "the heads are attention (or causal_attention) of equal parts of the rows of Q, K and V"
    )
    A = board.define(
        "A", einsum("dk,ktm->dtm", W_out, H) + b_out[:, None, None], "out, H the rows of all heads"
    )
    J = (dA * A).sum()
    board.gradient(J, W_out, einsum("dtm,ktm->dk", dA, H), "product rule", "dJ/dW_out")
    board.gradient(J, b_out, dA.sum(axis=(t, m)), "repeated over positions and examples", "dJ/db_out")
    board.gradient(J, H, einsum("dk,dtm->ktm", W_out, dA), "product rule", "dJ/dH")
    R = board.define("R", einsum("rd,dtm->rtm", W, X) + b[:, None, None], "in, R the rows of Q, K and V")
    J = (dR * R).sum()
    board.gradient(J, W, einsum("rtm,dtm->rd", dR, X), "product rule", "dJ/dW")
    board.gradient(J, b, dR.sum(axis=(t, m)), "repeated over positions and examples", "dJ/db")
    board.gradient(J, X, einsum("rd,rtm->dtm", W, dR), "the ways through Q, K and V add up", "dJ/dX")
    return board
