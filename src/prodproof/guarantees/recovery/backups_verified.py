"""Backup integrity is verified automatically: 'OK' from the job is not enough.

Risk: The job says OK every night, and the archive cannot be read.
Verified: The newest restore point of every [[backup]] is read to its end by what made it: `pgbackrest verify`,
`restic check --read-data`, `borg check --verify-data`, `barman verify-backup`, pg_verifybackup; dumps, archives and
database files are unpacked and compared with a checksum beside them. For pgBackRest and Barman the write-ahead log must
be there without a gap from the copy on. Copies (of restic and borg: repositories) of more than 1 GiB, mirrors of files
and snapshots of a provider are not read at each look: unknown, until the restore drill reads them.
Mend: Run the tool's deep verification on schedule (pgbackrest verify, restic check --read-data, pg_verifybackup)
and alert on its failure.
"""

from collections.abc import Iterator
from dataclasses import replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.backups import BackupInventory, VerifiedPoint
from prodproof.facts.restore_points import Damage, Damaged, RestorePoint, Sound
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("recovery.backups-verified", seeds="M-B4", proof="inside", severity="high")
def judge(fact: BackupInventory) -> Verdict:
    """One declared backup."""
    if not fact.points:
        return broken(Finding("empty", "there is no restore point in it", key="none", mend="make a copy now"))
    if findings := list(_findings(fact)):
        return broken(*findings)
    newest = fact.points[0]
    seen = next((item for item in fact.verified if item.id == newest.id), None)
    if seen is None:
        return unknown(Reason.INCOMPLETE, f"the newest, {newest.id}, was not verified")
    result = seen.result
    if isinstance(result, Unseen):
        return unknown(result.why, f"{newest.id}: {result.detail}")
    assert isinstance(result, Sound)
    if not result.deep:
        return unknown(
            Reason.INCOMPLETE, f"{newest.id} was not read to its end ({result.says}): the restore drill does that"
        )
    return holds(f"{newest.id}: {result.says}")


def _findings(fact: BackupInventory) -> Iterator[Finding]:
    newest = fact.points[0]
    wrong = {newest.id: ("trouble", newest.trouble)} if newest.trouble else {}
    for item in fact.verified:
        if isinstance(item.result, Damaged):
            wrong[item.id] = (item.result.damage.value, item.result.says)
    for id, (rule, says) in wrong.items():
        # The newest is another one tomorrow, and the same finding.
        key = "newest" if id == newest.id else id
        yield Finding(rule, f"{id}: {says}", key=key, mend="make a copy now, and find out what damaged this one")


_POINT = RestorePoint(id="shop-2026-06-01.dump")
_SOUND = VerifiedPoint(id=_POINT.id, deep=True, result=Sound(says="pg_restore read all of it", deep=True))
_FACT = BackupInventory(kind="dump", points=(_POINT,), verified=(_SOUND,))
_CUT = Damaged(damage=Damage.TRUNCATED, says="it ends early, at 40% of its table of contents")
_OLD = replace(_POINT, id="shop-2026-05-31.dump")


def _so(result: Sound | Damaged | Unseen) -> BackupInventory:
    return replace(_FACT, verified=(replace(_SOUND, result=result),))


EXAMPLES = (
    Example("read to its end", _FACT, holds, says="shop-2026-06-01.dump: pg_restore read all of it"),
    Example("truncated in the middle", _so(_CUT), broken, says="shop-2026-06-01.dump: it ends early"),
    Example(
        "a segment of the log is gone",
        _so(Damaged(damage=Damage.MISSING_WAL, says="the log's segment 0000000100000000000000A3 is missing")),
        broken,
        says="A3 is missing",
    ),
    Example(
        "an older one is damaged",
        replace(_FACT, points=(_POINT, _OLD), verified=(_SOUND, replace(_SOUND, id=_OLD.id, result=_CUT))),
        broken,
        says="shop-2026-05-31.dump: it ends early",
    ),
    Example(
        "the tool says that making it failed",
        replace(_FACT, points=(replace(_POINT, trouble="page checksum errors"),)),
        broken,
        says="shop-2026-06-01.dump: page checksum errors",
    ),
    Example(
        "the making of an older one failed",
        replace(_FACT, points=(_POINT, replace(_OLD, trouble="page checksum errors"))),
        holds,
    ),
    Example(
        "the tool says so, and it is truncated",
        replace(_so(_CUT), points=(replace(_POINT, trouble="the job was killed"),)),
        broken,
        says="shop-2026-06-01.dump: it ends early, at 40% of its table of contents",
    ),
    Example("there is none", replace(_FACT, points=(), verified=()), broken, says="no restore point"),
    Example(
        "only listed",
        _so(Sound(says="the object is there", deep=False)),
        unknown,
        says="was not read to its end (the object is there)",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "another one was read",
        replace(_FACT, points=(_POINT, _OLD), verified=(replace(_SOUND, id=_OLD.id),)),
        unknown,
        says="the newest, shop-2026-06-01.dump, was not verified",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the key is refused",
        _so(Unseen(Reason.DENIED, "the password is refused")),
        unknown,
        says="the password is refused",
        reason=Reason.DENIED,
    ),
)
