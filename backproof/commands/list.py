"""`backproof list`: what there is to derive, plot and verify."""

from __future__ import annotations

import json

import click

HEADINGS = {
    "activation": "Activations",
    "loss": "Losses",
    "penalty": "Penalties",
    "model": "Models",
    "library": "For symbolic sizes",
}


@click.command(name="list", short_help="List what can be derived, plotted and verified.")
@click.option("--names", "bare", is_flag=True, help="Only the names, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Names by kind, as JSON.")
def command(bare: bool, as_json: bool) -> None:
    """List the names that derive, plot and verify understand.

    \b
    backproof list
    backproof list --names | grep soft
    """
    import symbolic
    from symbolic import library

    kinds = {kind: list(symbolic.names(kind)) for kind in HEADINGS if kind != "library"}
    kinds["library"] = list(library.names())
    if as_json:
        click.echo(json.dumps(kinds, indent=2))
    elif bare:
        click.echo("\n".join(name for names in kinds.values() for name in names))
    else:
        _table(kinds)


def _table(kinds: dict[str, list[str]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    import symbolic
    from backproof._terminal import console

    out = console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("name", no_wrap=True)
    table.add_column("what it is", ratio=3)
    table.add_column("derivative, as taught", ratio=2)
    table.add_column("kinks", no_wrap=True)
    for kind in ("activation", "loss", "penalty"):
        table.add_section()
        table.add_row(Text(HEADINGS[kind], style="bold"))
        for name in kinds[kind]:
            f = symbolic.formula(name)
            closed = str(f.closed_form) if not hasattr(f.closed_form, "shape") else "a matrix"
            kinks = ", ".join(f"{f.variable} = {k}" for k in f.kinks)
            table.add_row(Text(name, style="cyan"), f.title, Text(closed.replace("**", "^")), Text(kinks))
    for kind in ("model", "library"):
        table.add_section()
        table.add_row(Text(HEADINGS[kind], style="bold"))
        for name in kinds[kind]:
            table.add_row(Text(name, style="cyan"), name.replace("_", " "), "", "")
    out.print(table)
    out.print("[dim]backproof derive NAME shows the steps; backproof plot NAME the curve.[/]")
