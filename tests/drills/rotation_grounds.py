"""A rotation and an exercised leak that can be cut off again and again: `scripts.cuts --drill
tests.drills.rotation_grounds:ROTATE`.

The service that the secret opens is a folder: each file in it is a token that is good. Who uses it reads the token anew
each time. So nothing runs but the drill itself, and all that it did can be counted afterwards.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from prodproof.drills.drill import Drill
from prodproof.drills.leak import leak
from prodproof.drills.plan import DrillPlan, plan_drill
from prodproof.drills.rotate import rotate
from prodproof.facts import Unseen
from prodproof.facts.declared import (
    Declared,
    ManagedService,
    RotationKind,
    Runbook,
    SecretManager,
    SecretRotation,
)
from prodproof.range.servers import program
from prodproof.reach.marked import MARK
from tests.drills.grounds import still_running
from tests.drills.rotations import declared
from tests.servers.ports import free_port
from tests.servers.vault import VaultServer

TOKEN = "token-of-the-beginning"
SERVICE = {
    # The same mark makes the same token.
    "create": f'cat >/dev/null; made="token-for-${MARK}"; : >>"service/$made"; echo "$made"',
    "retire": 'read token; test ! -e "service/$token" || mv "service/$token" "service/ended-$token"',
    "restore": 'read token; test ! -e "service/ended-$token" || mv "service/ended-$token" "service/$token"',
    "attempt": 'read token; test -e "service/$token"',
    "used": 'read token; cat "service/$token" "service/ended-$token" 2>/dev/null | wc -l',
}
USE = 'token=$(cat login) && test -e "service/$token" && echo used >>"service/$token"'
PLACE = "secret/data/shop/token"
AGENT = """\
# Brings the token from Vault to where it is used.
import json, os, pathlib, urllib.request

request = urllib.request.Request("{url}/v1/{place}", headers={{"X-Vault-Token": "{token}"}})
with urllib.request.urlopen(request, timeout=20) as answer:
    token = json.load(answer)["data"]["data"]["token"]
pathlib.Path("login.new").write_text(token)
os.replace("login.new", "login")
"""
BOOK = """\
# A secret has leaked

```sh step=look looks
test -d service
```

