"""`backproof derive`: the steps a teacher would write on the board, each of them proved."""

from __future__ import annotations

from typing import Any

import click


@click.command(name="derive", short_help="Show a derivation, step by step.")
@click.argument("name")
@click.option("--steps", "form", flag_value="steps", help="Number the steps; say how each was proved.")
@click.option("--latex", "form", flag_value="latex", help="Print LaTeX: one aligned environment.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown with $$ formulas.")
def command(name: str, form: str | None) -> None:
    """Derive NAME: a formula, a model, or an entry of the library for symbolic sizes.

    Every step is proved while it is built; a wrong one would raise instead of being printed.
    `backproof list` shows the names.

    \b
    backproof derive sigmoid
    backproof derive softmax_cross_entropy --steps
    backproof derive backprop_layer --markdown > layer.md
    """
    import symbolic

    derivation = symbolic.derive(name)
    if form == "latex":
        click.echo(derivation.latex())
    elif form == "markdown":
        click.echo(derivation.markdown(), nl=False)
    elif form == "steps":
        _numbered(derivation)
    else:
        _board(str(derivation))


def _board(text: str) -> None:
    """Print the chains; on a terminal the title is bold and the rules are dim."""
    from rich.text import Text

    from backproof._terminal import console

    out = console()
    title, _, *lines = text.split("\n")
    out.print(Text(title, style="bold"))
    for line in lines:
        shown = Text(line)
        shown.highlight_regex(r"\s{2,}\[[^\]]*\]?[^\[]*\]$", "cyan")
        shown.highlight_regex(r"^(given|note):", "yellow")
        out.print(shown, soft_wrap=True)


def _numbered(derivation: Any) -> None:
    """Print one step a paragraph: the rule, the equation, and what proved it."""
    from rich.text import Text

    from backproof._terminal import console

    out = console()
    out.print(Text(derivation.title, style="bold"))
    for hypothesis in derivation.hypotheses:
        out.print(Text.assemble(("given: ", "yellow"), hypothesis), soft_wrap=True)
    for number, step in enumerate(derivation.steps, start=1):
        equation, _, _ = str(step).rpartition("    (")
        out.print(Text.assemble((f"{number:3d}. ", "bold"), (step.rule, "cyan")), soft_wrap=True)
        out.print(Text(f"     {equation}"), soft_wrap=True)
        method = getattr(step.verdict, "method", "")
        out.print(Text(f"     {step.verdict.status}" + (f" by {method}" if method else ""), style="green"))
        if step.note:
            out.print(Text(f"     {step.note}", style="dim"), soft_wrap=True)
    for note in derivation.notes:
        out.print(Text.assemble(("note: ", "yellow"), note), soft_wrap=True)
