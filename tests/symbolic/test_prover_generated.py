"""The prover on claims whose truth is known without it, on both of SymPy's ground types, and without NumPy."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from symbolic import replay
from symbolic.prover import prove

ROOT = Path(__file__).parents[2]
COUNT = 2_000
DECIDED = 0.995


def _claims() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prover_claims", ROOT / "benchmarks" / "claims.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["prover_claims"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_two_thousand_generated_claims_hold_no_wrong_verdict_and_almost_all_are_decided() -> None:
    decided = 0
    for n, claim in enumerate(_claims().generate(COUNT, seed=20)):
        verdict = prove(claim.lhs, claim.rhs)

        assert verdict.status != ("refuted" if claim.true else "proved"), f"{claim} {verdict}"
        decided += verdict.status != "unknown"
        if n % 25 == 0 and verdict.status != "unknown":
            assert replay(verdict.certificate), f"{claim} {replay(verdict.certificate).reason}"
    assert decided >= DECIDED * COUNT


def test_a_wrong_rewriting_is_noticed_by_the_generator_itself() -> None:
    claims = _claims()
    one, z = claims.ONE, claims.Z

    assert claims.compare(claims.call("tanh", z), claims.call("sigmoid", z), z) == "different"
    assert claims.compare(claims.add(z, one), claims.add(one, z), z) == "equal"
    assert claims.compare(z, z, claims.call("log", claims.neg(claims.power(z, 2)))) == "undefined"


@pytest.mark.parametrize("ground", ["python", "flint"])
def test_verdicts_do_not_depend_on_the_ground_types_of_sympy(ground: str) -> None:
    program = """
import sys
sys.modules["numpy"] = None  # proving needs no NumPy: importing it would now fail
from pathlib import Path
from sympy.external.gmpy import GROUND_TYPES
from symbolic.prover import equivalent_up_to, prove
from symbolic import parse, replay
import sympy as sp
lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
wrong = 0
for line in lines[::3]:
    if not line.strip() or line[0] == "#":
        continue
    truth, lhs, rhs, *rest = [part.strip() for part in line.split(";;")]
    assuming = [h for h in (rest[0] if rest else "").split(",,") if h.strip()]
    verdict = prove(lhs, rhs, assuming=assuming)
    wrong += verdict.status != {"true": "proved", "false": "refuted"}[truth]
z = sp.Symbol("z", real=True)
wrong += prove(sp.Rational(7, 3) * z**2 / sp.sqrt(12), 7 * z**2 * sp.sqrt(3) / 18).status != "proved"
wrong += not replay(prove(parse("tanh(z)"), parse("2*sigmoid(2z) - 1")).certificate)
wrong += str(equivalent_up_to("y - a", "a - y")) != "off by a factor −1"
print(GROUND_TYPES, wrong)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT / "tests" / "symbolic" / "prover_corpus.txt")],
        env={
            **os.environ,
            "SYMPY_GROUND_TYPES": ground,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert done.stdout.split() == [ground, "0"], done.stdout + done.stderr
