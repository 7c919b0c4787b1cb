"""What two users of PostgreSQL that take turns must have in common, and what the administrator must be able to do."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]

_ADMIN = """
SELECT rolsuper, rolcreaterole,
    pg_catalog.pg_has_role(oid, 'pg_signal_backend', 'USAGE'), pg_catalog.pg_has_role(oid, 'pg_read_all_stats', 'USAGE')
FROM pg_catalog.pg_roles WHERE rolname = current_user
"""
_ROLES = """
SELECT rolname::text, rolcanlogin, rolsuper,
    coalesce((SELECT pg_catalog.pg_has_role(r.oid, o.oid, 'MEMBER') FROM pg_catalog.pg_roles o WHERE o.rolname = %s),
             false)
FROM pg_catalog.pg_roles r WHERE rolname = ANY (%s)
"""
MISSING = """
WITH pair AS (
    SELECT o.oid AS old, n.oid AS new FROM pg_catalog.pg_roles o, pg_catalog.pg_roles n
    WHERE o.rolname = %(old)s AND n.rolname = %(new)s
), relations AS (
    SELECT c.oid, c.relkind, c.relowner,
        CASE WHEN s.nspname = 'public' THEN '' ELSE s.nspname || '.' END || c.relname AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
)
SELECT action || ' on ' || name, 'relation' FROM relations, pair,
    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS action
WHERE relkind <> 'S' AND has_table_privilege(old, oid, action) AND NOT has_table_privilege(new, oid, action)
UNION ALL
SELECT action || ' on ' || name, 'relation' FROM relations, pair, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS action
WHERE relkind = 'S' AND has_sequence_privilege(old, oid, action) AND NOT has_sequence_privilege(new, oid, action)
UNION ALL
SELECT 'owning ' || name, 'relation' FROM relations, pair
WHERE pg_has_role(old, relowner, 'MEMBER') AND NOT pg_has_role(new, relowner, 'MEMBER')
UNION ALL
SELECT action || ' in schema ' || nspname, 'schema'
FROM pg_catalog.pg_namespace, pair, unnest(ARRAY['USAGE', 'CREATE']) AS action
WHERE nspname !~ '^pg_' AND has_schema_privilege(old, pg_namespace.oid, action)
    AND NOT has_schema_privilege(new, pg_namespace.oid, action)
UNION ALL
SELECT 'calling ' || p.proname, 'function'
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace, pair
WHERE s.nspname !~ '^pg_' AND s.nspname <> 'information_schema'
    AND has_function_privilege(old, p.oid, 'EXECUTE') AND NOT has_function_privilege(new, p.oid, 'EXECUTE')
UNION ALL
SELECT action || ' in the database', 'database' FROM pair, unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) AS action
WHERE has_database_privilege(old, current_database(), action)
    AND NOT has_database_privilege(new, current_database(), action)
ORDER BY 1 LIMIT %(limit)s
"""
_SETTINGS = """
SELECT d.datname::text, unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
WHERE r.rolname = %s ORDER BY 1 NULLS FIRST, 2
"""


def problems_of_roles(link: Connection, old: str, new: str, owner: str | None) -> list[str]:
    """Why two users cannot take turns as things are, each with what to do."""
    found: list[str] = []
    admin = link.execute(_ADMIN.encode()).fetchone()
    assert admin is not None
    if not admin[0]:
        wanted = (("CREATEROLE", admin[1]), ("pg_signal_backend", admin[2]), ("pg_read_all_stats", admin[3]))
        found += [f"the administrator lacks {name}" for name, has in wanted if not has]
    names = [old, new] + ([owner] if owner else [])
    roles = {str(row[0]): row for row in link.execute(_ROLES.encode(), (owner or "", names)).fetchall()}
    if old not in roles:
        found.append(f"there is no role {old}")
    found += [f"{name} is a superuser; an application's user must not be" for name in (old, new)
              if name in roles and roles[name][2]]  # fmt: skip
    if new in roles and roles[new][1]:
        found.append(f"both credentials are valid: {new} can log in as well; ALTER ROLE {new} NOLOGIN PASSWORD NULL")
    if owner is not None:
        if owner not in roles:
            found.append(f"there is no role {owner}: CREATE ROLE {owner} NOLOGIN")
        elif roles[owner][1]:
            found.append(f"{owner} can log in: ALTER ROLE {owner} NOLOGIN")
        elif old in roles and not roles[old][3]:
            found.append(f"{old} is no member of {owner}: GRANT {owner} TO {old}; REASSIGN OWNED BY {old} TO {owner}")
    return found


def copied_settings(link: Connection, old: str, new: str, owner: str | None) -> Iterator[sql.Composed]:
    """Statements that give one user the settings of another, and let what it makes belong to the owner."""
    for database, setting in link.execute(_SETTINGS.encode(), (old,)).fetchall():
        name, _, value = str(setting).partition("=")
        if name == "role":
            continue
        # By way of the session: a list in text would be taken for one word.
        link.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))
        where = sql.SQL("IN DATABASE {} ").format(sql.Identifier(database)) if database else sql.SQL("")
        statement = sql.SQL("ALTER ROLE {} {}SET {} FROM CURRENT")
        yield statement.format(sql.Identifier(new), where, sql.Identifier(name))
    if owner is not None:
        yield sql.SQL("ALTER ROLE {} SET role = {}").format(sql.Identifier(new), sql.Literal(owner))
