"""What a login of PostgreSQL may do: attributes, memberships, grants, ownership, functions, and one act that must fail.

Source: PostgreSQL documentation, "Database Roles", "Privileges", "Access Privilege Inquiry Functions".
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from secrets import token_hex

import psycopg
from psycopg import sql

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Power
from prodproof.facts.secret_scope import Holding, SecretScope, Trial
from prodproof.reach.postgres_session import CONNECT_SECONDS, refusal
from prodproof.reach.scopes.purpose import is_declared, is_declared_power, undeclared
from prodproof.reach.secret import Secret

STATEMENT_SECONDS = 30
MAX_ROWS = 20_000
REFUSED = "42501"
"""SQLSTATE insufficient_privilege; nothing else counts as a refusal."""

# Every role that the login is, or may become by SET ROLE: its grants are the login's, inherited or not.
_ROLES = """
WITH roles AS (
    SELECT oid, rolname FROM pg_catalog.pg_roles
    WHERE pg_catalog.pg_has_role(session_user, oid, 'MEMBER')
)
"""
_ATTRIBUTES = (
    _ROLES
    + """
SELECT session_user::text, bool_or(r.rolsuper), bool_or(r.rolcreaterole), bool_or(r.rolcreatedb),
    bool_or(r.rolreplication), bool_or(r.rolbypassrls),
    max(CASE WHEN r.rolname = session_user AND pg_catalog.isfinite(r.rolvaliduntil) THEN r.rolvaliduntil END)
FROM pg_catalog.pg_roles r JOIN roles USING (oid)
"""
)
_MEMBERSHIPS = _ROLES + "SELECT rolname::text FROM roles WHERE rolname <> session_user ORDER BY 1"
_TABLES = (
    _ROLES
    + """
