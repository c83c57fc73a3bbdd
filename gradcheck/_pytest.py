"""The pytest plugin: a `gradcheck` fixture whose failures show the table and the diagnosis, not a traceback.

pytest finds it by its entry point; pytest enters gradcheck in this file only.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest

__all__: list[str] = []

_REPORTS: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--gradcheck-seed``."""
    parser.getgroup("gradcheck").addoption(
        "--gradcheck-seed",
        type=int,
        default=0,
        metavar="N",
        help="seed of gradcheck's probe points (default 0)",
    )


@pytest.fixture(name="gradcheck")
def _gradcheck(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Check a gradient: ``gradcheck(loss, gradient, at)`` returns the report, and fails the test unless it passes."""
    from gradcheck import assert_gradient, check

    seed = request.config.getoption("--gradcheck-seed")
    shown = request.node.stash.setdefault(_REPORTS, [])

    def run(loss: Callable[..., Any], gradient: Any, at: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        options.setdefault("rng", seed)
        report = check(loss, gradient, at, **options)
        if report.verdict != "pass":
            shown.append(str(report))
            pytest.fail(_headline(report), pytrace=False)
        return report

    run.assert_gradient = assert_gradient  # type: ignore[attr-defined]
    return run


def _headline(report: Any) -> str:
    """One line for the summary: the verdict, where, and the likeliest cause."""
    worst = report.worst
    line = f"gradient check: {report.verdict}"
    if worst is not None:
        line += (
            f"; worst entry {worst.parameter}{list(worst.index)}: "
            f"analytic {worst.analytic:.6g}, numeric {worst.numeric:.6g}, relative error {worst.rel_error:.2g}"
        )
    if report.diagnosis:
        line += f"\nlikely: {report.diagnosis[0].message}"
    elif report.reason:
        line += f"\nreason: {report.reason}"
    return line


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Put the whole table under a heading of its own, below the failure."""
    outcome = yield
    answer = outcome.get_result()
    if call.when == "call" and answer.failed:
        for text in item.stash.get(_REPORTS, []):
            answer.sections.append(("gradcheck", text))
