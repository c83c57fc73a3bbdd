"""What was found, for people: the table on the terminal, the page that opens without a network."""

from backproof.report._gradient import gradient_page
from backproof.report._html import to_html
from backproof.report._table import print_verification, summary

__all__ = ["gradient_page", "print_verification", "summary", "to_html"]
