"""Checks certificates of the scalar prover with programs that share no code with it, and import nothing of it."""

from symbolic._replay._replay import Replay, replay
from symbolic._replay._statement import statement, sums_statement
from symbolic._replay._tensor_program import tensor_statement

__all__ = ["Replay", "replay", "statement", "sums_statement", "tensor_statement"]
