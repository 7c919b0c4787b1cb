"""The secret manager: a Vault that keeps the secrets of production and of staging, each readable by its own service.

In every form it is the simulator of `servers/vault.py`, over HTTPS with a certificate of the private authority.
"""

import base64
import json
import os
import secrets
import shutil
import ssl
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prodproof.facts.declared import Declared, Secret, SecretManager
from prodproof.range.component import Command, Component
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.components.object_store import OFFICE, ObjectStore
from prodproof.range.components.object_store import PRODUCTION as WRITER
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.redis import Redis
from prodproof.range.components.vault_policies import READER_POLICY, ROTATION_POLICY, SERVICE_POLICY
from prodproof.range.components.vault_secrets import (
    CACHE,
    CANARY,
    DATABASE,
    DATABASE_KEY,
    FOLDER,
    KEPT,
    MOUNT,
    PRODUCTION,
    PRODUCTION_KEY,
    REPORTS_LOGIN,
    SECRET_KEY,
    SOURCE,
    STAGING,
    STORE_KEY,
    UPLOADS_KEY,
    USER,
    USER_VARIABLE,
    Kept,
)
from prodproof.range.places import VAULT_PORT
from prodproof.range.servers import program

READER = "prodproof"
REPORTS = "reports"
"""The nightly report: a policy, a login, and a folder of secrets of that name."""

ROTATION = "rotation"
"""Who replaces the shop's login in the database: a policy and a login of that name."""

KEEPER = f"{READER}/keeper"
"""The path of the login with which the database's users are made and retired."""

SERVICES = {"shop": PRODUCTION, "shop-staging": STAGING}
"""Who reads secrets, each those of one environment; the policy has the service's name."""

DAY = 86400
PLAIN_PORT = 8100
"""Of a listener without TLS, which only a fault adds."""


