"""The benchmark of wrong gradients in small: every one killed and most named, and no false alarm on right ones.

The questions are chosen by a hash of their names, evenly over the sets of `benchmarks/mutants`: nobody picks them.
"""

from __future__ import annotations

import importlib
import sys
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import gradcheck

FOLDER = Path(__file__).parents[2] / "benchmarks" / "mutants"
MUTANTS, RIGHT = 84, 102


@pytest.fixture(scope="module")
def questions() -> Iterator[ModuleType]:
    """Import the folder's list of questions, whose modules import each other by their bare names; leave no trace of them."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("_questions")
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - before:
            if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Saturated cases overflow on purpose."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def chosen(questions: list[Any], count: int) -> list[Any]:
    """Those with the smallest hashes, as many from each set."""
    order = sorted(questions, key=lambda q: zlib.crc32(f"{q.name}!{q.seed}".encode()))
    sets = ("tune", "report", "fresh", "modern", "applied", "daily")
    return [q for half in sets for q in [q for q in order if q.half == half][: count // len(sets)]]


def test_every_wrong_gradient_is_killed_and_nine_in_ten_are_named(questions: ModuleType) -> None:
    survivors, misnamed, live = [], [], 0
    for question in chosen(list(questions.wrong(5)), MUTANTS):
        if not question.make().is_live():
            continue
        case = question.make()
        report = gradcheck.check(case.loss, case.gradient, case.at, rng=question.seed)
        live += 1
        if report.verdict != "fail":
            survivors.append(f"{question.name}, seed {question.seed}: {report.verdict}: {report.reason}")
        elif report.diagnosis[0].cause not in question.causes:
            misnamed.append(f"{question.name}: {report.diagnosis[0].cause}, not {question.causes[0]}")
    assert live >= 0.9 * MUTANTS
    assert survivors == []
    assert len(misnamed) <= 0.1 * live, misnamed


def test_no_right_gradient_raises_an_alarm(questions: ModuleType) -> None:
    alarms = []
    for question in chosen(list(questions.right()), RIGHT):
        case = question.make()
        report = gradcheck.check(case.loss, case.gradient, case.at, rng=question.seed)
        if report.verdict == "fail":
            alarms.append(f"{question.name}: {report.reason}")
    assert alarms == []


def test_digits_that_cancel_far_out_raise_no_alarm(questions: ModuleType) -> None:
    """Cumulative probabilities near 1: at 7 times the parameters the loss moves in stairs."""
    for question in [q for q in questions.right() if q.name == "ordered, plain"]:
        case = question.make()
        assert gradcheck.check(case.loss, case.gradient, case.at, rng=question.seed).verdict == "pass"


def test_the_benchmark_is_as_large_as_it_says(questions: ModuleType) -> None:
    for half in ("tune", "report"):
        assert len({q.name for q in questions.wrong(1) if q.half == half}) >= 200
        assert sum(1 for q in questions.right() if q.half == half) >= 400


def test_every_slip_of_a_model_is_one_that_its_backward_pass_can_make(questions: ModuleType) -> None:
    for model in [m for models in questions.MODELS.values() for m in models]:
        slip = questions._slips.Slip(None)
        _, gradient, at = model.build(np.random.default_rng(0), slip)
        gradient(at)
        assert slip.offered == set(model.slips), model.name


def test_every_cause_of_the_benchmark_is_a_word_of_the_vocabulary(questions: ModuleType) -> None:
    from gradcheck._causes import CAUSES

    assert {cause for q in questions.wrong(1) for cause in q.causes} <= set(CAUSES)
