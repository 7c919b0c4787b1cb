"""Loads what pg_dump wrote into a scratch cluster, and says which of its commands failed.

No message of a server is repeated: it may quote a value. What failed is named by the dump's table of contents.
Source: PostgreSQL documentation, pg_restore, psql, pg_dump ("Notes").
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psycopg
from psycopg import sql

from prodproof.facts import Reason, Unseen
from prodproof.facts.restore_points import Damage, Damaged
from prodproof.reach.postgres_scratch.cluster import ScratchCluster, told
from prodproof.reach.process import Finished

RESTORED = "restored"
"""What the database is called where a dump does not say how its source was."""

MAX_ROLES = 1000
MAX_FAILURES = 200
_NAME = r'(?:"(?:[^"]|"")+"|[a-z_][\w$]*)'
_ROLES = re.compile(
    rf"^(?:ALTER .* OWNER TO (?P<owner>{_NAME});|(?:GRANT|REVOKE) .* (?:TO|FROM) (?P<grantee>{_NAME})(?: WITH .*)?;"
    rf"|ALTER DEFAULT PRIVILEGES FOR ROLE (?P<giver>{_NAME}) .* (?:TO|FROM) (?P<given>{_NAME});"
    rf"|CREATE POLICY .* TO (?P<policy>{_NAME}(?:, {_NAME})*)(?: USING| WITH|;).*)$"
)
_RESTORE = ("--no-publications", "--no-subscriptions", "--no-security-labels", "--no-tablespaces")
_ENTRY = re.compile(r"from TOC entry \d+; \d+ \d+ (?P<entry>.+)$")
_TABLE_DATA = re.compile(r"(?:COPY failed for table|finished item \d+ TABLE DATA|TABLE DATA) \"?(?P<table>[^\":]+)")
_TRUNCATED = ("end of file", "unexpected end", "could not read from input file", "corrupt tar header", "premature end")
_NEWER = ("unsupported version", "aborting because of server version mismatch")
_CORRUPT = ("could not uncompress data", "invalid", "did not find magic string", "found unexpected block ID")


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A dump that was loaded, whole or not."""

    database: str
    failures: tuple[str, ...] = ()
    """What could not be loaded, by the dump's table of contents."""

    roles: tuple[str, ...] = ()
    """Roles that it names, and that must come from elsewhere; made without any right here."""


def load(cluster: ScratchCluster, dump: Path, form: str, *, jobs: int, seconds: float) -> Loaded | Damaged | Unseen:
    """Load a dump into a running cluster.

    Args:
        cluster: of the dump's version or a newer one.
        dump: what pg_dump wrote: a file, or a folder.
        form: `plain`, `custom`, `directory`, `tar`.
        jobs: tables and indexes at once, where the format allows it.
        seconds: for all of it.
    """
    if form == "plain":
        return _load_plain(cluster, dump, seconds)
    script = cluster.tool("pg_restore", "--schema-only", "--file=-", dump, seconds=seconds)
    if isinstance(script, Unseen):
        return script
    if script.code != 0:
        return _why(script)
    lines = script.stdout.decode("utf-8", "replace").splitlines()
    listed = cluster.tool("pg_restore", "--list", dump, seconds=60)
    named = "" if isinstance(listed, Unseen) else listed.stdout[:10_000].decode("utf-8", "replace")
    found = re.search(r"^;\s+dbname: (.+)$", named, re.MULTILINE)
    prepared = _prepare(cluster, found[1] if found else RESTORED, lines)
    if isinstance(prepared, Unseen):
        return prepared
    database, roles = prepared
    words = [*_RESTORE, f"--dbname={cluster.dsn(database)}"]
    if form in ("custom", "directory") and jobs > 1:
        words.append(f"--jobs={jobs}")
    done = cluster.tool("pg_restore", *words, dump, seconds=seconds)
    if isinstance(done, Unseen):
        return done
    if done.code == 0:
        return Loaded(database=database, roles=roles)
    failures = tuple(islice(dict.fromkeys(_failures(done)), MAX_FAILURES))
    why = _why(done)
    if isinstance(why, Unseen) or not failures:
        return why
    return Loaded(database=database, failures=failures, roles=roles)


