"""PostgreSQL with TLS and a role for each purpose; nobody logs in as the owner of the tables."""

import os
import secrets
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from prodproof.facts.declared import DataStore, Declared, EntryPoint, Host
from prodproof.range.component import SERVERS, Command, Component, program_path
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.components.pgbackrest import PgBackRest
from prodproof.range.components.repo import replaced
from prodproof.range.places import DATABASE_PORT
from prodproof.range.processes import as_user, run
from prodproof.system.errors import UserError

if TYPE_CHECKING:
    import psycopg

Answer = TypeVar("Answer")

PORT = DATABASE_PORT
ROLES = ("shop", "migrator", "backup", "reporting", "staging", "keeper", "drill")
TURNS = ("shop", "shop_b")
"""The shop's two users: while one is good the other cannot log in. A rotation goes from one to the other."""

_USER = "nobody"
_SOCKET_BYTES = 90
"""A socket's path may have 107 bytes, and PostgreSQL adds its file's name."""

_SETTINGS = """\
data_directory = '{data}'
hba_file = '{etc}/pg_hba.conf'
ident_file = '{etc}/pg_ident.conf'
listen_addresses = '{address}'
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700

ssl = on
ssl_cert_file = '{etc}/server.pem'
ssl_key_file = '{etc}/server.pem'
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'

fsync = on
full_page_writes = on
max_connections = 40
shared_buffers = '32MB'
log_connections = on
log_disconnections = on
log_line_prefix = '%m [%p] %q%u@%d %h '
{archiving}
# What failed, and never with what: values stand in statements, details and parameters.
{shows}
timezone = 'UTC'
"""

NO_VALUES = """\
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0"""
VALUES = """\
log_min_error_statement = error
log_error_verbosity = default
log_parameter_max_length = -1
log_parameter_max_length_on_error = -1"""

_RULES = """\
# Passwords as SCRAM over TLS, from our own addresses; the superuser over the socket alone.
# TYPE   DATABASE  USER                            ADDRESS
local    all       postgres                        scram-sha-256
{rules}
"""

_CLUSTER = """\
CREATE ROLE shop_owner NOLOGIN
CREATE ROLE shop LOGIN PASSWORD '{shop}'
CREATE ROLE migrator LOGIN PASSWORD '{migrator}' IN ROLE shop_owner
ALTER ROLE migrator SET role = shop_owner
CREATE ROLE backup LOGIN PASSWORD '{backup}' IN ROLE pg_read_all_data
ALTER ROLE backup SET default_transaction_read_only = on
CREATE ROLE reporting LOGIN PASSWORD '{reporting}'
CREATE ROLE staging LOGIN PASSWORD '{staging}'
CREATE ROLE shop_b NOLOGIN
CREATE ROLE keeper LOGIN CREATEROLE PASSWORD '{keeper}' IN ROLE pg_signal_backend, pg_read_all_stats
GRANT shop, shop_b TO keeper WITH ADMIN OPTION
CREATE ROLE drill LOGIN PASSWORD '{drill}' IN ROLE pg_read_all_data, pg_monitor
CREATE DATABASE shop OWNER shop_owner
CREATE DATABASE staging OWNER staging
REVOKE ALL ON DATABASE shop FROM PUBLIC
REVOKE ALL ON DATABASE staging FROM PUBLIC
REVOKE ALL ON DATABASE postgres FROM PUBLIC
REVOKE ALL ON DATABASE template1 FROM PUBLIC
GRANT CONNECT ON DATABASE shop TO shop, shop_b, migrator, backup, reporting, keeper, drill
GRANT CREATE ON DATABASE shop TO drill
"""

_SHOP = """\
REVOKE ALL ON SCHEMA public FROM PUBLIC
GRANT USAGE ON SCHEMA public TO shop, shop_b, reporting
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner GRANT SELECT ON TABLES TO reporting
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO shop, shop_b
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner GRANT USAGE, SELECT ON SEQUENCES TO shop, shop_b
GRANT EXECUTE ON FUNCTION pg_switch_wal TO drill
"""


_OTHER_IS_GOOD = b"SELECT 1 FROM pg_roles WHERE rolname = %s AND rolcanlogin"

_REPORTING = """\
ALTER ROLE reporting NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM reporting
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporting
DROP RULE IF EXISTS still ON public.shop_heartbeat
DROP RULE IF EXISTS none ON public.shop_heartbeat
"""
"""What the role `reporting` may do, and tables as the shop made them; carried out anew whenever it is changed, since a
fault's statements lie in the data."""


