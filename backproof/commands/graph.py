"""`backproof graph`: an expression as named nodes, its values forward and its derivatives backward."""

from __future__ import annotations

from pathlib import Path

import click


# A formula may begin with a minus, which is no option then.
@click.command(
    name="graph",
    short_help="Run the chain rule through a computation graph.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("expression")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--output-name", default="J", show_default=True, metavar="NAME", help="What the result is called."
)
@click.option(
    "--svg", type=click.Path(path_type=Path, dir_okay=False), help="Draw the graph into an SVG file."
)
def command(expression: str, values: tuple[str, ...], output_name: str, svg: Path | None) -> None:
    """Build EXPRESSION as a graph of named nodes and differentiate it backwards, node by node.

    With values for all inputs the numbers are shown beside the formulas. VALUE is a number or a fraction;
    EXPRESSION is read by a grammar of our own and never executed.

    \b
    backproof graph "3*(a + b*c)" a=5 b=3 c=2
    backproof graph "-log(sigmoid(w*x + b))" w=1/2 x=2 b=-1 --svg loss.svg
    """
    import symbolic
    from backproof._errors import BackproofError
    from backproof._files import write_atomically

    # With its limits: the graph is built from the formula as it is written.
    if output_name in {str(s) for s in symbolic.parse(expression).free_symbols}:
        raise BackproofError(
            f"The output is called {output_name!r}, and so is a variable of {expression}; "
            "expected another name. Try --output-name J."
        )
    graph = symbolic.graph(expression, name=output_name)
    given = _values(values) or None
    text = graph.text(given)
    if svg is not None:
        write_atomically(svg, graph.svg(given))
    click.echo(text)


def _is_lost(number: str) -> bool:
    """Say whether a number that is not 0 would be read as 0."""
    try:
        mantissa = number.lower().partition("e")[0]
        return "/" not in number and float(number) == 0 and any(digit in mantissa for digit in "123456789")
    except ValueError:
        return False


def _values(words: tuple[str, ...]) -> dict[str, float]:
    from fractions import Fraction
    from math import isfinite, nan

    from backproof._errors import BackproofError

    given: dict[str, float] = {}
    for word in words:
        name, equals, number = word.partition("=")
        if not equals or not name.strip():
            raise BackproofError(f"{word!r} is no NAME=VALUE; expected for example a=5.")
        if name in given:
            raise BackproofError(f"{name} is given twice: as {given[name]:g} and as {number}.")
        if len(number) > 40:
            raise BackproofError(
                f"The value of {name} has {len(number)} characters; expected a number of at most 40."
            )
        if _is_lost(number):
            raise BackproofError(
                f"{name} is {number!r}, which is no 0 but smaller than any float; expected 5e-324 or more."
            )
        try:
            value = float(Fraction(number)) if "/" in number else float(number)
        except (ValueError, ZeroDivisionError, OverflowError):
            value = nan
        if not isfinite(value):
            raise BackproofError(f"{name} is {number!r}; expected a finite number such as 5, -0.25 or 1/3.")
        given[name] = value
    return given
