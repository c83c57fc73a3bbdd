"""Edits of every field of a JSON document: what a forger, or a bad disk, may do to a certificate."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]


def edits(document: Any) -> Iterator[tuple[Path, str, Any]]:
    """Every single edit: where, what, and the document with it. The document itself is left as it was."""
    for path, value in _places(document, ()):
        for what, other in _others(value):
            yield path, what, _put(document, path, other)


def _places(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _places(part, (*path, name))
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from _places(part, (*path, n))


def _others(value: Any) -> Iterator[tuple[str, Any]]:
    """What may stand in the place of a value; `...` stands for nothing at all."""
    yield "drop", ...
    if value is None or isinstance(value, bool):
        yield "another", not value
    elif isinstance(value, int):
        yield from (("one more", value + 1), ("one less", value - 1), ("negated", -value if value else 7))
    elif isinstance(value, str):
        number = value.lstrip("-").replace("/", "").isdigit()
        if number:
            yield from (
                ("negated", value[1:] if value[0] == "-" else "-" + value),
                ("another number", "7/3"),
                ("longer", value + "1"),
            )
        else:
            yield from (("another word", value + "x"), ("no word", ""))
    elif isinstance(value, list):
        yield "empty", []
        if value:
            yield "one twice", [*value, copy.deepcopy(value[-1])]
        if len(value) > 1:
            yield "reversed", value[::-1]
            yield "first dropped", value[1:]
    elif isinstance(value, dict):
        yield "one field more", {**value, "more": 1}
        names = list(value)
        if len(names) > 1 and value[names[0]] != value[names[1]]:
            yield "two exchanged", {**value, names[0]: value[names[1]], names[1]: value[names[0]]}


def _put(document: Any, path: Path, value: Any) -> Any:
    """The document with another value in one place; only what lies on the way is copied."""
    if not path:
        return value
    copied = dict(document) if isinstance(document, dict) else list(document)
    if len(path) == 1 and value is ...:
        del copied[path[0]]
    else:
        copied[path[0]] = _put(document[path[0]], path[1:], value)
    return copied
