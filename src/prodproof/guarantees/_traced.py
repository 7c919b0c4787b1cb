"""What judges of searches for secrets share: findings, and why finding nothing is no proof."""

from prodproof.facts import Location, Reason
from prodproof.facts.traced import SecretSeen, Traced
from prodproof.verdicts import Finding, Verdict, unknown

SHOWN = 50
"""Findings that are named one by one; a repository full of them needs another remedy than a list."""


def found(traced: Traced, where: str, mend: str) -> list[Finding]:
    """A finding for each secret that was seen.

    Args:
        where: words after the path for what was searched: `in the history of shop`; may be empty.
        mend: what to do about one of them.
    """
    findings = [_finding(item, where, mend) for item in traced.seen[:SHOWN]]
    rest = len(traced.seen) - len(findings) + traced.more
    if rest > 0:
        findings.append(Finding("more-secrets", f"and {rest:,} more", key="more"))
    return findings


def _finding(item: SecretSeen, where: str, mend: str) -> Finding:
    written = "" if item.encoding == "plain" else f", as {item.encoding}"
    since = f", since {item.commit[:12]}" if item.commit else ""
    place = f"{item.location}" if item.line else item.path
    rule = "known-secret" if item.rule == "value" else "secret"
    return Finding(
        rule,
        f"{item.what} in {place}{' ' + where if where else ''}{since}{written}",
        Location(item.path, item.line),
        item.finding,
        mend,
    )


def unproven(traced: Traced, *, needs_values: bool = True) -> Verdict | None:
    """Why nothing found is no proof of absence; None when it is.

    Args:
        needs_values: the claim is about the very values of declared secrets, too.
    """
    if traced.unsearched:
        first = traced.unsearched[0]
        more = f" (and {len(traced.unsearched) - 1} more)" if len(traced.unsearched) > 1 else ""
        place = f"{first.path}: " if first.path else ""
        return unknown(first.why, f"{place}{first.detail}{more}")
    if needs_values and traced.unresolved:
        first = traced.unresolved[0]
        more = f" (and {len(traced.unresolved) - 1} more)" if len(traced.unresolved) > 1 else ""
        return unknown(first.why, f"the value of {first.path} could not be searched for: {first.detail}{more}")
    if needs_values and not traced.values:
        return unknown(Reason.NOT_DECLARED, "no secret is declared, so no value was searched for: [[secret]]")
    return None
