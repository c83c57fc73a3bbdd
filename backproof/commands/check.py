"""`backproof check`: every formula of somebody's notes, with its verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command(name="check", short_help="Check every formula of notes: Markdown, LaTeX, HTML, notebooks.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--profile",
    help="The notes' conventions, if they cannot be told: deeplearning.ai, row-major, nielsen, cs231n, scalar.",
)
@click.option(
    "--timeout",
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(min=0.01),
    help="For one formula.",
)
@click.option("--jobs", default=1, show_default=True, help="Files checked at a time; -1 for all cores.")
@click.option("--no-cache", is_flag=True, help="Check anew what an earlier run has checked.")
@click.option("--all", "show_all", is_flag=True, help="Print proved formulas and definitions too.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write findings and summary as JSON; - for stdout.",
)
@click.option(
    "--sarif",
    "sarif_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write SARIF for code-scanning annotations.",
)
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML."
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the notes with each formula coloured, as one HTML file.",
)
def command(
    paths: tuple[Path, ...],
    profile: str | None,
    timeout: float,
    jobs: int,
    no_cache: bool,
    show_all: bool,
    json_file: Path | None,
    sarif_file: Path | None,
    junit_file: Path | None,
    html_file: Path | None,
) -> None:
    """Check every formula in PATHS (files, or folders that are walked) and say which are proved, refuted or undecided.

    \b
    backproof check notes.md
    backproof check course/ --jobs -1 --json findings.json

    Nothing in a file is executed. Exit code: 0 nothing refuted, 1 something refuted, 2 unreadable input.
    """
    from backproof._files import check_writable, write_atomically
    from backproof._terminal import console
    from backproof.notes import report

    files = (json_file, sarif_file, junit_file, html_file)
    check_writable(*(path for path in files if str(path) != "-"))
    documents = _run(paths, {"profile": profile, "timeout": timeout}, jobs, not no_cache)
    formats: list[tuple[Path | None, Any]] = [
        (json_file, lambda: json.dumps(report.to_json(documents), indent=2, ensure_ascii=False) + "\n"),
        (sarif_file, lambda: json.dumps(report.to_sarif(documents), indent=2, ensure_ascii=False) + "\n"),
        (junit_file, lambda: report.to_junit(documents)),
        (html_file, lambda: report.to_html(documents)),
    ]
    to_stdout = False
    for path, render in formats:
        if path is not None and str(path) == "-":
            to_stdout = True
            click.echo(render(), nl=False)
        elif path is not None:
            write_atomically(path, render())
    if not to_stdout:
        report.print_findings(documents, console(), show_all=show_all)
    click.get_current_context().exit(report.exit_code(documents))


def _run(paths: tuple[Path, ...], options: dict[str, Any], jobs: int, use_cache: bool) -> list[Any]:
    """Check the files with a progress bar; what had finished before Ctrl-C is in the cache, and is not checked again."""
    from backproof._errors import BackproofError
    from backproof._terminal import progress_bar
    from backproof.notes._walk import check_files, note_files

    files = note_files(paths)
    if not files:
        raise BackproofError(
            f"no notes under {', '.join(map(str, paths))}; expected .md, .tex, .ipynb or .html files."
        )
    done = {}
    with progress_bar() as bar:
        task = bar.add_task("checking", total=len(files))
        for document in check_files(files, options, n_jobs=jobs, use_cache=use_cache):
            done[document.name] = document
            bar.update(task, advance=1, description=document.name[-40:])
    return [done[path.as_posix()] for path in files]
