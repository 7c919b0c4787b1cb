"""A small server before the shop: ends TLS, sends plain HTTP to HTTPS, asks the shop by host name.

    python front.py CONFIG

CONFIG is a JSON file: `https` and `http` (address and port of each), `certificate` and `key` (PEM files), `oldest`
protocol and `suites` of TLS, `max_body` in bytes, `own_headers` of the answers that are not the shop's, `login_file`
(`user:password`), `plain` (what the plain HTTP port does), `forwards_claims` (X-Forwarded-For of visitors is passed
on), `silent` (listens, and never says a word), `locked_out` (everybody gets 403), and `hosts` by name. Each host has
its `backend` (address and port), further `names`, `closed` (only for who has the login) but for its `open` paths,
answers that are `served` here by path, and `headers` that are changed on the way out.
"""

import base64
import hmac
import http.client
import http.server
import json
import posixpath
import signal
import socket
import ssl
import sys
import threading
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

SECONDS = 30.0
"""For a visitor's request, and for the shop's answer."""

MAX_TARGET = 8000
MAX_HEADERS = 16_000
MAX_DISCARDED = 16 * 1024 * 1024
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "proxy-connection", "content-length"}
)
CLAIMS = frozenset(
    {"forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "x-forwarded", "x-cluster-client-ip", "x-original-url"}
    | {"x-rewrite-url", "x-originating-ip", "x-remote-ip", "x-remote-addr", "cf-connecting-ip", "client-ip"}
)
"""Headers by which visitors claim to be somebody else; with everything that begins with `x-forwarded-`."""

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What a visitor gets."""

    status: int
    headers: Headers
    body: bytes = b""


class Site:
    """What is served, by host name."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.hosts: dict[str, tuple[str, dict[str, Any]]] = {}
        for name, host in config["hosts"].items():
            for called in (name, *host["names"]):
                self.hosts[called] = (name, host)
        self.login = b"Basic " + base64.b64encode(Path(config["login_file"]).read_bytes().strip())

    def context(self) -> ssl.SSLContext:
        """TLS as configured, for the names that are served; without a name there is a certificate, too."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        modern = self.config["oldest"] == "TLSv1.2"
        # Setting an old version by name is deprecated in Python; the lowest that it was built with is not.
        context.minimum_version = ssl.TLSVersion.TLSv1_2 if modern else ssl.TLSVersion.MINIMUM_SUPPORTED
        if self.config["oldest"] == "TLSv1.1":
            context.options |= ssl.OP_NO_TLSv1
        context.set_ciphers(self.config["suites"])
        context.load_cert_chain(self.config["certificate"], self.config["key"])
        context.sni_callback = self._known
        return context

    def plain(self, method: str, target: str, host: str) -> Answer:
        """The answer of the plain HTTP port."""
        behaviour = self.config["plain"]
        if (behaviour == "content" and target == "/") or (behaviour == "forms" and method == "POST"):
            return self.own(200, [], page("Harbour"))
        name = "www.harbour.example" if behaviour == "elsewhere" else host
        port = self.config["https"][1]
        origin = f"https://{name}" if port == 443 else f"https://{name}:{port}"
        return self.own(301, [("Location", f"{origin}{target}")])

    def own(self, status: int, headers: Iterable[tuple[str, str]] = (), body: bytes | None = None) -> Answer:
        """An answer that is not the shop's."""
        content = page(HTTPStatus(status).phrase) if body is None else body
        given = {"Content-Type": "text/html; charset=utf-8", **self.config["own_headers"], **dict(headers)}
        return Answer(status, list(given.items()), content)

    def secure(self, request: "Handler", body: bytes) -> Answer:
        """The answer of the HTTPS port."""
        found = self.hosts.get(request.host)
        if found is None:
            return self.own(421)
        name, host = found
        if self.config["locked_out"]:
            return self._changed(self.own(403), host)
        path = plain_path(request.path)
        if host["closed"] and not is_open(path, host["open"]) and not self._let_in(request):
            return self._changed(self.own(401, [("WWW-Authenticate", 'Basic realm="staging"')]), host)
        if served := host["served"].get(path):
            headers = {"Content-Type": served["content_type"], **served["headers"]}
            return self._changed(self.own(served["status"], headers.items(), served["body"].encode()), host)
        return self._changed(self._of_the_shop(request, body, name, host), host)

    def _of_the_shop(self, request: "Handler", body: bytes, name: str, host: dict[str, Any]) -> Answer:
        address, port = host["backend"]
        connection = http.client.HTTPConnection(address, port, timeout=SECONDS)
        try:
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            own = self.config["https"][1]
            connection.putheader("Host", name if own == 443 else f"{name}:{own}")
            for key, value in request.headers.items():
                if is_passed_on(key.lower(), closed=host["closed"]):
                    connection.putheader(key, value)
            claimed = request.headers.get_all("X-Forwarded-For", []) if self.config["forwards_claims"] else []
            connection.putheader("X-Forwarded-For", ", ".join((*claimed, request.client_address[0])))
            connection.putheader("X-Forwarded-Proto", "https")
            if body or request.command in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Connection", "close")
            connection.endheaders(body)
            answer = connection.getresponse()
            headers = [(key, value) for key, value in answer.getheaders() if key.lower() not in HOP_BY_HOP]
            return Answer(answer.status, headers, answer.read())
        except TimeoutError:
            return self.own(504)
        except (http.client.InvalidURL, ValueError):
            return self.own(400)
        except (OSError, http.client.HTTPException):
            return self.own(502)
        finally:
            connection.close()

    def _changed(self, answer: Answer, host: dict[str, Any]) -> Answer:
        changes = host["headers"]
        touched = {name.lower() for name in changes}
        headers = [(name, value) for name, value in answer.headers if name.lower() not in touched]
        for name, change in changes.items():
            if change["value"] is not None and (change["always"] or answer.status < 400):
                headers.append((name, change["value"]))
        return Answer(answer.status, headers, answer.body)

    def _let_in(self, request: "Handler") -> bool:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), self.login)

    def _known(self, tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        return None if name is None or name.lower() in self.hosts else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


def page(title: str) -> bytes:
    """A small whole page."""
    return f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1></html>\n".encode()


def plain_path(target: str) -> str:
    """The path of a request target without escapes and dots, by which it is decided."""
    path = urllib.parse.unquote(target.partition("?")[0], errors="replace")
    plain = posixpath.normpath("/" + path.lstrip("/"))
    return f"{plain}/" if path.endswith("/") and plain != "/" else plain


def is_open(path: str, paths: Iterable[str]) -> bool:
    """Whether a path is one of those that need no login, or lies below one that ends with a slash."""
    return any(path == item or (item.endswith("/") and path.startswith(item)) for item in paths)


def is_passed_on(name: str, *, closed: bool) -> bool:
    """Whether the shop gets to see a header; it never sees the login that is not its own."""
    if name in HOP_BY_HOP or name in CLAIMS or name == "host" or name.startswith("x-forwarded-"):
        return False
    return not (closed and name == "authorization")


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection, one request."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    @property
    def host(self) -> str:
        """The host that is asked for, without its port."""
        return str(self.headers.get("Host", "")).partition(":")[0].lower()

    def parse_request(self) -> bool:
        # Every method is answered alike, so that no `do_GET` is looked for.
        if super().parse_request():
            self._answer()
        return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self._reply(self.server.site.own(code))

    def log_message(self, format: str, *args: object) -> None:
        """What was answered is logged below, in one form."""

    def _answer(self) -> None:
        site = self.server.site
        refusal, body = self._read(site.config["max_body"])
        if refusal:
            self._reply(site.own(refusal))
        elif self.server.secure:
            self._reply(site.secure(self, body))
        elif self.host in site.hosts and site.config["plain"] != "nothing":
            self._reply(site.plain(self.command, self.path, self.host))
        else:
            self.close_connection = True

    def _read(self, max_body: int) -> tuple[int, bytes]:
        """The status of a refusal, or 0, and the body."""
        named = len(self.headers.get_all("Host", [])) == 1 and all(self.host.split("."))
        if not named or not self.path.startswith("/"):
            return 400, b""
        if len(self.path) > MAX_TARGET:
            return 414, b""
        if sum(len(name) + len(value) for name, value in self.headers.items()) > MAX_HEADERS:
            return 431, b""
        if "Transfer-Encoding" in self.headers:
            return 411, b""
        size = self.headers.get("Content-Length", "0")
        if not (size.isascii() and size.isdigit()):
            return 400, b""
        if int(size) > max_body:
            # Who is still sending would not read the answer.
            left = min(int(size), MAX_DISCARDED)
            while left > 0 and (data := self.rfile.read(min(left, 65536))):
                left -= len(data)
            return 413, b""
        return 0, self.rfile.read(int(size))

    def _reply(self, answer: Answer) -> None:
        command = getattr(self, "command", None) or "?"
        self.close_connection = True
        self.request_version = "HTTP/1.1"
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if not any(name.lower() == "server" for name, _ in answer.headers):
            self.send_header("Server", "harbour")
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if command != "HEAD" and answer.status not in (204, 304):
            self.wfile.write(answer.body)
        self.wfile.flush()
        path = ascii(getattr(self, "path", "").partition("?")[0][:200])
        agent = ascii((getattr(self, "headers", None) or {}).get("User-Agent", "")[:200])
        print(f"{self.client_address[0]} {command[:20]!a} {path} {answer.status} {agent}", flush=True)


class Server(http.server.ThreadingHTTPServer):
    """One port; each connection has a thread of its own, in which its handshake is done."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, place: tuple[str, int], site: Site, *, secure: bool) -> None:
        self.site = site
        self.secure = secure
        self._context = site.context() if secure else None
        super().__init__(place, Handler)

    def server_bind(self) -> None:
        # Without the base class's look-up of the machine's own name.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(SECONDS)
        if self._context is None:
            Handler(request, client_address, self)
            return
        with self._context.wrap_socket(request, server_side=True) as secure:
            Handler(secure, client_address, self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Visitors who hang up, or do not speak TLS, are an everyday matter."""
        error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
        print(f"{client_address[0]} {type(error).__name__}", file=sys.stderr, flush=True)


def main(file: str) -> None:
    """Serve until asked to end."""
    config = json.loads(Path(file).read_text())
    places = {scheme: (str(config[scheme][0]), int(config[scheme][1])) for scheme in ("https", "http")}
    if config["silent"]:
        kept = [socket.create_server(place, backlog=1024) for place in places.values()]
        signal.pause()
        assert kept
    site = Site(config)
    servers = [Server(place, site, secure=scheme == "https") for scheme, place in places.items()]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
