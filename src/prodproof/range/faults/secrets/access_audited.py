"""No trail, one that leaves reads out, one that anybody may change, one that ended."""

from prodproof.facts import Reason
from prodproof.range.components.declaration import FILE
from prodproof.range.components.vault import Vault
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def no_audit_device(harbour: Range) -> None:
    """Vault writes nothing down."""
    harbour.part(Vault).audit(None)


def reads_left_out(harbour: Range) -> None:
    """The device's filter lets only changes through."""
    harbour.part(Vault).audit({"filter": 'operation == "update"'})


def trail_that_others_may_change(harbour: Range) -> None:
    """The device makes its file with mode 0666."""
    vault = harbour.part(Vault)
    open_trail = vault.trail.with_name("audit-open.log")
    vault.audit({"file_path": str(open_trail), "mode": "0666"})
    harbour.repo.replace(FILE, str(vault.trail), str(open_trail))


def trail_that_ended(harbour: Range) -> None:
    """Vault writes somewhere else, and the trail that people look at stands still."""
    vault = harbour.part(Vault)
    vault.audit({"file_path": str(vault.trail.with_name("audit-elsewhere.log"))})


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="secrets.access-audited",
    breaks=no_audit_device,
    says="keeps no audit trail",
    subject="secret-manager:vault",
    variants=(reads_left_out, trail_that_others_may_change, trail_that_ended),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("vault",),
)
