"""Writes a finished run in the format that was asked for."""

import os
import sys
import tempfile
from pathlib import Path

import typer

from prodproof.cli.session import Session
from prodproof.gate import Decision, Verification, decide_gate
from prodproof.system.errors import UserError


def render(
    verification: Verification,
    session: Session,
    format: str,
    output: Path | None,
    *,
    public: bool = False,
    verbose: bool = False,
    whole: bool = True,
    html: Path | None = None,
) -> None:
    """Print or write the report.

    Args:
        format: text, json, sarif, junit, html or md.
        output: a file to write; standard output if None.
        public: leave places and details out.
        whole: the run covered the whole catalogue, so that the gate's answer and the HTML file make sense.
        html: where the HTML file that goes with the text report is written; `report.html` in the state if None.
    """
    if public:
        from prodproof.reports.public import without_details

        verification = without_details(verification)
    decision = decide_gate(verification.standings, session.declared.gate) if whole else None
    if format == "text":
        file = (html or session.state / "report.html") if whole and not public else None
        _text(verification, session, decision, output, verbose, file)
        return
    text = _formatted(verification, format, decision)
    if output is None:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    else:
        write_file(output, text)
        typer.echo(f"report {output}", err=True)


def _formatted(verification: Verification, format: str, decision: Decision | None) -> str:
    if format == "json":
        from prodproof.reports.json_report import as_json

        return as_json(verification)
    if format == "sarif":
        from prodproof.reports.sarif import as_sarif

        return as_sarif(verification)
    if format == "junit":
        from prodproof.reports.junit import as_junit

        return as_junit(verification)
    if format == "md":
        from prodproof.reports.markdown import as_markdown

        return as_markdown(verification, decision)
    from prodproof.reports.html import as_html

    return as_html(verification, decision)


def _text(
    verification: Verification,
    session: Session,
    decision: Decision | None,
    output: Path | None,
    verbose: bool,
    html: Path | None,
) -> None:
    from rich.console import Console

    from prodproof.reports.text import print_report

    head = f"head {verification.head[:8]}" if verification.head else ""
    last = f"evidence {verification.evidence_count:,} entries, {head}     state {session.state}"
    if html is not None:
        from prodproof.reports.html import as_html

        write_file(html, as_html(verification, decision))
        last = f"report {html}     evidence {verification.evidence_count:,} entries, {head}"
    if output is None:
        print_report(Console(), verification, decision, verbose=verbose, files=[last])
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as file:
        print_report(Console(file=file, width=100), verification, decision, verbose=verbose, files=[last])
        file.seek(0)
        write_file(output, file.read())
    typer.echo(f"report {output}", err=True)


def write_file(path: Path, text: str) -> None:
    """Write a whole file or nothing of it. Raises UserError when that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from None
