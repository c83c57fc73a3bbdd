"""Whatever is typed, the front door answers with an exit code and a sentence."""

from __future__ import annotations

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from backproof._cli import backproof

calm = settings(deadline=None, max_examples=40)
PIECES = st.sampled_from(
    ["a", "b", "z", "1", "2.5", "0", "+", "-", "*", "/", "^", "**", "(", ")", "|", "=", "<", ",", "'", " ", "exp(", "log(",
     "sigmoid(", "diff(", "relu(", "g(", "sqrt(", "e", "pi", "_", "__import__", "σ", "\\", '"', "$", "[", "999999999"]
)  # fmt: skip
FORMULA = st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=12)


def answered(*words: str) -> None:
    answer = CliRunner().invoke(backproof, list(words))

    assert answer.exit_code in (0, 1, 2, 3), words
    assert "stumbled" not in answer.stderr, (words, answer.stderr)
    assert answer.exit_code != 2 or answer.stderr.strip(), words


@calm
@given(formula=FORMULA, value=st.text(max_size=6))
def test_graph_answers_whatever_is_typed(formula: str, value: str) -> None:
    answered("graph", formula)
    answered("graph", formula, f"a={value}", "b=1/3", "z=2")


@calm
@given(lhs=FORMULA, rhs=FORMULA)
def test_prove_answers_whatever_is_typed(lhs: str, rhs: str) -> None:
    answered("prove", lhs, rhs, "--timeout", "0.2")


@calm
@given(name=st.text(max_size=10))
def test_derive_and_verify_answer_to_any_name(name: str) -> None:
    answered("derive", name)
    answered("verify", "--only", name)
