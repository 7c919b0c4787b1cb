"""For how long a store's own settings keep copies: what will be taken away, whatever lies there now."""

import re
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.backups import RetentionSet
from prodproof.facts.declared import Backup, Declared
from prodproof.reach.backups._aws import Failure, client, unseen
from prodproof.reach.backups._barman_settings import settings_of as barman_settings
from prodproof.reach.backups._pgbackrest_settings import PgBackRestSettings, settings_of
from prodproof.reach.backups.opening import UNTRUSTED, value_of

DAY = 86400
_UNITS = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY}


def retention_of(backup: Backup, declared: Declared) -> RetentionSet | Unseen | None:
    """The setting that takes a declared backup's copies away.

    Returns:
        None where the kind has none of its own (files, restic, borg: whoever prunes says it each time), or where
        nothing is set; Unseen where it could not be read.
    """
    root = Path(declared.root or ".")
    if backup.kind == "pgbackrest":
        settings = settings_of(backup, root)
        return _of_pgbackrest(settings) if isinstance(settings, PgBackRestSettings) else settings
    if backup.kind == "barman":
        told = barman_settings(backup, root)
        value = told if isinstance(told, Unseen) else told.value("retention_policy")
        return _policy(value) if isinstance(value, str) else value
    if backup.kind in ("s3", "rds"):
        if not declared.trusted:
            return UNTRUSTED
        credentials = value_of(backup, backup.credentials, declared)
        if isinstance(credentials, Unseen):
            return credentials
        try:
            service = client(
                backup.kind, credentials, backup.region, backup.url, root / backup.ca if backup.ca else None
            )
            return _of_bucket(service, backup) if backup.kind == "s3" else _of_instance(service, backup)
        except Failure as error:
            return unseen(error, "its retention")
    return None


def _of_pgbackrest(settings: PgBackRestSettings) -> RetentionSet | None:
    """Of the repository that keeps longest: what has left the others is still in that one."""
    found: list[RetentionSet] = []
    for number in settings.repositories:
        name = f"repo{number}-retention-full"
        value = settings.value(name)
        if value is None or not value.isdigit():
            return None
        if settings.value(f"{name}-type") == "time":
            found.append(RetentionSet(says=f"{name}={value} days", seconds=int(value) * DAY))
        else:
            found.append(RetentionSet(says=f"{name}={value}", count=int(value)))
    return max(found, key=lambda item: (item.count is not None, item.seconds or 0, item.count or 0))


def _policy(value: str) -> RetentionSet | Unseen:
    says = f"retention_policy = {value[:80]}"
    if found := re.fullmatch(r"\s*REDUNDANCY\s+(\d{1,6})\s*", value, re.IGNORECASE):
        return RetentionSet(says=says, count=int(found[1]))
    if found := re.fullmatch(r"\s*RECOVERY\s+WINDOW\s+OF\s+(\d{1,6})\s+(DAY|WEEK|MONTH)S?\s*", value, re.IGNORECASE):
        return RetentionSet(says=says, seconds=int(found[1]) * _UNITS[found[2].lower()])
    return Unseen(Reason.INCOMPLETE, f"Barman's {says!r} cannot be read")


def _of_bucket(service: Any, backup: Backup) -> RetentionSet | None:
    bucket, _, prefix = backup.repository.removeprefix("s3://").partition("/")
    try:
        rules = service.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except Failure as error:
        if "NoSuchLifecycleConfiguration" in str(error):
            return None
        raise
    days = [rule["Expiration"]["Days"] for rule in rules if _is_about(rule, prefix) and "Days" in rule["Expiration"]]
    if not days:
        return None
    return RetentionSet(says=f"lifecycle rule: {min(days)} days", seconds=int(min(days)) * DAY)


def _is_about(rule: dict[str, Any], prefix: str) -> bool:
    """Whether an enabled rule takes away every object below a prefix."""
    place = rule.get("Filter", {})
    narrowed = set(place) - {"Prefix"}
    below = str(place.get("Prefix", rule.get("Prefix", "")))
    return rule.get("Status") == "Enabled" and "Expiration" in rule and not narrowed and prefix.startswith(below)


def _of_instance(service: Any, backup: Backup) -> RetentionSet:
    (instance,) = service.describe_db_instances(DBInstanceIdentifier=backup.server)["DBInstances"]
    days = int(instance.get("BackupRetentionPeriod") or 0)
    return RetentionSet(says=f"BackupRetentionPeriod={days}", seconds=days * DAY)
