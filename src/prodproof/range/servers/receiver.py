"""Takes what Alertmanager sends, and keeps it: one file of JSON lines for each receiver.

    python receiver.py ADDRESS PORT FOLDER

A message that is posted to `/on-call` becomes a line of `on-call.jsonl`.
"""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

MAX_BODY = 1024 * 1024


class Receiver(BaseHTTPRequestHandler):
    """What stands in for the pager and the chat room."""

    timeout = 10
    folder: Path
    writing = Lock()

    def do_GET(self) -> None:
        """Says that it is there."""
        self._end(200 if self.path == "/-/ready" else 404)

    def do_POST(self) -> None:
        """One message."""
        length = self.headers.get("Content-Length") or ""
        name = self.path.lstrip("/")
        if not length.isdecimal() or int(length) > MAX_BODY or not re.fullmatch(r"[a-z0-9-]{1,64}", name):
            self._end(400)
            return
        try:
            message = json.loads(self.rfile.read(int(length)))
        except ValueError:
            self._end(400)
            return
        with self.writing, open(self.folder / f"{name}.jsonl", "a") as file:
            file.write(json.dumps(message) + "\n")
        self._end(200)

    def _end(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main(address: str, port: str, folder: str) -> None:
    """Serve until stopped."""
    Receiver.folder = Path(folder)
    ThreadingHTTPServer((address, int(port)), Receiver).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
