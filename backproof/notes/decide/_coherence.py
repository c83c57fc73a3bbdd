"""A chain that fails at many equalities is more likely misread than wrong at all of them: it refutes nothing.

An author who derives carries a mistake along, so that one equality fails, or two where one side alone is wrong.
"""

from __future__ import annotations

from dataclasses import replace

from .._errors import LimitError, NotesError
from ._outcome import Outcome, merge
from ._question import Question
from ._readings import all_runs


def of_one_mistake(question: Question, merged: list[Outcome]) -> list[Outcome]:
    """The outcomes; where nothing holds and more than one mistake would be needed, no equality is refuted."""
    failing = [k for k, o in enumerate(merged) if o.verdict == "refuted"]
    mistakes = 0
    k = 0
    while k < len(failing):
        mistakes += 1
        link = failing[k]
        aside = k + 1 < len(failing) and failing[k + 1] == link + 1 and _agree(question, link, link + 2)
        k += 2 if aside else 1
    if mistakes < 2 or any(o.verdict == "proved" for o in merged):
        return merged
    reason = (
        f"{len(failing)} equalities fail, which no single mistake explains: the text may mean another thing"
    )
    return [Outcome("unknown", reason) if o.verdict == "refuted" else o for o in merged]


def _agree(question: Question, first: int, second: int) -> bool:
    """Whether two sides of the chain that are no neighbours are proved equal."""
    item = question.item
    link = replace(
        item,
        parts=(item.parts[first], item.parts[second]),
        relations=(item.relations[first],),
        claiming=(True,),
        sides=(),
    )
    try:
        runs = all_runs(replace(question, item=link))
    except LimitError:
        raise
    except NotesError:
        return False
    return merge([run.links[0] for run in runs]).verdict == "proved"
