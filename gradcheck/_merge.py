"""Several reports as one: a row for every row, the worst verdict of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck._report import Entry, Report

RANK = {"fail": 0, "inconclusive": 1, "pass": 2}


def merge(reports: Sequence[Report], labels: Sequence[str], notes: Sequence[str]) -> Report:
    """Join reports; `labels` hold a place `{}` for the name of each row."""
    worst_report, worst_label = min(zip(reports, labels, strict=True), key=lambda pair: RANK[pair[0].verdict])
    rows = []
    for report, label in zip(reports, labels, strict=True):
        for row in report.parameters:
            rows.append(replace(row, name=label.format(row.name), worst=renamed(row.worst, label)))
    return replace(
        worst_report,
        reason=worst_report.reason if worst_report.verdict != "pass" else
        f"{sum(row.n_checked for row in rows)} slopes agree within their bounds",
        parameters=tuple(rows),
        worst=renamed(worst_report.worst, worst_label),
        notes=tuple(dict.fromkeys([*notes, *(note for report in reports for note in report.notes)])),
        n_evaluations=sum(report.n_evaluations for report in reports),
        n_gradients=sum(report.n_gradients for report in reports),
        elapsed=sum(report.elapsed for report in reports),
    )  # fmt: skip


def renamed(entry: Entry | None, label: str) -> Entry | None:
    """Put an entry under its row's new name."""
    return None if entry is None else replace(entry, parameter=label.format(entry.parameter))
