"""The simulated Vault as a process of its own, on a free loopback port."""

import json
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodproof.range.servers import program
from tests.servers.ports import free_port

START_SECONDS = 30.0


@dataclass(frozen=True)
class VaultServer:
    """A running one."""

    url: str
    root: str = field(repr=False)
    directory: Path

    def ask(self, method: str, path: str, data: dict[str, Any] | None = None, token: str | None = None) -> Any:
        """A request as root, or with a token; the decoded answer. Raises urllib.error.HTTPError."""
        body = None if data is None else json.dumps(data).encode()
        headers = {"X-Vault-Token": self.root if token is None else token}
        request = urllib.request.Request(f"{self.url}/v1/{path}", body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            error.close()
            raise
        return json.loads(text) if text else None

    def token(self, policy: str) -> str:
        """A token with a policy of this text."""
        name = f"p{secrets.token_hex(4)}"
        self.ask("PUT", f"sys/policies/acl/{name}", {"policy": policy})
        return str(self.ask("POST", "auth/token/create", {"policies": [name]})["auth"]["client_token"])


@contextmanager
def running(directory: Path, setup: list[dict[str, Any]] | None = None, **more: Any) -> Iterator[VaultServer]:
    """Start one, and stop it by its pid.

    Args:
        setup: requests that are carried out first, as in the program's configuration.
        more: further keys of its configuration.
    """
    port, root = free_port(), secrets.token_urlsafe(24)
    (directory / "root").write_text(root)
    config = {"address": "127.0.0.1", "port": port, "root_token_file": str(directory / "root"), "setup": setup or []}
    (directory / "vault.json").write_text(json.dumps(config | more))
    with open(directory / "vault.log", "wb") as log:
        process = subprocess.Popen(program("vault", str(directory / "vault.json")), stdout=log, stderr=log)
    try:
        scheme = "https" if "certificate" in more else "http"
        server = VaultServer(f"{scheme}://127.0.0.1:{port}", root, directory)
        _wait(server, port, process)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _wait(server: VaultServer, port: int, process: "subprocess.Popen[bytes]") -> None:
    import socket

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (server.directory / "vault.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the simulated Vault did not start:\n{log}") from None
            time.sleep(0.05)
