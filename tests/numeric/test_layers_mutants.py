"""Wrong backward passes of the layers, as people write them: each is caught, and the right one is not.

The table is in `benchmarks/_layer_mutants.py`; `python benchmarks/layer_mutants.py` prints what is said of each.
"""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks._layer_mutants import MUTANTS, gradient_check


@cache
def first_cause(name: str) -> tuple[str, str]:
    report = gradient_check(MUTANTS[name])
    return str(report.verdict), report.diagnosis[0].cause if report.diagnosis else "none"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_backward_pass_is_caught(name: str) -> None:
    assert first_cause(name)[0] == "fail"


def test_the_same_layers_without_their_mistake_are_cleared() -> None:
    different = {(repr(m.build()), m.shape, m.training): m for m in MUTANTS.values()}

    for key, mutant in different.items():
        report = gradient_check(mutant, right=True)
        assert report.verdict == "pass", f"{key}\n{report}"


def test_there_are_at_least_sixty_mutants_of_all_kinds_and_most_are_named_rightly() -> None:
    named = [name for name, mutant in MUTANTS.items() if first_cause(name)[1] in mutant.causes]
    kinds = {type(mutant.build()).__name__ for mutant in MUTANTS.values()}

    assert len(MUTANTS) >= 60
    assert len(kinds) == 12
    assert len(named) >= 0.85 * len(MUTANTS)
