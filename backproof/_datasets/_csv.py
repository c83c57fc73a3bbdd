"""Tables of text, an example a line: which column is the label, and which is none of the data."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO, TypeAlias

from backproof._datasets._dataset import Dataset, is_no_label, labelled, number
from backproof._datasets._encoding import check_encoding, not_utf8
from backproof._errors import BackproofError

__all__ = ["SUFFIXES", "read_csv"]

SUFFIXES = (".csv", ".tsv", ".txt", ".data")
SEPARATORS = (",", ";", "\t")
LABELS = ("label", "target", "class")  # headings of a column that is the label wherever it stands
NUMBERINGS = ("", "id", "index", "unnamed: 0")  # headings of a column that may only count the lines
MISSING = ("", "?", "-", "na", "n/a", "null", "none")

Row: TypeAlias = tuple[int, list[str]]  # the line, and its cells


def read_csv(path: Path, label: str | None) -> Dataset:
    """Read a table with a heading or none, and the label in a column of that name or number."""
    import numpy as np

    rows = _rows(path)
    if not rows:
        raise BackproofError(f"{path} is empty; expected an example a row.")
    header = _header(rows)
    width = len(rows[0][1])
    at = _label_column(path, header, width, label)
    rows = rows[1:] if header else rows
    if not rows or width < 2:
        columns = "1 column" if width == 1 else f"{width} columns"
        raise BackproofError(
            f"{path} has {len(rows)} examples of {columns}; expected at least one, of two or more columns "
            "separated by commas, semicolons, tabs or spaces."
        )
    for line, row in rows:
        if len(row) != width:
            raise BackproofError(
                f"{path}, line {line}: {len(row)} columns; expected {width}, as in the first line."
            )
    features = [i for i in range(width) if i != at and not _only_counts(header, rows, i)]
    if not features:
        raise BackproofError(f"{path} has no column but the label and the numbers of the lines.")
    X = np.empty((len(features), len(rows)))
    for j, (line, row) in enumerate(rows):
        for k, i in enumerate(features):
            value = number(row[i])
            if value is None:
                raise BackproofError(f"{path}, line {line}, column {i + 1}: {_no_number(row[i])}.")
            X[k, j] = value
        if is_no_label(row[at]):
            raise BackproofError(
                f"{path}, line {line}: the label is {row[at]!r}; expected a class or a finite number."
            )
    data = labelled(path.name, X, [row[at].strip() for _, row in rows])
    return replace(data, label=repr(header[at]) if header and header[at] else f"column {at + 1}")


def _rows(path: Path) -> list[Row]:
    """Return the lines that are not empty."""
    check_encoding(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            separator = max(SEPARATORS, key=first.count)  # the comma, where none occurs
            if separator not in first and len(first.split()) > 1:
                return [(line, text.split()) for line, text in _lines(file) if text.strip()]
            reader = csv.reader(file, delimiter=separator, strict=True)
            return [(reader.line_num, row) for row in reader if row]
    except UnicodeDecodeError as error:
        raise not_utf8(path) from error
    except csv.Error as error:
        raise BackproofError(f"{path} is no CSV: {error}") from error


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    return enumerate(file, start=1)


def _header(rows: Sequence[Row]) -> list[str] | None:
    """Return the first line, where it says something else than a number above a column of numbers."""
    first = [cell.strip() for cell in rows[0][1]]
    words = [i for i, cell in enumerate(first) if number(cell) is None and cell.lower() not in MISSING]
    if len(rows) > 1:
        below = rows[1][1]
        is_header = len(words) == len(first) > 1 or any(
            i < len(below) and number(below[i]) is not None for i in words
        )
    else:
        is_header = any(i < len(first) - 1 for i in words)
    return first if is_header else None


def _label_column(path: Path, header: list[str] | None, width: int, label: str | None) -> int:
    """Return where the label stands: as asked for, else under a heading that says so, else last."""
    if label is None:
        named = [i for i, name in enumerate(header or ()) if name.lower() in LABELS]
        return named[0] if len(named) == 1 else width - 1
    if header and label in header:
        return header.index(label)
    if label.isascii() and label.isdecimal() and len(label) < 10 and 1 <= int(label) <= width:
        return int(label) - 1
    known = f"one of {', '.join(header)}," if header else "no name, as the file has no header line, but"
    raise BackproofError(f"{path} has no column {label!r}; expected {known} a number from 1 to {width}.")


def _only_counts(header: list[str] | None, rows: Sequence[Row], i: int) -> bool:
    """Answer whether a column numbers the lines, as pandas writes one: in a sorted file it gives the label away."""
    if header is None or header[i].lower() not in NUMBERINGS:
        return False
    values = [number(row[i]) for _, row in rows]
    start = values[0]
    return start is not None and values == [start + k for k in range(len(values))]


def _no_number(cell: str) -> str:
    """Say what a cell is, and what was expected instead."""
    if cell.strip().lower() in (*MISSING, "nan"):
        what = f"{cell!r} is no finite number" if cell.strip() else "the cell is empty"
        return f"{what}; expected a number in every cell. Try to fill it in, or leave the line out"
    if number(cell.replace(",", ".")) is not None:
        return f"{cell!r} is no finite number; expected a decimal point"
    return (
        f"{cell!r} is no finite number; expected numbers in every column but the label's, which --label names. "
        "Try to leave another column of words out, or to write numbers for them"
    )
