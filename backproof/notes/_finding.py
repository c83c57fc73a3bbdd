"""What the checker says of one formula: plain data, the same words in Python and in JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["claim", "definition", "update", "numeric", "shape", "image", "prose"]
Verdict: TypeAlias = Literal["proved", "refuted", "unknown", "mixed", "none"]


@dataclass(frozen=True, slots=True)
class Link:
    """One equality of a chain.

    Parameters
    ----------
    lhs, rhs : str
        The two sides as written.
    verdict : str
        ``proved``, ``refuted``, ``unknown``, ``mixed``, or ``none`` for a definition.
    counterexample : dict or None
        For a refutation: the exact point, and the two values.
    reason : str
        What the verdict rests on, or why there is none.
    misfit : bool
        Whether the shapes of the sides fit under no reading, though the document explains every name in them.
    """

    lhs: str
    rhs: str
    verdict: Verdict
    counterexample: dict[str, str] | None = None
    reason: str = ""
    misfit: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What the checker says of one formula.

    Parameters
    ----------
    line, column : int
        Where the formula starts, both from 1.
    latex : str
        The formula as written.
    kind : str
        ``claim``, ``definition``, ``update``, ``numeric``, ``shape``, ``image`` or ``prose``.
    verdict : str
        ``refuted`` when any link is, ``proved`` when every claiming link is; ``none`` for what claims nothing.
    links : tuple of Link
        One for each equality.
    lints : tuple of str
        What looks wrong without being refuted.
    context : tuple of str
        What the verdict was decided under: definitions used, readings taken from prose, conventions.
    correction : str
        LaTeX with which the first link that fails is proved, in the place of its right side; empty when none is found.
    reason : str
        What the verdict rests on, or why there is none; beside a correction also the mistake in words.
    place : str
        In a notebook: the cell, from 1, and the line in it.
    """

    line: int
    column: int
    latex: str
    kind: Kind
    verdict: Verdict
    links: tuple[Link, ...] = ()
    lints: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    correction: str = ""
    reason: str = ""
    place: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data for JSON.

        Returns
        -------
        dict
            The fields under their names.

        Examples
        --------
        >>> Finding(1, 2, "a=b", "claim", "unknown").to_dict()["verdict"]
        'unknown'
        """
        return asdict(self)


_MISTAKE = "; the mistake is most likely "


def with_mistake(reason: str, mistake: str) -> str:
    """A reason that names the mistake as well, where there is a name for it."""
    return f"{reason}{_MISTAKE}{mistake}" if mistake else reason


def without_mistake(reason: str) -> tuple[str, str]:
    """Take a reason and the mistake that it names apart; the mistake is empty where it names none.

    Examples
    --------
    >>> without_mistake(with_mistake("the sides differ at a point", "a sign"))
    ('the sides differ at a point', 'a sign')
    """
    reason, _, mistake = reason.partition(_MISTAKE)
    return reason, mistake


def combined(verdicts: list[Verdict]) -> Verdict:
    """The verdict on a chain from those on its links.

    Examples
    --------
    >>> combined(["proved", "refuted"]), combined(["proved", "unknown"]), combined(["none"])
    ('refuted', 'unknown', 'none')
    """
    claims = [v for v in verdicts if v != "none"]
    for verdict in ("refuted", "mixed", "unknown"):
        if verdict in claims:
            return verdict
    return "proved" if claims else "none"
