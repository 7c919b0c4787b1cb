"""The range's error tracker, on loopback, as a process."""

import json
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from prodproof.range.components.certificates import Authority
from prodproof.range.servers import program

ADDRESS = "127.0.0.3"
EVENTS = "/api/0/projects/harbour/shop/events/"


class Tracker:
    """Runs from construction until `stop`.

    Args:
        folder: of its token and its events.
        authority: issues its certificate.
    """

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.ca = authority.ca_file
        self.token = secrets.token_hex(16)
        self.token_file, self._events = folder / "token", folder / "events.jsonl"
        self.token_file.write_text(self.token)
        with socket.create_server((ADDRESS, 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"https://{ADDRESS}:{self.port}/api/0/projects/harbour/shop/"
        certificate = authority.issue(ADDRESS, file="tracker.pem")
        words = program("sentry", ADDRESS, str(self.port), str(certificate), str(self.token_file), str(folder))
        self._process = subprocess.Popen(words)
        for _ in range(400):
            try:
                socket.create_connection((ADDRESS, self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise AssertionError("the tracker did not start")

    def keep(self, *events: Mapping[str, object]) -> None:
        """Keep events as if an SDK had sent them."""
        now = datetime.now(UTC).isoformat()
        with self._events.open("a") as file:
            file.writelines(json.dumps({"dateReceived": now, **event}) + "\n" for event in events)

    def ask(self, path: str, token: str | None = None, body: bytes | None = None) -> tuple[int, bytes, str]:
        """Status, body and Link header of an answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {"X-Sentry-Auth": "Sentry sentry_key=harbour"}
        request = urllib.request.Request(f"https://{ADDRESS}:{self.port}{path}", body, headers)
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(request, context=context, timeout=20) as answer:
                return answer.status, answer.read(), answer.headers.get("Link", "")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), ""

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
