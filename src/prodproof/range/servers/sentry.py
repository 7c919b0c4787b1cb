"""A Sentry as far as one project needs it: takes events of its SDKs, and gives them back to who has the token.

    python sentry.py ADDRESS PORT CERTIFICATE TOKEN_FILE FOLDER

CERTIFICATE is a PEM file with the key. `POST /api/1/envelope/` takes envelopes as
https://develop.sentry.dev/sdk/foundations/data-model/envelopes/ describes them; `/api/0/projects/harbour/shop/events/`
lists events, the latest first, as https://docs.sentry.io/api/events/list-a-projects-error-events/ says. Events lie in
FOLDER as a file of JSON lines.
"""

import gzip
import hmac
import json
import re
import ssl
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAX_BODY = 4 * 1024 * 1024
PAGE = 100
EVENTS = "/api/0/projects/harbour/shop/events/"


class Sentry(BaseHTTPRequestHandler):
    """One connection."""

    timeout = 20
    server_version, sys_version = "sentry", ""
    token: bytes
    events: Path
    writing = Lock()

    def do_GET(self) -> None:
        """Lists events, or says that it is there."""
        parts = urlsplit(self.path)
        if parts.path == "/_health/":
            self._end(200, b"ok")
        elif parts.path != EVENTS:
            self._end(404, b"{}")
        elif not hmac.compare_digest((self.headers.get("Authorization") or "").encode(), b"Bearer " + self.token):
            self._end(401, b'{"detail": "Authentication credentials were not provided."}')
        else:
            self._list(parse_qs(parts.query))

    def do_POST(self) -> None:
        """Takes one envelope."""
        length = self.headers.get("Content-Length") or ""
        if not length.isdecimal() or int(length) > MAX_BODY or not re.fullmatch(r"/api/1/envelope/", self.path):
            self._end(400, b"{}")
            return
        body = self.rfile.read(int(length))
        if "sentry_key=" not in (self.headers.get("X-Sentry-Auth") or ""):
            self._end(401, b"{}")
            return
        try:
            found = list(_events(_unpacked(body, self.headers.get("Content-Encoding") or "")))
        except (ValueError, KeyError, EOFError, OSError, zlib.error):
            self._end(400, b"{}")
            return
        with self.writing, open(self.events, "a") as file:
            for event in found:
                event["dateReceived"] = datetime.now(UTC).isoformat()
                file.write(json.dumps(event) + "\n")
        self._end(200, b'{"id": "0"}')

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: what asks for events is no news."""

    def _list(self, asked: dict[str, list[str]]) -> None:
        cursor = re.fullmatch(r"0:(\d{1,9}):0", asked.get("cursor", ["0:0:0"])[0])
        start = int(cursor[1]) if cursor else 0
        with self.writing:
            lines = self.events.read_text().splitlines() if self.events.exists() else []
        page = [json.loads(line) for line in lines[::-1][start : start + PAGE]]
        more = str(start + PAGE < len(lines)).lower()
        link = f'<{EVENTS}?cursor=0:{start + PAGE}:0>; rel="next"; results="{more}"; cursor="0:{start + PAGE}:0"'
        self._end(200, json.dumps(page).encode(), {"Link": link})

    def _end(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    return zlib.decompress(body) if encoding == "deflate" else body


def _events(envelope: bytes) -> Iterator[dict[str, Any]]:
    """The items of an envelope that are events: a line of JSON says the type of each, and how long it is."""
    _, _, rest = envelope.partition(b"\n")
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        header = json.loads(line)
        if "length" in header:
            payload, rest = rest[: header["length"]], rest[header["length"] :].removeprefix(b"\n")
        else:
            payload, _, rest = rest.partition(b"\n")
        if header["type"] in ("event", "transaction"):
            yield json.loads(payload)


class Server(ThreadingHTTPServer):
    """Ends TLS; who does not speak it is passed over."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, place: tuple[str, int], certificate: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_cert_chain(certificate)
        super().__init__(place, Sentry)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(Sentry.timeout)
        with self._context.wrap_socket(request, server_side=True) as secure:
            Sentry(secure, client_address, self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up."""


def main(address: str, port: str, certificate: str, token_file: str, folder: str) -> None:
    """Serve until stopped."""
    Sentry.token = Path(token_file).read_bytes().strip()
    Sentry.events = Path(folder) / "events.jsonl"
    Server((address, int(port)), certificate).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
