r"""``4.4\%`` is 0.044 to three digits; where a formula multiplies by a hundred, the sign is a unit and stays unread."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..parse import Expr, Name, Num
from ._terms import Number

_HUNDRED = re.compile(r"(?<![\d.])100(?![\d.]|\s*\\?%)")


def read_percent(items: Sequence[tuple[str, Expr]], k: int, latex: str) -> Number | None:
    """The number that a percentage at place k of a product is; None where there is none."""
    number = items[k][1]
    if not isinstance(number, Num) or k + 1 == len(items) or _HUNDRED.search(latex):
        return None
    op, sign = items[k + 1]
    if op or not isinstance(sign, Name) or sign.text != "percent":
        return None
    return Number(number.value / 100, len(number.text.partition(".")[2]) + 2)
