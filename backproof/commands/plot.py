"""`backproof plot`: a function and its derivative, the V of the finite difference, the cost bowl."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="plot", short_help="Draw a function, the error of its slope, or the cost bowl.")
@click.argument("name", default="sigmoid")
@click.option(
    "--kind",
    type=click.Choice(["function", "error", "bowl"]),
    default="function",
    show_default=True,
    help="The function with its derivative; the error of the finite difference against the step h; the cost bowl.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A .png, .svg or .pdf file [default: NAME-KIND.png].",
)
@click.option("--at", type=float, help="Where the error is measured (--kind error).")
@click.option(
    "--learning-rate",
    type=float,
    default=0.35,
    show_default=True,
    help="Of the descent in the bowl (--kind bowl).",
)
def command(name: str, kind: str, output: Path | None, at: float | None, learning_rate: float) -> None:
    """Draw NAME from the catalogue: an activation or a loss; linear_regression is its cost bowl.

    \b
    backproof plot gelu
    backproof plot sigmoid --kind error -o v.svg
    backproof plot linear_regression
    """
    from backproof import plots

    if name in ("bowl", "linear_regression") and kind == "function":
        kind = "bowl"
    stem = {"bowl": "bowl", "error": f"{name}-error"}.get(kind, name)
    path = output or Path(f"{stem}.png")
    if output is not None:
        plots.check_picture(path)
    if kind == "bowl":
        figure = plots.plot_bowl(learning_rate)
    elif kind == "error":
        figure = plots.plot_error(name, at)
    else:
        figure = plots.plot_function(name)
    plots.save(figure, path)
    click.echo(str(path))
