"""`backproof verify`: the three witnesses are heard, and a table says whether they agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(name="verify", short_help="Let the three witnesses check every formula, model and network.")
@click.option(
    "--only", multiple=True, metavar="NAME", help="A formula, model, layer or data set; several may follow."
)
@click.option("--html", type=FILE, help="Write the report as one HTML file that opens without a network.")
@click.option("--json", "json_file", type=FILE, help="Write the report as JSON.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of every random point."
)
@click.option("--jobs", default=-1, help="Processes that share the checks.  [default: one a core]")
@click.argument("more", metavar="[NAME]...", nargs=-1)
def command(
    only: tuple[str, ...],
    more: tuple[str, ...],
    html: Path | None,
    json_file: Path | None,
    seed: int,
    jobs: int,
) -> None:
    """Check every formula, model and network by three witnesses that share no code.

    symbolic = numeric compares what SymPy derives with what is coded by hand, over the whole range of float64;
    the other two edges compare each with slopes measured by gradcheck; the derivations are proved step by step; and
    on scikit-learn's digits and breast_cancer the gradients of whole networks are compared entry by entry.

    \b
    backproof verify
    backproof verify --only sigmoid digits
    backproof verify --html report.html --json report.json

    Exit code: 0 when every check holds, 1 when one does not, 2 when the call is at fault.
    """
    from backproof._files import check_writable, write_atomically
    from backproof._terminal import console, error_console, progress_bar
    from backproof.triangle._workers import could_share, one_thread_a_process

    one_thread_a_process()  # before NumPy is imported
    from backproof.report import print_verification
    from backproof.triangle import plan, verify

    check_writable(json_file, html)
    only += more
    total = len(plan(only, seed=seed))
    with progress_bar() as progress:
        bar = progress.add_task("hearing the witnesses", total=total)

        def named(task: Any) -> None:
            progress.update(bar, description=f"{task.row or task.name}, {task.edge}")

        def ended(check: Any) -> None:
            named(check)
            progress.advance(bar)

        found = verify(only, seed=seed, n_jobs=jobs, on_start=named, on_done=ended)
    print_verification(found, console())
    if could_share(len({check.row for check in found.checks}), jobs):
        error_console().print(
            "On one core; pip install 'backproof\\[parallel]' shares this among all.", style="dim"
        )
    if json_file is not None:
        write_atomically(json_file, json.dumps(found.to_dict(), indent=2, allow_nan=False) + "\n")
    if html is not None:
        from backproof.report import to_html

        write_atomically(html, to_html(found))
    click.get_current_context().exit(0 if found.verdict == "pass" else 1)
