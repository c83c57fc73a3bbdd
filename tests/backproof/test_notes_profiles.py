"""Profiles: the one that a document's equations fit is chosen and printed, and what is asked for rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from backproof.commands.check import command
from backproof.notes import Finding, NotesError, check

COLUMNS = r"$$Z = W X + b$$ $$A = \sigma(Z)$$ $$dZ = A - Y$$ $$dW = \frac{1}{m} dZ X^T$$"
ROWS = r"$$Z = X W + b$$ $$A = \sigma(Z)$$ $$dZ = A - Y$$ $$dW = \frac{1}{m} X^T dZ$$"
NUMBERS = r"$$z = wx + b$$ $$a = g(z)$$ $$\frac{dL}{dz} = a - y$$"


def verdicts(note: str, **options: str) -> list[str]:
    return [f.verdict for f in check(note, timeout=20.0, **options) if f.kind != "definition"]  # type: ignore[arg-type]


def profile_of(found: list[Finding]) -> str:
    said = [c for f in found for c in f.context if c.startswith("profile ")]
    return said[0].split()[1] if said else ""


CHOSEN = {
    "deeplearning.ai": (
        r"$$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}$$ $$dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l-1]T}$$",
        "deeplearning.ai",
    ),
    "deeplearning.ai with a slip": (
        r"$$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}$$ $$dW^{[l]} = \frac{1}{m} A^{[l-1]T} dZ^{[l]}$$",
        "deeplearning.ai",
    ),
    "row-major": (ROWS, "row-major"),
    "row-major by its words": ("One example per row.\n\n$$Z = 2X$$\n\n$$2X = X + X$$", "row-major"),
    "row-major by its shapes": (
        r"$X$ is $m\times n$, $W$ is $n\times k$, $b$ is $1\times k$." "\n\n$$X + X = 2X$$",
        "row-major",
    ),
    "deeplearning.ai by its shapes": (
        r"$X$ is $n\times m$, $W^{[l]}$ is $n^{[l]}\times n^{[l-1]}$, $b^{[l]}$ is $n^{[l]}\times 1$."
        "\n\n$$X + X = 2X$$",
        "deeplearning.ai",
    ),
    "cs231n": (
        r"$$scores = X W + b$$ $$dW = X^T dscores$$ $$db = \text{np.sum}(dscores, axis=0)$$",
        "cs231n",
    ),
    "nielsen": (
        r"$$z^l = w^l a^{l-1} + b^l$$ $$\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)$$ $$w + w = 2w$$",
        "nielsen",
    ),
    "scalar": (NUMBERS, "scalar"),
}


@pytest.mark.parametrize(("note", "profile"), CHOSEN.values(), ids=CHOSEN)
def test_the_equations_of_a_document_choose_its_profile(note: str, profile: str) -> None:
    assert profile_of(check(note, timeout=10.0)) == profile


@pytest.mark.parametrize(
    "note",
    [
        r"$$Z = X W + b$$ $$Z_2 = W X + b$$ $$W X = X W$$",
        r"$A$ is $n\times k$ and $B$ is $k\times n$. $$(AB)^T = B^T A^T$$",
    ],
    ids=["rows and columns", "no network"],
)
def test_where_no_profile_is_ahead_none_is_named(note: str) -> None:
    assert profile_of(check(note, timeout=10.0)) == ""


def test_what_speaks_for_a_profile_is_printed_with_each_verdict() -> None:
    claim = check(ROWS, timeout=20.0)[-1]

    assert any("profile row-major (as an activity stands before its weights" in c for c in claim.context)


def test_a_profile_that_is_chosen_settles_no_place_of_1_over_m() -> None:
    assert verdicts(COLUMNS) == ["unknown", "unknown"]
    assert verdicts(COLUMNS, loss="bce") == ["proved", "mixed"]


def test_a_gradient_without_1_over_m_beside_one_with_it_is_not_proved() -> None:
    """Each may be right by itself; that both stand in one note leaves open which is."""
    note = COLUMNS.replace("dZ = A - Y", r"db = \text{np.sum}(dZ, axis=1, keepdims=True)")

    assert set(verdicts(note)) <= {"mixed", "unknown"}


@pytest.mark.parametrize(
    ("note", "options", "expected"),
    [
        (COLUMNS, {"profile": "deeplearning.ai", "loss": "bce"}, ["proved", "proved"]),
        (COLUMNS, {"profile": "deeplearning.ai", "loss": "half-squared"}, ["refuted", "proved"]),
        (COLUMNS.replace(r"\frac{1}{m}", ""), {"profile": "deeplearning.ai", "loss": "bce"}, ["proved", "refuted"]),
        (ROWS, {"profile": "cs231n", "loss": "bce"}, ["refuted", "refuted"]),
        (
            ROWS.replace("A - Y", r"\frac{1}{m}(A - Y)").replace(r"\frac{1}{m} X^T", "X^T"),
            {"profile": "cs231n", "loss": "bce"}, ["proved", "proved"],
        ),
        (NUMBERS, {"loss": "bce", "activation": "sigmoid"}, ["proved"]),
        (NUMBERS, {"loss": "bce", "activation": "tanh"}, ["refuted"]),
        (NUMBERS, {"loss": r"L = \frac{1}{2}(a-y)^2", "activation": "identity"}, ["proved"]),
        (NUMBERS, {"loss": r"L = (a-y)^2", "activation": "identity"}, ["refuted"]),
        (NUMBERS, {"loss": "squared", "activation": "identity"}, ["refuted"]),
        (r"$$a = g(z)$$ $$g'(z) = 1 - a^2$$", {"activation": r"g(z) = \tanh(z)"}, ["proved"]),
        (r"$$g(z) = z^2$$ $$g'(z) = 1 - g(z)^2$$", {"activation": r"g(z) = \tanh(z)"}, ["proved"]),
        (r"$$L = (a-y)^2$$ $$\frac{dL}{da} = a - y$$", {"loss": "half-squared"}, ["proved"]),
        (r"$$L = (a-y)^2$$ $$\frac{dL}{da} = a - y$$", {}, ["refuted"]),
    ],
)  # fmt: skip
def test_what_is_asked_for_rules(note: str, options: dict[str, str], expected: list[str]) -> None:
    assert verdicts(note, **options) == expected


@pytest.mark.parametrize(
    ("loss", "right", "wrong"),
    [
        ("bce", r"\frac{a-y}{a(1-a)}", r"\frac{y-a}{a(1-a)}"),
        ("cross-entropy", r"-\frac{y}{a}", r"\frac{y}{a}"),
        ("half-squared", "a - y", "2(a-y)"),
        ("squared", "2(a-y)", "a - y"),
    ],
)
def test_a_named_loss_has_its_own_derivative_and_no_other(loss: str, right: str, wrong: str) -> None:
    note = rf"$$a = g(z)$$ $$\frac{{\partial L}}{{\partial a}} = {right}$$ $$\frac{{\partial L}}{{\partial a}} = {wrong}$$"

    assert verdicts(note, loss=loss) == ["proved", "refuted"]


def test_a_function_that_nothing_defines_may_be_any_that_notes_use() -> None:
    r"""``g'(z) = 1 - a²`` is right of tanh, and says so; what no activation makes right is refuted."""
    (tanh,), (none,) = (
        [f for f in check(f"$$a = g(z)$$ $${claim}$$", timeout=10.0) if f.kind == "claim"]
        for claim in ("g'(z) = 1 - a^2", r"\frac{da}{dz} = g(z)")
    )

    assert (tanh.verdict, none.verdict) == ("mixed", "refuted")
    assert "for g = tanh" in tanh.reason


