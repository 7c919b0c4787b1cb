"""Backups are kept apart from the production server: another region, provider or account, which production's own
credentials cannot delete.

Risk: Whoever deletes or encrypts your server deletes the backups beside it.
Verified: Where each [[backup]] lies: not on this machine, not on a declared host, not in a bucket of production's own
account of AWS, unless `offsite` says what sets it apart. In buckets (s3, restic, pgbackrest) it is tried: an object of
no use is put beside the copies, and `production_credentials` are used to delete it, which must be refused while the
object stays; that needs `allow = ["canary"]` and trust. Elsewhere it cannot be tried, and is unknown. Versions that
stay although the object was deleted count as kept; that a key which may add can also overwrite is not tried.
Mend: Copy backups to another account or provider with object lock, with a credential that production does not
have and that cannot delete.
"""

from dataclasses import replace

from prodproof.facts.backup_places import BackupPlace, CanaryKept, PlaceKind
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds


@guarantee("recovery.backups-offsite", seeds="M-B3 H-7", proof="active", severity="critical")
def judge(fact: CanaryKept) -> Verdict:
    """One declared backup, where production tried to delete."""
    if not fact.refused and not fact.versions_stay:
        return broken(
            Finding(
                "deletable",
                f"production's own credentials deleted {fact.where}",
                key="canary",
                mend="take the right to delete (objects and their versions) from production's key, and lock objects",
            )
        )
    left = "; it stays there, for nobody may remove it" if fact.left else ""
    how = f"refused ({fact.refused})" if fact.refused else "hidden, and its versions stay"
    return holds(f"deleting {fact.where} with production's credentials: {how}{left}")


@judge.also
def apart(place: BackupPlace) -> Verdict:
    """One declared backup, by where it lies."""
    if place.production_host:
        message = f"it lies on {place.where}, which is production's own ({place.production_host})"
        return broken(Finding("production-host", message, key="host"))
    if place.offsite:
        return holds(f"{place.where}: {place.offsite}")
    if place.kind is PlaceKind.MACHINE:
        return broken(Finding("same-machine", f"it lies on this machine, in {place.where}", key="machine"))
    if place.own_account:
        message = f"{place.where} belongs to production's own account, and nothing says that it is in another region"
        return broken(Finding("same-account", message, key="account"))
    locked = f", locked ({place.lock})" if place.lock else ", with versions" if place.versioned else ""
    return holds(f"{place.where}{locked}")


_CANARY = CanaryKept(
    where="s3://shop-backups/prodproof-canary", put_by="the backup's own credentials", refused="AccessDenied"
)
_BUCKET = BackupPlace(kind=PlaceKind.BUCKET, where="s3://shop-backups at objects.example", own_account=False)
_FOLDER = BackupPlace(kind=PlaceKind.MACHINE, where="/srv/backups")

EXAMPLES = (
    Example("production is refused", _CANARY, holds, says="with production's credentials: refused (AccessDenied)"),
    Example(
        "production may delete",
        replace(_CANARY, refused=""),
        broken,
        says="production's own credentials deleted s3://shop-backups/prodproof-canary",
    ),
    Example("versions stay", replace(_CANARY, refused="", versions_stay=True), holds, says="its versions stay"),
    Example("nobody may remove it", replace(_CANARY, left=True), holds, says="it stays there"),
    Example("in another provider's bucket", _BUCKET, holds, says="s3://shop-backups at objects.example"),
    Example("in a bucket with a lock", replace(_BUCKET, lock="COMPLIANCE, 30 days"), holds, says="locked (COMPLIANCE"),
    Example("in a bucket with versions", replace(_BUCKET, versioned=True), holds, says="with versions"),
    Example("in a bucket of production's account", replace(_BUCKET, own_account=True), broken, says="own account"),
    Example(
        "in a bucket of production's account, in another region",
        replace(_BUCKET, own_account=True, offsite="eu-north-1; production is in eu-central-1"),
        holds,
        says="eu-north-1",
    ),
    Example("nobody can tell whose bucket it is", replace(_BUCKET, own_account=None), holds),
    Example("backups on the database server's own disk", _FOLDER, broken, says="on this machine, in /srv/backups"),
    Example("a folder that is copied elsewhere", replace(_FOLDER, offsite="tapes in the other building"), holds),
    Example("a folder that another machine serves", replace(_FOLDER, kind=PlaceKind.MOUNTED), holds),
    Example(
        "on a declared host of production",
        BackupPlace(kind=PlaceKind.SERVER, where="db.shop.example", production_host="db.shop.example", offsite="x"),
        broken,
        says="production's own (db.shop.example)",
    ),
    Example("on another server", BackupPlace(kind=PlaceKind.SERVER, where="backup.example"), holds),
)
