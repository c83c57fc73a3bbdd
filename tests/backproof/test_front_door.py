"""The front door: what the help costs, how errors are told, and whose packages are heard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from backproof import BackproofError
from backproof._boundary import tell
from backproof._cli import COMMANDS, HOME, backproof

ROOT = Path(__file__).parents[2]
HELPED = """
import sys
sys.argv = ["backproof", *{words}]
from backproof.__main__ import main
try:
    main()
finally:
    print(*sys.modules)
"""
HEAVY = ("numpy", "sympy", "rich", "flint", "scipy", "matplotlib", "symbolic", "numeric", "gradcheck")


def run(*words: str, **options: object) -> Result:
    return CliRunner().invoke(backproof, list(words), **options)  # type: ignore[arg-type]


def python(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env={**os.environ, **environment},
    )


# --- help


def test_the_help_imports_no_witness_and_nothing_heavy() -> None:
    answer = python("-c", HELPED.format(words=["--help"]))

    assert answer.returncode == 0, answer.stderr
    assert "verify" in answer.stdout
    assert not set(HEAVY) & set(answer.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("name", HOME)
def test_the_help_of_a_command_imports_nothing_heavy_and_shows_an_example(name: str) -> None:
    answer = python("-c", HELPED.format(words=[name, "--help"]))

    assert answer.returncode == 0, answer.stderr
    assert f"backproof {name}" in answer.stdout.split("Options:")[0].split("\n", 1)[1]
    assert not set(HEAVY) & set(answer.stdout.splitlines()[-1].split())


@pytest.mark.serial
def test_the_help_answers_within_150_milliseconds_or_a_few_empty_interpreters(
    fastest: Callable[..., tuple[float, ...]],
) -> None:
    def soon(empty: float, helped: float) -> bool:
        return helped <= max(
            0.15, 8 * empty
        )  # an empty interpreter took 18 ms on the machine it was built on

    times = fastest(lambda: python("-c", "pass"), lambda: python("-m", "backproof", "--help"), enough=soon)

    assert soon(*times), times


def test_every_command_has_a_module_and_the_short_help_that_the_table_shows() -> None:
    for section in COMMANDS.values():
        for name in section:
            command = backproof.get_command(click.Context(backproof), name)
            assert command is not None
            assert command.name == name


# --- Ctrl-C before there is a command, and after


def test_ctrl_c_while_the_command_line_is_imported_is_told_in_one_word() -> None:
    code = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'backproof._cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from backproof.__main__ import main\n"
        "main()"
    )

    answer = python("-c", code)

    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "", "Interrupted.\n")


@pytest.mark.skipif(os.name != "posix", reason="a process sends itself the Ctrl-C of this test")
def test_ctrl_c_after_the_answer_changes_nothing() -> None:
    code = (
        "import atexit, os, signal, sys\n"
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "sys.argv = ['backproof', 'verfy']\n"
        "from backproof.__main__ import main\n"
        "main()"
    )

    answer = python("-c", code)

    assert answer.returncode == 2
    assert answer.stderr.splitlines()[-1].startswith("Error: There is no command 'verfy'")


# --- wrong calls


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("verfy",), "did you mean verify?"),
        (("zzz",), "the commands are verify"),
        (("derive", "sigmiod"), "did you mean 'sigmoid'"),
        (("derive", "backprop_layr"), "backprop_layer"),
        (("verify", "--only", "sofmax"), "did you mean softmax"),
        (("verify", "--only", "zzzzzz"), "the names are identity"),
        (("verify", "--seed", "-1"), "-1"),
        (("graph", "a+"), "ends too early"),
        (("graph", "__import__('os')"), "not with an underscore"),
        (("graph", "9**9**9**9"), "larger than 1000"),
        (("graph", "a+b", "a=1"), "missing: b"),
        (("graph", "a+b", "a=1", "b=x"), "b is 'x'"),
        (("graph", "a", "a=1e999"), "finite"),
        (("graph", "a", "a=1", "a=2"), "given twice"),
        (("graph", "a", "a=1e-999999999"), "smaller than any float"),
        (("graph", "a", "a=-2.5e-400"), "smaller than any float"),
        (("graph", "a*b", "--output-name", "a"), "Try --output-name J"),
        (("graph", "a*b", "--output-name", "<b>"), "name is '<b>'; expected a letter"),
        (("graph", "gamma(a)"), "out of reach of the prover"),
        (("plot", "sigmoid", "--kind", "error", "--at", "nan"), "--at is nan"),
        (("plot", "sigmoid", "--kind", "error", "--at", "inf"), "--at is inf"),
        (("plot", "bce", "--kind", "error", "--at", "2"), "--at is 2.0; expected a probability"),
        (("train", "--data", "iris", "--seed", "-1"), "-1"),
        (("train", "--data", "iris", "--hidden", "10000000,10000000"), "this machine has"),
        (("graph", "a", "a=1/0"), "a is '1/0'"),
        (("graph", "a", "--nonsense"), "is no NAME=VALUE"),
        (("prove", "a = b = c"), "2 equality signs"),
    ],
)
def test_a_wrong_call_is_told_in_one_paragraph_with_exit_code_2(words: tuple[str, ...], says: str) -> None:
    answer = run(*words)

    assert answer.exit_code == 2
    assert says in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


def test_debug_shows_the_traceback_and_so_does_the_environment() -> None:
    asked = run("--debug", "derive", "sigmiod")
    set_ = run("derive", "sigmiod", env={"BACKPROOF_DEBUG": "1"})

    for answer in (asked, set_):
        assert answer.exit_code == 2
        assert "Traceback" in answer.stderr


def test_errors_of_every_witness_are_told_and_a_defect_of_ours_is_called_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import gradcheck
    import numeric
    import symbolic

    for kind in (symbolic.SymbolicError, numeric.NumericError, gradcheck.GradcheckError, BackproofError):
        assert tell(kind("what it says")) == 2
        assert capsys.readouterr().err == "Error: what it says\n"

    assert tell(ZeroDivisionError("division by zero")) == 2
    assert "defect of backproof" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        Path("/no/such/file").read_text()

    assert tell(caught.value) == 2
    assert capsys.readouterr().err == "Error: /no/such/file: no such file or directory.\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    answer = subprocess.run(
        f"{sys.executable} -m backproof list --names | head -1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert answer.stdout == "identity\n"
    assert answer.stderr == ""


@pytest.mark.parametrize("words", [("list", "--names"), ("derive", "tanh"), ("--help",)], ids=" ".join)
def test_a_pipe_whose_reader_went_away_is_no_failed_check(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    answer = subprocess.run(
        [sys.executable, "-m", "backproof", *words],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )

    os.close(writer)
    assert answer.returncode == 141  # as a shell says of a process that SIGPIPE ended
    assert answer.stderr == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_was_closed_is_no_defect_and_no_file_is_written_over(
    closed: str, tmp_path: Path
) -> None:
    drawing = tmp_path / "graph.svg"

    answer = subprocess.run(
        ["sh", "-c", f'"$0" -m backproof graph "a*b" a=1 b=2 --svg "$1" {closed}', sys.executable, str(drawing)],
        capture_output=True, text=True, cwd=ROOT, timeout=60,
    )  # fmt: skip

    assert answer.returncode == 0, answer.stderr
    assert "stumbled" not in answer.stderr
    assert drawing.read_text().endswith("</svg>")
    assert ("forward" in answer.stdout) == (">&-" not in closed.split())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [("list", "--names"), ("derive", "tanh")], ids=" ".join)
def test_a_full_disk_behind_stdout_is_no_defect_of_ours(words: tuple[str, ...], unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [sys.executable, "-m", "backproof", *words],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip

    assert answer.returncode == 2
    assert answer.stderr == "Error: stdout: no space left on device.\n"


def test_an_extra_that_is_missing_is_named_with_the_command_that_installs_it() -> None:
    code = (
        "import sys; sys.modules['joblib'] = None\n"
        "sys.argv = ['backproof', 'gradcheck', 'docs/my_layer.py:case', '--jobs', '2']\n"
        "from backproof.__main__ import main; main()"
    )

    answer = python("-c", code)

    assert answer.returncode == 2
    assert "joblib" in answer.stderr
    assert 'pip install "backproof[parallel]"' in answer.stderr


@pytest.mark.parametrize(
    ("module", "package", "words"),
    [
        ("lark", "lark", ("prove", "x", "x")),
        ("flint", "python-flint", ("prove", "x*(x + 1)", "x^2 + x")),
        ("sympy", "sympy", ("derive", "tanh")),
        ("rich", "rich", ("derive", "tanh")),
        ("numpy", "numpy", ("verify", "--only", "tanh")),
        ("click", "click", ("list",)),
    ],
)
def test_a_package_of_ours_that_is_missing_is_named_with_the_command_that_installs_it(
    module: str, package: str, words: tuple[str, ...]
) -> None:
    code = (
        f"import sys; sys.modules[{module!r}] = None; sys.argv = ['backproof', *{list(words)}]\n"
        "from backproof.__main__ import main; main()"
    )

    answer = python("-c", code)

    assert answer.returncode == 2
    assert (
        answer.stderr
        == f"Error: The package {package}, which backproof needs, is not installed: pip install backproof\n"
    )


@pytest.mark.parametrize(
    "words", [("derive", "sigmoid"), ("verify", "--only", "identity"), ("derive", "sigmiod")]
)
def test_no_color_wins_over_force_color_without_a_single_escape_code(words: tuple[str, ...]) -> None:
    answer = python("-m", "backproof", *words, NO_COLOR="1", FORCE_COLOR="1")

    assert "\x1b" not in answer.stdout + answer.stderr


def test_only_one_form_of_a_derivation_is_printed() -> None:
    answer = run("derive", "sigmoid", "--latex", "--markdown")

    assert answer.exit_code == 2
    assert "--latex and --markdown exclude each other" in answer.stderr


@pytest.mark.parametrize("form", [(), ("--steps",)])
@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("name", ["bce_logit", "softmax", "backprop_layer", "backprop_induction"])
def test_a_derivation_fits_a_narrow_terminal_and_loses_nothing(
    name: str, width: int, form: tuple[str, ...]
) -> None:
    import symbolic

    answer = run("derive", name, *form, env={"COLUMNS": str(width)})

    assert max(map(len, answer.stdout.splitlines())) <= width
    text = "".join(answer.stdout.split())
    for step in symbolic.derive(name).steps:
        equation, _, _ = str(step).rpartition("    (")
        right = equation.partition(" = ")[2]
        assert "".join(right.split()) in text
        assert "".join(step.rule.split()) in text


def test_a_derivation_in_a_wide_terminal_keeps_its_column_of_rules() -> None:
    import symbolic

    answer = run("derive", "bce_logit", env={"COLUMNS": "160"})

    title, _, *lines = str(symbolic.derive("bce_logit")).split("\n")
    assert answer.stdout.splitlines() == [title, *lines]


# --- the house


@pytest.mark.parametrize("name", ["symbolic", "numeric", "gradcheck"])
def test_a_stranger_under_one_of_our_import_names_is_reported(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise RuntimeError('a stranger was imported')\n")

    answer = python("-P", "-m", "backproof", "list", cwd=tmp_path, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")

    assert answer.returncode == 2
    assert f"import name '{name}' belongs to another distribution" in " ".join(answer.stderr.split())
    assert str(tmp_path / name) in answer.stderr
    assert "Traceback" not in answer.stderr


# --- list, derive, graph


def test_list_names_everything_that_derive_understands() -> None:
    import symbolic

    names = run("list", "--names").stdout.split()
    kinds = json.loads(run("list", "--json").stdout)
    table = run("list").stdout

    assert set(symbolic.names()) <= set(names)
    assert names == [name for group in kinds.values() for name in group]
    assert all(name in table for name in names)


@pytest.mark.parametrize("name", ["sigmoid", "mse", "shallow_network", "backprop_layer"])
@pytest.mark.parametrize("form", [None, "--steps", "--latex", "--markdown"])
def test_derive_shows_every_rule_in_every_form(name: str, form: str | None) -> None:
    import symbolic

    answer = run("derive", name, *([form] if form else []))

    assert answer.exit_code == 0
    text = answer.stdout.replace(r"\_", "_")
    for rule in symbolic.derive(name).rules:
        assert rule.split("[")[0] in text


def test_derive_prints_the_same_numbers_of_steps_as_there_are() -> None:
    assert "  6. substitute a = sigma(z)" in run("derive", "sigmoid", "--steps").stdout


def test_graph_shows_values_forward_and_derivatives_backward(tmp_path: Path) -> None:
    picture = tmp_path / "graph.svg"

    answer = run("graph", "3*(a+b*c)", "a=5", "b=3", "c=2", "--svg", str(picture))

    assert answer.exit_code == 0
    assert "J = 3·v      = 33" in answer.stdout
    assert "= 3 · 3 = 9" in answer.stdout  # dJ/dc = 3 b
    assert picture.read_text().startswith("<svg")


def test_a_formula_may_begin_with_a_minus() -> None:
    assert run("graph", "-log(a)", "a=1/2").exit_code == 0
    assert run("prove", "-(-x)", "x").exit_code == 0


def test_a_picture_that_cannot_be_written_is_an_error_and_the_old_one_stays(tmp_path: Path) -> None:
    old = tmp_path / "old.svg"
    old.write_text("old")

    lost = run("graph", "a", "a=1", "--svg", str(tmp_path / "nowhere" / "g.svg"))
    wrong = run("graph", "a+", "a=1", "--svg", str(old))

    assert lost.exit_code == wrong.exit_code == 2
    assert "cannot be written" in lost.stderr
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize("name", ["sigmoid", "relu", "bce", "bce_logit", "hinge", "huber", "squared_error"])
def test_the_error_of_the_difference_is_drawn_for_every_curve(name: str, tmp_path: Path) -> None:
    answer = run("plot", name, "--kind", "error", "-o", str(tmp_path / "v.svg"))

    assert answer.exit_code == 0, answer.stderr
    assert (tmp_path / "v.svg").read_text().count("<path") > 5
