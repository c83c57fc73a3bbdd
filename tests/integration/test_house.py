"""The house itself: what a wheel holds, what an import costs and drags in, and who may import whom."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("backproof", "gradcheck", "numeric", "symbolic")


def python(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter, so that what this test run has imported cannot hide anything."""
    return subprocess.run(
        [sys.executable, *args],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    built = python("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("backproof-*.whl")
    return zipfile.ZipFile(path).namelist()


def test_a_wheel_holds_exactly_the_four_packages(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}

    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_every_file_of_a_package_that_git_tracks(wheel: list[str], package: str) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", package], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.splitlines()

    assert f"{package}/py.typed" in wheel
    assert tracked
    assert set(tracked) <= set(wheel)


def test_the_version_comes_from_one_place(wheel: list[str]) -> None:
    from importlib.metadata import version

    import backproof

    assert f"backproof-{backproof.__version__}.dist-info/METADATA" in wheel
    assert version("backproof") == backproof.__version__


def test_the_import_contract_is_kept() -> None:
    answer = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-logo"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )

    assert answer.returncode == 0, answer.stdout
    assert " 0 broken" in answer.stdout


def test_the_import_contract_breaks_when_a_witness_imports_another(tmp_path: Path) -> None:
    # A contract that cannot fail proves nothing: the same contracts over a house with one bad import.
    import shutil

    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "numeric" / "_bad.py").write_text("import symbolic\n")
    settings = (ROOT / "pyproject.toml").read_text().split("[[tool.importlinter.contracts]]")
    first = (
        settings[0][settings[0].index("[tool.importlinter]") :]
        + "[[tool.importlinter.contracts]]"
        + settings[1]
    )
    (tmp_path / "pyproject.toml").write_text(first)

    answer = subprocess.run(
        [
            shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or "lint-imports",
            "--no-logo",
            "--no-cache",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "numeric._bad -> symbolic" in answer.stdout


@pytest.mark.parametrize("package", ["symbolic", "numeric", "gradcheck"])
def test_the_import_name_is_ours(package: str) -> None:
    answer = python("-c", f"import {package}; print({package}.__file__)")

    assert Path(answer.stdout.strip()).parent == ROOT / package


@pytest.mark.parametrize(
    ("statement", "strangers"),
    [
        (
            "import numeric",
            {"sympy", "flint", "scipy", "sklearn", "matplotlib", "click", "rich", "symbolic", "gradcheck"},
        ),
        (
            "import gradcheck",
            {"sympy", "flint", "scipy", "sklearn", "joblib", "torch", "click", "symbolic", "numeric"},
        ),
        (
            "import symbolic; symbolic.prove",
            {"numpy", "scipy", "matplotlib", "click", "rich", "numeric", "gradcheck"},
        ),
        ("import backproof.notes", {"numpy", "scipy", "matplotlib"}),
    ],
)
def test_an_import_drags_in_nothing_it_does_not_need(statement: str, strangers: set[str]) -> None:
    answer = python("-c", f"{statement}\nimport sys\nprint(*sys.modules)")

    assert answer.returncode == 0, answer.stderr
    assert not strangers & set(answer.stdout.split())


@pytest.mark.serial
@pytest.mark.parametrize("package", ["numeric", "gradcheck"])
def test_an_import_costs_at_most_thirteen_tenths_of_numpy(
    package: str, fastest: Callable[..., tuple[float, ...]]
) -> None:
    def light(nothing: float, numpy: float, mine: float) -> bool:
        return mine - nothing <= 1.3 * (numpy - nothing)

    codes = ("pass", "import numpy", f"import {package}")
    times = fastest(*(partial(python, "-c", code) for code in codes), enough=light)

    assert light(*times), times


# --- make on a machine that lacks something


def _a_python(folder: Path, *lines: str) -> str:
    fake = folder / "fakepython"
    fake.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    fake.chmod(0o755)
    return str(fake)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            ['case "$*" in --version) echo "Python 2.7.18" >&2;; *) exit 1;; esac'],
            "backproof needs Python 3.11 or newer and found Python 2.7.18: install python3.11",
        ),
        (
            ['case "$*" in *ensurepip*) echo "No module named ensurepip" >&2; exit 1;; esac'],
            "This Python has no ensurepip, so it cannot make a virtual environment: install it",
        ),
        (None, "There is no Python called /nowhere/python: install python3.11 or newer"),
    ],
    ids=["an old Python", "no ensurepip", "no Python"],
)
def test_make_says_in_one_line_what_to_install(lines: list[str] | None, says: str, tmp_path: Path) -> None:
    interpreter = "/nowhere/python" if lines is None else _a_python(tmp_path, *lines)
    (tmp_path / "requirements").mkdir()
    for needed in ("Makefile", "requirements/dev.txt", "pyproject.toml", "backproof/_version.py"):
        (tmp_path / needed).parent.mkdir(exist_ok=True)
        (tmp_path / needed).write_bytes((ROOT / needed).read_bytes())

    # As a person calls it: under `make test` the flags of that make would be heard, and its level told.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    answer = subprocess.run(
        ["make", "demo", f"PYTHON={interpreter}"],
        capture_output=True, text=True, cwd=tmp_path, timeout=60, env=environment,
    )  # fmt: skip

    assert answer.returncode == 2
    (line,) = answer.stdout.splitlines()
    assert line.startswith(says)
    assert not (tmp_path / ".venv").exists()
