"""Services that stand open by mistake. Each says no more than shows what it is.

    python doors.py ADDRESS FILE

FILE is a JSON object of port numbers with what answers there: `redis`, `postgres`, `http`, or null for nothing of ours.
"""

import json
import signal
import socketserver
import sys
import threading
from pathlib import Path

_PAGE = b"<title>Harbour: debugging</title>"
SAYS = {
    # Each: what it answers to its own clients' first message (by how that begins), and to anything else.
    "redis": (b"PING", b"+PONG\r\n", b"-ERR unknown command\r\n"),
    "postgres": (bytes.fromhex("0000000804d2162f"), b"N", b""),
    "http": (
        b"GET ",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + _PAGE,
        b"HTTP/1.0 400 Bad Request\r\n\r\n",
    ),
}


class Door(socketserver.ThreadingTCPServer):
    """A server that answers one message of each connection."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: str, port: int, says: str) -> None:
        self.says = says
        super().__init__((address, port), Visit)


class Visit(socketserver.BaseRequestHandler):
    """One connection."""

    server: Door

    def handle(self) -> None:
        """Answer the first message."""
        start, answer, otherwise = SAYS[self.server.says]
        self.request.settimeout(5)
        try:
            data = self.request.recv(4096)
            if data:
                self.request.sendall(answer if data.upper().startswith(start) else otherwise)
        except OSError:
            pass  # who knocks and goes away again gets no answer


def main(address: str, file: str) -> None:
    """Serve until stopped."""
    doors = json.loads(Path(file).read_text())
    for port, says in doors.items():
        if says is not None:
            threading.Thread(target=Door(address, int(port), says).serve_forever, daemon=True).start()
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
