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
    from rich.columns import Columns
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    import symbolic
    from backproof._terminal import console
    from symbolic._printing import to_text

    out = console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("what it is", ratio=1)
    table.add_column("derivative, as taught", ratio=1, overflow="fold")
    for kind in ("activation", "loss", "penalty"):
        table.add_section()
        table.add_row(Text(HEADINGS[kind], style="bold"))
        for name in kinds[kind]:
            f = symbolic.formula(name)
            if hasattr(f.closed_form, "shape"):  # its first two entries show the law
                closed = ", ".join(map(to_text, list(f.closed_form)[:2])) + ", …"
            else:
                closed = str(f).rsplit(", derivative ", 1)[1]
                used = [s for s in f.notation if s in f.closed_form.free_symbols and str(s) != "a"]
                closed += "".join(f"; {s} = {to_text(f.notation[s])}" for s in used)
            kinks = "".join(f"; a kink at {f.variable} = {k}" for k in f.kinks)
            table.add_row(Text(f" {name}", style="cyan"), Text(f.title + kinks), Text(closed))
    out.print(table)
    for kind in ("model", "library"):
        out.print(Text(HEADINGS[kind], style="bold"))
        out.print(
            Padding(Columns([Text(name, style="cyan") for name in kinds[kind]], column_first=True), (0, 1))
        )
    out.print("[dim]backproof derive NAME shows the steps, backproof plot NAME the curve.[/]", soft_wrap=True)
