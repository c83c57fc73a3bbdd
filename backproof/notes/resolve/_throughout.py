"""What the words of a document say of all its formulas: bases of logarithms, transposes that are not written."""

from __future__ import annotations

import re

# Words about logarithms to another base than e.
BASES = re.compile(
    r"\bbase[ -]?(?:2|10|two|ten)\b|\b(?:to|with|in|the|logarithmic) base\b(?! [a-z])|\bbits?\b|\bdecibels?\b|\bdB\b"
    r"|\b(?:binary|decimal|common|decadic|dyadic) log\w*|\blog\w* (?:is|are) (?:binary|decimal|decadic|dyadic)\b|밑|底",
    re.I,
)


# Angles that no sine of a formula is taken of.
DEGREES = re.compile(
    r"\b(?:in|of|are|as|to) degrees\b|\bangles?\b[^.;]{0,30}\bdegrees\b|도 단위|角度制", re.I
)


# Where transposes are not written, none is missing.
UNTURNED = re.compile(
    r"\b(?:leav\w+|left|drop\w*|omit\w*|ignor\w+|neglect\w*|suppress\w*|skip\w*|without"
    r"|not (?:write|show|distinguish|care|track)\w*|up to|modulo|sloppy|careless)\b[^.;]{0,40}\btranspos"
    r"|\btranspos\w+[^.;]{0,30}\b(?:left out|omitted|dropped|implied|understood|implicit|ignored|suppressed|not written)\b"
    r"|전치[^.]{0,12}(?:생략|무시)|(?:省略|忽略)[^。]{0,6}转置",
    re.I,
)


# A prime on a matrix, where the words say what it means.
PRIME_TRANSPOSES = re.compile(
    r"\bprimes?\b(?: (?:behind|after|on|at|of) (?:an? |the )?(?:matri(?:x|ces)|capitals?))?,? (?:always |here )?"
    r"(?:means?|denotes?|is|marks?|stands? for|indicates?|transposes) (?:its |the |a |their )*transpos\w*"
    r"|\btranspos\w+ (?:of (?:a |the )?matri(?:x|ces) )?(?:is|are) (?:written|marked|denoted) (?:with|by) "
    r"(?:a |the )?primes?\b",
    re.I,
)


# log x = log_2 x says which logarithm log is; ln is always the natural one.
LOG_IS_LOG = re.compile(r"\\?log[^_=]*(?:=|:=|\\equiv)\s*\\?log\s*_")


LN = re.compile(r"(?<![A-Za-z])ln(?![A-Za-z])")
