"""One self-contained HTML file: printable, accessible, without any request."""

import re
from pathlib import Path
from typing import Any

from prodproof.gate import Decision, Standing, State, Verification
from prodproof.reports.inert import plain
from prodproof.reports.json_report import timestamp
from prodproof.reports.view import (
    SYMBOLS,
    age,
    areas,
    counts,
    headline,
    mend_line,
    next_line,
    running_waivers,
)

TEMPLATES = Path(__file__).parent / "templates"
WORDS = {
    State.HOLDS: "holds",
    State.BROKEN: "broken",
    State.UNKNOWN: "unknown",
    State.WAIVED: "waived",
    State.NOT_APPLICABLE: "not applicable",
}
_CODE = re.compile(r"`([^`]+)`")
ROWS_SHOWN = 200
"""Subjects listed per guarantee; the rest is counted."""


def as_html(verification: Verification, decision: Decision | None = None) -> str:
    """The run as one HTML document. Everything in it is escaped by the template engine."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape

    def code(text: str) -> Markup:
        # What the catalogue writes between backticks; everything is escaped first.
        return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))

    engine = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    engine.filters["code"] = code
    return engine.get_template("report.html").render(_context(verification, decision))


def _context(verification: Verification, decision: Decision | None) -> dict[str, Any]:
    summary = verification.summary
    return {
        "system": plain(verification.system),
        "environment": plain(verification.environment),
        "release": verification.release,
        "commit": (verification.commit or "")[:12],
        "dirty": bool(verification.commit and verification.commit.endswith("-dirty")),
        "finished": timestamp(verification.finished_at),
        "vantages": ", ".join(verification.vantages),
        "version": verification.tool_version,
        "counts": counts(summary),
        "parts": [
            {
                "word": WORDS[state],
                "state": state.value,
                "number": number,
                "share": round(1000 * number / max(summary.total, 1)) / 10,
            }
            for state, number in (
                (State.HOLDS, summary.holds),
                (State.BROKEN, summary.broken),
                (State.UNKNOWN, summary.unknown),
                (State.WAIVED, summary.waived),
                (State.NOT_APPLICABLE, summary.not_applicable),
            )
        ],
        "total": summary.total,
        "decision": decision,
        "scope": decision.scope.scope if decision else None,
        "in_the_way": [_standing(item, verification) for item in decision.attention] if decision else [],
        "not_yet": [_standing(item, verification) for item in decision.not_yet] if decision else [],
        "areas": [
            {
                "name": area.name,
                "summary": area.summary,
                "standings": [_standing(item, verification) for item in area.standings],
            }
            for area in areas(verification)
        ],
        "notes": [plain(note) for note in (*verification.notes, *running_waivers(verification))],
        "entries": verification.evidence_count,
        "head": (verification.head or "")[:16],
    }


def _standing(item: Standing, verification: Verification) -> dict[str, Any]:
    guarantee = item.entry.guarantee
    return {
        "id": guarantee.id,
        "anchor": guarantee.id.replace(".", "-"),
        "name": guarantee.name,
        "state": item.state.value,
        "word": WORDS[item.state],
        "symbol": SYMBOLS[item.state],
        "severity": guarantee.severity.value,
        "headline": plain(headline(item)),
        "reason": item.reason.value if item.reason else "",
        "claim": item.entry.must_be_true,
        "risk": item.entry.risk,
        "verified": item.entry.verified_by,
        "mend": plain(mend_line(item)) if item.state is State.BROKEN else item.entry.remedy,
        "next": next_line(item) if item.state is State.UNKNOWN else "",
        "rows": [
            {
                "subject": plain(str(row.row.subject)),
                "word": WORDS[row.state],
                "state": row.state.value,
                "symbol": SYMBOLS[row.state],
                "message": plain(row.row.verdict.message),
                "place": plain(str(row.row.finding.location)) if row.row.finding and row.row.finding.location else "",
                "seen": f"{timestamp(row.row.observed_at)} ({age(row.row.observed_at, verification.finished_at)})"
                if row.row.observed_at
                else "",
                "vantage": row.row.vantage or "",
                "evidence": ", ".join(digest[:12] for digest in row.row.evidence),
                "waiver": f"waived until {row.waiver.until} by {row.waiver.owner}: {plain(row.waiver.reason)}"
                if row.waiver
                else "",
            }
            for row in item.rows[:ROWS_SHOWN]
        ],
        "more": max(0, len(item.rows) - ROWS_SHOWN),
    }
