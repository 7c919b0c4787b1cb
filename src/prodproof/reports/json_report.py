"""The stable JSON contract `prodproof/verify/1`."""

import json
from datetime import datetime
from typing import Any

from prodproof.facts import Reason
from prodproof.gate import Standing, StandingRow, State, Verification
from prodproof.reports.inert import plain

SCHEMA = "prodproof/verify/1"


def as_json(verification: Verification) -> str:
    """The whole run as one JSON document, two blanks indented."""
    return json.dumps(as_data(verification), indent=2, ensure_ascii=False) + "\n"


def as_data(verification: Verification) -> dict[str, Any]:
    """The contract's plain values."""
    summary = verification.summary
    return {
        "schema": SCHEMA,
        "system": plain(verification.system),
        "environment": plain(verification.environment),
        "release": verification.release,
        "commit": verification.commit,
        "started_at": timestamp(verification.started_at),
        "finished_at": timestamp(verification.finished_at),
        "tool_version": verification.tool_version,
        "inferred": verification.inferred,
        "vantages": list(verification.vantages),
        "notes": [plain(note) for note in verification.notes],
        "summary": {
            "holds": summary.holds,
            "broken": summary.broken,
            "unknown": summary.unknown,
            "waived": summary.waived,
            "not_applicable": summary.not_applicable,
            "total": summary.total,
        },
        "ledger": {"entries": verification.evidence_count, "head": verification.head},
        "guarantees": [_guarantee(item) for item in verification.standings],
    }


def _guarantee(item: Standing) -> dict[str, Any]:
    guarantee = item.entry.guarantee
    return {
        "id": guarantee.id,
        "area": guarantee.area,
        "verdict": item.state.value,
        "severity": guarantee.severity.value,
        "proof": "+".join(sorted(guarantee.proof)),
        "reason_code": item.reason.value if item.reason else None,
        "message": plain(item.message),
        "expires_at": timestamp(item.result.expires_at),
        "waiver": _waiver(item) if item.state is State.WAIVED else None,
        "subjects": [_row(row) for row in item.rows],
    }


def _row(item: StandingRow) -> dict[str, Any]:
    row = item.row
    location = row.finding.location if row.finding else None
    reason: Reason | None = row.verdict.reason
    return {
        "subject": plain(str(row.subject)),
        "verdict": item.state.value,
        "reason_code": reason.value if reason else None,
        "message": plain(row.verdict.message),
        "rule": row.finding.rule if row.finding else None,
        "mend": plain(row.finding.mend) if row.finding and row.finding.mend else None,
        "finding": row.finding_id,
        "waiver": {"owner": item.waiver.owner, "until": str(item.waiver.until), "reason": plain(item.waiver.reason)}
        if item.waiver
        else None,
        "observed_at": timestamp(row.observed_at),
        "expires_at": timestamp(row.expires_at),
        "vantage": row.vantage,
        "proof": row.proof.value if row.proof else None,
        "evidence": list(row.evidence),
        "locations": [{"path": plain(location.path), "line": location.line}] if location else [],
    }


def _waiver(item: Standing) -> dict[str, str] | None:
    waiver = item.waiver
    if waiver is None:
        return None
    return {"owner": waiver.owner, "until": str(waiver.until), "reason": plain(waiver.reason)}


def timestamp(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
