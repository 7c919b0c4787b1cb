"""Two users of PostgreSQL that take turns: while one is good the other cannot log in.

What they make belongs to a role that cannot log in, of which both are members, so that each sees the other's tables.
Passwords reach the server as SCRAM verifiers only, so that no log of statements holds one.

Source: PostgreSQL documentation, "Role Attributes", "Role Membership", "Monitoring Statistics", "ALTER ROLE".
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from prodproof.facts import Reason, Unseen
from prodproof.reach.rotation import _postgres_login
from prodproof.reach.rotation._postgres_roles import MISSING, copied_settings, problems_of_roles
from prodproof.reach.rotation.credential import Attempt, Credential, Use, random_text
from prodproof.reach.rotation.material import Login, LoginForm, Material
from prodproof.reach.secret import Secret

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 30
LOCK_SECONDS = 5
OURS = "prodproof"
"""The name under which prodproof's own sessions are seen; they are nobody's use."""

MAX_MISSING = 20
Connection = psycopg.Connection[tuple[Any, ...]]
Answer = TypeVar("Answer")

_SESSIONS = """
SELECT pid::text || '.' || extract(epoch FROM backend_start)::text,
    coalesce(nullif(application_name, ''), 'a program without a name') || ' from ' ||
    coalesce(pg_catalog.host(client_addr), 'this machine')
FROM pg_catalog.pg_stat_activity WHERE usename = %s AND application_name <> %s
"""
_END = """
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE usename = %s AND (%s OR state = 'idle')
"""
_MEMBERSHIPS = """
SELECT r.rolname::text FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles r ON r.oid = m.roleid JOIN pg_catalog.pg_roles o ON o.oid = m.member
WHERE o.rolname = %s AND NOT r.rolsuper ORDER BY 1
"""


class PostgresUsers(Credential):
    """Users that take turns.

    Args:
        admin: connection URL of who makes them.
        users: the two.
        form: how a login stands in the secret.
        opens: where the application logs in, without the password, if the secret does not say it.
        owner: the role that cannot log in and owns what both make; None where nobody makes anything.
    """

    kind = "postgres"

    def __init__(
        self, admin: Secret, users: Sequence[str], form: LoginForm, opens: str | None = None, owner: str | None = None
    ) -> None:
        self._admin, self._users, self._form, self._opens, self._owner = admin, tuple(users), form, opens, owner
        self._connection: Connection | None = None

    def name(self, material: Material) -> str:
        login = self._form.read(material)
        return "nobody" if isinstance(login, Unseen) else login.user

    def problems(self, old: Material) -> Sequence[str] | Unseen:
        login, place = self._form.read(old), self._place(old)
        if isinstance(login, Unseen):
            return login
        if isinstance(place, Unseen):
            return place
        if login.user not in self._users:
            return [f"the user in the secret is none of {' and '.join(self._users)}"]
        other = self._other(login.user)
        return self._ask(old, lambda link: problems_of_roles(link, login.user, other, self._owner))

    def wrong(self, material: Material) -> Material:
        login = self._form.read(material)
        assert isinstance(login, Login)
        return self._form.with_login(material, Login(login.user, random_text()))

    def proposed(self, old: Material) -> Material | Unseen | None:
        login = self._form.read(old)
        if isinstance(login, Unseen):
            return login
        return self._form.with_login(old, Login(self._other(login.user), random_text()))

    def create(self, old: Material, new: Material | None) -> Material | Unseen:
        assert new is not None  # proposed always knows it
        before, after = self._form.read(old), self._form.read(new)
        assert isinstance(before, Login) and isinstance(after, Login)
        done = self._ask(old, lambda link: self._made(link, before.user, after))
        return done if isinstance(done, Unseen) else new

    def missing(self, old: Material, new: Material) -> Sequence[str] | Unseen:
        found: list[str] = []
        # Whoever logs in as the new user acts as the owner; only the login itself is the user's own.
        for role in (self.name(new), *([self._owner] if self._owner else ())):
            rows = self._ask(old, partial(_missing, {"old": self.name(old), "new": role, "limit": MAX_MISSING}))
            if isinstance(rows, Unseen):
                return rows
            found += [f"{role}: {row[0]}" for row in rows if role != self._owner or row[1] != "database"]
        return found

    def attempt(self, material: Material) -> Attempt | Unseen:
        place = self._place(material)
        return place if isinstance(place, Unseen) else _postgres_login.attempt(place, CONNECT_SECONDS)

    def use(self, material: Material) -> Use | Unseen:
        given = (self.name(material), OURS)
        rows = self._ask(material, lambda link: link.execute(_SESSIONS.encode(), given).fetchall())
        if isinstance(rows, Unseen):
            return rows
        return Use(frozenset(str(row[0]) for row in rows), who=frozenset(str(row[1]) for row in rows))

    def retire(self, material: Material) -> Unseen | None:
        user = self.name(material)
        return self._ask(material, lambda link: _retired(link, user))

    def restore(self, material: Material) -> Unseen | None:
        login = self._form.read(material)
        assert isinstance(login, Login)
        return self._ask(material, lambda link: _good(link, "ALTER", login))

    def end_sessions(self, material: Material, *, busy: bool) -> int | Unseen:
        given = (self.name(material), busy)
        rows = self._ask(material, lambda link: link.execute(_END.encode(), given).fetchall())
        return rows if isinstance(rows, Unseen) else sum(bool(row[0]) for row in rows)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _other(self, user: str) -> str:
        return self._users[1] if user == self._users[0] else self._users[0]

    def _made(self, link: Connection, before: str, after: Login) -> None:
        with link.transaction():
            found = link.execute("SELECT FROM pg_catalog.pg_roles WHERE rolname = %s", (after.user,)).fetchone()
            _good(link, "CREATE" if found is None else "ALTER", after)
            roles = [str(row[0]) for row in link.execute(_MEMBERSHIPS.encode(), (before,)).fetchall()]
            already = {str(row[0]) for row in link.execute(_MEMBERSHIPS.encode(), (after.user,)).fetchall()}
            if self._owner is not None:
                roles.append(self._owner)
            for role in dict.fromkeys(roles):
                if role not in already:
                    grant = sql.SQL("GRANT {} TO {}")
                    link.execute(grant.format(sql.Identifier(role), sql.Identifier(after.user)))
            for statement in copied_settings(link, before, after.user, self._owner):
                link.execute(statement)

    def _place(self, material: Material) -> str | Unseen:
        """Where the application logs in, as libpq understands it."""
        login = self._form.read(material)
        if isinstance(login, Unseen):
            return login
        text = self._opens or material.values[self._form.references[0]].reveal()
        scheme, separator, rest = text.partition("://")
        try:
            given = conninfo_to_dict(f"postgresql://{rest}" if separator and scheme.startswith("postgres") else text)
            mine = {"user": login.user, "password": login.password, "application_name": OURS, "passfile": "/dev/null"}
            whole = {**given, **mine, "connect_timeout": str(CONNECT_SECONDS)}
            return make_conninfo("", **whole)
        except (psycopg.Error, ValueError):
            return Unseen(Reason.NOT_DECLARED, "the secret says no database: `opens` of [[secret]] can")

    def _ask(self, material: Material, question: Callable[[Connection], Answer]) -> Answer | Unseen:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connected(material)
            return question(self._connection)
        except psycopg.Error as error:
            self.close()
            return _why(error)

    def _connected(self, material: Material) -> Connection:
        """As the administrator, in the application's database: what is there is compared."""
        place = self._place(material)
        database = {} if isinstance(place, Unseen) else conninfo_to_dict(place)
        return psycopg.connect(
            self._admin.reveal(),
            autocommit=True,
            dbname=database.get("dbname"),
            connect_timeout=CONNECT_SECONDS,
            application_name=OURS,
            passfile="/dev/null",
            options=f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={LOCK_SECONDS}s",
        )


