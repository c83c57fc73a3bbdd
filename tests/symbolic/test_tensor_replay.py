"""Certificates of tensor claims hold under a second program, and damaged ones do not."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from symbolic import library
from symbolic.tensor import axis, prove_tensor, replay_tensor, tensor


def _corpus() -> list[Any]:
    path = Path(__file__).with_name("tensor_corpus.py")
    spec = importlib.util.spec_from_file_location("tensor_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.CORPUS)


n, m = axis("n"), axis("m")
X, Y = tensor("X", n, m), tensor("Y", n, m)


@pytest.mark.parametrize("claim", _corpus()[::2], ids=lambda claim: claim.name)
def test_the_certificate_of_a_verdict_holds(claim: Any) -> None:
    certificate = prove_tensor(claim.lhs, claim.rhs, assuming=claim.assuming, timeout=10).certificate

    answer = replay_tensor(json.loads(json.dumps(certificate)))

    assert answer.ok, answer.reason


@pytest.mark.parametrize("name", ["conv2d", "max_pool", "causal_attention", "backprop_induction", "adam"])
def test_the_certificates_of_a_derivation_hold(name: str) -> None:
    for step in library.derive(name).steps:
        answer = replay_tensor(step.verdict.certificate)

        assert answer.ok, answer.reason


def test_damage_of_every_kind_is_noticed() -> None:
    refuted = prove_tensor(X, X + Y).certificate
    proved = prove_tensor(X + Y, Y + X).certificate
    assert refuted is not None
    assert proved is not None
    damaged: list[Any] = [None, {}, {"format": "another"}, {**refuted, "status": "unknown"}]
    damaged.append({**refuted, "enclosures": [["0", "1"], ["1", "2"]]})
    damaged.append({**refuted, "enclosures": [["5", "6"], ["7", "8"]]})
    damaged.append({**refuted, "points": []})
    damaged.append({**refuted, "hypotheses": [["positive", "X", -1], ["one_hot", "X", 0]]})
    damaged.append({**proved, "points": []})
    damaged.append({**proved, "nodes": proved["nodes"][:1]})

    for certificate in damaged:
        answer = replay_tensor(certificate)

        assert not answer
        assert answer.reason


def test_shapes_are_replayed_too() -> None:
    assert replay_tensor(prove_tensor(X, X.T).certificate).ok
