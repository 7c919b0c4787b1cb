"""JUnit XML: one suite per area, one case per guarantee.

Broken is a failure and unknown an error, so that no viewer shows an unknown as green; waived and not applicable are
skipped, with who and why.
"""

from prodproof.gate import Standing, State, Verification
from prodproof.reports.inert import xml_attribute, xml_text
from prodproof.reports.json_report import timestamp
from prodproof.reports.view import areas, headline, rows_of
from prodproof.verdicts import Row


def as_junit(verification: Verification) -> str:
    """The run as JUnit XML."""
    summary = verification.summary
    skipped = summary.waived + summary.not_applicable
    seconds = (verification.finished_at - verification.started_at).total_seconds()
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="prodproof" tests="{summary.total}" failures="{summary.broken}" '
        f'errors="{summary.unknown}" skipped="{skipped}" time="{seconds:.3f}">',
    ]
    for area in areas(verification):
        part = area.summary
        lines.append(
            f'  <testsuite name={xml_attribute(area.name)} tests="{part.total}" failures="{part.broken}" '
            f'errors="{part.unknown}" skipped="{part.waived + part.not_applicable}" '
            f'timestamp="{(timestamp(verification.started_at) or "").rstrip("Z")}">'
        )
        for item in area.standings:
            lines += _case(item)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _case(item: Standing) -> list[str]:
    opening = f"    <testcase classname={xml_attribute(f'prodproof.{item.entry.guarantee.area}')} " + (
        f"name={xml_attribute(item.entry.guarantee.name)}"
    )
    if item.state is State.HOLDS:
        return [f"{opening}/>"]
    message = xml_attribute(headline(item))
    if item.state in (State.WAIVED, State.NOT_APPLICABLE):
        return [f"{opening}>", f"      <skipped message={message}/>", "    </testcase>"]
    tag, kind = ("failure", "broken") if item.state is State.BROKEN else ("error", item.reason or "unknown")
    details = [f"{row.row.subject}: {row.row.verdict.message}{_place(row.row)}" for row in rows_of(item)]
    body = xml_text("; ".join([*details, f"risk: {item.entry.risk}", f"mend: {item.entry.remedy}"]))
    return [f"{opening}>", f'      <{tag} type="{kind}" message={message}>{body}</{tag}>', "    </testcase>"]


def _place(row: Row) -> str:
    return f" ({row.finding.location})" if row.finding and row.finding.location else ""