SELECT n.nspname::text, c.relname::text, c.relkind::text,
    bool_or(usable AND pg_catalog.has_any_column_privilege(r.oid, c.oid, 'SELECT')),
    bool_or(usable AND pg_catalog.has_any_column_privilege(r.oid, c.oid, 'INSERT')),
    bool_or(usable AND pg_catalog.has_any_column_privilege(r.oid, c.oid, 'UPDATE')),
    bool_or(usable AND pg_catalog.has_any_column_privilege(r.oid, c.oid, 'REFERENCES')),
    bool_or(usable AND pg_catalog.has_table_privilege(r.oid, c.oid, 'DELETE')),
    bool_or(usable AND pg_catalog.has_table_privilege(r.oid, c.oid, 'TRUNCATE')),
    bool_or(usable AND pg_catalog.has_table_privilege(r.oid, c.oid, 'TRIGGER')),
    bool_or(c.relowner = r.oid),
    EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
        OR c.relhasrules
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN roles r
CROSS JOIN LATERAL (SELECT pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')) AS u (usable)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
GROUP BY c.oid, n.nspname, c.relname, c.relkind, c.relhasrules
ORDER BY 1, 2 LIMIT %s
"""
)
_ACTIONS = ("SELECT", "INSERT", "UPDATE", "REFERENCES", "DELETE", "TRUNCATE", "TRIGGER", "OWN")
_PLACES = (
    _ROLES
    + """
SELECT 'schema', n.nspname::text, bool_or(pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE')),
    bool_or(n.nspowner = r.oid)
FROM pg_catalog.pg_namespace n CROSS JOIN roles r
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' GROUP BY n.oid, n.nspname
UNION ALL
SELECT 'database', d.datname::text, bool_or(pg_catalog.has_database_privilege(r.oid, d.oid, 'CREATE')),
    bool_or(d.datdba = r.oid)
FROM pg_catalog.pg_database d CROSS JOIN roles r
WHERE d.datname = pg_catalog.current_database() GROUP BY d.oid, d.datname
"""
)
_FUNCTIONS = (
    _ROLES
    + """
SELECT DISTINCT CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || p.proname
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
CROSS JOIN roles r
WHERE p.prosecdef AND NOT EXISTS (SELECT FROM roles o WHERE o.oid = p.proowner)
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
    AND pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
ORDER BY 1 LIMIT %s
"""
)
_FUTURE = (
    _ROLES
    + """
SELECT DISTINCT o.rolname::text, a.privilege_type::text
FROM pg_catalog.pg_default_acl d
JOIN pg_catalog.pg_roles o ON o.oid = d.defaclrole
CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) a
WHERE d.defaclobjtype = 'r' AND (a.grantee = 0 OR EXISTS (SELECT FROM roles r WHERE r.oid = a.grantee))
    AND NOT EXISTS (SELECT FROM roles r WHERE r.oid = d.defaclrole)
ORDER BY 1, 2
"""
)


def scope_of(value: Secret, opens: str | None, may: Sequence[Power], user: str | None = None) -> SecretScope | Unseen:
    """Log in, read what may be done, and try one act outside the purpose; all in a transaction that is rolled back.

    Args:
        value: a connection string or URL; only the password, where `opens` says the rest.
        opens: connection URL without a password.
        may: the declared purpose.
        user: who logs in, where that is kept beside the password: two users may take turns.
    """
    connection = _connect(value, opens, user)
    if isinstance(connection, Unseen):
        return connection
    try:
        with connection:
            # A role may be set to read only by default, which it can end itself: that is no refusal.
            connection.read_only = False
            return _scope(connection, may)
    except psycopg.Error as error:
        return _why(error)


def _connect(value: Secret, opens: str | None, user: str | None) -> "psycopg.Connection[tuple[object, ...]] | Unseen":
    given: dict[str, object] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "prodproof",
        "options": f"-c search_path=pg_catalog -c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout=5s",
        "passfile": "/dev/null",  # nothing of this machine's own stands in for the secret
    }
    text = value.reveal()
    if opens is not None:
        given |= {"password": text} | ({"user": user} if user else {})
    elif "://" not in text and "=" not in text:
        detail = "its value says no database: `opens` of [[secret]] can, without the password"
        return Unseen(Reason.NOT_DECLARED, detail)
    try:
        return psycopg.connect(opens if opens is not None else text, autocommit=False, **given)  # type: ignore[arg-type]  # libpq's own names
    except psycopg.Error as error:
        return _why(error)


def _scope(connection: "psycopg.Connection[tuple[object, ...]]", may: Sequence[Power]) -> SecretScope:
    identity, powers, expires = _attributes(connection)
    gaps: list[Unseen] = []
    rows: list[tuple[object, ...]] = []
    holdings: list[Holding] = []
    if "SUPERUSER" not in powers:
        rows = connection.execute(_TABLES.encode(), (MAX_ROWS + 1,)).fetchall()
        if len(rows) > MAX_ROWS:
            gaps.append(Unseen(Reason.INCOMPLETE, f"more than {MAX_ROWS} tables"))
        holdings = [*_of_tables(rows), *_of_others(connection)]
    beyond, more, within = undeclared(holdings, may)
    trial = _tried(connection, rows, powers, holdings, may)
    connection.rollback()
    return SecretScope(
        service="postgres",
        identity=identity,
        holdings=beyond,
        within=within,
        more=more,
        powers=tuple(power for power in powers if not is_declared_power(power, may)),
        expires=expires,
        trial=trial,
        gaps=tuple(gaps),
    )


def _attributes(connection: "psycopg.Connection[tuple[object, ...]]") -> tuple[str, tuple[str, ...], datetime | None]:
    row = connection.execute(_ATTRIBUTES.encode()).fetchone()
    assert row is not None  # the login is one of its own roles
    identity, *flags, expires = row
    names = ("SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS")
    # A superuser has all the others, too.
    powers = names[:1] if flags[0] else tuple(name for name, has in zip(names, flags, strict=True) if has)
    return str(identity), powers, expires if isinstance(expires, datetime) else None


def _of_tables(rows: Sequence[tuple[object, ...]]) -> Iterator[Holding]:
    for schema, name, _, *flags in rows:
        actions = tuple(action for action, has in zip(_ACTIONS, flags[:-1], strict=True) if has)
        if actions:
            yield Holding(kind="table", name=_named(schema, name), actions=actions)


def _of_others(connection: "psycopg.Connection[tuple[object, ...]]") -> Iterator[Holding]:
    for (role,) in connection.execute(_MEMBERSHIPS.encode()).fetchall():
        yield Holding(kind="role", name=str(role), actions=("MEMBER",))
    for kind, name, creates, owns in connection.execute(_PLACES.encode()).fetchall():
        if creates or owns:
            actions = (*(("CREATE",) if creates else ()), *(("OWN",) if owns else ()))
            yield Holding(kind=str(kind), name=str(name), actions=actions)
    for (name,) in connection.execute(_FUNCTIONS.encode(), (MAX_ROWS,)).fetchall():
        yield Holding(kind="function", name=str(name), actions=("EXECUTE",))
    for owner, action in connection.execute(_FUTURE.encode()).fetchall():
        yield Holding(kind="future tables of", name=str(owner), actions=(str(action),))


def _tried(
    connection: "psycopg.Connection[tuple[object, ...]]",
    rows: Sequence[tuple[object, ...]],
    powers: Sequence[str],
    holdings: Sequence[Holding],
    may: Sequence[Power],
) -> Trial | Unseen:
    """One act that is not declared, and that the catalogue says is refused; what it says is allowed is found anyway."""
    if "SUPERUSER" in powers:
        return Unseen(Reason.NOT_CONFIGURED, "a superuser is refused nothing")
    for act, statement in _acts(rows, powers, holdings, may):
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(statement)
        except psycopg.Error as error:
            if error.sqlstate == REFUSED:
                return Trial(act=act, refused=True)
            why = _why(error)
            return Unseen(why.why, f"{act}: {why.detail}")
        return Trial(act=act, refused=False)
    return Unseen(Reason.NOT_DECLARED, "everything that could be tried is declared: nothing is left to be refused")


def _acts(
    rows: Sequence[tuple[object, ...]], powers: Sequence[str], holdings: Sequence[Holding], may: Sequence[Power]
) -> Iterator[tuple[str, sql.Composed]]:
    held = {(item.kind, item.name, action) for item in holdings for action in item.actions}
    for schema, name, kind, *_, has_triggers in rows:
        shown = _named(schema, name)
        if kind not in ("r", "p") or has_triggers or ("table", shown, "DELETE") in held:
            continue
        if not is_declared("DELETE", shown, may):
            table = sql.Identifier(str(schema), str(name))
            yield f"deleting no row of {shown}", sql.SQL("DELETE FROM {} WHERE false").format(table)
    made_up = f"prodproof_{token_hex(4)}"
    if ("schema", "public", "CREATE") not in held and not is_declared("CREATE", "public", may):
        name = sql.Identifier("public", made_up)
        yield "making a table", sql.SQL("CREATE TABLE {} ()").format(name)
    if "CREATEROLE" not in powers:
        yield "making a role", sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(made_up))


def _named(schema: object, name: object) -> str:
    return str(name) if schema == "public" else f"{schema}.{name}"


def _why(error: psycopg.Error) -> Unseen:
    """The true reason; the server's own words are left out, they may quote the connection string."""
    state = error.sqlstate or ""
    if state == "57014" or state == "55P03":
        return Unseen(Reason.TIMED_OUT, "PostgreSQL did not answer in time")
    if state == REFUSED:
        return Unseen(Reason.DENIED, "it may not read the catalogue")
    if state and state[:2] not in ("08", "57", "28"):
        return Unseen(Reason.INCOMPLETE, f"PostgreSQL answers with error {state}")
    return refusal(error)
