"""`backproof check`: every formula of somebody's notes, with its verdict."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click


def _file(flag: str, help: str, *, stdout: bool = False) -> Callable[[Any], Any]:
    kind = click.Path(path_type=Path, dir_okay=False, allow_dash=stdout)
    return click.option(f"--{flag}", f"{flag}_file", type=kind, metavar="FILE", help=help)


@click.command(name="check", short_help="Check every formula of notes: Markdown, LaTeX, HTML, notebooks.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--profile",
    help="The notes' conventions, if they cannot be told: deeplearning.ai, row-major, nielsen, cs231n, scalar.",
)
@click.option(
    "--loss",
    help="The loss: bce, cross-entropy, half-squared, squared, or a formula such as 'L = (a-y)^2'.",
)
@click.option(
    "--activation",
    help="What functions that the notes leave open are: sigmoid, tanh, relu, …, or a formula such as 'g(z) = \\tanh(z)'.",
)
@click.option(
    "--timeout",
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(min=0.01, max=3600),
    help="For one formula, in the processor's time.",
)
@click.option(
    "--jobs",
    default=0,
    metavar="N",
    help="Files checked at a time; by default one for each core.",
)
@click.option("--no-cache", is_flag=True, help="Check anew what an earlier run has checked.")
@click.option("--all", "show_all", is_flag=True, help="Print proved formulas and definitions too.")
@click.option(
    "--fix", is_flag=True, help="Print a patch with the corrections that can be proved; nothing is written."
)
@_file("json", "Write findings and summary as JSON; - for stdout.", stdout=True)
@_file("sarif", "Write SARIF for code-scanning annotations; - for stdout.", stdout=True)
@_file("junit", "Write JUnit XML; - for stdout.", stdout=True)
@_file("html", "Write the notes as one HTML page, each formula beside its verdict.")
@click.option(
    "--stdin-name",
    default="stdin.md",
    show_default=True,
    metavar="NAME",
    help="What - is read as: its ending says how.",
)
def command(
    paths: tuple[Path, ...],
    profile: str | None,
    loss: str | None,
    activation: str | None,
    timeout: float,
    jobs: int,
    no_cache: bool,
    show_all: bool,
    fix: bool,
    json_file: Path | None,
    sarif_file: Path | None,
    junit_file: Path | None,
    html_file: Path | None,
    stdin_name: str,
) -> None:
    """Check every formula in PATHS and say which are proved, refuted or undecided.

    PATHS are files, folders (which are walked), patterns, or - for stdin.

    \b
    backproof check notes.md
    backproof check course/ --html report.html
    backproof check notes.md --fix | patch -p1

    Nothing in a file is executed. Exit code: 0 nothing refuted, 1 something refuted, 2 unreadable input.
    """
    from backproof._files import check_writable, write_atomically
    from backproof._terminal import console
    from backproof.notes import report

    files = (json_file, sarif_file, junit_file, html_file)
    to_stdout = [*(["--fix"] * fix), *(f"{path}" for path in files if str(path) == "-")]
    if len(to_stdout) > 1:
        raise click.UsageError("only one of --fix, --json -, --sarif - and --junit - can print to stdout.")
    check_writable(*(path for path in files if str(path) != "-"))
    options = {"profile": profile, "timeout": timeout, "loss": loss, "activation": activation}
    start = time.perf_counter()
    documents, encodings = _run(
        paths, options, jobs, not no_cache, stdin_name, None if to_stdout else show_all
    )
    if fix:
        _print_patch(documents, encodings, options, jobs, not no_cache)
    formats: list[tuple[Path | None, Any]] = [
        (json_file, lambda: json.dumps(report.to_json(documents), indent=2, ensure_ascii=False) + "\n"),
        (sarif_file, lambda: json.dumps(report.to_sarif(documents), indent=2, ensure_ascii=False) + "\n"),
        (junit_file, lambda: report.to_junit(documents)),
        (html_file, lambda: report.to_html(documents)),
    ]
    for path, render in formats:
        if path is not None and str(path) == "-":
            click.echo(render(), nl=False)
        elif path is not None:
            write_atomically(path, render())
    if not to_stdout:
        report.print_summary(documents, console(), elapsed=time.perf_counter() - start)
    click.get_current_context().exit(report.exit_code(documents))


def _run(
    paths: tuple[Path, ...],
    options: dict[str, Any],
    jobs: int,
    use_cache: bool,
    stdin_name: str,
    show_all: bool | None,
) -> tuple[list[Any], dict[str, str]]:
    """Check the files, print what is found as it is found, and give the documents in their order, with their encodings.

    What had finished before Ctrl-C is in the cache, and is not checked again.
    """
    from backproof._errors import BackproofError
    from backproof._terminal import console, progress_bar
    from backproof.notes import report
    from backproof.notes._walk import check_documents, note_files, read_file

    files = note_files(paths)
    if not files:
        raise BackproofError(
            f"no notes under {', '.join(map(str, paths))}; expected .md, .tex, .ipynb or .html files."
        )
    given = [read_file(path, stdin_name) for path in files]
    printer = None
    if show_all is not None:
        texts = {document.name: document.text for document in given}
        printer = report.Printer(console(), list(texts), texts, show_all=show_all)
    done = {}
    bar, task, formulas = None, None, 0

    with closing(check_documents(given, options, jobs, use_cache)) as events, ExitStack() as shown:
        for event in events:
            if isinstance(event, report.Checked):
                done[event.name] = event
            elif bar is None:  # there is work to be done: not everything comes from the cache
                bar = shown.enter_context(progress_bar())
                task = bar.add_task("", total=None)
            if bar is not None and task is not None:
                if isinstance(event, report.Checked):
                    bar.update(task, description=event.name[-40:])
                elif len(event) == 1:
                    bar.update(task, description=f"reading {event[0][-40:]}")
                elif len(event) == 2:
                    formulas += event[1]
                    bar.update(task, total=formulas)
                else:
                    bar.update(task, advance=1, description=event[0][-40:])
            if printer is not None and printer.take(event):
                if bar is None:
                    printer.print_ready()
                    continue
                bar.stop()  # it moves by escape codes, and steps aside for what is printed
                printer.print_ready()
                bar.start()
    return [done[document.name] for document in given], {
        document.name: document.encoding for document in given
    }


def _print_patch(
    documents: list[Any], encodings: dict[str, str], options: dict[str, Any], jobs: int, use_cache: bool
) -> None:
    """Print one patch for all documents; say on stderr what it leaves as it is."""
    import os

    from backproof.notes._walk import Given, check_documents
    from backproof.notes.report import Checked, corrections, to_patch

    def check(name: str, text: str) -> Any:
        events = check_documents([Given(name, text)], options, jobs, use_cache)
        return next(event for event in events if isinstance(event, Checked))

    fixed = 0
    for document in documents:
        fixes = corrections(document, check)
        if not fixes:
            continue
        path = os.path.relpath(document.name) if Path(document.name).is_absolute() else document.name
        path = Path(document.name).as_posix().lstrip("/") if path.startswith("..") else Path(path).as_posix()
        encoding = encodings[document.name]
        if encoding.startswith(("utf-16", "utf-32", "utf-8-sig")):
            click.echo(f"{document.name}: no patch can be made of {encoding}.", err=True)
            continue
        click.echo(to_patch(document, fixes, path).encode(encoding), nl=False)
        fixed += len(fixes)
    refuted = sum(finding["verdict"] == "refuted" for document in documents for finding in document.findings)
    click.echo(f"{fixed} of {refuted} refuted formulas corrected and proved.", err=True)
