"""A key that burns with the server."""

from prodproof.facts import Reason
from prodproof.range.components.backups_servers import ServerBackups
from prodproof.range.components.declaration import FILE
from prodproof.range.components.object_store import OFFICE, ObjectStore
from prodproof.range.components.vault_secrets import UPLOADS_KEY
from prodproof.range.fault import Fault
from prodproof.range.range import Range

_APART = 'offsite = "Keystone, another provider: it is there when production is gone"\n'


def key_on_the_production_server_alone(harbour: Range) -> None:
    """The uploads' copies are opened with a file of the machine that the uploads lie on."""
    file = harbour.part(ServerBackups).write_key()
    harbour.repo.replace(FILE, f'"vault:secret/harbour/{UPLOADS_KEY}"', f'"file:{file}"')


def vault_that_is_production_s_own(harbour: Range) -> None:
    """The keys lie in a Vault that is gone with production."""
    harbour.repo.replace(FILE, _APART, "")


def key_refused(harbour: Range) -> None:
    """The store of the backups refuses the office's key."""
    harbour.part(ObjectStore).refuse(OFFICE)


FAULT = Fault(
    guarantee="recovery.restore-independent",
    breaks=key_on_the_production_server_alone,
    says="on the machine that is what holds uploads itself",
    subject="store:uploads",
    variants=(vault_that_is_production_s_own,),
    withdraws=key_refused,
    reason=Reason.DENIED,
    needs=("backups", "object_store", "vault"),
    drills=("restore store:uploads",),
)
