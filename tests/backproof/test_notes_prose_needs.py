"""What a rule of the prose needs: skipping a clause that does not hold it never changes what is read."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproof.notes import check
from backproof.notes.resolve import prose
from backproof.notes.resolve.prose._clause import LONGEST, Clause, clauses, rule
from backproof.notes.resolve.prose._needed import needed, needs

MODULES = [
    importlib.import_module(f"{prose.__name__}.{m.name}") for m in pkgutil.iter_modules(prose.__path__)
]
RULES = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in [prose, *MODULES]
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern) and needed(value)
}


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(sorted(RULES)))
def test_whatever_a_rule_matches_holds_what_the_rule_needs(data: st.DataObject, name: str) -> None:
    match = data.draw(st.from_regex(RULES[name]))

    assert needs(RULES[name]).met(match)


def test_most_rules_need_something() -> None:
    assert len(RULES) > 60


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"rows?", (("row",),)),
        (r"(?:rows?|columns?) of", (("row", "column"), (" of",))),
        (r"(?:the )?x*", ()),  # everything in it may be missing
        (r"rows|.", ()),  # one of its branches needs nothing
        (r"(?!no )way", (("way",),)),
        (r"un(?:der|over)\b", (("under", "unover"),)),
        (r"(?i)Rows", ()),  # any case will do: not looked into
        (r"(?:ab){2,}", (("ab",),)),
        (rule("{Q} is").pattern, (("⟦Q",), (" is",))),
    ],
)  # fmt: skip
def test_what_patterns_need(pattern: str, expected: tuple[tuple[str, ...], ...]) -> None:
    assert tuple(map(set, needed(re.compile(pattern)))) == tuple(map(set, expected))


def test_a_rule_is_not_tried_where_its_words_are_missing() -> None:
    clause = Clause("the weights of a layer", {})

    assert list(clause.find(re.compile("weights"))) != []
    assert list(clause.find(rule("{Q}"))) == []


def test_a_sentence_without_an_end_is_cut_between_words() -> None:
    words = "weights of the layer " * 2_000

    found = clauses(words, [], None)  # type: ignore[arg-type]

    assert all(0 < len(c.text) <= LONGEST for c in found)
    assert " ".join(c.text for c in found) == words.strip()


def test_what_is_said_far_from_a_formula_still_counts() -> None:
    filler = "\n\n".join(["Nothing here speaks of anything that matters to us."] * 3_000)
    note = "Let $y = x^2$.\n\n$$\\frac{dy}{dx} = 3x$$\n\n" + filler

    verdicts = [f.verdict for f in check(note)]
    doubted = [f.verdict for f in check(f"{note}\n\nHere $y$ is an independent noise.")]

    assert verdicts == ["none", "refuted"]
    assert doubted[1] == "unknown"
