"""Stands for third parties that names of the zone point to: an object store, whose buckets can be deleted.

    python providers.py ADDRESS HTTP_PORT HTTPS_PORT FOLDER

FOLDER holds `buckets/<name>/<object>`, read anew at every request, and `certificate.pem` with its key.
"""

import re
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_ERROR = "<Error><Code>{code}</Code><Message>{message}</Message></Error>"


class Store(BaseHTTPRequestHandler):
    """The answers of an object store to strangers. As at S3, a bucket is asked for by its name under the store's
    domain, or by an alias that is the bucket's own name."""

    server_version = "ObjectStore"
    sys_version = ""
    timeout = 10
    folder: Path

    def do_GET(self) -> None:
        """One object, or an error in the store's own words."""
        host = (self.headers.get("Host") or "").partition(":")[0].lower()
        wanted = re.sub(r"\.s3\.[a-z0-9-]+\.amazonaws\.com$", "", host)
        bucket = next((item for item in (self.folder / "buckets").iterdir() if item.name == wanted), None)
        if bucket is None:
            self._answer(404, _ERROR.format(code="NoSuchBucket", message="The specified bucket does not exist"))
            return
        name = self.path.partition("?")[0].lstrip("/")
        file = bucket / name
        if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9]+)?", name) and file.is_file():
            self._answer(200, file.read_text(), "text/plain")
            return
        self._answer(403, _ERROR.format(code="AccessDenied", message="Access Denied"))

    def do_HEAD(self) -> None:
        """The same without the body."""
        self.do_GET()

    def _answer(self, status: int, text: str, kind: str = "application/xml") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main(address: str, http_port: str, https_port: str, folder: str) -> None:
    """Serve until stopped."""
    Store.folder = Path(folder)
    plain = ThreadingHTTPServer((address, int(http_port)), Store)
    secure = ThreadingHTTPServer((address, int(https_port)), Store)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(folder) / "certificate.pem")
    # Handshakes happen in the thread of their connection, or one silent client would keep all others waiting.
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    plain.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
