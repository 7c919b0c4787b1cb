"""An object store that speaks S3 over TLS, and holds every key to the policy of its user.

    python object_store.py CONFIG

CONFIG is a JSON file: `address`, `port`, `certificate` (PEM, with its key), `region`, `folder` (where objects lie),
`buckets` (`{"NAME": {"days": DAYS}}`: after how many days its objects expire), and `users`, each `{"name", "key",
"secret", "policy"}`: the policy as AWS writes one.

What it answers is in `simulated_store/`.
"""

import json
import ssl
import sys
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from prodproof.range.servers.simulated_store.request import Asked
from prodproof.range.servers.simulated_store.store import Store

MAX_BODY = 256 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "ObjectStore"
    sys_version = ""
    timeout = 60
    # An answer is headers and a body: sent apart, each would wait for the other's receipt.
    disable_nagle_algorithm = True
    wbufsize = -1
    store: Store

    def parse_request(self) -> bool:
        # All methods go one way.
        if super().parse_request():
            self._answer()
            self.wfile.flush()
        return False

    def handle_expect_100(self) -> bool:
        # Whoever waits for it sends nothing until then.
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def finish(self) -> None:
        # Without a word of goodbye an end could be somebody's who cut the line.
        with suppress(OSError, ValueError):
            super().finish()
        self.connection.settimeout(1)
        with suppress(OSError, ValueError):
            self.connection.unwrap()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if str(code).startswith(("403", "5")):
            super().log_request(code, size)

    def _answer(self) -> None:
        try:
            body = self._body()
        except ValueError:
            self.close_connection = True
            self._end(400, {}, b"")
            return
        self._end(*self.store.answer(Asked(self.command, self.path, self.headers, body)))

    def _body(self) -> bytes:
        """What was sent. Raises ValueError for what is too long or cannot be read."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 <= length <= MAX_BODY:
                raise ValueError(length)
            return self.rfile.read(length)
        body = b""
        while size := int(self.rfile.readline(64).partition(b";")[0], 16):
            if len(body) + size > MAX_BODY:
                raise ValueError(size)
            body += self.rfile.read(size)
            self.rfile.readline(8)
        while self.rfile.readline(8192).strip():
            pass  # a trailer says nothing that is needed
        return body

    def _end(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class Server(ThreadingHTTPServer):
    """Each connection has its own thread, in which also its TLS begins."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(address, Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(Handler.timeout)
        with suppress(OSError):
            super().finish_request(self._context.wrap_socket(request, server_side=True), client_address)


def main(config: str) -> None:
    """Serve until stopped."""
    given = json.loads(Path(config).read_text())
    Handler.store = Store(given)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given["certificate"])
    Server((given["address"], given["port"]), context).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
