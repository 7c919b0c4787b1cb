"""A payments module that nobody has thought about as an attacker would."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

MODEL = "docs/threat-models/payments.md"

FAULT = Fault(
    guarantee="culture.threat-models",
    breaks=lambda harbour: harbour.repo.remove(MODEL),
    says="shop/payments/ (payments) has no threat model",
    variants=(
        lambda harbour: harbour.repo.replace(MODEL, "- Owner: ana\n", ""),
        lambda harbour: harbour.repo.replace(MODEL, "- Reviewed: 2026-05-04\n", ""),
    ),
    withdraws=lambda harbour: harbour.repo.vanish(),
    reason=Reason.INCOMPLETE,
)
