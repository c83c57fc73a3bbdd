"""`backproof prove`, `gradcheck` and `plot`: what they say, and the exit code that goes with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backproof._cli import backproof


def run(*words: str) -> Result:
    return CliRunner().invoke(backproof, list(words))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("diff(sigmoid(z), z)", "sigmoid(z)*(1 - sigmoid(z))"), 0, "proved"),
        (("diff(log(1 + exp(z)), z) = sigmoid(z)",), 0, "proved"),
        (("sqrt(z^2)", "z", "--assume", "z > 0"), 0, "proved"),
        (("sqrt(z^2)", "z"), 1, "refuted"),
        (("diff(sigmoid(z), z)", "sigmoid(z)*(sigmoid(z) - 1)"), 1, "off by a factor -1"),
        (("gamma(x + 1)", "x*gamma(x)"), 3, "unknown"),
        (("log(-1 - z^2)", "log(1 + z^2)"), 3, "unknown"),
        (("9**9**9**9", "1"), 3, "unknown (limit)"),
        (("(" * 400 + "x" + ")" * 400, "x"), 3, "unknown (limit)"),
    ],
)
def test_a_claim_gets_its_verdict_and_exit_code(words: tuple[str, ...], code: int, says: str) -> None:
    answer = run("prove", *words)

    assert answer.exit_code == code, answer.output
    assert says in answer.output.replace("−", "-")


@pytest.mark.parametrize(
    "words",
    [
        ("sin(x", "1"),
        ("__import__('os')", "1"),
        ("a = b = c",),
        ("a",),
        ("x", "x", "--assume", "x is nice"),
    ],
)
def test_what_cannot_be_read_is_exit_code_2(words: tuple[str, ...]) -> None:
    answer = run("prove", *words)

    assert answer.exit_code == 2
    assert "stumbled" not in answer.output


def test_a_verdict_as_json_carries_its_certificate() -> None:
    verdict = json.loads(run("prove", "exp(x)*exp(y)", "exp(x + y)", "--json").output)

    assert verdict["status"] == "proved"
    assert verdict["certificate"]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "my_layers.py"
    path.write_text(
        "import numpy as np\n"
        "def loss(x): return float(np.sum(np.tanh(x)))\n"
        "at = np.linspace(-1, 1, 5)\n"
        "good = (loss, lambda x: 1 - np.tanh(x)**2, at)\n"
        "bad = {'loss': loss, 'gradient': lambda x: np.tanh(x)**2 - 1, 'at': at}\n"
        "def made(): return good\n"
        "nothing = 3\n"
    )
    return path


@pytest.mark.parametrize(
    ("name", "code", "says"), [("good", 0, "PASS"), ("made", 0, "PASS"), ("bad", 1, "FAIL")]
)
def test_a_gradient_of_the_users_own_is_checked(module: Path, name: str, code: int, says: str) -> None:
    answer = run("gradcheck", f"{module}:{name}")

    assert answer.exit_code == code, answer.output
    assert says in answer.output


def test_reports_of_a_gradient_check_are_files_that_open_without_network(
    module: Path, tmp_path: Path
) -> None:
    html, data = tmp_path / "r.html", tmp_path / "r.json"

    answer = run("gradcheck", f"{module}:bad", "--html", str(html), "--json", str(data))

    assert answer.exit_code == 1
    assert json.loads(data.read_text())["verdict"] == "fail"
    page = html.read_text()
    assert "src=" not in page
    assert "href=" not in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("{}:goood", "did you mean good"),
        ("{}:nothing", "is of type int"),
        ("{}", "no MODULE:OBJECT"),
        ("missing.py:case", "is no file"),
        ("no_such_module_anywhere:case", "ModuleNotFoundError"),
    ],
)
def test_a_target_that_is_none_is_named(module: Path, target: str, says: str) -> None:
    answer = run("gradcheck", target.format(module))

    assert answer.exit_code == 2
    assert says in answer.output


def test_several_targets_are_swept_and_a_second_call_goes_on_from_the_journal(
    module: Path, tmp_path: Path
) -> None:
    words = [
        f"{module}:good",
        f"{module}:bad",
        "--journal",
        str(tmp_path / "j.jsonl"),
        "--json",
        str(tmp_path / "r.json"),
    ]

    first, second = run("gradcheck", *words), run("gradcheck", *words)

    assert first.exit_code == second.exit_code == 1
    assert first.output == second.output
    assert ":good  pass" in first.output
    assert ":bad   fail" in first.output
    assert len((tmp_path / "j.jsonl").read_text().splitlines()) == 2
    assert [r["verdict"] for r in json.loads((tmp_path / "r.json").read_text())] == ["pass", "fail"]


@pytest.mark.parametrize(
    "source",
    [
        "import sys; sys.exit(0)",
        "import sys, numpy as np\ncase = (lambda x: sys.exit(0), lambda x: x, np.ones(2))",
        "def case(): raise SystemExit",
    ],
    ids=["while it is imported", "in the loss", "in the function that makes the case"],
)
@pytest.mark.parametrize("many", [False, True])
def test_a_module_that_leaves_does_not_pass(source: str, many: bool, module: Path, tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text(source)

    answer = run("gradcheck", f"{tmp_path / 'leaves.py'}:case", *([f"{module}:good"] if many else []))

    assert answer.exit_code == 2
    assert "called sys.exit(" in answer.output
    assert "nothing was checked" in answer.output


def test_a_function_that_makes_no_case_is_told_as_the_users(tmp_path: Path) -> None:
    (tmp_path / "raises.py").write_text("def case(): return {}['W']\n")

    answer = run("gradcheck", f"{tmp_path / 'raises.py'}:case")

    assert answer.exit_code == 2
    assert "called without arguments and raised KeyError: 'W'" in answer.output


def test_a_module_that_raises_is_told_as_the_users(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1/0\n")

    answer = run("gradcheck", f"{tmp_path / 'broken.py'}:case")

    assert answer.exit_code == 2
    assert "raised ZeroDivisionError while it was imported" in answer.output


@pytest.mark.parametrize(
    ("words", "suffix"),
    [
        (("gelu",), ".png"),
        (("relu",), ".svg"),
        (("sigmoid", "--kind", "error"), ".png"),
        (("--kind", "bowl"), ".pdf"),
        (("linear_regression",), ".svg"),
    ],
)
def test_a_plot_is_a_file_of_the_kind_asked_for(words: tuple[str, ...], suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need the [plot] extra")
    path = tmp_path / f"picture{suffix}"

    answer = run("plot", *words, "-o", str(path))

    assert answer.exit_code == 0, answer.output
    magic = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(magic)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("softmax",), "no function of one number"),
        (("gelo",), "gelu"),
        (("relu", "-o", "x.gif"), "expected one of .png"),
    ],
)
def test_what_cannot_be_drawn_is_named_and_leaves_no_file(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib", reason="plots need the [plot] extra")
    monkeypatch.chdir(tmp_path)

    answer = run("plot", *words)

    assert answer.exit_code == 2
    assert says in answer.output
    assert list(tmp_path.iterdir()) == []