def test_a_formula_that_speaks_of_any_function_is_judged_for_any() -> None:
    """``g'(a)`` for ``g'(z)`` is right of ReLU alone, which nothing in the note spells out."""
    note = r"$$a = g(z)$$ $$\frac{da}{dz} = g'(a)$$"

    assert verdicts(note) == ["refuted"]


def test_rows_that_an_equation_shows_refute_nothing_that_columns_make_right() -> None:
    note = r"$$Z = X W + b$$ $$db = \text{np.sum}(dZ, axis=1)$$"

    assert "refuted" not in verdicts(note)


def test_the_front_matter_asks_and_the_caller_rules_over_it() -> None:
    note = f"---\nprofile: scalar\nloss: bce\nactivation: sigmoid\n---\n\n{NUMBERS}\n"

    claim = check(note)[-1]

    assert claim.verdict == "proved"
    assert {"profile scalar (asked for)", "the loss is the binary cross-entropy (asked for)"} <= set(
        claim.context
    )
    assert verdicts(note, activation="tanh") == ["refuted"]


def test_a_word_of_the_front_matter_that_means_something_else_is_left_to_its_theme() -> None:
    note = f"---\nprofile: true\nloss: hinge\n---\n\n{NUMBERS}\n"

    claim = check(note)[-1]

    assert claim.verdict == "unknown"
    assert "profile: true of the front matter is not used" in claim.context


def test_what_is_asked_for_holds_in_every_section() -> None:
    note = f"# One\n\n$x$ is a column.\n\n{NUMBERS}\n\n# Two\n\n$x$ is a number.\n\n$$\\frac{{dL}}{{dz}} = a - y$$\n"

    last = check(note, loss="bce", activation="sigmoid", timeout=10.0)[-1]

    assert last.verdict == "proved"
    assert "the activation is sigmoid (asked for)" in last.context


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"profile": "rows"}, "the profile 'rows' is unknown; expected one of deeplearning.ai"),
        ({"loss": "hinge"}, "the loss 'hinge' is unknown; expected one of bce"),
        ({"loss": "= 3"}, "expected one equation"),
        ({"loss": "a + b = 3"}, "defines nothing"),
        ({"activation": "gelu"}, "the activation 'gelu' is unknown; expected one of sigmoid"),
        ({"activation": "g = 3"}, "no function of one argument"),
    ],
)
def test_what_cannot_be_asked_for_is_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(NotesError, match=message):
        check(NUMBERS, **options)  # type: ignore[arg-type]


def test_the_command_takes_the_loss_and_the_activation(tmp_path: Path) -> None:
    note, out = tmp_path / "net.md", tmp_path / "out.json"
    note.write_text(NUMBERS)

    run = CliRunner().invoke(
        command, [str(note), "--loss", "bce", "--activation", "sigmoid", "--json", str(out)]
    )
    wrong = CliRunner().invoke(command, [str(note), "--loss", "hinge"])

    assert (run.exit_code, wrong.exit_code) == (0, 2), (run.output, wrong.output)
    assert json.loads(out.read_text())["findings"][-1]["verdict"] == "proved"
    assert "the loss 'hinge' is unknown" in " ".join(wrong.output.split())
