"""The benchmark of wrong gradients in small: every one killed and most named, and no false alarm on right ones.

The cases are chosen by a hash of their names, evenly over both halves of `benchmarks/mutants`, so that nobody picks them.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "mutants"
MUTANTS, CORRECT = 26, 40


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    """Import the folder's program, whose modules import each other by their bare names; leave no trace of them."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("mutants_benchmark", FOLDER / "__main__.py")
        assert spec is not None
        assert spec.loader is not None
        program = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(program)
        yield program
    finally:
        while str(FOLDER) in sys.path:
            sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - before:
            if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Saturated cases overflow on purpose."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def chosen(names: list[str], count: int, half_of: Any) -> list[int]:
    """Indices of the names with the smallest hashes, as many from each half."""
    order = sorted(range(len(names)), key=lambda k: zlib.crc32(names[k].encode() + b"!"))
    return [
        k
        for half in ("tune", "report")
        for k in [i for i in order if half_of(names[i]) == half][: count // 2]
    ]


def test_every_wrong_gradient_is_killed_and_nine_in_ten_are_named(benchmark: ModuleType) -> None:
    table = [*benchmark._dense_mutants.mutants(), *benchmark._blocks.mutants()]
    survivors, misnamed, live = [], [], 0
    for index in chosen([m.name for m in table], MUTANTS, benchmark.half_of):
        if not benchmark.build(index, 0)[1].is_live():
            continue
        mutant, case = benchmark.build(index, 0)
        verdict, cause, why = benchmark.ours(case, 0)
        live += 1
        if verdict != "fail":
            survivors.append(f"{mutant.name}: {verdict}: {why}")
        elif cause != mutant.cause and cause not in mutant.also:
            misnamed.append(f"{mutant.name}: {cause}, not {mutant.cause}")
    assert live >= 0.9 * MUTANTS
    assert survivors == []
    assert len(misnamed) <= 0.1 * live, misnamed


def test_no_right_gradient_raises_an_alarm(benchmark: ModuleType) -> None:
    cases = list(benchmark.correct())
    alarms = []
    for k in chosen(
        [f"{condition} {k}" for k, (condition, _) in enumerate(cases)], CORRECT, benchmark.half_of
    ):
        condition, case = cases[k]
        verdict, _, why = benchmark.ours(case, k)
        if verdict == "fail":
            alarms.append(f"{condition}: {case.name}: {why}")
    assert alarms == []


def test_the_benchmark_is_as_large_as_it_says(benchmark: ModuleType) -> None:
    table = [*benchmark._dense_mutants.mutants(), *benchmark._blocks.mutants()]
    assert len({m.name for m in table}) == len(table) >= 120
    assert sum(1 for _ in benchmark.correct()) >= 400
