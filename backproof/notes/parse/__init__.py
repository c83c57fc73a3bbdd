"""LaTeX to a typed tree: tokens, nesting, grammar, statements."""

from ._given import GIVEN
from ._grammar import parse_expr
from ._macros import Macro, expand_macros, find_macros, join
from ._statements import statements
from ._tokens import Token, tokenize
from ._tree import (
    NO_VALUE,
    Big,
    Case,
    Cases,
    Dots,
    Expr,
    Frac,
    Func,
    Group,
    Letters,
    Matrix,
    Name,
    Num,
    Product,
    Script,
    Scripted,
    Sqrt,
    Statement,
    Sum,
    Test,
    children,
)

__all__ = [
    "GIVEN",
    "NO_VALUE",
    "Big",
    "Case",
    "Cases",
    "Dots",
    "Expr",
    "Frac",
    "Func",
    "Group",
    "Letters",
    "Macro",
    "Matrix",
    "Name",
    "Num",
    "Product",
    "Script",
    "Scripted",
    "Sqrt",
    "Statement",
    "Sum",
    "Test",
    "Token",
    "children",
    "expand_macros",
    "find_macros",
    "join",
    "parse_expr",
    "statements",
    "tokenize",
]
