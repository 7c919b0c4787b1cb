"""What pgBackRest's messages and exit codes mean."""

import re

from prodproof.facts import Reason, Unseen
from prodproof.reach.backups._bench import line_with, usual_trouble
from prodproof.reach.backups.backup_store import Damage, Damaged, RestorePoint, Sound

_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403 (Forbidden)", "403 (FORBIDDEN)")


def refused(text: str) -> Unseen | None:
    """That a bucket does not let pgBackRest in; nothing of what the store wrote is repeated but its code."""
    sign = next((sign for sign in _REFUSED if sign in text), None)
    return Unseen(Reason.DENIED, f"the store refuses pgBackRest's credentials: {sign}") if sign else None


def label_of(point: RestorePoint) -> str:
    """As pgBackRest names a backup, without the repository that it is in."""
    return point.id.partition("@")[0]


def verified(text: str, point: RestorePoint) -> Sound | Damaged | Unseen:
    """What `pgbackrest verify` wrote of a backup: it ends with code 0 whatever it found."""
    name = label_of(point)
    line, counts = _counted(text, f"backup: {name}, status: ")
    if not line:
        return Unseen(Reason.INCOMPLETE, f"pgbackrest verify says nothing of {point.id}")
    if "status: valid" not in line:
        for sign, damage in (("missing", Damage.MISSING), ("size invalid", Damage.TRUNCATED)):
            if re.search(rf"\b{sign}: [1-9]", counts):
                return Damaged(damage=damage, says=f"pgbackrest verify: {name} is invalid: {counts}")
        return Damaged(damage=Damage.CORRUPT, says=f"pgbackrest verify: {name} is invalid: {counts or line}")
    line, counts = _counted(text, f"archiveId: {point.server_version}-")
    if re.search(r"(checksum|size) invalid: [1-9]|other: [1-9]", counts):
        return Damaged(damage=Damage.CORRUPT, says=f"pgbackrest verify: segments of the log are corrupt: {counts}")
    return Sound(says="pgbackrest verify: all files have their checksums, and no log is missing", deep=True)


def _counted(text: str, start: str) -> tuple[str, str]:
    """A line of the answer, and the one after it, which counts what is wrong."""
    lines = [line.strip() for line in text.splitlines()]
    place = next((number for number, line in enumerate(lines) if line.startswith(start)), None)
    if place is None:
        return "", ""
    return lines[place], lines[place + 1] if place + 1 < len(lines) else ""


def without(gap: str, point: RestorePoint) -> Damaged:
    """That a segment of the log is missing."""
    whole = point.wal is not None and gap <= point.wal.needed
    far = "it cannot be restored" if whole else "nothing after it can be recovered"
    return Damaged(damage=Damage.MISSING_WAL, says=f"the log's segment {gap} is missing: {far}")


def trouble(code: int, text: str) -> Damaged | Unseen | None:
    """What pgBackRest's exit code (0, or that of the error) and messages mean."""
    if code == 0 and "No usable backup.info" not in text:
        return None
    if "unable to open missing file" in text and ".conf" in text:
        return Unseen(Reason.NOT_CONFIGURED, f"pgBackRest's settings are not there: {line_with(text, 'missing file')}")
    if away := refused(text) or usual_trouble("pgbackrest", text):
        return away
    if ("lock" in text and "held by another process" in text) or code == 50:
        return Unseen(Reason.INCOMPLETE, f"the repository is locked: {line_with(text, 'lock')}")
    if "CryptoError" in text or "cipher" in text or "No usable backup.info" in text:
        return Unseen(Reason.DENIED, "the password is refused: pgBackRest cannot read the repository with it")
    if code == 103 or "unable to find a valid repository" in text:
        return Unseen(Reason.UNREACHABLE, f"pgBackRest finds no repository: {line_with(text, 'ERROR')}")
    for damage, what, signs in (
        (Damage.TRUNCATED, "truncated", ("unexpected eof", "unexpected end", "size mismatch", "unable to flush")),
        (Damage.MISSING, "missing", ("missing file", "No such file")),
        (Damage.CORRUPT, "corrupt", ("checksum", "inflate", "decompress", "does not match", "zlib", "invalid")),
    ):
        if any(sign in text for sign in signs):
            return Damaged(
                damage=damage, says=f"pgBackRest: a file of the repository is {what}: {line_with(text, *signs)}"
            )
    return Unseen(Reason.INCOMPLETE, f"pgbackrest failed: {line_with(text, 'ERROR')}")
