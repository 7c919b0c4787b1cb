"""A Vault: KV and database engines, policies that are really enforced, AppRole, audit, over HTTP or HTTPS.

    python vault.py CONFIG

CONFIG is a JSON file: `address`, `port`, `root_token_file`, and if wanted `certificate` and `key` (PEM files), `oldest`
protocol of TLS, `seal` (its type), `shares` of the unseal key (how many of how many), `storage` (its type),
`plain_port` (a second listener, without TLS), `keep_root` (false: the root token ends with the set-up), and `setup`:
requests that are carried out as root before anybody else's, each `{"method", "path", "data", "age"}`; `age` is how
many seconds ago it is said to have happened.

What it answers follows Vault's public HTTP API documentation. It keeps everything in memory.
"""

import json
import ssl
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from prodproof.range.servers.simulated_vault.core import Vault
from prodproof.range.servers.simulated_vault.request import Answered, Asked, RefusedError

MAX_BODY = 32 * 1024 * 1024
OPERATIONS = {"GET": "read", "LIST": "list", "POST": "update", "PUT": "update", "DELETE": "delete", "PATCH": "patch"}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Vault"
    sys_version = ""
    timeout = 30
    vault: Vault
    asking = Lock()

    def parse_request(self) -> bool:
        # All methods go one way; LIST is one of them.
        if super().parse_request():
            self._answer()
        return False

    def _answer(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if self.command not in OPERATIONS or not length.isdecimal() or int(length) > MAX_BODY:
            self._end(400, {"errors": ["bad request"]})
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        operation = OPERATIONS[self.command]
        if operation == "read" and query.get("list") == "true":
            operation = "list"
        try:
            data = json.loads(body) if body.strip() else {}
            if not isinstance(data, dict) or not parts.path.startswith("/v1/"):
                raise ValueError
        except (ValueError, RecursionError):
            self._end(400, {"errors": ["failed to parse JSON input"]})
            return
        bearer = self.headers.get("Authorization", "")
        token = self.headers.get("X-Vault-Token") or (bearer[7:] if bearer.startswith("Bearer ") else "")
        path = unquote(parts.path.removeprefix("/v1/")).rstrip("/")
        asked = Asked(operation, path, data, query, token, datetime.now(UTC), self.client_address[0])
        try:
            with self.asking:
                answered = self.vault.answer(asked)
        except RefusedError as error:
            self._end(error.status, _whole(Answered(error.data), asked) if error.data else {"errors": error.errors})
            return
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self._end(400, {"errors": [f"the request is not understood: {type(error).__name__}"]})
            return
        if answered.status == 204:
            self._end(204, None)
        else:
            self._end(answered.status, answered.body or _whole(answered, asked))

    def _end(self, status: int, document: dict[str, Any] | None) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """What was asked is in the audit log, and nowhere else."""


def _whole(answered: Answered, asked: Asked) -> dict[str, Any]:
    whole = {
        "request_id": asked.id, "lease_id": answered.lease, "renewable": bool(answered.lease),
        "lease_duration": answered.lease_seconds, "data": answered.data, "wrap_info": None, "warnings": None,
        "auth": answered.auth,
    }  # fmt: skip
    # What is below sys/ stands at the top of the answer, too, as it did before there was `data`.
    return {**(answered.data or {}), **whole} if answered.auth is None else whole


def prepared(config: dict[str, Any], now: datetime) -> Vault:
    """A Vault after its set-up. Raises RefusedError when one of the requests is refused."""
    root = Path(config["root_token_file"]).read_text().strip()
    needed, given = config.get("shares", (3, 5))
    listeners = [(f"{config['address']}:{config['port']}", "certificate" in config)]
    if "plain_port" in config:
        listeners.append((f"{config['address']}:{config['plain_port']}", False))
    vault = Vault(
        root,
        now,
        config.get("seal", "shamir"),
        (int(needed), int(given)),
        config.get("storage", "raft"),
        tuple(listeners),
    )
    for step in config.get("setup", ()):
        moment = now - timedelta(seconds=step.get("age", 0))
        operation = OPERATIONS[step.get("method", "POST")]
        vault.answer(Asked(operation, step["path"], step.get("data", {}), {}, root, moment, "127.0.0.1"))
    if not config.get("keep_root", True):
        vault.logins.tokens.pop(root, None)
    return vault


def main(file: str) -> None:
    """Serve until stopped."""
    config = json.loads(Path(file).read_text())
    Handler.vault = prepared(config, datetime.now(UTC))
    server = ThreadingHTTPServer((config["address"], int(config["port"])), Handler)
    server.daemon_threads = True
    if "certificate" in config:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        oldest = config.get("oldest", "TLSv1.2")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED if oldest != "TLSv1.2" else ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(config["certificate"], config["key"])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    if "plain_port" in config:
        plain = ThreadingHTTPServer((config["address"], int(config["plain_port"])), Handler)
        plain.daemon_threads = True
        Thread(target=plain.serve_forever, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
