"""`import gradcheck` loads nothing, and everything is reachable from it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import gradcheck


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", ["autograd", "jax", "scipy", "strategies", "torch"])
def test_a_submodule_is_an_attribute_after_the_package_is_imported(name: str) -> None:
    assert run(f"import gradcheck; print(gradcheck.{name}.__name__)").strip() == f"gradcheck.{name}"


def test_a_bare_import_loads_no_other_module_of_the_package_and_no_numpy() -> None:
    code = "import sys, gradcheck; print([m for m in sys.modules if m[:10] == 'gradcheck.' or m == 'numpy'])"
    assert run(code).strip() == "[]"


def test_every_public_name_is_found() -> None:
    for name in gradcheck.__all__:
        assert getattr(gradcheck, name).__name__ == name
    assert set(gradcheck.__all__) < set(dir(gradcheck))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        gradcheck.chekc  # noqa: B018
