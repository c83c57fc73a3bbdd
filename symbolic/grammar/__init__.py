"""A grammar of our own for formulas typed as plain text: what is read is never executed."""

from symbolic.grammar._errors import FormulaError, FormulaLimitError
from symbolic.grammar._formula import parse, parse_claim, parse_hypothesis, parse_raw

__all__ = ["FormulaError", "FormulaLimitError", "parse", "parse_claim", "parse_hypothesis", "parse_raw"]