def _load_plain(cluster: ScratchCluster, dump: Path, seconds: float) -> Loaded | Damaged | Unseen:
    try:
        with open(dump, encoding="utf-8", errors="replace") as file:
            prepared = _prepare(cluster, RESTORED, _commands(file))
        if not _is_whole(dump):
            return Damaged(damage=Damage.TRUNCATED, says="the dump ends before its last line")
    except OSError as error:
        return Unseen(Reason.INCOMPLETE, f"the dump cannot be read: {error.strerror}")
    if isinstance(prepared, Unseen):
        return prepared
    database, roles = prepared
    words = ("--no-psqlrc", "--quiet", "--no-password", f"--dbname={cluster.dsn(database)}", f"--file={dump}")
    done = cluster.tool("psql", *words, "--output=/dev/null", seconds=seconds)
    if isinstance(done, Unseen):
        return done
    said = done.stderr.decode("utf-8", "replace")
    if "No space left on device" in said:
        return _why(done)
    lines = re.findall(r"^psql:.*?:(\d+): (?:ERROR|FATAL|error)", said, re.MULTILINE)
    if done.code != 0 and not lines:
        return _why(done)
    failures = tuple(f"the command that ends in line {line}" for line in lines[:MAX_FAILURES])
    return Loaded(database=database, failures=failures, roles=roles)


def _prepare(cluster: ScratchCluster, name: str, lines: Iterable[str]) -> tuple[str, tuple[str, ...]] | Unseen:
    """Make the database, and roles without rights for all that the dump names."""
    roles: dict[str, None] = {}
    encoding = "UTF8"
    for line in lines:
        if found := re.match(r"SET client_encoding = '(\w+)';", line):
            encoding = "SQL_ASCII" if found[1] == "SQL_ASCII" else "UTF8"
        if (match := _ROLES.match(line)) and len(roles) < MAX_ROLES:
            for words in filter(None, match.groups()):
                roles.update(dict.fromkeys(_unquoted(item) for item in re.findall(_NAME, words)))
    missing = tuple(role for role in roles if role not in ("public", "PUBLIC", "postgres") and role[:3] != "pg_")
    database = RESTORED if name in ("postgres", "template0", "template1") else name
    link = cluster.connect()
    if isinstance(link, Unseen):
        return link
    try:
        with link:
            for role in missing:
                link.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
            link.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LOCALE {}").format(
                    sql.Identifier(database),
                    sql.Literal(encoding),
                    sql.Literal("C" if encoding != "UTF8" else "C.UTF-8"),
                )
            )
    except psycopg.Error as error:
        if error.sqlstate == "53100":
            return Unseen(Reason.INCOMPLETE, "the disk of the scratch is full")
        return Unseen(Reason.INCOMPLETE, f"the scratch database cannot be made (error {error.sqlstate})")
    return database, missing


def _commands(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a plain dump that are no rows."""
    rows = False
    for line in lines:
        if rows:
            rows = line.rstrip("\n") != "\\."
        elif line.startswith("COPY ") and line.rstrip().endswith("FROM stdin;"):
            rows = True
        else:
            yield line.rstrip("\n")


def _is_whole(dump: Path) -> bool:
    with open(dump, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
        return b"PostgreSQL database dump complete" in file.read()


def _failures(done: Finished) -> Iterator[str]:
    for line in done.stderr.decode("utf-8", "replace").splitlines():
        if found := _ENTRY.search(line):
            # The last word is the owner's name.
            yield found["entry"].rpartition(" ")[0]
        elif found := _TABLE_DATA.search(line):
            yield f"TABLE DATA {found['table']}"


def _why(done: Finished) -> Damaged | Unseen:
    words = done.stderr.decode("utf-8", "replace")
    if "No space left on device" in words:
        return Unseen(Reason.INCOMPLETE, "the disk of the scratch is full")
    if any(sign in words for sign in _NEWER):
        return Unseen(Reason.TOOL_MISSING, "a newer pg_dump made it than the PostgreSQL that is installed here")
    if any(sign in words for sign in _TRUNCATED):
        return Damaged(damage=Damage.TRUNCATED, says="the dump ends early: pg_restore cannot read it to its end")
    if any(sign in words for sign in _CORRUPT):
        return Damaged(damage=Damage.CORRUPT, says="the dump is damaged: pg_restore cannot read it")
    return Unseen(Reason.INCOMPLETE, f"pg_restore failed: {told(done.stderr)}")


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
