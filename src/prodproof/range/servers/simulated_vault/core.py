"""One Vault: its mounts, and the way of a request through login, policies and audit to an engine.

Source: Vault's HTTP API documentation, "/sys/mounts", "/sys/auth", "/sys/policies/acl", "/sys/audit",
"/sys/seal-status", "/sys/capabilities-self", "/sys/internal/ui/mounts", "/sys/leases",
"/sys/config/state/sanitized".
"""

import hmac
import secrets
from datetime import datetime
from typing import Any

from prodproof.range.servers.simulated_vault import policies as acl
from prodproof.range.servers.simulated_vault.audit import Devices
from prodproof.range.servers.simulated_vault.database import Databases
from prodproof.range.servers.simulated_vault.kv import Kv1, Kv2
from prodproof.range.servers.simulated_vault.logins import Logins, Token
from prodproof.range.servers.simulated_vault.request import (
    Answered,
    Asked,
    RefusedError,
    done,
    listed,
    missing,
    unsupported,
)

VERSION = "1.18.0"
OPEN = frozenset({"sys/seal-status", "sys/health", "sys/leader", "sys/init", "sys/unseal"})
"""Asked without a token."""

Engine = Kv1 | Kv2 | Databases


class Vault:
    """All of it. Not safe for several threads: the server asks one thing after the other."""

    def __init__(
        self,
        root: str,
        now: datetime,
        seal: str = "shamir",
        shares: tuple[int, int] = (3, 5),
        storage: str = "raft",
        listeners: tuple[tuple[str, bool], ...] = (),
    ) -> None:
        """
        Args:
            root: the root token.
            seal: its type, as `sys/seal-status` says it: `shamir`, `awskms`, `transit` ...
            shares: how many of how many shares of the unseal key open it.
            storage: `raft`, or `inmem` as in development mode.
            listeners: address of each, and whether it speaks TLS.
        """
        self.sealed = False
        self._seal, self._shares, self._storage, self._listeners = seal, shares, storage, listeners
        self.devices = Devices()
        self.logins = Logins()
        self.logins.root(root, now)
        self._root = root
        self._policies: dict[str, str] = {"default": acl.DEFAULT}
        self._mounts: dict[str, Engine] = {}
        self._accessors: dict[str, str] = {}

    def answer(self, asked: Asked) -> Answered:
        """The answer to one request. Raises RefusedError."""
        if asked.path in OPEN:
            return self._open(asked)
        if self.sealed:
            raise RefusedError(503, "Vault is sealed")
        token = None if self.logins.is_login(asked.path) else self._token(asked)
        about = {} if token is None else self._about(token)
        try:
            if token is not None:
                self._allowed(asked, token)
            self.devices.write("request", asked, about, None)
            answered = self._routed(asked, token)
        except RefusedError as error:
            self.devices.write("response", asked, about, None, "; ".join(error.errors) or "not found")
            raise
        self.devices.write("response", asked, about, answered)
        return answered

    def _token(self, asked: Asked) -> Token:
        if not asked.token:
            raise RefusedError(403, "permission denied")
        return self.logins.token(asked.token, asked.now)

    def _about(self, token: Token) -> dict[str, Any]:
        return {
            "accessor": token.accessor,
            "display_name": token.name,
            "policies": list(self.logins.policies(token)),
            "entity_id": token.entity,
        }

    # ---- access

    def capabilities(self, token: Token, path: str) -> set[str]:
        """What a token may do at a path."""
        names = self.logins.policies(token)
        if "root" in names:
            return {"root"}
        values = self.logins.names(token)
        rules = [acl.filled(acl.parsed(self._policies[name]), values) for name in names if name in self._policies]
        return acl.capabilities(rules, path) - {"deny"}

    def _allowed(self, asked: Asked, token: Token) -> None:
        given = self._given(asked, token)
        if "root" in given:
            return
        needed = asked.operation
        if needed == "update" and not self._exists(asked.path):
            needed = "create"
        if asked.path.startswith("sys/internal/ui/mounts"):
            return  # it tells each token what that token may see
        if needed not in given or (any(acl.fits(item, asked.path) for item in acl.NEEDED_SUDO) and "sudo" not in given):
            raise RefusedError(403, "1 error occurred:\n\t* permission denied\n\n")

    def _given(self, asked: Asked, token: Token) -> set[str]:
        if asked.operation == "list":
            # A folder is meant with its slash; a rule for the name without it counts, too.
            return self.capabilities(token, f"{asked.path.rstrip('/')}/") or self.capabilities(
                token, asked.path.rstrip("/")
            )
        return self.capabilities(token, asked.path)

    def _exists(self, path: str) -> bool:
        mount = self._mount_of(path)
        return self._mounts[mount].exists(path[len(mount) :]) if mount else True

    def _mount_of(self, path: str) -> str:
        return max((name for name in self._mounts if f"{path}/".startswith(name)), key=len, default="")

    def _routed(self, asked: Asked, token: Token | None) -> Answered:
        path = asked.path
        if path.startswith("auth/"):
            mount, rest = self.logins.place(path)
            if not mount:
                raise missing()
            if mount == "token/":
                assert token is not None
                return self.logins.of_token(asked, rest, token)
            return self.logins.answer(asked, mount, rest)
        if path.startswith("identity/"):
            return self.logins.of_identity(asked, path.removeprefix("identity/"))
        if path.startswith("sys/"):
            assert token is not None
            return self._system(asked, path.removeprefix("sys/"), token)
        mount = self._mount_of(path)
        if not mount:
            raise RefusedError(404, f"no handler for route {path!r}. route entry not found.")
        return self._mounts[mount].answer(asked, path[len(mount) :].strip("/"))

    # ---- sys/

    def _open(self, asked: Asked) -> Answered:
        about = {"initialized": True, "sealed": self.sealed, "version": VERSION, "cluster_name": "vault-simulated"}
        if asked.path == "sys/seal-status":
            needed, given = self._shares
            shares = {"t": needed, "n": given, "progress": 0, "nonce": "", "migration": False}
            shares |= {"storage_type": self._storage}
            recovery = self._seal != "shamir"
            return Answered(body={"type": self._seal, **about, **shares, "recovery_seal": recovery})
        if asked.path == "sys/health":
            return Answered(body={**about, "standby": False}, status=503 if self.sealed else 200)
        if asked.path == "sys/init":
            return Answered(body={"initialized": True})
        if asked.path == "sys/unseal" and asked.operation == "update":
            # The root token stands for the shares of the unseal key, which are not simulated.
            if not hmac.compare_digest(str(asked.data.get("key", "")).encode(), self._root.encode()):
                raise RefusedError(400, "Vault cannot be unsealed: invalid key")
            self.sealed = False
            return self._open(Asked("read", "sys/seal-status", now=asked.now))
        return Answered(body={"ha_enabled": False})

    def _system(self, asked: Asked, rest: str, token: Token) -> Answered:
        first, _, name = rest.partition("/")
        if first in ("policies", "policy"):
            return self._of_policy(asked, name.removeprefix("acl").strip("/") if first == "policies" else name, first)
        if first == "mounts":
            return self._of_mount(asked, name)
        if first == "auth":
            return self._of_auth(asked, name)
        if first == "audit":
            return self._of_audit(asked, name)
        if first == "seal" and asked.operation == "update":
            self.sealed = True
            return done()
        if first in ("capabilities-self", "capabilities") and asked.operation == "update":
            return self._capabilities(asked, token if first == "capabilities-self" else None)
        if rest == "config/state/sanitized" and asked.operation == "read":
            return Answered(self._configuration())
        if rest.startswith("internal/ui/mounts"):
            return self._seen(rest.removeprefix("internal/ui/mounts").strip("/"), token)
        if rest == "leases/lookup" and asked.operation == "update":
            lease = str(asked.data.get("lease_id") or "")
            if not any(engine.knows(lease) for engine in self._mounts.values() if isinstance(engine, Databases)):
                raise RefusedError(400, "invalid lease")
            return Answered({"id": lease, "renewable": True})
        if rest.startswith("leases/revoke") and asked.operation == "update":
            lease = str(asked.data.get("lease_id") or rest.removeprefix("leases/revoke").strip("/"))
            if not any(engine.revoke(lease) for engine in self._mounts.values() if isinstance(engine, Databases)):
                raise RefusedError(400, "invalid lease")
            return done()
        raise RefusedError(404, "unsupported path")

    def _configuration(self) -> dict[str, Any]:
        listeners = [
            {"type": "tcp", "config": {"address": address, "tls_disable": not tls}} for address, tls in self._listeners
        ]
        seal = {"type": self._seal, "disabled": False}
        return {"listeners": listeners, "storage": {"type": self._storage}, "seals": [seal], "disable_mlock": False}

    def _of_policy(self, asked: Asked, name: str, form: str) -> Answered:
        if asked.operation == "list" or (not name and asked.operation == "read"):
            names = sorted([*self._policies, "root"])
            return Answered({"keys": names, "policies": names})
        if asked.operation == "update":
            text = str(asked.data.get("policy") or asked.data.get("rules") or "")
            acl.parsed(text)
            if name == "root":
                raise RefusedError(400, 'cannot update "root" policy')
            self._policies[name.lower()] = text
            return done()
        if name not in self._policies and name != "root":
            raise missing()
        if asked.operation == "delete":
            if name in ("root", "default"):
                raise RefusedError(400, f'cannot delete "{name}" policy')
            del self._policies[name]
            return done()
        text = self._policies.get(name, "")
        return Answered({"name": name, "policy": text} if form == "policies" else {"name": name, "rules": text})

    def _of_mount(self, asked: Asked, name: str) -> Answered:
        path = f"{name.strip('/')}/"
        if not name and asked.operation == "read":
            return Answered({mount: self._told(mount) for mount in self._mounts})
        if asked.operation == "update":
            if path in self._mounts:
                raise RefusedError(400, f"path is already in use at {path}")
            kind = str(asked.data.get("type", ""))
            version = str((asked.data.get("options") or {}).get("version") or "1")
            kinds: dict[str, type[Engine]] = {"kv": Kv1, "kv-v2": Kv2, "database": Databases}
            kind = "kv-v2" if kind == "kv" and version == "2" else kind
            if kind not in kinds:
                raise RefusedError(400, f"plugin not found in the catalog: {kind[:40]}")
            self._mounts[path] = kinds[kind]()
            self._accessors[path] = f"{kind}_{secrets.token_hex(4)}"
            return done()
        if asked.operation == "delete":
            self._mounts.pop(path, None)
            return done()
        raise unsupported()

    def _told(self, mount: str) -> dict[str, Any]:
        engine = self._mounts[mount]
        return {
            "type": engine.type, "options": engine.options or None, "accessor": self._accessors[mount],
            "description": "", "local": False, "seal_wrap": False,
        }  # fmt: skip

    def _of_auth(self, asked: Asked, name: str) -> Answered:
        path = f"{name.strip('/')}/"
        if not name and asked.operation == "read":
            return Answered(dict(self.logins.mounts))
        if asked.operation == "update":
            if path in self.logins.mounts:
                raise RefusedError(400, f"path is already in use at {path}")
            self.logins.mount(path, str(asked.data.get("type", "")))
            return done()
        if asked.operation == "delete":
            self.logins.unmount(path)
            return done()
        raise unsupported()

    def _of_audit(self, asked: Asked, name: str) -> Answered:
        path = f"{name.strip('/')}/"
        if not name and asked.operation == "read":
            return Answered(dict(self.devices.enabled))
        if asked.operation == "update":
            if path in self.devices.enabled:
                raise RefusedError(400, f"path already in use: {path}")
            given = asked.data
            options = given.get("options") or {}
            self.devices.enable(path, str(given.get("type", "")), options, str(given.get("description", "")))
            return done()
        if asked.operation == "delete":
            self.devices.disable(path)
            return done()
        raise unsupported()

    def _capabilities(self, asked: Asked, token: Token | None) -> Answered:
        whose = token or self.logins.token(str(asked.data.get("token", "")), asked.now)
        paths = listed(asked.data.get("paths") or asked.data.get("path"))
        found: dict[str, Any] = {path: sorted(self.capabilities(whose, path)) or ["deny"] for path in paths}
        if len(paths) == 1:
            found["capabilities"] = found[paths[0]]
        return Answered(found)

    def _seen(self, path: str, token: Token) -> Answered:
        """The mounts that a token may do anything in, or the one that a path lies in."""
        seen = [mount for mount in self._mounts if self._touches(token, mount)]
        if not path:
            return Answered({"secret": {mount: self._told(mount) for mount in seen}, "auth": {}})
        mount = self._mount_of(f"{path}/")
        if mount not in seen:
            raise RefusedError(
                403, "preflight capability check returned 403, please ensure client's policies grant access"
            )
        return Answered({**self._told(mount), "path": mount})

    def _touches(self, token: Token, mount: str) -> bool:
        names = self.logins.policies(token)
        if "root" in names:
            return True
        values = self.logins.names(token)
        for name in names:
            for pattern, given in acl.filled(acl.parsed(self._policies.get(name, "")), values).items():
                fixed = pattern.partition("+")[0].rstrip("*")
                if "deny" not in given and (pattern.startswith(mount) or mount.startswith(fixed)):
                    return True
        return False
