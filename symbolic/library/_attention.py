"""Embedding and scaled dot-product attention. Rows are positions, as in the papers."""

from __future__ import annotations

from symbolic.library._board import Board
from symbolic.tensor import axis, binary, one_hot, softmax, sqrt, tensor

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
