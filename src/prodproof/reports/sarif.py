"""SARIF 2.1.0 (OASIS), in the subset that GitHub code scanning shows.

Broken rows are results; unknown guarantees are tool notifications, because a viewer would show them as findings or,
worse, as nothing.
"""

import json
from typing import Any
from urllib.parse import quote

from prodproof.facts import Location
from prodproof.gate import Standing, StandingRow, State, Verification
from prodproof.reports.inert import plain
from prodproof.reports.json_report import timestamp
from prodproof.verdicts import Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Severity.CRITICAL: ("error", "9.5"),
    Severity.HIGH: ("error", "8.0"),
    Severity.MEDIUM: ("warning", "5.5"),
    Severity.LOW: ("note", "2.0"),
}
SYSTEM_FILE = Location("prodproof.toml", 1)
"""Where a finding is shown that has no place in a file: viewers drop results without a location."""


def as_sarif(verification: Verification) -> str:
    """The run as a SARIF log."""
    judged = [item for item in verification.standings if item.entry.guarantee.can_break]
    index = {item.entry.id: number for number, item in enumerate(judged)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "prodproof",
                "version": verification.tool_version,
                "semanticVersion": verification.tool_version,
                "informationUri": "https://pypi.org/project/prodproof",
                "rules": [_rule(item) for item in judged],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "startTimeUtc": timestamp(verification.started_at),
                "endTimeUtc": timestamp(verification.finished_at),
                "toolExecutionNotifications": [
                    _notification(item, index.get(item.entry.id))
                    for item in verification.standings
                    if item.state is State.UNKNOWN
                ],
            }
        ],
        "automationDetails": {"id": f"prodproof/{verification.environment}/"},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(item, row, index[item.entry.id])
            for item in judged
            for row in item.rows
            if row.row.finding is not None
        ],
    }
    if verification.commit:
        run["properties"] = {"commit": verification.commit}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(item: Standing) -> dict[str, Any]:
    entry = item.entry
    level, score = LEVELS[entry.guarantee.severity]
    return {
        "id": entry.id,
        "name": "".join(part.capitalize() for part in entry.id.replace(".", "-").split("-")),
        "shortDescription": {"text": entry.must_be_true},
        "fullDescription": {"text": f"{entry.must_be_true} {entry.risk}"},
        "help": {"text": f"Risk: {entry.risk}\nMend: {entry.remedy}\nVerified: {entry.verified_by}"},
        "defaultConfiguration": {"level": level},
        "properties": {
            "security-severity": score,
            "precision": "high",
            "tags": ["security", entry.guarantee.area],
        },
    }


def _result(item: Standing, standing_row: StandingRow, rule_index: int) -> dict[str, Any]:
    row = standing_row.row
    assert row.finding is not None
    text = plain(row.verdict.message)
    if row.finding.mend:
        text += f" Mend: {plain(row.finding.mend)}"
    result: dict[str, Any] = {
        "ruleId": item.entry.id,
        "ruleIndex": rule_index,
        "level": LEVELS[item.entry.guarantee.severity][0],
        "message": {"text": f"{plain(row.subject.name)}: {text}"},
        "locations": [_location(row.finding.location or SYSTEM_FILE)],
        "partialFingerprints": {"prodproof/v1": row.finding_id},
    }
    if standing_row.waiver:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{plain(standing_row.waiver.owner)}, until {standing_row.waiver.until}: "
                f"{plain(standing_row.waiver.reason)}",
            }
        ]
    return result


def _location(location: Location) -> dict[str, Any]:
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": quote(plain(location.path)), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": location.line or 1},
    }
    return {"physicalLocation": physical}


def _notification(item: Standing, rule_index: int | None) -> dict[str, Any]:
    reason = item.reason.value if item.reason else "unknown"
    made: dict[str, Any] = {
        "level": "warning",
        "message": {"text": f"{item.entry.id} is unknown ({reason}): {plain(item.message)}"},
        "descriptor": {"id": f"unknown/{reason}"},
    }
    if rule_index is not None:
        made["associatedRule"] = {"id": item.entry.id, "index": rule_index}
    return made
