"""The checker as a whole: documents with planted mistakes, contexts that are printed, strangers' files."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproof.notes import Finding, NotesError, _check, check
from backproof.notes.decide._habits import Reading, Usage
from backproof.notes.decide._world import World
from backproof.notes.find import _latex, _prepare
from backproof.notes.resolve import Add, Big, Context, Mul, Number, Pow, Ref, Transpose, rebuilt, refs
from backproof.notes.resolve._lexicon import Lexicon

HERE = Path(__file__).parent / "notes_engine"


def claims(name: str) -> Iterator[tuple[int, str]]:
    """Line and verdict of what the note claims."""
    for finding in check((HERE / name).read_text(encoding="utf-8"), name=name, timeout=20.0):
        if finding.kind not in ("definition", "prose", "image"):
            yield finding.line, finding.verdict


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deeplearning.md", {16: "proved", 18: "refuted", 20: "proved", 22: "proved", 24: "proved"}),
        ("korean.md", {8: "proved", 10: "refuted", 12: "proved"}),
        ("rows.md", {6: "proved", 8: "proved", 10: "refuted"}),
        ("nielsen.tex", {11: "refuted", 17: "proved"}),
        ("scalar.md", {5: "proved", 7: "proved", 9: "refuted", 13: "proved", 15: "refuted"}),
        ("softmax.ipynb", {19: "proved", 21: "refuted"}),
    ],
)
def test_the_planted_mistakes_of_a_document_are_found_and_nothing_else(
    name: str, expected: dict[int, str]
) -> None:
    assert dict(claims(name)) == expected


def test_a_mistake_by_a_factor_comes_with_its_correction() -> None:
    found = {f.line: f for f in check((HERE / "deeplearning.md").read_text(encoding="utf-8"), timeout=20.0)}

    assert found[18].correction == r"\frac{1}{m} dZ^{[2]}A^{[1]T}"


def test_each_equality_of_a_chain_has_its_own_verdict_and_sides() -> None:
    note = "Let $y=x^2$.\n\n$$\\frac{dy}{dx} = 2x = 3x$$\n"

    *_, found = check(note)

    assert [(k.lhs, k.rhs, k.verdict) for k in found.links] == [
        (r"\frac{dy}{dx}", "2x", "proved"),
        ("2x", "3x", "refuted"),
    ]
    assert found.links[1].counterexample is not None


def test_what_was_taken_from_prose_is_printed() -> None:
    found = check("$X$ has one example per column and $Y=WX$.\n\n$$W X = Y$$\n")[-1]

    assert any("columns are examples" in c for c in found.context)


def test_a_quantity_that_the_document_does_not_explain_refutes_nothing() -> None:
    found = check("Let $L=\\frac{1}{2}(a-y)^2$.\n\n$$\\frac{dL}{da} = \\epsilon$$\n")[-1]

    assert found.verdict == "unknown"
    assert "epsilon" in found.reason


def test_a_line_that_is_not_understood_blocks_the_refutation_it_may_matter_to() -> None:
    found = check("Let $L=a^2$ where $a = \\unknowncommand{3}$.\n\n$$\\frac{dL}{da} = 2$$\n")[-1]

    assert found.verdict == "unknown"


def test_a_definition_claims_nothing() -> None:
    assert [f.verdict for f in check("Let $a = b + c$.")] == ["none"]


def test_a_cue_makes_a_second_definition_in_a_new_section() -> None:
    note = "# Sigmoid\n\nLet $g(z)=z$.\n\n# Tanh\n\nNow let $g(z)=\\tanh(z)$.\n\n$$g'(z)=1-g(z)^2$$\n"

    assert check(note)[-1].verdict == "proved"


def test_an_image_is_listed_as_unchecked() -> None:
    (found,) = check("![formula](formula.png)")

    assert (found.kind, found.verdict) == ("image", "none")


@pytest.mark.parametrize(("claim", "verdict"), [
    ("w := w - \\alpha \\frac{\\partial L}{\\partial w}", "proved"),
    ("w := w + \\alpha \\frac{\\partial L}{\\partial w}", "refuted"),
    ("w := w - \\alpha \\frac{\\partial L}{\\partial b}", "unknown"),
])  # fmt: skip
def test_updates_are_checked_for_their_sign_and_their_gradient(claim: str, verdict: str) -> None:
    note = f"Gradient descent on $L=\\frac{{1}}{{2}}(wx+b-y)^2$:\n\n$${claim}$$\n"

    assert check(note)[-1].verdict == verdict


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\frac{1}{3} = 0.33", "proved"),
    (r"\frac{1}{3} = 0.35", "refuted"),
    (r"2 \cdot 3 = 6", "proved"),
    (r"2 \cdot 3 = 5", "refuted"),
    (r"e^{1} \approx 2.72", "proved"),
    (r"1.2 \times 10^{-3} = 0.0012", "proved"),
])  # fmt: skip
def test_numbers_are_checked_to_the_digits_given(claim: str, verdict: str) -> None:
    assert check(f"$${claim}$$")[-1].verdict == verdict


def test_an_unknown_profile_is_an_error_that_names_the_choices() -> None:
    with pytest.raises(NotesError, match=r"deeplearning\.ai"):
        check("$a$", profile="deeplearning")


def test_findings_are_plain_data() -> None:
    (found,) = check("$$2=2$$")

    assert found.to_dict()["links"][0]["verdict"] == "proved"


def test_the_checker_works_without_numpy() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from backproof.notes import check\n"
        "print(check('Let $y=x^2$.\\n\\n$$\\\\frac{dy}{dx}=2x$$')[-1].verdict)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "proved"


WORDS = st.sampled_from([
    "Let ", "$a=b$", "$$", "$", "\n\n", "# T\n", "$\\frac{dL}{dz}=a-y$", "```math\n", "```", "\\(", "\\)", "W^{[l]T}",
    "one example per column ", "$X$ is $n\\times m$. ", "$$Z=WX+b$$", "\\begin{align}", "\\end{align}", "&=", "\\\\",
    "$\\sum_i x_i=1$", "<img src=x>", "| a | b |\n", "\0",
    "정의 ", "$w := w - \\alpha dw$", "![](", ")", "é", "\ud83d\ude00",
])  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=14).map("".join),
    st.sampled_from(["a.md", "a.tex", "a.html"]),
)
def test_no_document_makes_the_checker_raise(text: str, name: str) -> None:
    text = text.encode("utf-8", errors="replace").decode()

    found = check(text, name=name, timeout=1.0)

    assert all(isinstance(f, Finding) for f in found)
    assert not any("failed here" in f.reason for f in found)


@pytest.mark.parametrize(
    "claim",
    [
        "a" + "^{a" * 40 + "}" * 40 + " = 1",
        "+".join(f"x_{k}" for k in range(3000)) + "=0",
        r"\sum_{i=1}^{9999999} i = 3",
    ],
    ids=["tower", "terms", "sum"],
)
def test_heavy_formulas_end_within_their_limit_as_unknown(claim: str) -> None:
    found = check(f"$${claim}$$", timeout=1.0)[-1]

    assert found.verdict in ("unknown", "none")


def test_what_a_name_is_said_to_be_stands_between_it_and_the_next_name() -> None:
    note = (HERE.parent / "notes" / "korean_network.md").read_text(encoding="utf-8")

    found = {f.latex: f for f in check(note, timeout=20.0)}

    readings = found["dZ_2 = A_2 - Y"].context
    assert "dW is the gradient of J (prose)" in readings
    assert "dZ is the gradient of J (prose)" not in readings
    assert [k for k, f in found.items() if f.verdict == "refuted"] == ["dZ_1 = W_2^T dZ_2 * (1 - A_1)"]


@pytest.mark.parametrize("right", [r"2", r"5", r"3", r"\frac{1}{2}", r"\frac{1}{5}"])
def test_a_number_never_passes_for_the_number_of_examples(right: str) -> None:
    found = check(f"$s=\\sum_{{i=1}}^m 1$\n\n$$s = {right}$$\n")[-1]

    assert found.verdict != "proved"


def test_a_counterexample_is_short_and_its_numbers_are_simple() -> None:
    found = check((HERE.parent / "notes" / "korean_network.md").read_text(encoding="utf-8"), timeout=20.0)
    points = [k.counterexample for f in found for k in f.links if k.counterexample]

    assert points
    for point in points:
        entries = {k: v for k, v in point.items() if k not in ("left", "right", "...")}
        assert len(entries) <= 6
        assert all(len(v.partition("/")[2]) <= 2 for v in entries.values())


@pytest.mark.parametrize("big", [r"\sum", r"\prod"])
def test_a_sum_to_any_number_is_not_gone_through(big: str) -> None:
    tracemalloc.start()

    (finding,) = check(rf"$${big}_{{i=1}}^{{100000000000}} i = 5$$")

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert finding.verdict == "unknown"
    assert "100,000,000,000 terms" in finding.reason
    assert peak < 50_000_000  # the terms alone would take 800 GB


def test_a_sum_of_hundreds_of_terms_is_added_up() -> None:
    right, wrong = check(r"$$\sum_{i=1}^{1000} i = 500500$$ $$\sum_{i=1}^{1000} i = 500501$$")

    assert (right.verdict, wrong.verdict) == ("proved", "refuted")


@pytest.mark.parametrize(
    ("claim", "verdicts"),
    [
        (
            r"\frac{dy}{dx}=3x=5x+1=x-4",
            ["unknown", "unknown", "unknown"],
        ),  # nothing holds: rather misread than wrong
        (r"\frac{dy}{dx}=3x=2x", ["refuted", "refuted"]),  # one side is off
        (r"\frac{dy}{dx}=2x=3x", ["proved", "refuted"]),
        (
            r"\frac{dy}{dx}=2x=3x=x+x=5x",
            ["proved", "refuted", "refuted", "refuted"],
        ),  # what holds shows the reading
    ],
)
def test_a_chain_that_would_need_two_mistakes_and_where_nothing_holds_refutes_nothing(
    claim: str, verdicts: list[str]
) -> None:
    finding = check(f"$y=x^2$ for every number $x$.\n\n$${claim}$$\n", timeout=20.0)[-1]

    assert [link.verdict for link in finding.links] == verdicts


@pytest.mark.parametrize(
    ("name", "start", "formula", "end"),
    [
        ("note.md", "", "$\\frac{dy}{dx} = 3x$\n\n", ""),
        ("note.html", "<body>", "<p>\\(\\frac{dy}{dx} = 3x\\)</p>", "</body>"),
        ("note.tex", "\\begin{document}", "$\\frac{dy}{dx} = 3x$\n\n", "\\end{document}"),
    ],
)
def test_formulas_past_the_limits_are_told_to_be_unchecked(
    monkeypatch: pytest.MonkeyPatch, name: str, start: str, formula: str, end: str
) -> None:
    for module in (_prepare, _latex, _check):
        monkeypatch.setattr(module, "MOST_FOUND", 12)
    monkeypatch.setattr(_check, "MOST_FORMULAS", 5)
    first = formula.replace("\\frac{dy}{dx} = 3x", "y = x^2")

    few = _check.check(start + first + formula * 8 + end, name=name)
    many = _check.check(start + first + formula * 40 + end, name=name)

    assert [f.verdict for f in few] == ["none"] + ["refuted"] * 4 + ["unknown"] * 4
    assert few[-1].reason == "unknown (limit): the document has 9 formulas; at most 5 are checked"
    assert len(many) == 12
    assert [f.verdict for f in many[:6]] == ["none"] + ["refuted"] * 4 + ["unknown"]
    assert "has 12 formulas, and behind them it is not read; at most 5 are checked" in many[-1].reason


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"f(3, 4) = 3\sum_i u_i + 4 \sum_j v_j", "proved"),
        (r"f(3, 4) = 3\sum_i u_i + 3 \sum_j v_j", "refuted"),
        (r"f(3, 4) - f(1, 2) = 2\sum_i u_i + 2 \sum_j v_j", "proved"),
    ],
)
def test_the_sums_of_a_function_of_numbered_arguments_keep_their_axes_when_numbers_are_put_in(
    claim: str, verdict: str
) -> None:
    note = rf"Let $f(x_1, x_2) = x_1 \sum_i u_i + x_2 \sum_j v_j$. $${claim}$$"

    assert check(note)[-1].verdict == verdict


def test_no_two_objects_have_one_mark_however_short_they_live() -> None:
    world = World(Context(Lexicon()), Usage(), Reading())

    marks = [
        world.mark(Ref(f"x{k}")) for k in range(1000)
    ]  # without a mark each would lie where the last one lay

    assert len(set(marks)) == 1000


def test_what_a_change_leaves_alone_stays_the_same_object_and_all_else_is_changed() -> None:
    kept = Mul((("", Ref("a")), ("", Pow(Ref("b"), Number(Fraction(2))))))
    term = Add(((1, kept), (-1, Transpose(Ref("c"))), (1, Big("sum", "i", None, None, Ref("c")))))

    same = rebuilt(term, lambda t: t)
    other = rebuilt(term, lambda t: Ref("d") if t == Ref("c") else t)

    assert same is term
    assert other == Add(((1, kept), (-1, Transpose(Ref("d"))), (1, Big("sum", "i", None, None, Ref("d")))))
    assert isinstance(other, Add)
    assert other.terms[0][1] is kept
    assert refs(other) == (Ref("d"), Ref("d"), Ref("b"), Ref("a"))
    assert refs(term) == (Ref("c"), Ref("c"), Ref("b"), Ref("a"))


def test_prose_without_a_formula_is_not_read_for_what_it_says_and_a_wrong_profile_is_refused_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prose = "The loss is the cross-entropy, and columns are examples.\n\n"
    read: list[object] = []
    monkeypatch.setattr("backproof.notes.resolve._collect.read_prose", lambda *said, **_: read.append(said))

    assert check(prose) == []
    assert not read
    check(prose + "$a = b$")
    assert read
    with pytest.raises(NotesError, match="nonsense"):
        check(prose, profile="nonsense")
