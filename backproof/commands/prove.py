"""`backproof prove`: one claim, one verdict, and the exit code that goes with it."""

from __future__ import annotations

import json

import click

EXIT = {"proved": 0, "refuted": 1, "unknown": 3}


# A formula may begin with a minus, which is no option then.
@click.command(
    name="prove",
    short_help="Prove or refute that two formulas are equal.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("lhs")
@click.argument("rhs", required=False)
@click.option(
    "--assume",
    "assumptions",
    multiple=True,
    metavar="HYPOTHESIS",
    help='For example "z > 0" or "0 < a < 1"; may be repeated.',
)
@click.option(
    "--timeout",
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(min=0.01),
    help="Give up after this.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict with its certificate as JSON.")
def command(lhs: str, rhs: str | None, assumptions: tuple[str, ...], timeout: float, as_json: bool) -> None:
    """Prove or refute that LHS = RHS, as real functions wherever both are defined.

    \b
    backproof prove "diff(sigmoid(z), z)" "sigmoid(z)*(1 - sigmoid(z))"
    backproof prove "diff(log(1 + exp(z)), z) = sigmoid(-z)"
    backproof prove "sqrt(z^2)" "z" --assume "z > 0"

    A refutation prints the point, both values and, where one is found, the correction.
    Exit code: 0 proved, 1 refuted, 3 unknown, 2 unreadable.
    """
    import symbolic
    from backproof._errors import BackproofError
    from backproof._terminal import console

    if rhs is None:
        sides = lhs.split("=")
        if len(sides) != 2:
            raise BackproofError(
                f'{lhs!r} holds {len(sides) - 1} equality signs; expected LHS and RHS, or one text "LHS = RHS".'
            )
        lhs, rhs = sides
    verdict = symbolic.equivalent_up_to(lhs.strip(), rhs.strip(), assuming=assumptions, timeout=timeout)
    if as_json:
        click.echo(json.dumps(verdict.to_dict(), indent=2, ensure_ascii=False))
    else:
        color = {"proved": "green", "refuted": "red", "unknown": "yellow"}[verdict.status]
        head, _, rest = str(verdict).partition(":")
        console().print(f"[bold {color}]{head}[/]:", end="", soft_wrap=True)
        console().print(rest, markup=False, soft_wrap=True)
    click.get_current_context().exit(EXIT[verdict.status])
