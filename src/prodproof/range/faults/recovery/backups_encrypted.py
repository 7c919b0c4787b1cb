"""Copies that anybody can read, and a key that lies beside them."""

from prodproof.facts import Reason
from prodproof.range.components.backups_servers import ServerBackups
from prodproof.range.components.declaration import Declaration
from prodproof.range.components.object_store import BUCKET, ObjectStore
from prodproof.range.components.vault import Vault
from prodproof.range.components.vault_secrets import DATABASE_KEY, STORE_KEY
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def plaintext_archive_in_the_bucket(harbour: Range) -> None:
    """The uploads are copied as an archive in clear."""
    store = harbour.part(ObjectStore)
    store.add("plain/uploads.tar.gz", harbour.part(ServerBackups).packed())
    harbour.part(Declaration).keep(
        "uploads",
        'kind = "s3"',
        f'repository = "s3://{BUCKET}/plain"',
        f'url = "https://{store.endpoint}"',
        f'ca = "{harbour.vantage.ca_file}"',
        f'credentials = "vault:secret/harbour/{STORE_KEY}"',
        'offsite = "Deepstore, eu-north-1, account 4711"',
    )


def key_beside_the_copies(harbour: Range) -> None:
    """The passphrase of the database's copies lies in the same bucket."""
    passphrase = harbour.part(Vault).kept(DATABASE_KEY)
    harbour.part(ObjectStore).add("database/README.txt", f"passphrase: {passphrase}\n".encode())


def distrusted(harbour: Range) -> None:
    """Nobody trusts the system file."""
    harbour.vantage.distrust()


FAULT = Fault(
    guarantee="recovery.backups-encrypted",
    breaks=plaintext_archive_in_the_bucket,
    says="plain/uploads.tar.gz is not encrypted",
    subject="backup:uploads",
    variants=(key_beside_the_copies,),
    withdraws=distrusted,
    reason=Reason.NOT_PERMITTED,
    needs=("backups", "object_store", "vault"),
    touches=("recovery.backups-meet-rpo", "recovery.backups-offsite", "recovery.retention"),
)
