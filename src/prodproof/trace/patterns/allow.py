"""Findings that somebody looked at and took responsibility for."""

from collections.abc import Sequence
from datetime import date

from prodproof.facts.declared import SecretAllowed
from prodproof.trace.finding import Finding


def not_allowed(findings: Sequence[Finding], allowed: Sequence[SecretAllowed], today: date) -> tuple[Finding, ...]:
    """The findings that no entry of the allow list stands for.

    An entry stands for the finding with its id (rule, path and redacted line), wherever in the file the line is, up to
    its last day; a finding of an exact value (`rule` is `value`) cannot be allowed.
    """
    standing = {entry.finding for entry in allowed if entry.until >= today}
    return tuple(finding for finding in findings if finding.rule == "value" or finding.id not in standing)