```person step=tell-customers time=5m whom=ana
Read the draft, answer its question, and send it.
```
"""


def world(root: Path, **changes: Any) -> Declared:
    """The service with one token, and the secret that holds it."""
    if not (root / "service").is_dir():
        (root / "service").mkdir()
        (root / "service" / TOKEN).touch()
        (root / "login").touch(mode=0o600)
        (root / "login").write_text(TOKEN)
    made: dict[str, Any] = {name: ("sh", "-c", text) for name, text in SERVICE.items()}
    made |= {
        "kind": RotationKind.COMMAND, "load_command": ("sh", "-c", USE), "load_rate": 20.0, "load_requests": 10,
        "pick_up": ("true",), "pick_up_within": 5.0, "quiet": 0.3,
    }  # fmt: skip
    return declared(root, SecretRotation(**{**made, **changes}))


def troubles_of(root: Path, id: str, result: Mapping[str, Any] | None, held: str) -> list[str]:
    """What is not as it must be: one token is good, it is the one that is stored and used, and nothing else is left."""
    good = sorted(item.name for item in (root / "service").iterdir() if not item.name.startswith("ended-"))
    new = result is not None and result["outcome"] == "proven"
    found = [f"good are {good}, and the store holds {held}"] * (good != [held])
    found += [f"in use is {text}" for text in [(root / "login").read_text().strip()] if text != held]
    found += [f"it is {result and result['outcome']}, and the token is {held}"] * ((held != TOKEN) is not new)
    found += [f"{item.name} is left" for item in root.glob("*prodproof*")]
    found += [f"{item.name} is left" for item in root.glob(".prodproof-*")]
    found += still_running(id)
    return found


class Rotate:
    """A token in a file."""

    name = "rotate"
    records = 36
    drills: Mapping[str, Drill] = {"rotate": rotate}

    def plan(self, root: Path) -> DrillPlan:
        system = world(root)
        plan = plan_drill(rotate, system.secrets[0], system)
        assert not isinstance(plan, Unseen), plan
        return plan

    def troubles(self, root: Path, id: str, result: Mapping[str, Any] | None) -> list[str]:
        return troubles_of(root, id, result, (root / "login").read_text().strip())


class Leak:
    """A token in Vault, which a process beside brings to where it is used."""

    name = "leak"
    records = 61
    drills: Mapping[str, Drill] = {"leak": leak}

    def plan(self, root: Path) -> DrillPlan:
        if not (root / "vault" / "port").exists():
            self._begin(root)
        port = (root / "vault" / "port").read_text()
        system = world(root, writer="file:vault/writer", pick_up=("python3", "agent.py"))
        manager = SecretManager(
            name="vault", kind="vault", url=f"http://127.0.0.1:{port}", credentials="file:vault/reader",
            environment="staging", trail="file:vault/audit",
            services=(ManagedService(name="shop", paths=("secret/shop/*",)),),
        )  # fmt: skip
        page = Runbook(name="A secret has leaked", path="leak.md", owner="ana", covers=("leak",))
        secret = replace(system.secrets[0], ref="vault:secret/shop/token#token")
        system = replace(
            system, secrets=(secret,), all_secrets=(secret,), secret_managers=(manager,),
            all_secret_managers=(manager,), runbooks=(page,),
        )  # fmt: skip
        plan = plan_drill(leak, secret, system)
        assert not isinstance(plan, Unseen), plan
        return plan

    def troubles(self, root: Path, id: str, result: Mapping[str, Any] | None) -> list[str]:
        server = self._server(root)
        held = server.ask("GET", PLACE)["data"]["data"]["token"]
        found = troubles_of(root, id, result, held)
        paths = server.ask("LIST", "secret/metadata/shop")["data"]["keys"]
        found += [f"in Vault lie {paths}"] * (paths != ["token"])
        os.kill(int((root / "vault" / "pid").read_text()), signal.SIGKILL)
        return found

    def _server(self, root: Path) -> VaultServer:
        place = root / "vault"
        return VaultServer(f"http://127.0.0.1:{(place / 'port').read_text()}", (place / "root").read_text(), place)

    def _begin(self, root: Path) -> None:
        """Start a Vault that lives until the world has been looked at."""
        place, port = root / "vault", free_port()
        place.mkdir(exist_ok=True)
        (root / "leak.md").write_text(BOOK)
        setup = [
            {"path": "sys/mounts/secret", "data": {"type": "kv", "options": {"version": "2"}}},
            {"path": "sys/audit/file", "data": {"type": "file", "options": {"file_path": str(place / "audit")}}},
        ]
        (place / "root").write_text("root-of-the-ground")
        config = {"address": "127.0.0.1", "port": port, "root_token_file": str(place / "root"), "setup": setup}
        (place / "vault.json").write_text(json.dumps(config))
        with open(place / "log", "wb") as log:
            process = subprocess.Popen(
                program("vault", str(place / "vault.json")), stdout=log, stderr=log, start_new_session=True
            )
        (place / "pid").write_text(str(process.pid))
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (place / "log").read_text()
                time.sleep(0.05)
        server = VaultServer(f"http://127.0.0.1:{port}", (place / "root").read_text(), place)
        server.ask("POST", PLACE, {"data": {"token": TOKEN}})
        reader = server.token('path "secret/data/shop/*" { capabilities = ["read"] }')
        writer = server.token(
            'path "secret/data/shop/*" { capabilities = ["create", "read", "update"] }\n'
            'path "secret/metadata/shop/token.prodproof-rotation" { capabilities = ["delete"] }'
        )
        (place / "reader").write_text(reader)
        (place / "writer").write_text(writer)
        (root / "agent.py").write_text(AGENT.format(url=server.url, place=PLACE, token=reader))
        (place / "port").write_text(str(port))  # last: now all of it is there


ROTATE, LEAK = Rotate(), Leak()
