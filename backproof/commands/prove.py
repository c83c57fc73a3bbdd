"""`backproof prove`: one claim, one verdict, and the exit code that goes with it."""

from __future__ import annotations

import json
from typing import Any

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
    What is too large to work on, such as 9**9**9**9, is unknown (limit), here and in symbolic.prove.
    Exit code: 0 proved, 1 refuted, 3 unknown, 2 unreadable.
    """
    import symbolic
    from backproof._errors import BackproofError
    from backproof._terminal import console

    claim: dict[str, Any]
    if rhs is None:
        sides = lhs.split("=")
        if len(sides) != 2:
            raise BackproofError(
                f'{lhs!r} holds {len(sides) - 1} equality signs; expected LHS and RHS, or one text "LHS = RHS".'
            )
        lhs, rhs = sides
    claim = {"assuming": assumptions, "timeout": timeout}
    verdict = symbolic.prove(lhs.strip(), rhs.strip(), **claim)
    correction = (
        symbolic.equivalent_up_to(lhs.strip(), rhs.strip(), **claim) if verdict.status == "refuted" else None
    )
    if as_json:
        click.echo(json.dumps(_plain(verdict, correction), indent=2, ensure_ascii=False))
    else:
        _say(console(), verdict, correction)
    click.get_current_context().exit(EXIT[verdict.status])


def _say(out: Any, verdict: Any, correction: Any) -> None:
    """Print the verdict as a sentence, a refutation with the point, both values, and the correction."""
    from rich.text import Text

    style = {"proved": "bold green", "refuted": "bold red", "unknown": "bold yellow"}[verdict.status]
    if verdict.counterexample is None:
        status, _, rest = str(verdict).partition(":")
        out.print(Text.assemble((status, style), f":{rest}"), soft_wrap=True)
        return
    example = verdict.counterexample
    out.print(Text.assemble((verdict.status, style), f": {verdict.claim}"), soft_wrap=True)
    where = [f"{name} = {value}" for name, value in example.point.items()]
    where += [f"{name}: {text}" for name, text in example.functions.items()]
    rows = [("at", ", ".join(where))] if where else []
    rows += [("left", _value(example.lhs)), ("right", _value(example.rhs))]
    if example.looks_equal:
        rows.append(("difference", str(example.difference)))
    if correction is not None:
        rows.append(("correction", correction.text))
    for name, value in rows:
        out.print(Text.assemble((f"  {name:<11}", "dim"), value), soft_wrap=True)


def _value(enclosure: Any) -> str:
    """Write an enclosure; a short decimal that is exact with all its digits, as it was typed."""
    exact = enclosure.low
    if enclosure.low == enclosure.high and exact.denominator > 1 and 10**20 % exact.denominator == 0:
        digits = next(k for k in range(1, 21) if 10**k % exact.denominator == 0)
        scaled = str(abs(exact.numerator) * 10**digits // exact.denominator).rjust(digits + 1, "0")
        return f"{'-' if exact < 0 else ''}{scaled[:-digits]}.{scaled[-digits:]}"
    return str(enclosure)


def _plain(verdict: Any, correction: Any) -> dict[str, Any]:
    """Return a verdict as plain data."""
    example = verdict.counterexample
    return {
        "status": verdict.status,
        "claim": verdict.claim,
        "method": verdict.method,
        "assumptions": list(verdict.assumptions),
        "kinks": list(verdict.kinks),
        "counterexample": None
        if example is None
        else {
            "point": {str(name): str(value) for name, value in example.point.items()},
            "functions": dict(example.functions),
            "lhs": list(example.lhs.written()),
            "rhs": list(example.rhs.written()),
            "difference": list(example.difference.written()),
        },
        "correction": None
        if correction is None
        else {"kind": correction.kind, "text": correction.text, "corrected": str(correction.corrected)},
        "reason": verdict.reason,
        "elapsed": verdict.elapsed,
        "certificate": verdict.certificate,
    }
