"""The database engine: logins that Vault makes, and passwords that it changes.

Source: Vault's HTTP API documentation, "Database secrets engine". Without a `connection_url` nothing outside is
touched; with one, PostgreSQL's roles are really made, changed and dropped.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prodproof.range.servers.simulated_vault.kv import keys_below
from prodproof.range.servers.simulated_vault.request import (
    Answered,
    Asked,
    RefusedError,
    done,
    listed,
    missing,
    seconds,
    stamp,
)

DAY = 86400


@dataclass
class Static:
    """A login that exists, whose password Vault changes."""

    database: str
    user: str
    period: int
    schedule: str
    statements: list[str]
    password: str = field(repr=False)
    rotated: datetime


class Databases:
    """Connections, roles and static roles of one mount."""

    type = "database"

    def __init__(self) -> None:
        self.options: dict[str, str] = {}
        self._connections: dict[str, dict[str, Any]] = {}
        self._roles: dict[str, dict[str, Any]] = {}
        self._static: dict[str, Static] = {}
        self._leased: dict[str, tuple[str, str]] = {}

    def exists(self, rest: str) -> bool:
        """Whether writing there would change something that is there."""
        kind, _, name = rest.partition("/")
        if kind in ("static-roles", "rotate-role"):
            return name in self._static
        return name in (self._connections if kind == "config" else self._roles)

    def answer(self, asked: Asked, rest: str) -> Answered:
        """One request below the mount."""
        kind, _, name = rest.partition("/")
        if kind == "config":
            return self._of_connection(asked, name)
        if kind == "roles":
            return self._of_role(asked, name)
        if kind == "static-roles":
            return self._of_static(asked, name)
        if kind == "creds" and asked.operation == "read":
            return self._made(asked, name)
        if kind == "static-creds" and asked.operation == "read":
            return self._read(asked, name)
        if kind == "rotate-role" and asked.operation == "update":
            if name not in self._static:
                raise missing()
            self._rotate(self._static[name], asked.now)
            return done()
        raise missing()

    def knows(self, lease: str) -> bool:
        """Whether a lease is one of this mount's."""
        return lease in self._leased

    def revoke(self, lease: str) -> bool:
        """Take a login back; whether it was one of this mount's."""
        database, user = self._leased.get(lease, ("", ""))
        if user:
            self._execute(database, ['REASSIGN OWNED BY "{{name}}" TO CURRENT_USER', 'DROP OWNED BY "{{name}}"',
                                     'DROP ROLE IF EXISTS "{{name}}"'], {"name": user})  # fmt: skip
            del self._leased[lease]  # one that could not be revoked is kept, and tried again
        return bool(user)

    def _of_connection(self, asked: Asked, name: str) -> Answered:
        if asked.operation == "list":
            return keys_below(self._connections, "")
        if asked.operation == "update":
            self._connections[name] = dict(asked.data)
            return done()
        if name not in self._connections:
            raise missing()
        if asked.operation == "delete":
            del self._connections[name]
            return done()
        hidden = {key: value for key, value in self._connections[name].items() if key != "password"}
        return Answered({"connection_details": hidden, "plugin_name": hidden.get("plugin_name", "")})

    def _of_role(self, asked: Asked, name: str) -> Answered:
        if asked.operation == "list":
            return keys_below(self._roles, "")
        if asked.operation == "update":
            given = asked.data
            self._roles[name] = {
                "db_name": str(given.get("db_name", "")),
                "creation_statements": _statements(given.get("creation_statements")),
                "default_ttl": seconds(given.get("default_ttl")),
                "max_ttl": seconds(given.get("max_ttl")),
            }
            return done()
        if name not in self._roles:
            raise missing()
        if asked.operation == "delete":
            del self._roles[name]
            return done()
        return Answered(dict(self._roles[name]))

    def _of_static(self, asked: Asked, name: str) -> Answered:
        if asked.operation == "list":
            return keys_below(self._static, "")
        if asked.operation == "update":
            given = asked.data
            made = Static(
                database=str(given.get("db_name", "")),
                user=str(given.get("username", "")),
                period=seconds(given.get("rotation_period")),
                schedule=str(given.get("rotation_schedule", "")),
                statements=_statements(given.get("rotation_statements")),
                password="",
                rotated=asked.now,
            )
            if not made.user or not (made.period or made.schedule):
                raise RefusedError(400, "username and one of rotation_period, rotation_schedule are required")
            self._static[name] = made
            self._rotate(made, asked.now)
            return done()
        if name not in self._static:
            raise missing()
        if asked.operation == "delete":
            del self._static[name]
            return done()
        role = self._static[name]
        told: dict[str, Any] = {"db_name": role.database, "username": role.user, "credential_type": "password",
                                "last_vault_rotation": stamp(role.rotated),
                                "rotation_statements": role.statements}  # fmt: skip
        return Answered(told | ({"rotation_period": role.period} if role.period else
                                {"rotation_schedule": role.schedule}))  # fmt: skip

    def _made(self, asked: Asked, name: str) -> Answered:
        if name not in self._roles:
            raise missing()
        role = self._roles[name]
        user, password = f"v-{name[:8]}-{secrets.token_hex(8)}", secrets.token_urlsafe(20)
        length = role["default_ttl"] or 32 * DAY
        expiration = (asked.now + timedelta(seconds=length)).strftime("%Y-%m-%d %H:%M:%S+0000")
        values = {"name": user, "username": user, "password": password, "expiration": expiration}
        self._execute(role["db_name"], role["creation_statements"], values)
        lease = f"{asked.path}/{secrets.token_hex(12)}"
        self._leased[lease] = (role["db_name"], user)
        return Answered({"username": user, "password": password}, lease=lease, lease_seconds=length)

    def _read(self, asked: Asked, name: str) -> Answered:
        if name not in self._static:
            raise missing()
        role = self._static[name]
        left = max(0, int((role.rotated + timedelta(seconds=role.period) - asked.now).total_seconds()))
        told = {"username": role.user, "password": role.password, "ttl": left, "rotation_period": role.period,
                "last_vault_rotation": stamp(role.rotated)}  # fmt: skip
        return Answered(told)

    def _rotate(self, role: Static, now: datetime) -> None:
        password = secrets.token_urlsafe(20)
        statements = role.statements or ["ALTER USER \"{{name}}\" WITH PASSWORD '{{password}}'"]
        self._execute(role.database, statements, {"name": role.user, "username": role.user, "password": password})
        role.password, role.rotated = password, now

    def _execute(self, database: str, statements: Iterable[str], values: dict[str, str]) -> None:
        connection = self._connections.get(database)
        if connection is None:
            raise RefusedError(500, f"failed to find entry for connection with name: {database!r}")
        url = str(connection.get("connection_url") or "")
        if not url:
            return
        import psycopg

        for name in ("username", "password"):
            url = url.replace("{{" + name + "}}", str(connection.get(name, "")))
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as link:
                for statement in statements:
                    for name, value in values.items():
                        statement = statement.replace("{{" + name + "}}", value)
                    link.execute(statement.encode())
        except psycopg.Error as error:
            raise RefusedError(500, f"the database refuses: {type(error).__name__}") from None


def _statements(given: object) -> list[str]:
    texts = [given] if isinstance(given, str) else listed(given)
    return [part.strip() for text in texts for part in text.split(";") if part.strip()]
