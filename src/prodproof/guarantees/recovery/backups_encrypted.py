"""Backups are encrypted, with a key that is not beside them.

Risk: A backup is the whole database in one file, and it is kept where fewer people look.
Verified: How each restore point of every [[backup]] is encrypted: by the settings with which the tool could read it
(pgBackRest, restic, borg), by the first bytes of files and objects (age, OpenPGP, OpenSSL), by the KMS key of objects
and snapshots. What a bucket encrypts with its own key (AES256) it opens for everybody who may read it: that is a
plaintext copy. Where the copies lie, on this machine or in a bucket, keys are looked for: the password itself, private
keys, and settings that hold either. What else lies on a server of which only the tool's own part can be seen (ssh,
sftp, rest) is unknown.
Mend: Encrypt the repository (pgBackRest cipher, restic, borg, KMS) with a key that is kept elsewhere, and store
that key twice.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.backups import BackupInventory
from prodproof.facts.restore_points import RestorePoint
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("recovery.backups-encrypted", seeds="H-3", proof="inside", severity="high")
def judge(fact: BackupInventory) -> Verdict:
    """One declared backup."""
    if findings := list(_findings(fact)):
        return broken(*findings)
    if not fact.points:
        return unknown(Reason.INCOMPLETE, "there is no restore point to look at")
    untold = [point for point in fact.points if point.encrypted is None]
    if untold:
        return unknown(Reason.INCOMPLETE, f"how {_some(untold)} encrypted is not known")
    if fact.keys_unseen is not None:
        return unknown(fact.keys_unseen.why, f"whether a key lies beside it: {fact.keys_unseen.detail}")
    schemes = dict.fromkeys(point.encrypted for point in fact.points)
    return holds(f"{', '.join(map(str, schemes))}, and no key beside it")


def _findings(fact: BackupInventory) -> Iterator[Finding]:
    plain = [point for point in fact.points if point.encrypted == ""]
    if plain:
        yield Finding("plaintext", f"{_some(plain)} not encrypted", key="plaintext")
    opened = [point for point in fact.points if point.store_key]
    if opened:
        yield Finding(
            "key-of-the-store",
            f"{_some(opened)} encrypted by the bucket's own key alone, which opens it for everybody who may read there",
            key="store-key",
            mend="encrypt before it is sent, or with a KMS key that only those who restore may use",
        )
    for place in fact.keys_beside:
        yield Finding("key-beside", f"its key lies beside it: {place}", key=place, mend="keep the key elsewhere, twice")


def _some(points: list[RestorePoint]) -> str:
    """The newest of them, and how many more."""
    return f"{points[0].id} (and {len(points) - 1} more) are" if len(points) > 1 else f"{points[0].id} is"


_POINT = RestorePoint(id="20260601-020000F", encrypted="aes-256-cbc")
_FACT = BackupInventory(kind="pgbackrest", points=(_POINT,))
_PLAIN = RestorePoint(id="backups/shop.dump", encrypted="")
_BUCKET = BackupInventory(
    kind="s3", points=(RestorePoint(id="backups/shop.dump", encrypted="AES256 (server side)", store_key=True),)
)

EXAMPLES = (
    Example("a repository with a cipher", _FACT, holds, says="aes-256-cbc, and no key beside it"),
    Example(
        "a plaintext dump in a bucket",
        replace(_BUCKET, points=(_PLAIN,)),
        broken,
        says="backups/shop.dump is not encrypted",
    ),
    Example(
        "two older ones are in clear",
        replace(_FACT, points=(_POINT, _PLAIN, replace(_PLAIN, id="backups/older.dump"))),
        broken,
        says="backups/shop.dump (and 1 more) are not encrypted",
    ),
    Example("by the bucket's own key", _BUCKET, broken, says="the bucket's own key alone"),
    Example(
        "by a KMS key",
        replace(_BUCKET, points=(replace(_PLAIN, encrypted="aws:kms (server side)"),)),
        holds,
        says="aws:kms",
    ),
    Example(
        "the password lies beside it",
        replace(_FACT, keys_beside=("/srv/backups/passphrase.txt",)),
        broken,
        says="its key lies beside it: /srv/backups/passphrase.txt",
    ),
    Example(
        "the tool does not say",
        replace(_FACT, points=(replace(_POINT, encrypted=None),)),
        unknown,
        says="how 20260601-020000F is encrypted is not known",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "what lies beside it cannot be seen",
        replace(_FACT, keys_unseen=Unseen(Reason.INSUFFICIENT_PROOF, "it lies on another server")),
        unknown,
        says="it lies on another server",
        reason=Reason.INSUFFICIENT_PROOF,
    ),
    Example("there is none", replace(_FACT, points=()), unknown, reason=Reason.INCOMPLETE),
    Example(
        "there is none, and a key lies there",
        replace(_FACT, points=(), keys_beside=("/srv/backups/passphrase.txt",)),
        broken,
    ),
)
