"""`backproof derive`: the steps a teacher would write on the board, each of them proved."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import click


@click.command(name="derive", short_help="Show a derivation, step by step.")
@click.argument("name")
@click.option("--steps", is_flag=True, help="Number the steps; say how each was proved.")
@click.option("--latex", is_flag=True, help="Print LaTeX: one aligned environment.")
@click.option("--markdown", is_flag=True, help="Print Markdown with $$ formulas.")
def command(name: str, **forms: bool) -> None:
    """Derive NAME: a formula, a model, or an entry of the library for symbolic sizes.

    Every step is proved while it is built; a wrong one would raise instead of being printed.
    `backproof list` shows the names.

    \b
    backproof derive sigmoid
    backproof derive softmax_cross_entropy --steps
    backproof derive backprop_layer --markdown > layer.md
    """
    import symbolic
    from backproof._errors import BackproofError

    asked = [form for form, wanted in forms.items() if wanted]
    if len(asked) > 1:
        raise BackproofError(f"--{' and --'.join(asked)} exclude each other; expected one form of the steps.")
    form = asked[0] if asked else ""
    derivation = symbolic.derive(name)
    if form == "latex":
        click.echo(derivation.latex())
    elif form == "markdown":
        click.echo(derivation.markdown(), nl=False)
    elif form == "steps":
        _numbered(derivation)
    else:
        _board(derivation)


def _board(derivation: Any) -> None:
    """Print the chains; on a terminal the title is bold and the rules are coloured."""
    from rich.text import Text

    from backproof._terminal import console, width_of_paper

    out, width = console(), width_of_paper()
    title, _, *lines = str(derivation).split("\n")
    if width is not None and max(map(len, lines)) > width:
        for part, style in _narrow(derivation, width):
            out.print(Text(part, style=style), soft_wrap=True)
        return
    out.print(Text(title, style="bold"))
    for line in lines:
        shown = Text(line)
        shown.highlight_regex(r"\s{2,}\[[^\]]*\]?[^\[]*\]$", "cyan")
        shown.highlight_regex(r"^(given|note):", "yellow")
        out.print(shown, soft_wrap=True)


def _narrow(derivation: Any, width: int) -> Iterator[tuple[str, str]]:
    """Yield the lines and their styles for a reader with few columns: each side and each rule stands on its own."""
    yield from _folded(derivation.title, width, "", "bold")
    for hypothesis in derivation.hypotheses:
        yield from _folded(f"given: {hypothesis}", width, "", "yellow")
    before = ""
    for step in derivation.steps:
        left, right = _sides(step)
        if left != before:
            yield from _folded(left, width, "  ", "")
        yield from _folded(f"= {right}", width, "    ", "")
        yield from _folded(f"[{step.rule}]", width, "        ", "cyan")
        if step.note:
            yield from _folded(step.note, width, "        ", "dim")
        before = right
    for note in derivation.notes:
        yield from _folded(f"note: {note}", width, "", "yellow")


def _sides(step: Any) -> tuple[str, str]:
    """Write the two sides of a step as the step itself writes them."""
    from symbolic._printing import to_text

    left, right = step.sides
    return to_text(left), to_text(right)


def _folded(text: str, width: int, indent: str, style: str) -> Iterator[tuple[str, str]]:
    """Break a text at its spaces into lines of `width`; what follows the first stands deeper."""
    deeper = " " * (len(indent) + 2)
    for line in textwrap.wrap(
        text, max(width, 24), initial_indent=indent, subsequent_indent=deeper, break_on_hyphens=False
    ):
        yield line, style


def _numbered(derivation: Any) -> None:
    """Print one step a paragraph: the rule, the equation, and what proved it."""
    from rich.text import Text

    from backproof._terminal import console, width_of_paper

    out, width = console(), width_of_paper() or 10**6

    def paragraph(text: str, style: str = "", indent: str = "     ") -> None:
        for line, look in _folded(text, width, indent, style):
            out.print(Text(line, style=look), soft_wrap=True)

    paragraph(derivation.title, "bold", "")
    for hypothesis in derivation.hypotheses:
        paragraph(f"given: {hypothesis}", "yellow", "")
    for number, step in enumerate(derivation.steps, start=1):
        paragraph(step.rule, "cyan", f"{number:3d}. ")
        left, right = _sides(step)
        equation = f"{left} = {right}"
        for side in [equation] if len(equation) + 5 <= width else [left, f"= {right}"]:
            paragraph(side)
        method = getattr(step.verdict, "method", "")
        paragraph(step.verdict.status + (f" by {method}" if method else ""), "green")
        if step.note:
            paragraph(step.note, "dim")
    for note in derivation.notes:
        paragraph(f"note: {note}", "yellow", "")
