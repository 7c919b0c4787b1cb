"""Backups carry no plaintext secrets beyond what the data itself must hold.

Risk: Backups go to places that your secrets should never see, and stay there for years.
Verified: The files of every [[backup]] (archives, dumps, database files, folders) are searched for the exact values of
all declared secrets, in every encoding, and by detection rules. Of repositories (pgBackRest, Barman, restic, borg) and
buckets, the newest copy is restored into a private folder, in memory if it fits, searched in the same way, and wiped.
What a rule finds in the rows of a database, its raw pages included, is taken for data of users and only named; an exact
value counts there too. Files that are encrypted by something else, copies of more than 1 GiB and snapshots of a
provider are unknown.
Mend: Leave .env files and key directories out of file backups, encrypt backups, and rotate what they contained.
"""

from dataclasses import replace

from prodproof.facts import Reason
from prodproof.facts.backups import BackupSearch
from prodproof.facts.traced import SecretSeen, Traced, Unsearched
from prodproof.guarantees._traced import found, unproven
from prodproof.verdicts import Example, Verdict, broken, guarantee, holds, unknown

_MEND = "leave it out of the backup, remove it from the copies that there are, and replace the secret"


@guarantee("secrets.not-in-backups", seeds="S-4", proof="inside", severity="medium")
def judge(search: BackupSearch) -> Verdict:
    """One declared backup."""
    if findings := found(search.traced, "", _MEND):
        return broken(*findings)
    if search.encrypted:
        more = f" (and {len(search.encrypted) - 1} more)" if len(search.encrypted) > 1 else ""
        return unknown(Reason.INCOMPLETE, f"{search.encrypted[0]}{more} is encrypted: nobody can look into it here")
    if missing := unproven(search.traced):
        return missing
    if not search.traced.bytes_read:
        return unknown(Reason.INCOMPLETE, f"there is nothing in {search.files[0]}: is it what the backups go to?")
    data = f"; {len(search.in_data)} in rows look like one ({search.in_data[0].path})" if search.in_data else ""
    return holds(f"none in {', '.join(search.files[:3])}{' ...' if search.files[3:] else ''}{data}")


_TRACED = Traced(bytes_read=9_000_000, rules=700, values=5)
_DUMP = BackupSearch(kind="dump", files=("shop-1.dump",), traced=_TRACED)
_ENV = SecretSeen(
    what="Password",
    rule="password-setting",
    path="files.tar.gz!srv/shop/.env",
    finding="0a1b2c3d4e5f",
    fingerprint="00112233445566778899aabbccddeeff",
    line=3,
)
_ARCHIVE = replace(_DUMP, kind="archive", files=("files.tar.gz",))
_ROW = replace(_ENV, what="Slack bot token", rule="slack-bot-token", path="shop-1.dump!public.notes")
_NO_TRUST = Unsearched(path="payment-key", why=Reason.NOT_PERMITTED, detail="no trust")

EXAMPLES = (
    Example("nothing but data", _DUMP, holds, says="shop-1.dump"),
    Example(
        "an archive that contains .env",
        replace(_ARCHIVE, traced=replace(_TRACED, seen=(_ENV,))),
        broken,
        says="Password in files.tar.gz!srv/shop/.env:3",
    ),
    Example(
        "the value of a declared secret in a row",
        replace(_DUMP, traced=replace(_TRACED, seen=(replace(_ROW, rule="value", what="payment-key"),))),
        broken,
        says="payment-key in shop-1.dump!public.notes",
    ),
    Example("a user wrote down a token", replace(_DUMP, in_data=(_ROW,)), holds, says="1 in rows"),
    Example(
        "a repository's newest copy",
        replace(_DUMP, kind="pgbackrest", files=("20260601-020000F",)),
        holds,
        says="none in 20260601-020000F",
    ),
    Example(
        "the password of the mail server in a configuration file of the database",
        replace(
            _DUMP,
            kind="pgbackrest",
            files=("20260601-020000F",),
            traced=replace(_TRACED, seen=(replace(_ENV, path="data/postgresql.auto.conf"),)),
        ),
        broken,
        says="Password in data/postgresql.auto.conf:3",
    ),
    Example(
        "encrypted",
        replace(_DUMP, encrypted=("shop-1.dump.age (age)",), files=("shop-1.dump.age",)),
        unknown,
        says="is encrypted",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "one of them is encrypted, another one shows a secret",
        replace(_ARCHIVE, encrypted=("old.tar.age (age)",), traced=replace(_TRACED, seen=(_ENV,))),
        broken,
    ),
    Example(
        "a folder in which nothing lies",
        replace(_DUMP, kind="folder", files=("backups",), traced=replace(_TRACED, bytes_read=0)),
        unknown,
        says="there is nothing in backups",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "without trust",
        replace(_DUMP, traced=replace(_TRACED, values=0, unresolved=(_NO_TRUST,))),
        unknown,
        reason=Reason.NOT_PERMITTED,
    ),
    Example(
        "no secret is declared", replace(_DUMP, traced=replace(_TRACED, values=0)), unknown, reason=Reason.NOT_DECLARED
    ),
    Example(
        "a format that cannot be read",
        replace(
            _ARCHIVE,
            traced=replace(
                _TRACED, unsearched=(Unsearched(path="a.rar", why=Reason.INCOMPLETE, detail="rar archives"),)
            ),
        ),
        unknown,
        says="rar archives",
        reason=Reason.INCOMPLETE,
    ),
)
