"""Markdown for a pull request comment: short, inert, the answer first."""

from prodproof.gate import Decision, Standing, State, Verification
from prodproof.reports.inert import markdown
from prodproof.reports.view import SYMBOLS, areas, counts, first_sentence, headline, mend_line, next_line

LONGEST_TABLE = 50
"""Rows per table; a comment is not an archive."""


def as_markdown(verification: Verification, decision: Decision | None = None) -> str:
    """The run as GitHub-flavoured Markdown."""
    broken = [item for area in areas(verification) for item in area.standings if item.state is State.BROKEN]
    unknown = [item for area in areas(verification) for item in area.attention if item.state is State.UNKNOWN]
    waived = [item for area in areas(verification) for item in area.standings if item.state is State.WAIVED]
    commit = f", commit `{verification.commit[:12]}`" if verification.commit else ""
    lines = [f"## prodproof: {_answer(verification, decision)}", ""]
    lines += [f"{markdown(verification.system)}, {markdown(verification.environment)}{commit}  "]
    lines += [counts(verification.summary).replace("   ", " "), ""]
    lines += [f"> {markdown(note)}  " for note in verification.notes]
    if broken:
        lines += ["", "| | broken | what | severity | mend |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(item, mend_line(item)) for item in broken[:LONGEST_TABLE]]
        lines += _more(len(broken))
    if unknown:
        lines += ["", f"<details><summary>{len(unknown)} unknown that can be known</summary>", ""]
        lines += ["| | unknown | why | severity | next |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(item, next_line(item)) for item in unknown[:LONGEST_TABLE]]
        lines += [*_more(len(unknown)), "", "</details>"]
    if waived:
        lines += ["", "| | waived | until | severity | |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(item, "") for item in waived[:LONGEST_TABLE]]
    return "\n".join([*lines, ""])


def _answer(verification: Verification, decision: Decision | None) -> str:
    if decision is not None:
        return "go" if decision.go else f"no-go, {decision.broken} broken and {decision.unknown} unknown"
    return f"{verification.summary.broken} broken"


def _row(item: Standing, last: str) -> str:
    guarantee = item.entry.guarantee
    cells = (
        SYMBOLS[item.state],
        f"`{guarantee.id}`",
        markdown(headline(item)),
        guarantee.severity.value,
        markdown(first_sentence(last)),
    )
    return f"| {' | '.join(cells)} |"


def _more(number: int) -> list[str]:
    return [f"| | | and {number - LONGEST_TABLE} more | | |"] if number > LONGEST_TABLE else []
