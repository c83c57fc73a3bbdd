r"""The typed tree of one formula: what stands on the page, before the document says what it means.

Nothing is decided here that needs the document: ``g(z)`` is a product of a name and a group, ``dZ`` a run of letters,
``^{[l]T}`` a script of tokens.
Every node keeps ``at``, the offset where it starts, for the caret of an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from ._tokens import Token


@dataclass(frozen=True, slots=True)
class Num:
    """A number as printed; ``digits`` counts the decimals, -1 for an integer."""

    value: Fraction
    text: str
    at: int = field(default=0, compare=False)

    @property
    def digits(self) -> int:
        """How many digits stand after the decimal point; -1 without a point."""
        return len(self.text.partition(".")[2]) if "." in self.text else -1


@dataclass(frozen=True, slots=True)
class Letters:
    """A run of Latin letters: one name, or several side by side; ``bold`` where it is printed as a vector."""

    run: str
    at: int = field(default=0, compare=False)
    bold: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is surely one: a Greek letter, a word in upright type, an accented letter (``hat:y``)."""

    text: str
    at: int = field(default=0, compare=False)
    bold: bool = field(default=False, compare=False)


# The name of a branch that words call undefined.
NO_VALUE = "·undefined"


@dataclass(frozen=True, slots=True)
class Func:
    r"""A function of the language of LaTeX: ``\log``."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Big:
    r"""``\sum`` or ``\prod``, its limits in the scripts around it, its body the factors that follow."""

    kind: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Script:
    """A superscript, a subscript or a prime, as tokens."""

    kind: str
    tokens: tuple[Token, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Scripted:
    """A base with its scripts in the order in which they stand."""

    base: Expr
    scripts: tuple[Script, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Group:
    """Brackets: ``(``, ``[``, ``|``, ``‖``, ``<`` or the invisible ``{``; ``keywords`` as in ``axis=1``.

    ``braced`` tells the braces of a set, which are round brackets otherwise.
    """

    bracket: str
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...] = ()
    at: int = field(default=0, compare=False)
    braced: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Frac:
    """A fraction, or a derivative written as one."""

    num: Expr
    den: Expr
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sqrt:
    """A root; ``index`` is None for the square root."""

    arg: Expr
    index: Expr | None = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sum:
    """Signed terms."""

    terms: tuple[tuple[str, Expr], ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Product:
    """Factors side by side; the operator stands before its factor, empty where nothing is written."""

    items: tuple[tuple[str, Expr], ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of entries."""

    rows: tuple[tuple[Expr, ...], ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """One branch: a value, and the tokens of the condition under which it holds."""

    value: Expr
    condition: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """A function given by branches."""

    branches: tuple[Case, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Dots:
    """An ellipsis."""

    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition in brackets: the ``z > 0`` of an indicator."""

    left: Expr
    relation: str
    right: Expr
    at: int = field(default=0, compare=False)


Expr: TypeAlias = (
    Num
    | Letters
    | Name
    | Func
    | Big
    | Scripted
    | Group
    | Frac
    | Sqrt
    | Sum
    | Product
    | Matrix
    | Cases
    | Dots
    | Test
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One chain ``parts[0] relations[0] parts[1] …``; a single part states nothing.

    Parameters
    ----------
    parts, relations : tuple
        The sides and what stands between them.
    continues : bool
        The chain starts with its relation: its left side is the last side of the statement before.
    start, end : int
        The span in the formula.
    note : str
        Words that stood in the chain: ``for l = 1``.
    spans : tuple of (int, int)
        Where each side stands in the formula.
    error : str
        Why the statement could not be read; then it has no parts.
    shape : bool
        The sides are shapes: ``W.shape = (n, k)``.
    """

    parts: tuple[Expr, ...]
    relations: tuple[str, ...]
    continues: bool = False
    start: int = 0
    end: int = 0
    note: str = ""
    error: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    shape: bool = False


def children(expr: Expr) -> tuple[Expr, ...]:
    """What stands directly in brackets, fractions, sums and products, and below scripts; what scripts hold is left aside."""
    match expr:
        case Scripted(base=base):
            return (base,)
        case Group(args=args):
            return args
        case Frac(num=num, den=den):
            return (num, den)
        case Sum(terms=pairs) | Product(items=pairs):
            return tuple(part for _, part in pairs)
    return ()