class Postgres(Component):
    """A cluster of its own, of the newest PostgreSQL that is installed.

    shop reads and writes rows, and takes turns with shop_b, whom keeper makes and retires; migrator changes tables, in
    the name of their owner; backup reads everything; reporting reads the shop's tables; staging has a database of its
    own.
    """

    name = "postgres"
    after = ("authority", "object_store")
    forms = SERVERS
    programs = ("postgres", "initdb", "pgbackrest")
    packages = ("postgresql", "pgbackrest")
    seen_by = frozenset({Host, EntryPoint, Declared, DataStore})

    @property
    def data(self) -> Path:
        return self.var / "data"

    @property
    def copies(self) -> PgBackRest:
        """What makes copies of it."""
        return PgBackRest(self, self.data, PORT, _USER)

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        self.var.mkdir(parents=True)
        self.copies.write()
        passwords = {role: secrets.token_urlsafe(24) for role in (*ROLES, "postgres")}
        folder = self.etc / "passwords"
        folder.mkdir()
        for role, password in passwords.items():
            (folder / role).touch(mode=0o600)
            (folder / role).write_text(password)
        self._certify()
        self._settings()
        self._reporting.write_text(_REPORTING)
        if os.geteuid() == 0:
            for place in (self.etc, self.var, *self.etc.rglob("*"), *self.var.rglob("*")):
                shutil.chown(place, _USER, "nogroup")
        words = ("initdb", "--pgdata", self.data, "--username=postgres", f"--pwfile={folder / 'postgres'}")
        more = (
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-sync",
            "--wal-segsize=1",
        )
        self._run(*words, *more)
        self._alone("postgres", _CLUSTER.format(**passwords))
        self._alone("shop", _SHOP)
        self.copies.run("stanza-create", "--no-online")

    def commands(self) -> Sequence[Command]:
        return (Command("postgres", self._server(), user=_USER),)

    def trouble(self) -> str | None:
        # A port that takes connections may still refuse them while the server starts.
        running = self.data / "postmaster.pid"
        lines = running.read_text().splitlines() if running.exists() else []
        if len(lines) < 8 or lines[7].strip() != "ready":
            return "PostgreSQL is not ready"
        return None if self.range.listens(self.range.places.inside, PORT) else "nothing listens"

    def reload(self) -> None:
        self._end_sessions()
        self.range.stop(self)
        self._alone("shop", self._reporting.read_text())
        self.range.start(self)

    def stop(self) -> None:
        self._end_sessions()
        self.range.stop(self)

    def variables(self, role: str) -> dict[str, str]:
        """How Django reaches the database of a role, with its certificate checked."""
        return {
            "HARBOUR_DATABASE_HOST": self.range.places.inside,
            "HARBOUR_DATABASE_PORT": str(PORT),
            "HARBOUR_DATABASE_NAME": "staging" if role == "staging" else "shop",
            "HARBOUR_DATABASE_USER": role,
            "HARBOUR_DATABASE_PASSWORD": self.password(role),
            "HARBOUR_DATABASE_CA": os.fspath(self.range.part(PrivateAuthority).ca_file),
        }

    def url(self, role: str) -> str:
        """Where a role logs in to the shop's database, its password included; the server's certificate is checked."""
        return f"postgresql://{role}:{self.password(role)}@{self.address(role).partition('@')[2]}"

    def address(self, role: str) -> str:
        """The same without the password."""
        ca = self.range.vantage.ca_file
        return f"postgresql://{role}@{self.range.places.inside}:{PORT}/shop?sslmode=verify-full&sslrootcert={ca}"

    def grant(self, statement: str) -> None:
        """Carry a statement out as the superuser, as a fault: it gives the role `reporting` more, or bends a table."""
        self._reporting.write_text(f"{_REPORTING}{statement}\n")

    @property
    def _reporting(self) -> Path:
        return self.etc / "reporting.sql"

    def password(self, role: str) -> str:
        """The password of a role."""
        return (self.etc / "passwords" / role).read_text()

    def drifted(self) -> bool:
        import psycopg

        try:
            return self._ask(TURNS[0], lambda link: bool(link.execute(_OTHER_IS_GOOD, TURNS[1:]).fetchone()))
        except psycopg.OperationalError:
            return True

    def put_back(self) -> None:
        """Let the first of the two users be good again, and the other one not."""
        if not self.drifted():
            return

        def turn(link: "psycopg.Connection[tuple[Any, ...]]") -> None:
            first, other = TURNS
            given = link.pgconn.encrypt_password(self.password(first).encode(), first.encode(), b"scram-sha-256")
            link.execute(f"ALTER ROLE {first} LOGIN PASSWORD '{given.decode()}'".encode())
            link.execute(f"ALTER ROLE {other} NOLOGIN PASSWORD NULL".encode())
            link.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (other,))

        self._ask("keeper", turn)

    def _ask(self, role: str, question: "Callable[[psycopg.Connection[tuple[Any, ...]]], Answer]") -> Answer:
        """Ask something in the shop's database, logged in as a role."""
        import psycopg

        def asked() -> Answer:
            with psycopg.connect(self.url(role), autocommit=True, connect_timeout=10) as link:
                return question(link)

        return self.range.inside(asked)

    def let_both_in(self) -> None:
        """Give the second of the two users a password while the first one is good, as a fault."""
        self._ask("keeper", lambda link: link.execute(f"ALTER ROLE {TURNS[1]} LOGIN PASSWORD 'made-up'".encode()))
        self.range.touched(self.name)

    def trust(self) -> None:
        """Ask nobody for a password any more, as a fault."""
        file = self.etc / "pg_hba.conf"
        file.write_text(file.read_text().replace("scram-sha-256", "trust"))

    def change(self, old: str, new: str) -> None:
        """Replace a text that must be there in its settings."""
        file = self.etc / "postgresql.conf"
        file.write_text(replaced(file.read_text(), old, new, file.name))

    def log_values(self) -> None:
        """Show in the log what failed with all its values, as a fault."""
        file = self.etc / "postgresql.conf"
        file.write_text(replaced(file.read_text(), NO_VALUES, VALUES, file.name))

    def publish(self) -> None:
        """Listen on the public address too, as a fault."""
        file, places = self.etc / "postgresql.conf", self.range.places
        both = f"listen_addresses = '{places.inside}, {places.outside_of}'"
        file.write_text(replaced(file.read_text(), f"listen_addresses = '{places.inside}'", both, file.name))

    def _certify(self) -> None:
        issued = self.range.part(PrivateAuthority).issue(self.range.places.inside, file="postgres.pem")
        shutil.copy2(issued, self.etc / "server.pem")

    def _settings(self) -> None:
        places = self.range.places
        # The server works in its data directory.
        socket = self.var if len(os.fspath(self.var)) <= _SOCKET_BYTES else ".."
        given = {"data": self.data, "etc": self.etc, "address": places.inside, "port": PORT, "socket": socket}
        (self.etc / "postgresql.conf").write_text(
            _SETTINGS.format(shows=NO_VALUES, archiving=self.copies.server_settings, **given)
        )
        # Who connects to an address of this machine comes from it, or from 127.0.0.1; administrators, from the office.
        rules = [
            f"hostssl  {database:<9} {users:<31} {address + '/32':<20} scram-sha-256"
            for database, users in (
                ("shop", "shop,shop_b,migrator,backup,reporting,keeper,drill"),
                ("staging", "staging"),
            )
            for address in dict.fromkeys((places.inside, "127.0.0.1", places.office))
        ]
        (self.etc / "pg_hba.conf").write_text(_RULES.format(rules="\n".join(rules)))
        (self.etc / "pg_ident.conf").write_text("")

    def _server(self, *options: str) -> Sequence[str]:
        return (
            _program("postgres"),
            *options,
            "-D",
            os.fspath(self.data),
            "-c",
            f"config_file={self.etc}/postgresql.conf",
        )

    def _alone(self, database: str, statements: str) -> None:
        """Carry statements out, one a line, in a server that nobody can connect to."""
        output = self._run(*self._server("--single"), database, given=statements)
        errors = [line for line in output.splitlines() if "ERROR:" in line or "FATAL:" in line]
        if errors:
            raise UserError(f"PostgreSQL could not be prepared: {errors[0][:300]}")

    def _run(self, program: str, *words: object, given: str = "") -> str:
        path = program if "/" in program else _program(program)
        command = [*as_user(_USER), path, *map(os.fspath, map(str, words))]
        environment = {"LANG": "C.UTF-8", "HOME": os.fspath(self.var)}
        return run(program, command, cwd=self.var, environment=environment, given=given)

    def _end_sessions(self) -> None:
        # When asked to end, PostgreSQL waits for those that are connected; on this signal it sends them away.
        for pid in self.range.pids(self):
            os.kill(pid, signal.SIGINT)


def _program(name: str) -> str:
    return program_path(name) or name


COMPONENT = Postgres