def _missing(pair: dict[str, object], link: Connection) -> list[tuple[Any, ...]]:
    return link.execute(MISSING.encode(), pair).fetchall()


def _good(link: Connection, verb: str, login: Login) -> None:
    verifier = link.pgconn.encrypt_password(login.password.encode(), login.user.encode(), b"scram-sha-256").decode()
    statement = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {} VALID UNTIL 'infinity'")
    link.execute(statement.format(sql.Identifier(login.user), sql.Literal(verifier)))


def _retired(link: Connection, user: str) -> None:
    if link.execute("SELECT FROM pg_catalog.pg_roles WHERE rolname = %s", (user,)).fetchone() is not None:
        link.execute(sql.SQL("ALTER ROLE {} NOLOGIN PASSWORD NULL").format(sql.Identifier(user)))


def _why(error: psycopg.Error) -> Unseen:
    """The true reason; the server's own words are left out, they may quote what was sent."""
    state = error.sqlstate or ""
    if state in ("57014", "55P03"):
        return Unseen(Reason.TIMED_OUT, "PostgreSQL did not answer in time")
    if state == "42501":
        return Unseen(Reason.DENIED, "the administrator may not do that; see `admin` of [secret.rotation]")
    if state and state[:2] not in ("08", "57", "28"):
        return Unseen(Reason.INCOMPLETE, f"PostgreSQL answers with error {state}")
    return Unseen(Reason.UNREACHABLE, "PostgreSQL does not let the administrator in, or cannot be reached")
