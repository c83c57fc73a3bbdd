"""What a case asks, in a few letters that are the same in another process: its numbers, its code and all that these reach.

A function is its bytecode, its constants and defaults, what its closure holds, the object that it is bound to, and the
functions and numbers of its module that it names.  Installed libraries count by their names alone.
"""

from __future__ import annotations

import functools
import hashlib
import sysconfig
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

__all__ = ["fingerprint"]

# Code in these folders does not change between two runs of a sweep.
INSTALLED = tuple(sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib"))


def fingerprint(*things: Any) -> str:
    """Say in sixteen letters what the things are, down to everything that their functions reach."""
    return hashlib.sha256("\0".join(_written(list(things), {})).encode()).hexdigest()[:16]


def _written(thing: Any, seen: dict[int, Any]) -> list[str]:
    """Write a thing as text; `seen` keeps what was written already, since functions name themselves and each other."""
    if thing is None or isinstance(thing, str | bytes | bool | complex | type(...)):
        return [repr(thing)]
    if isinstance(thing, np.ndarray | float | int | np.generic):
        return _numbers(np.asarray(thing), seen)
    if id(thing) in seen:
        return ["again"]
    seen[id(thing)] = thing
    if isinstance(thing, dict | list | tuple | set | frozenset):
        found = _container(thing, seen)
        del seen[id(thing)]  # equal constants may be one object here and two in another process
        return found
    if isinstance(thing, CodeType):
        return [thing.co_code.hex(), repr(thing.co_names), *_written(thing.co_consts, seen)]
    if isinstance(thing, ModuleType):
        return [thing.__name__]
    if isinstance(thing, functools.partial):
        return ["partial", *_written([thing.func, thing.args, thing.keywords], seen)]
    if isinstance(thing, MethodType):
        return ["method", *_written([thing.__func__, thing.__self__], seen)]
    if isinstance(thing, FunctionType):
        return _function(thing, seen)
    if isinstance(thing, type):
        return _class(thing, seen)
    if isinstance(thing, np.random.Generator):
        return _written(thing.bit_generator.state, seen)
    return _object(thing, seen)


def _numbers(array: np.ndarray[Any, Any], seen: dict[int, Any]) -> list[str]:
    if array.dtype.hasobject:  # its bytes are addresses
        return [f"objects {array.shape}", *_written(array.ravel().tolist(), seen)]
    return [f"{array.dtype} {array.shape}", hashlib.sha256(array.tobytes()).hexdigest()]


def _container(thing: Any, seen: dict[int, Any]) -> list[str]:
    if isinstance(thing, dict):
        return ["{", *(t for k, v in thing.items() for t in (*_written(k, seen), *_written(v, seen))), "}"]
    parts = [_written(value, seen) for value in thing]
    # A set of strings has another order in every process.
    return [
        "[",
        *(text for part in (sorted(parts) if isinstance(thing, set | frozenset) else parts) for text in part),
        "]",
    ]


def _function(function: Callable[..., Any], seen: dict[int, Any]) -> list[str]:
    name = f"{function.__module__}.{function.__qualname__}"
    if function.__code__.co_filename.startswith(INSTALLED):
        return [name, *_written(_cells(function), seen)]
    named = [function.__globals__[n] for n in _names(function.__code__) if n in function.__globals__]
    parts = [function.__code__, function.__defaults__, function.__kwdefaults__, _cells(function), named]
    return [function.__qualname__, *_written(parts, seen)]


def _names(code: CodeType) -> list[str]:
    """Everything that a function, or one inside it, may look up in its module."""
    inner = [name for c in code.co_consts if isinstance(c, CodeType) for name in _names(c)]
    return list(dict.fromkeys([*code.co_names, *inner]))


def _cells(function: Callable[..., Any]) -> list[Any]:
    """What a closure holds; a cell that is still empty counts as nothing."""
    found = []
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            found.append(None)
    return found


def _class(cls: type, seen: dict[int, Any]) -> list[str]:
    """A class of one's own is its functions, constants and bases; an installed one is its name."""
    own = [getattr(v, "fget", None) or getattr(v, "__func__", v) for v in vars(cls).values()]
    functions = [f for f in own if isinstance(f, FunctionType)]
    name = f"{cls.__module__}.{cls.__qualname__}"
    if not functions or functions[0].__code__.co_filename.startswith(INSTALLED):
        return [name]
    constants = [v for k, v in vars(cls).items() if not k.startswith("__") and not callable(v)]
    bases = [base for base in cls.__bases__ if base is not object]
    return [name, *_written([functions, constants, bases], seen)]


def _object(thing: Any, seen: dict[int, Any]) -> list[str]:
    """An object is its class, its name if it has one, and what it keeps: numbers, slots, a dict."""
    if hasattr(type(thing), "__array__"):  # as tensors of other libraries
        return _numbers(np.asarray(thing.detach() if hasattr(type(thing), "detach") else thing), seen)
    slots = [s for c in type(thing).__mro__ for s in np.atleast_1d(getattr(c, "__slots__", ())).tolist()]
    kept = {s: getattr(thing, s) for s in slots if hasattr(thing, s) and not s.startswith("__")}
    name = getattr(thing, "__name__", None)
    return _written([type(thing), name, kept | getattr(thing, "__dict__", {})], seen)
