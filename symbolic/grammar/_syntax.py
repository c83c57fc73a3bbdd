"""The grammar of plain formulas, as lark reads it.

What to notice: a sign binds weaker than a power (-z^2 is -(z^2)) and may follow an operator (a * -b, e^-z);
a number never starts an implicit factor (z 2 is an error); and what follows a division must say what it divides.
"""

from __future__ import annotations

from functools import cache

from lark import Lark

from symbolic.grammar._tokens import FormulaLexer

GRAMMAR = r"""
formula: sum
claim: sum EQUALS sum
     | sum RELATION sum
?hypothesis: relation
     | sum EQUALS sum                           -> equation
     | sum (COMMA sum)* ELEMENT set             -> membership
relation: sum (RELATION sum)+
set: LBRACE sum (COMMA sum)* RBRACE             -> finite_set
   | (LSQB | LPAR) sum COMMA sum (RSQB | RPAR)  -> interval
   | NAME                                       -> named_set

?sum: term | term (SIGN term)+                  -> chain_of_terms
?term: product | SIGN term                      -> signed
?product: power | power tail+                   -> chain_of_factors
?tail: MULTIPLY signed_power                    -> times
     | DIVIDE signed_power                      -> over
     | implicit                                 -> beside
?signed_power: power | SIGN signed_power        -> signed
?power: atom | atom POW exponent | atom SUPER   -> superscript
?exponent: power | SIGN exponent                -> signed
         | LBRACE sum RBRACE                    -> bracket
?implicit: bare | bare POW exponent             -> power
         | bare SUPER                           -> superscript
?atom: bare | NUMBER                            -> number
?bare: NAME                                     -> name
     | NAME LSQB sum (COMMA sum)* RSQB          -> entry
     | LPAR sum RPAR                            -> bracket
     | LBAR sum RBAR                            -> bars
     | RADICAL bare                             -> radical
     | RADICAL NUMBER                           -> radical_number
     | FUNCTION PRIMES? LPAR argument (COMMA argument)* RPAR  -> call
?argument: sum | relation

%declare NUMBER NAME FUNCTION PRIMES SUPER POW RELATION EQUALS MULTIPLY DIVIDE SIGN ELEMENT COMMA RADICAL
%declare LPAR RPAR LSQB RSQB LBRACE RBRACE LBAR RBAR
"""


@cache
def parser() -> Lark:
    """The one parser, built at first use."""
    return Lark(
        GRAMMAR,
        parser="lalr",
        lexer=FormulaLexer,
        start=["formula", "claim", "hypothesis"],
        maybe_placeholders=False,
        keep_all_tokens=True,
    )
