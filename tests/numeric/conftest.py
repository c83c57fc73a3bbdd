"""A ruler of the arrays that NumPy creates: exact, whatever other threads and the garbage collector do meanwhile."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

# NumPy asks a handler for the memory of every array, and C code may set another (NEP 49): ours notes the size, and asks the
# usual one. A handler is set for this thread alone. Views ask for no memory.
ADDRESS, SIZE = ctypes.c_void_p, ctypes.c_size_t
HANDLER_NAME = b"mem_handler"  # of every such capsule, says NumPy
SET_HANDLER, GET_HANDLER = 304, 305  # places in NumPy's table of functions, kept since 1.22


class Handler(ctypes.Structure):
    """PyDataMem_Handler, as NumPy's headers declare it."""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        *((field, ADDRESS) for field in ("context", "malloc", "calloc", "realloc", "free")),
    )


def _python(name: str, result: Any, *arguments: Any) -> Any:
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


_address_in = _python("PyCapsule_GetPointer", ADDRESS, ctypes.py_object, ctypes.c_char_p)
_capsule_of = _python("PyCapsule_New", ctypes.py_object, ADDRESS, ctypes.c_char_p, ADDRESS)
_keep_forever = _python("Py_IncRef", None, ctypes.py_object)

_numpy = ctypes.cast(_address_in(np._core._multiarray_umath._ARRAY_API, None), ctypes.POINTER(ADDRESS))
_set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(_numpy[SET_HANDLER])
_get_handler = ctypes.PYFUNCTYPE(ctypes.py_object)(_numpy[GET_HANDLER])

_MALLOC = ctypes.PYFUNCTYPE(ADDRESS, ADDRESS, SIZE)
_CALLOC = ctypes.PYFUNCTYPE(ADDRESS, ADDRESS, SIZE, SIZE)
_usual = Handler.from_address(_address_in(_get_handler(), HANDLER_NAME))
_usual_malloc, _usual_calloc = _MALLOC(_usual.malloc), _CALLOC(_usual.calloc)
_sizes: list[int] = []


@_MALLOC
def _malloc(context: int | None, size: int) -> int | None:
    _sizes.append(size)
    return _usual_malloc(context, size)


@_CALLOC
def _calloc(context: int | None, n: int, size: int) -> int | None:
    _sizes.append(n * size)
    return _usual_calloc(context, n, size)


_noting = Handler.from_buffer_copy(_usual)  # memory is freed and moved as ever
_noting.name = b"noting"
_noting.malloc, _noting.calloc = ctypes.cast(_malloc, ADDRESS), ctypes.cast(_calloc, ADDRESS)
_noting_capsule = _capsule_of(ctypes.addressof(_noting), HANDLER_NAME, None)
for _part in (HANDLER_NAME, _noting, _malloc, _calloc):  # an array may outlive this module
    _keep_forever(_part)


@pytest.fixture
def arrays_created() -> Callable[[Callable[[], object]], list[int]]:
    """Run something and list the bytes of every array that it creates, in order; views have none."""

    def created(run: Callable[[], object]) -> list[int]:
        _sizes.clear()
        before = _set_handler(_noting_capsule)
        try:
            run()
        finally:
            _set_handler(before)
        return list(_sizes)

    return created
