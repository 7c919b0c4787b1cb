"""A dead link in the runbook; a step that nobody owns; a credential that is good after it was revoked."""

from prodproof.facts import Reason
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.vault import READER, Vault
from prodproof.range.fault import Fault
from prodproof.range.range import Range

RUNBOOK = "runbooks/incident.md"


def dead_link(harbour: Range) -> None:
    """The page about the log store was moved."""
    harbour.repo.replace(RUNBOOK, "Do not delete evidence.", "Do not delete evidence: [where it lies](log-store.md).")


def step_that_nobody_owns(harbour: Range) -> None:
    harbour.repo.replace(RUNBOOK, "objective=30m whom=ana", "objective=30m")


def rotation_that_proves_nothing(harbour: Range) -> None:
    """`trust` in pg_hba.conf: whoever has the leaked password needs it no more than anybody."""
    harbour.part(Postgres).trust()


def refused(harbour: Range) -> None:
    """The manager takes prodproof's login no more."""
    harbour.part(Vault).refuse(READER)


FAULT = Fault(
    guarantee="secrets.exposure-process",
    breaks=dead_link,
    says="the link log-store.md leads nowhere",
    subject="runbook:runbooks/incident.md",
    variants=(step_that_nobody_owns, rotation_that_proves_nothing),
    withdraws=refused,
    reason=Reason.DENIED,
    needs=("repo", "application", "postgres", "vault", "front"),
    drills=("leak secret:database",),
)
