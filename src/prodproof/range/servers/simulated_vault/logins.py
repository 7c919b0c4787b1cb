"""Tokens, AppRole and user logins, and the identities behind them.

Source: Vault's HTTP API documentation, "Token auth method", "AppRole auth method",
"Userpass auth method", "Identity secrets engine".
"""

import hmac
import secrets
import uuid
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
    unsupported,
)

LONGEST = 32 * 86400
"""Seconds for which a token holds where nothing says less."""


@dataclass
class Token:
    """Who asks."""

    id: str = field(repr=False)
    accessor: str
    policies: tuple[str, ...]
    name: str
    path: str
    created: datetime
    ttl: int
    entity: str = ""

    def alive(self, now: datetime) -> bool:
        return not self.ttl or now < self.created + timedelta(seconds=self.ttl)


@dataclass
class Entity:
    """Somebody or something, whichever way it logs in."""

    id: str
    name: str
    policies: list[str]
    aliases: list[dict[str, str]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "policies": self.policies, "aliases": self.aliases}


class Logins:
    """Everything below `auth/` and `identity/`."""

    def __init__(self) -> None:
        self.mounts: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, Token] = {}
        self.entities: dict[str, Entity] = {}
        self._roles: dict[str, dict[str, dict[str, Any]]] = {}
        self.mount("token/", "token")

    def mount(self, path: str, kind: str) -> None:
        """Add a way to log in."""
        if kind not in ("token", "approle", "userpass"):
            raise RefusedError(400, f"unknown auth method: {kind[:40]}")
        accessor = f"auth_{kind}_{secrets.token_hex(4)}"
        self.mounts[path] = {"type": kind, "accessor": accessor, "description": "", "local": False, "options": {}}
        self._roles[path] = {}

    def unmount(self, path: str) -> None:
        """Remove one, with every token that came by it."""
        self.mounts.pop(path, None)
        self._roles.pop(path, None)
        self.tokens = {id: token for id, token in self.tokens.items() if not token.path.startswith(f"auth/{path}")}

    def root(self, id: str, now: datetime) -> None:
        """Let a token be root's."""
        self.tokens[id] = Token(id, secrets.token_hex(12), ("root",), "root", "auth/token/root", now, 0)

    def token(self, id: str, now: datetime) -> Token:
        """The token with this text, if it holds. Raises RefusedError."""
        found = next(
            (item for item in self.tokens.values() if hmac.compare_digest(item.id.encode(), id.encode())), None
        )
        if found is None or not found.alive(now):
            raise RefusedError(403, "permission denied")
        return found

    def policies(self, token: Token) -> tuple[str, ...]:
        """Those of a token, and of the identity behind it."""
        entity = self.entities.get(token.entity)
        return tuple(dict.fromkeys([*token.policies, *(entity.policies if entity else ())]))

    def names(self, token: Token) -> dict[str, str]:
        """What templated paths are filled with."""
        entity = self.entities.get(token.entity)
        if entity is None:
            return {}
        found = {"identity.entity.id": entity.id, "identity.entity.name": entity.name}
        for alias in entity.aliases:
            found[f"identity.entity.aliases.{alias['mount_accessor']}.name"] = alias["name"]
        return found

    # ---- auth/token

    def of_token(self, asked: Asked, rest: str, own: Token) -> Answered:
        """Requests below `auth/token/`."""
        if rest in ("lookup-self", "lookup"):
            token = own if rest == "lookup-self" else self.token(str(asked.data.get("token", "")), asked.now)
            return Answered(self._told(token, asked.now))
        if rest in ("accessors", "accessors/") and asked.operation == "list":
            return Answered({"keys": [item.accessor for item in self.tokens.values() if item.alive(asked.now)]})
        if asked.operation != "update":
            raise unsupported()
        if rest == "lookup-accessor":
            accessor = str(asked.data.get("accessor", ""))
            found = next((item for item in self.tokens.values() if item.accessor == accessor), None)
            if found is None or not found.alive(asked.now):
                raise RefusedError(403, "1 error occurred:\n\t* invalid accessor\n\n")
            return Answered({**self._told(found, asked.now), "id": ""})
        if rest == "revoke-self":
            del self.tokens[own.id]
            return done()
        if rest == "revoke":
            self.tokens.pop(str(asked.data.get("token", "")), None)
            return done()
        if rest == "renew-self":
            own.created = asked.now
            return self._given(own)
        if rest in ("create", "create-orphan"):
            wanted = listed(asked.data.get("policies")) or list(own.policies)
            if "root" not in own.policies and not set(wanted) <= {*own.policies, "default"}:
                raise RefusedError(400, "child policies must be subset of parent")
            if not asked.data.get("no_default_policy") and "root" not in wanted:
                wanted.append("default")
            ttl = seconds(asked.data.get("ttl")) or (0 if "root" in wanted else LONGEST)
            display = f"token-{asked.data['display_name']}" if asked.data.get("display_name") else "token"
            return self._given(self._new(wanted, display, "auth/token/create", asked.now, ttl, own.entity))
        raise missing()

    def _told(self, token: Token, now: datetime) -> dict[str, Any]:
        expires = token.created + timedelta(seconds=token.ttl) if token.ttl else None
        entity = self.entities.get(token.entity)
        return {
            "id": token.id, "accessor": token.accessor, "policies": list(token.policies), "path": token.path,
            "identity_policies": list(entity.policies) if entity else [], "display_name": token.name,
            "creation_time": int(token.created.timestamp()), "creation_ttl": token.ttl, "entity_id": token.entity,
            "expire_time": stamp(expires) if expires else None, "orphan": True, "renewable": bool(token.ttl),
            "ttl": max(0, int((expires - now).total_seconds())) if expires else 0, "type": "service",
        }  # fmt: skip

    def _new(self, policies: list[str], name: str, path: str, now: datetime, ttl: int, entity: str) -> Token:
        id = f"hvs.{secrets.token_urlsafe(24)}"
        made = Token(id, secrets.token_hex(12), tuple(dict.fromkeys(policies)), name, path, now, ttl, entity)
        self.tokens[id] = made
        return made

    def _given(self, token: Token) -> Answered:
        whole = self.policies(token)
        return Answered(
            auth={
                "client_token": token.id, "accessor": token.accessor, "policies": list(whole),
                "token_policies": list(token.policies), "entity_id": token.entity, "lease_duration": token.ttl,
                "renewable": bool(token.ttl), "metadata": {}, "token_type": "service", "orphan": True,
            }
        )  # fmt: skip

    # ---- auth/approle, auth/userpass

    def is_login(self, path: str) -> bool:
        """Whether a path is asked without a token."""
        mount, rest = self.place(path)
        kind = self.mounts[mount]["type"] if mount else ""
        return (kind == "approle" and rest == "login") or (kind == "userpass" and rest.startswith("login/"))

    def place(self, path: str) -> tuple[str, str]:
        """The mount that a path below `auth/` lies in, and the rest."""
        below = path.removeprefix("auth/")
        mount = max((name for name in self.mounts if below.startswith(name)), key=len, default="")
        return mount, below[len(mount) :]

    def answer(self, asked: Asked, mount: str, rest: str) -> Answered:
        """Requests below another login's mount."""
        roles, kind = self._roles[mount], self.mounts[mount]["type"]
        if self.is_login(asked.path):
            return self._login(asked, mount, rest)
        folder, _, name = rest.partition("/")
        name, _, part = name.partition("/")
        if folder != ("users" if kind == "userpass" else "role"):
            raise missing()
        if asked.operation == "list" and not name:
            return keys_below(roles, "")
        if part == "secret-id" and asked.operation == "update" and name in roles:
            given = {"secret_id": str(uuid.uuid4()), "secret_id_accessor": str(uuid.uuid4())}
            roles[name]["_secret_ids"].append(given["secret_id"])
            return Answered({**given, "secret_id_ttl": seconds(roles[name].get("secret_id_ttl"))})
        if part == "custom-secret-id" and asked.operation == "update" and name in roles:
            roles[name]["_secret_ids"].append(str(asked.data["secret_id"]))
            return Answered({"secret_id": asked.data["secret_id"], "secret_id_ttl": 0})
        if part == "role-id" and name in roles:
            if asked.operation == "update":
                roles[name]["_role_id"] = str(asked.data.get("role_id", ""))
                return done()
            return Answered({"role_id": roles[name]["_role_id"]})
        if asked.operation == "update" and not part:
            earlier = roles.get(name, {"_role_id": str(uuid.uuid4()), "_secret_ids": []})
            roles[name] = {**earlier, **asked.data}
            return done()
        if name not in roles or part:
            raise missing()
        if asked.operation == "delete":
            del roles[name]
            return done()
        return Answered(_role(roles[name]))

    def _login(self, asked: Asked, mount: str, rest: str) -> Answered:
        roles, kind = self._roles[mount], self.mounts[mount]["type"]
        name, alias = "", ""
        if kind == "userpass":
            name = alias = rest.partition("/")[2]
            good = name in roles and str(asked.data.get("password")) == str(roles[name].get("password"))
        else:
            alias = str(asked.data.get("role_id", ""))
            name = next((key for key, role in roles.items() if role["_role_id"] == alias), "")
            given = str(asked.data.get("secret_id", ""))
            needs = bool(name) and roles[name].get("bind_secret_id", True)
            good = bool(name) and (not needs or given in roles[name]["_secret_ids"])
        if not good:
            raise RefusedError(
                400, "invalid username or password" if kind == "userpass" else "invalid role or secret ID"
            )
        role = _role(roles[name])
        policies = [*role["token_policies"], *([] if role["token_no_default_policy"] else ["default"])]
        ttl = role["token_ttl"] or role["token_max_ttl"] or LONGEST
        entity = self._entity_of(self.mounts[mount]["accessor"], alias)
        return self._given(self._new(policies, f"{mount.rstrip('/')}", f"auth/{mount}login", asked.now, ttl, entity.id))

    # ---- identity

    def _entity_of(self, accessor: str, name: str) -> Entity:
        for entity in self.entities.values():
            if any(alias["mount_accessor"] == accessor and alias["name"] == name for alias in entity.aliases):
                return entity
        made = self._entity(f"entity_{secrets.token_hex(4)}", [])
        made.aliases.append({"id": str(uuid.uuid4()), "mount_accessor": accessor, "name": name})
        return made

    def _entity(self, name: str, policies: list[str]) -> Entity:
        made = next((item for item in self.entities.values() if item.name == name), None)
        if made is None:
            made = Entity(str(uuid.uuid4()), name, policies)
            self.entities[made.id] = made
        made.policies = policies or made.policies
        return made

    def of_identity(self, asked: Asked, rest: str) -> Answered:
        """Requests below `identity/`."""
        if rest == "entity" and asked.operation == "update":
            name = str(asked.data.get("name") or f"entity_{secrets.token_hex(4)}")
            made = self._entity(name, listed(asked.data.get("policies")))
            return Answered({"id": made.id, "name": made.name, "aliases": made.aliases})
        if rest == "entity-alias" and asked.operation == "update":
            entity = self.entities.get(str(asked.data.get("canonical_id", "")))
            if entity is None:
                raise RefusedError(400, "invalid canonical ID")
            alias = {key: str(asked.data.get(key, "")) for key in ("mount_accessor", "name")}
            entity.aliases.append({"id": str(uuid.uuid4()), **alias})
            return Answered({"id": entity.aliases[-1]["id"], "canonical_id": entity.id})
        by_name = {item.name: item for item in self.entities.values()}
        if rest in ("entity/name", "entity/name/") and asked.operation == "list":
            return keys_below(by_name, "")
        if rest in ("entity/id", "entity/id/") and asked.operation == "list":
            return keys_below(self.entities, "")
        kind, _, name = rest.removeprefix("entity/").partition("/")
        found = (by_name if kind == "name" else self.entities if kind == "id" else {}).get(name)
        if found is None or asked.operation != "read":
            raise missing()
        return Answered(found.told())


def _role(role: dict[str, Any]) -> dict[str, Any]:
    return {
        "token_policies": listed(role.get("token_policies") or role.get("policies")),
        "token_ttl": seconds(role.get("token_ttl")),
        "token_max_ttl": seconds(role.get("token_max_ttl")),
        "token_no_default_policy": bool(role.get("token_no_default_policy")),
        "bind_secret_id": bool(role.get("bind_secret_id", True)),
        "secret_id_ttl": seconds(role.get("secret_id_ttl")),
        "token_type": "default",
    }
