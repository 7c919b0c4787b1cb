"""An object beside a backup that production's own credentials try to take away: they must be refused.

It has one name and says what it is, so that there is never more than one and nobody wonders. Whoever makes the backups
puts it there; it is taken away again by the backup's own identity, where that may.
"""

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from prodproof.facts import Reason, Unseen
from prodproof.facts.backup_places import CanaryKept
from prodproof.facts.declared import Backup, Declared
from prodproof.reach.backups._aws import CANARY, Failure, client, unseen
from prodproof.reach.backups._buckets import Bucket, buckets_of
from prodproof.reach.backups.opening import UNTRUSTED, value_of
from prodproof.reach.git.repository import shown
from prodproof.reach.secret import Secret

_TEXT = b"prodproof put this here to see whether production may delete backups. It may be removed.\n"
_REFUSALS = ("AccessDenied", "AccessDeniedException", "403", "Forbidden", "MethodNotAllowed", "ObjectLocked")
UNTRIED = Unseen(
    Reason.INSUFFICIENT_PROOF,
    "whether production could delete it there is not tried: that is done in buckets alone (s3, restic, pgbackrest)",
)


def canary_kept(backup: Backup, declared: Declared) -> CanaryKept | Unseen:
    """Put it there, try to take it away with production's credentials, look, and clean up."""
    buckets = buckets_of(backup, Path(declared.root or "."))
    if not buckets:
        return UNTRIED
    if not declared.trusted:
        return UNTRUSTED
    own = value_of(backup, backup.credentials, declared)
    production = value_of(backup, backup.production_credentials, declared)
    for value in (own, production):
        if isinstance(value, Unseen):
            return value
    assert isinstance(production, Secret) and not isinstance(own, Unseen)
    bucket = buckets[0]
    key = "/".join(part for part in (bucket.prefix.strip("/"), CANARY) if part)
    try:
        return _tried(bucket, key, _client(bucket, own), _client(bucket, production))
    except Failure as error:
        return unseen(error, "the canary object")


def _client(bucket: Bucket, credentials: Secret | None) -> Any:
    return client("s3", credentials, bucket.region, bucket.url, bucket.ca)


def _tried(bucket: Bucket, key: str, own: Any, production: Any) -> CanaryKept | Unseen:
    place = {"Bucket": bucket.name, "Key": key}
    put_by, version = "the backup's own credentials", ""
    try:
        version = str(own.put_object(**place, Body=_TEXT).get("VersionId") or "")
    except ClientError as error:
        if _code(error) not in _REFUSALS:
            raise
        # Who only reads cannot put anything there; who makes the backups can.
        put_by = "production's"
        version = str(production.put_object(**place, Body=_TEXT).get("VersionId") or "")
    try:
        refused = _refusal(production, place)
        if isinstance(refused, Unseen):
            return refused
        kept = bool(refused)
        stays = _refusal(production, {**place, "VersionId": version}) if version and not kept else ""
        if isinstance(stays, Unseen):
            return stays
        if kept and not _is_there(own, place):
            return Unseen(Reason.INCOMPLETE, "the canary object is gone, although production was refused to delete it")
    finally:
        left = not _removed(own, place, version)
    return CanaryKept(
        where=shown(f"s3://{bucket.name}/{key}"),
        put_by=put_by,
        refused=refused,
        versions_stay=bool(stays),
        left=left and kept,
    )


def _refusal(production: Any, place: dict[str, str]) -> str | Unseen:
    """The code with which deleting is refused; empty where it is done."""
    try:
        production.delete_object(**place)
    except ClientError as error:
        code = _code(error)
        if code in _REFUSALS:
            return code
        return unseen(error, "deleting with production's credentials: whether it would be refused to whoever has them")
    return ""


def _is_there(own: Any, place: dict[str, str]) -> bool:
    try:
        own.head_object(**place)
    except ClientError as error:
        # Without leave to read, it is not known, and so not said to be gone.
        return _code(error) not in ("404", "NoSuchKey", "NotFound")
    return True


def _removed(own: Any, place: dict[str, str], version: str) -> bool:
    try:
        own.delete_object(**place, **({"VersionId": version} if version else {}))
    except Failure:
        return False
    return True


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