class Vault(Component):
    """Everything that it holds stands in its configuration, so that mending a fault brings it back."""

    name = "vault"
    after = ("authority", "postgres", "redis", "object_store")
    # Searches for the values of secrets see a change, too; they take long, and no fault of the manager is about them.
    seen_by = frozenset({Secret, SecretManager, Declared})

    @property
    def url(self) -> str:
        return f"https://{self.range.places.inside}:{VAULT_PORT}"

    @property
    def trail(self) -> Path:
        """Its audit log."""
        return self.var / "audit.log"

    def login_file(self, who: str) -> Path:
        """`ROLE_ID:SECRET_ID` of a service, or of prodproof (mode 0600)."""
        return self.etc / "logins" / who

    # ---- life

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        self.var.mkdir(parents=True)
        places = self.range.places
        issued = self.range.part(PrivateAuthority).issue(places.inside, file="vault.pem")
        shutil.copy2(issued, self.etc / "server.pem")
        _write(self.etc / "root-token", secrets.token_urlsafe(24))
        server = os.fspath(self.etc / "server.pem")
        self._save(
            {
                "address": places.inside,
                "port": VAULT_PORT,
                "root_token_file": os.fspath(self.etc / "root-token"),
                "certificate": server,
                "key": server,
                "keep_root": False,
                "setup": [*self._engines(), *self._policies(), *self._logins(), *self._values()],
            }
        )

    def commands(self) -> Sequence[Command]:
        return (Command("vault", program("vault", os.fspath(self._file))),)

    def trouble(self) -> str | None:
        return None if self.range.listens(self.range.places.inside, VAULT_PORT) else "Vault does not answer"

    def watched(self) -> Iterable[Path]:
        return (self.etc,)

    # ---- what services do

    def handed_to(self, service: str) -> dict[str, str]:
        """The environment variables that Vault's agent gives a service at its start, read with that service's login."""
        token = self._log_in(service)
        environment = SERVICES[service]
        found = {}
        for kept in self._kept(environment):
            if kept.variable is not None:
                answer = self._ask("GET", f"{MOUNT}/data/{_path(environment, kept.name)}", token=token)
                found[kept.variable] = str(answer["data"]["data"][kept.key])
                if kept == DATABASE:
                    found[USER_VARIABLE] = str(answer["data"]["data"][USER])
        return found

    # ---- what faults change

    def made_days_ago(self, environment: str, kept: Kept, days: int) -> None:
        """As if the current version of a secret had been put there so long ago."""
        place = f"{MOUNT}/data/{_path(environment, kept.name)}"
        steps = self.description["setup"]
        last = max(number for number, step in enumerate(steps) if step["path"] == place)
        steps[last]["age"] = days * DAY
        self.change(setup=steps)

    def put(self, environment: str, kept: Kept, value: str) -> None:
        """Make a new version of a secret, at once. Who has the version before keeps it."""
        place = f"{MOUNT}/data/{_path(environment, kept.name)}"
        before = [step["data"]["data"] for step in self.description["setup"] if step["path"] == place]
        self._step(place, {"data": {**(before[-1] if before else {}), kept.key: value}})

    def forget(self, environment: str, kept: Kept) -> None:
        """Delete a secret with all its versions."""
        self._step(f"{MOUNT}/metadata/{_path(environment, kept.name)}", method="DELETE")

    def allow(self, policy: str, path: str, *capabilities: str) -> None:
        """Add a path to a policy."""
        place = f"sys/policies/acl/{policy}"
        text = next(step["data"]["policy"] for step in self.description["setup"] if step["path"] == place)
        self._step(place, {"policy": f"{text}\n{_path_rule(path, capabilities)}"})

    def widen(self, policy: str, path: str, *capabilities: str) -> None:
        """Give a policy other capabilities on the path that it has."""
        self._step(f"sys/policies/acl/{policy}", {"policy": _path_rule(path, capabilities)})

    def lengthen(self, who: str, days: int) -> None:
        """Let the tokens of a login hold for so long."""
        place = f"auth/approle/role/{who}"
        options = next(step["data"] for step in self.description["setup"] if step["path"] == place)
        self._step(place, options | {"token_ttl": f"{days}d", "token_max_ttl": f"{days}d"})

    def listen_in_clear(self) -> None:
        """Take requests at a second port, without TLS."""
        self.change(plain_port=PLAIN_PORT)

    def audit(self, options: Mapping[str, str] | None) -> None:
        """Change the options of the audit device; None removes it."""
        steps = self.description["setup"]
        device = next(step for step in steps if step["path"].startswith("sys/audit/"))
        if options is None:
            self.change(setup=[step for step in steps if step is not device])
            return
        device["data"]["options"] |= options
        self.change(setup=steps)

    def refuse(self, who: str) -> None:
        """From now on a login is refused: its secret id counts no more."""
        place = f"auth/approle/role/{who}/custom-secret-id"
        self.change(setup=[step for step in self.description["setup"] if step["path"] != place])

    def change(self, **changes: object) -> None:
        """Change the configuration, and start again with it. `servers/vault.py` explains each key."""
        self._save(self.description | changes)
        self.range.restart(self)

    def value(self, environment: str, kept: Kept) -> str:
        """The current value of a secret, as the configuration has it."""
        place = f"{MOUNT}/data/{_path(environment, kept.name)}"
        steps = [step for step in self.description["setup"] if step["path"] == place]
        return str(steps[-1]["data"]["data"][kept.key])

    def kept(self, reference: str) -> str:
        """The first value of a secret that no service reads: `recovery/uploads#passphrase`."""
        path, _, key = reference.partition("#")
        place = f"{MOUNT}/data/{FOLDER}/{path}"
        return str(next(step["data"]["data"][key] for step in self.description["setup"] if step["path"] == place))

    def remove(self, reference: str) -> None:
        """Delete a secret that no service reads."""
        self._step(f"{MOUNT}/metadata/{FOLDER}/{reference.partition('#')[0]}", method="DELETE")

    @property
    def description(self) -> dict[str, Any]:
        """The server's configuration."""
        written: dict[str, Any] = json.loads(self._file.read_text())
        return written

    # ---- what drills change

    def drifted(self) -> bool:
        place = f"{MOUNT}/data/{_path(PRODUCTION, DATABASE.name)}"
        written = sum(step["path"] == place for step in self.description["setup"])
        try:
            found = self._ask("GET", place, token=self._log_in("shop"))
        except OSError:
            # What a fault refuses or deletes is not as it was either.
            return True
        return bool(found["data"]["metadata"]["version"] != written)

    def put_back(self) -> None:
        # What was written beside its set-up lies in its memory alone.
        if self.drifted():
            self.range.restart(self)

    # ---- how it is set up

    def _engines(self) -> list[dict[str, Any]]:
        audit = {"type": "file", "options": {"file_path": os.fspath(self.trail)}}
        return [
            {"path": "sys/audit/file", "data": audit, "age": 100 * DAY},
            {"path": f"sys/mounts/{MOUNT}", "data": {"type": "kv", "options": {"version": "2"}}, "age": 100 * DAY},
            {"path": "sys/auth/approle", "data": {"type": "approle"}, "age": 100 * DAY},
        ]

    def _policies(self) -> list[dict[str, Any]]:
        place = {"mount": MOUNT, "folder": FOLDER}
        texts = {name: SERVICE_POLICY.format(environment=env, **place) for name, env in SERVICES.items()}
        texts[REPORTS] = SERVICE_POLICY.format(environment=REPORTS, **place)
        texts[READER] = READER_POLICY.format(**place)
        texts[ROTATION] = ROTATION_POLICY.format(**place)
        return [{"path": f"sys/policies/acl/{name}", "data": {"policy": text}} for name, text in texts.items()]

    def _logins(self) -> list[dict[str, Any]]:
        steps = []
        for who in (*SERVICES, REPORTS, READER, ROTATION):
            role, secret = secrets.token_hex(16), secrets.token_urlsafe(24)
            self.login_file(who).parent.mkdir(exist_ok=True)
            _write(self.login_file(who), f"{role}:{secret}")
            place = f"auth/approle/role/{who}"
            options = {"token_policies": [who], "token_ttl": "20m", "token_max_ttl": "1h"}
            steps += [
                {"path": place, "data": options},
                {"path": f"{place}/role-id", "data": {"role_id": role}},
                {"path": f"{place}/custom-secret-id", "data": {"secret_id": secret}},
            ]
        return steps

    def _values(self) -> list[dict[str, Any]]:
        found = [
            (_path(environment, kept.name), self._first_data(environment, kept), kept.age)
            for environment in SERVICES.values()
            for kept in self._kept(environment)
        ]
        found.append((_path(REPORTS, "mail-key"), {"value": secrets.token_urlsafe(32)}, 25))
        if self.range.has("postgres"):
            server = self.range.part(Postgres)
            found.append((_path(REPORTS, "database"), {"dsn": server.url("reporting")}, 25))
            found.append((f"{FOLDER}/{KEEPER}", {"url": server.url("keeper")}, 25))
            found += self._for_recovery(server)
        return [{"path": f"{MOUNT}/data/{path}", "data": {"data": data}, "age": age * DAY} for path, data, age in found]

    def _for_recovery(self, server: Postgres) -> Iterable[tuple[str, dict[str, str], int]]:
        values = {
            DATABASE_KEY: server.copies.passphrase,
            UPLOADS_KEY: secrets.token_urlsafe(32),
            STORE_KEY: ":".join(self.range.part(ObjectStore).key(OFFICE)),
            SOURCE: server.url("drill"),
            PRODUCTION_KEY: ":".join(self.range.part(ObjectStore).key(WRITER)),
        }
        for reference, value in values.items():
            path, _, key = reference.partition("#")
            yield f"{FOLDER}/{path}", {key: value}, 25

    def _first_data(self, environment: str, kept: Kept) -> dict[str, str]:
        user = {USER: "shop" if environment == PRODUCTION else "staging"} if kept == DATABASE else {}
        return {kept.key: self._first_value(environment, kept), **user}

    def _kept(self, environment: str) -> Iterable[Kept]:
        # Staging has no cache of its own, and takes no payments.
        absent = (
            {CACHE.name} if environment == PRODUCTION else {CACHE.name, CANARY.name, REPORTS_LOGIN.name, "payments"}
        )
        if environment == PRODUCTION and self.range.has("redis"):
            absent = set()
        return (kept for kept in KEPT if kept.name not in absent)

    def _first_value(self, environment: str, kept: Kept) -> str:
        if kept == REPORTS_LOGIN:
            return self.login_file(REPORTS).read_text()
        if kept.name == "field-keys":
            return base64.urlsafe_b64encode(os.urandom(32)).decode()
        if kept == DATABASE and self.range.has("postgres"):
            return self.range.part(Postgres).password("shop" if environment == PRODUCTION else "staging")
        if kept == CACHE:
            return self.range.part(Redis).variables()["HARBOUR_REDIS_URL"]
        return secrets.token_urlsafe(50 if kept == SECRET_KEY else 32)

    # ---- files and requests

    @property
    def _file(self) -> Path:
        return self.etc / "vault.json"

    def _save(self, description: Mapping[str, object]) -> None:
        _write(self._file, json.dumps(description, indent=1))

    def _step(self, path: str, data: Mapping[str, object] | None = None, method: str = "POST") -> None:
        step = {"method": method, "path": path, "data": data or {}}
        self.change(setup=[*self.description["setup"], step])

    def _log_in(self, who: str) -> str:
        role, _, secret = self.login_file(who).read_text().partition(":")
        answer = self._ask("POST", "auth/approle/login", {"role_id": role, "secret_id": secret})
        return str(answer["auth"]["client_token"])

    def _ask(self, method: str, path: str, data: Mapping[str, object] | None = None, token: str = "") -> Any:
        def ask() -> Any:
            context = ssl.create_default_context(cafile=os.fspath(self.range.part(PrivateAuthority).ca_file))
            body = None if data is None else json.dumps(data).encode()
            request = urllib.request.Request(f"{self.url}/v1/{path}", body, {"X-Vault-Token": token}, method=method)
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
            )
            with opener.open(request, timeout=10) as answer:
                return json.loads(answer.read())

        return self.range.inside(ask)


def _path_rule(path: str, capabilities: Sequence[str]) -> str:
    return f'path "{path}" {{ capabilities = {json.dumps(capabilities)} }}\n'


def _path(environment: str, name: str) -> str:
    return f"{FOLDER}/{environment}/{name}"


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


COMPONENT = Vault
