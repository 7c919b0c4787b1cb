"""Opens the database: Django configured once, one connection alias for each ledger, migrations under a lock.

Nothing here is imported before a ledger is opened, so that `--help` never pays for Django.
"""

import fcntl
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodproof.ledger.errors import LedgerError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

FILE_NAME = "ledger.sqlite3"
NEWEST_MIGRATION = "0001_initial"
BUSY_SECONDS = 60
"""How long a writer waits for another one."""

_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": BUSY_SECONDS,
    # secure_delete overwrites what is erased; synchronous=FULL keeps committed entries through a power cut. Pages of
    # 8 KB (for a new file) make reading everything a tenth cheaper than SQLite's 4 KB.
    "init_command": "PRAGMA page_size=8192; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON",
}
_MIGRATION_LOCK = 0x70726F6F66  # "proof": the key of PostgreSQL's advisory lock


def sqlite_alias(state_dir: Path) -> str:
    """Make the state directory usable and register its database; returns the connection alias.

    Raises LedgerError when the directory cannot be made or written.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = state_dir / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
        path = (state_dir / FILE_NAME).resolve()
    except OSError as error:
        raise LedgerError(
            f"{state_dir}: the state directory cannot be used ({error.strerror}); name another with --state"
        ) from error
    return _register({"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": dict(_SQLITE_OPTIONS)})


def postgres_alias(url: str) -> str:
    """Register a PostgreSQL database; returns the connection alias. Raises LedgerError for a URL that is none."""
    import psycopg.conninfo

    try:
        options: dict[str, Any] = dict(psycopg.conninfo.conninfo_to_dict(url))
    except psycopg.Error:
        # The parser's own message may quote the URL, and the URL may hold a password.
        raise LedgerError(
            "PRODPROOF_DATABASE_URL is not a PostgreSQL URL; write postgresql://user@host:5432/database"
        ) from None
    name = str(options.pop("dbname", None) or options.get("user") or "")
    if not name:
        raise LedgerError("PRODPROOF_DATABASE_URL names no database; write postgresql://user@host:5432/database")
    options.setdefault("connect_timeout", 10)
    return _register(
        {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": options.pop("user", ""),
            "PASSWORD": options.pop("password", ""),
            "HOST": options.pop("host", ""),
            "PORT": options.pop("port", ""),
            "OPTIONS": options,
        }
    )


def _register(database: dict[str, Any]) -> str:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            INSTALLED_APPS=["prodproof.ledger.apps.LedgerConfig"],
            DATABASES={},
            USE_TZ=True,
            LOGGING_CONFIG=None,
        )
        django.setup()
    from django.db import connections

    identity = repr(sorted((key, str(value)) for key, value in database.items()))
    alias = f"ledger_{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    if alias not in connections.settings:
        completed = connections.configure_settings({"default": {}, alias: database})
        connections.settings[alias] = completed[alias]
    return alias


def connect(alias: str) -> "BaseDatabaseWrapper":
    """The connection of an alias, to be used in the calling thread alone."""
    from django.db import connections

    return connections[alias]


def prepare(connection: "BaseDatabaseWrapper") -> None:
    """Bring the schema up to date if it is not."""
    with translated(connection):
        connection.ensure_connection()
        if _is_current(connection):
            return
        with _migration_lock(connection):
            if not _is_current(connection):
                _migrate(connection)


@contextmanager
def translated(connection: "BaseDatabaseWrapper") -> Iterator[None]:
    """Turn the database's errors into one line that says what, where, and what to do."""
    from django.db import utils

    try:
        yield
    except utils.Error as error:
        raise LedgerError(_sentence(connection, error)) from error


def place(connection: "BaseDatabaseWrapper") -> str:
    """Which database, for messages; never its password."""
    configured = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(configured["NAME"])
    return f"PostgreSQL database {configured['NAME']} at {configured['HOST'] or 'the local socket'}"


def _sentence(connection: "BaseDatabaseWrapper", error: Exception) -> str:
    where = place(connection)
    lines = str(error).strip().splitlines()
    said = lines[0][:200] if lines else type(error).__name__
    advice = "nothing was half-written; try again"
    for symptom, sentence in (
        ("disk is full", "no space is left; free some and run it again: nothing was half-written"),
        ("No space left", "no space is left; free some and run it again: nothing was half-written"),
        ("disk I/O error", "the disk refused (full, read-only or failing); nothing was half-written"),
        ("readonly", "it may not be written; give this user the right, or name another place with --state"),
        ("unable to open", "it cannot be opened; look at the directory's rights, or name another with --state"),
        ("database is locked", f"another process kept it for more than {BUSY_SECONDS} s; try again"),
        ("not a database", "this is no SQLite file; move it away, or restore it from an export"),
        ("malformed", "the file is damaged; restore it: prodproof ledger pull, or an export"),
        ("connection", "the server cannot be reached with what PRODPROOF_DATABASE_URL says"),
        ("permission denied", "its user may not do this; grant it SELECT, INSERT, UPDATE, DELETE and CREATE"),
    ):
        if symptom in said:
            advice = sentence
            break
    return f"{where}: {said}: {advice}"


def _is_current(connection: "BaseDatabaseWrapper") -> bool:
    from django.db import utils

    if connection.vendor == "sqlite":
        _use_wal(connection)
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT name FROM django_migrations WHERE app = 'ledger' ORDER BY name")
        except utils.OperationalError as error:
            if "no such table" in str(error):
                return False
            raise
        except utils.ProgrammingError:
            return False
        applied = [str(row[0]) for row in cursor.fetchall()]
    if applied and applied[-1] > NEWEST_MIGRATION:
        raise LedgerError(f"{place(connection)}: written by a newer prodproof; update this one (ledger {applied[-1]})")
    return NEWEST_MIGRATION in applied


def _use_wal(connection: "BaseDatabaseWrapper") -> None:
    # Changing the journal mode ignores the busy time-out, so several processes that start at once have to retry.
    from django.db import utils

    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA journal_mode")
                if cursor.fetchone()[0] != "wal":
                    cursor.execute("PRAGMA journal_mode=WAL")
            return
        except utils.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def _migration_lock(connection: "BaseDatabaseWrapper") -> Iterator[None]:
    if connection.vendor == "sqlite":
        with open(f"{connection.settings_dict['NAME']}.lock", "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def _migrate(connection: "BaseDatabaseWrapper") -> None:
    from django.core.management import call_command

    call_command("migrate", "ledger", database=connection.alias, verbosity=0, interactive=False)


def database_url(environ: Mapping[str, str]) -> str | None:
    """The PostgreSQL to use, if the environment names one."""
    return environ.get("PRODPROOF_DATABASE_URL") or None
