"""What a text must hold for a pattern to match in it: most rules need a word that most clauses do not have.

`re` looks for one string that begins a match, if there is one; a rule begins with alternatives.
The strings are read off the pattern itself, by the parser of `re`, so that no list of them can be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from re import _constants as sre
from re import _parser as parser
from typing import Any, TypeAlias

Strings: TypeAlias = tuple[str, ...]
Item: TypeAlias = tuple[Any, Any]

MOST = 80  # strings to look for: beyond, the pattern is tried at once
MOST_SETS = 2
_LARGEST_CLASS = 8  # characters of a class that are written out, as in ⟦[QG]


def needed(pattern: re.Pattern[str]) -> tuple[Strings, ...]:
    r"""Give sets of strings; every match holds at least one string of each. No set where none is known.

    Examples
    --------
    >>> needed(re.compile(r"(?:the )?(?:rows?|columns?) of \w+"))
    (('row', 'column'), (' of ',))
    >>> needed(re.compile(r"[a-z]*"))
    ()
    """
    if pattern.flags & re.IGNORECASE:
        return ()
    sets = map(_shortest, _sets(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)))
    return tuple(sorted(sets, key=_cost)[:MOST_SETS])


@dataclass(frozen=True, slots=True)
class Needs:
    """What a pattern needs; ``formula``: among it the mark of a formula."""

    pattern: re.Pattern[str]
    sets: tuple[Strings, ...]
    formula: bool

    def met(self, text: str) -> bool:
        """Whether a text holds what every match holds. Loops, as this is asked of every rule in every clause."""
        for strings in self.sets:
            for string in strings:
                if string in text:
                    break
            else:
                return False
        return True


def needs(pattern: re.Pattern[str]) -> Needs:
    """What a pattern needs, to be kept in `KNOWN`."""
    sets = needed(pattern)
    formula = any(all("⟦" in string for string in strings) for strings in sets)
    found = KNOWN[id(pattern)] = Needs(pattern, sets, formula)
    return found


# By identity, as the hash of a pattern takes longer than the search; the pattern is kept so that its id stays its own.
KNOWN: dict[int, Needs] = {}


def _sets(items: Iterable[Item]) -> list[Strings]:
    """Of a sequence every item matches, so that each item's strings are needed."""
    found: list[Strings] = []
    run: Strings = ("",)
    for op, argument in items:
        if op in (sre.AT, sre.ASSERT_NOT):  # of no width: what stands before and behind it touches
            continue
        if op is sre.ASSERT:
            found.append(_inside(op, argument))
            continue
        joined = _product(run, _exactly(op, argument))
        if not joined:
            found += [run, _inside(op, argument)]
        run = joined or ("",)
    return [strings for strings in [*found, run] if strings and all(strings)]


def _exactly(op: Any, argument: Any) -> Strings:
    """All that an item may match, where that is a few strings; none where it is more."""
    if op is sre.LITERAL:
        return (chr(argument),)
    if op is sre.IN and len(argument) <= _LARGEST_CLASS and all(o is sre.LITERAL for o, _ in argument):
        return tuple(chr(code) for _, code in argument)
    if op is sre.SUBPATTERN and not argument[1] & re.IGNORECASE:
        return _spelled(argument[3])
    if op is sre.BRANCH:
        branches = [_spelled(branch) for branch in argument[1]]
        return tuple(s for branch in branches for s in branch) if all(branches) else ()
    return ()


def _spelled(items: Iterable[Item]) -> Strings:
    """All that a sequence may match, where that is a few strings."""
    run: Strings = ("",)
    for op, argument in items:
        run = _product(run, _exactly(op, argument))
    return run


def _product(before: Strings, behind: Strings) -> Strings:
    return tuple(a + b for a in before for b in behind) if len(before) * len(behind) <= MOST else ()


def _inside(op: Any, argument: Any) -> Strings:
    """The strings that some part of an item needs; none where it may match without any."""
    if op is sre.SUBPATTERN and not argument[1] & re.IGNORECASE:
        return _most_telling(argument[3])
    if op is sre.ASSERT:
        return _most_telling(argument[1])
    if op is sre.BRANCH:
        branches = [_most_telling(branch) for branch in argument[1]]
        strings = tuple(dict.fromkeys(s for branch in branches for s in branch))
        return strings if all(branches) and len(strings) <= MOST else ()
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT) and argument[0] > 0:
        return _most_telling(argument[2])
    return ()


def _most_telling(items: Iterable[Item]) -> Strings:
    return min(_sets(items), key=_cost, default=())


def _shortest(strings: Strings) -> Strings:
    """Without those that hold another one."""
    return tuple(s for s in dict.fromkeys(strings) if not any(o in s for o in strings if o != s))


def _cost(strings: Strings) -> tuple[bool, float]:
    """How little strings tell: the marks of formulas are rare in prose, letters the rarer the more of them there are."""
    return not all("⟦" in s for s in strings), sum(8.0 ** -len(s.strip()) for s in strings)
