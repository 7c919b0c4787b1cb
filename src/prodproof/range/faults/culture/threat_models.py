"""A payments module that nobody has thought about as an attacker would."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

MODEL = "docs/threat-models/payments.md"


def threat_model_deleted(harbour: Range) -> None:
    harbour.repo.remove(MODEL)


def threat_model_without_owner(harbour: Range) -> None:
    harbour.repo.replace(MODEL, "- Owner: ana\n", "")


def threat_model_never_reviewed(harbour: Range) -> None:
    harbour.repo.replace(MODEL, "- Reviewed: 2026-05-04\n", "")


def git_history_lost(harbour: Range) -> None:
    """Nobody can tell any more what was changed when."""
    harbour.repo.vanish()


FAULT = Fault(
    guarantee="culture.threat-models",
    breaks=threat_model_deleted,
    says="shop/payments/ (payments) has no threat model",
    subject="repo:harbour/shop",
    variants=(threat_model_without_owner, threat_model_never_reviewed),
    withdraws=git_history_lost,
    reason=Reason.INCOMPLETE,
)
