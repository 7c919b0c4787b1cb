"""A web site whose answers a test writes: HTTPS on loopback with a private authority, and its plain HTTP port."""

import base64
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prodproof.range.components.certificates import Authority

ADDRESS = "127.0.0.2"
HOST = "harbour.example"
STAGING = "staging.harbour.example"
STAGING_LOGIN = "review:correct-horse-lab"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAX_BODY = 1024 * 1024
MAX_TARGET = 8000


@dataclass(frozen=True)
class Request:
    """What the site was asked."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """Names in lower case."""

    body: bytes = b""
    """Of at most 1 MB; what is longer is not read."""


@dataclass(frozen=True)
class Page:
    """What the site answers."""

    status: int = 200
    body: str = ""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Answer = Page | Callable[[Request], Page]


def html(title: str, body: str = "") -> str:
    """A small whole page."""
    return f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1>{body}</html>"


HOME_COOKIES = (
    ("Set-Cookie", "sessionid=lab; Path=/; Secure; HttpOnly; SameSite=Lax"),
    ("Set-Cookie", "csrftoken=lab; Path=/; Secure; SameSite=Lax"),
)
LOGIN_FORM = Page(
    body=html("Log in", "<form method=post><input name=username><input type=password name=password></form>")
)


def security_txt(expires: datetime) -> str:
    """The site's security.txt (RFC 9116)."""
    return (
        "Contact: mailto:security@harbour.example\n"
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}\n"
        "Preferred-Languages: en\n"
        f"Canonical: https://{HOST}/.well-known/security.txt\n"
    )


@dataclass
class VirtualHost:
    """One host name of the site. Tests change these fields while it runs."""

    name: str
    headers: dict[str, str]
    """Sent with every answer over HTTPS."""

    page_headers: dict[str, str]
    """Sent with every HTML answer."""

    pages: dict[str, Answer]
    fallback: Answer | None = None
    """Answers for paths that no page is at; a plain 404 if None."""

    login: str | None = None
    """`user:password` of Basic authentication before everything."""

    errors: dict[int, Page] = field(default_factory=dict)
    """Replaces the plain error pages."""

    def answer(self, request: Request) -> Page:
        """What this host says, without the headers that it adds to everything."""
        if self.login and not self._allowed(request):
            return Page(401, html("Unauthorized"), headers=(("WWW-Authenticate", 'Basic realm="staging"'),))
        if "%00" in request.query or "\0" in request.query:
            return self.error(500)
        page = self.pages.get(request.path, self.fallback)
        if page is None:
            return self.error(404)
        made = page(request) if callable(page) else page
        if request.method not in ("GET", "HEAD") and not callable(page):
            return self.error(405)
        return made

    def error(self, status: int) -> Page:
        """The error page for a status."""
        names = {400: "Bad request", 404: "Not found", 405: "Not allowed", 413: "Too large", 414: "Too long"}
        return self.errors.get(status, Page(status, html(names.get(status, "Error"))))

    def _allowed(self, request: Request) -> bool:
        assert self.login is not None
        expected = "Basic " + base64.b64encode(self.login.encode()).decode()
        return request.headers.get("authorization") == expected


def healthy_host(name: str) -> VirtualHost:
    """A host with everything in order."""
    return VirtualHost(
        name=name,
        headers={
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
        page_headers={"Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"},
        pages={
            "/": Page(body=html("Harbour", "<p>Boats for hire.</p>"), headers=HOME_COOKIES),
            "/login/": LOGIN_FORM,
            "/admin/": Page(403, html("Forbidden")),
            "/static/site.css": Page(body="h1 { color: navy }", content_type="text/css"),
            "/.well-known/security.txt": Page(
                body=security_txt(datetime.now(UTC) + timedelta(days=180)), content_type="text/plain; charset=utf-8"
            ),
        },
    )


class Site:
    """Runs from construction until `stop`; everything that tests change is a plain attribute.

    Args:
        directory: where the certificate authority and the server's key are written.
    """

    def __init__(self, directory: Path) -> None:
        self.authority = Authority(directory)
        self.hosts = {HOST: healthy_host(HOST), STAGING: staging_host()}
        self.login_file = directory / "staging-login"
        self.login_file.touch(mode=0o600)
        self.login_file.write_text(STAGING_LOGIN)
        self.plain: Callable[[Request], Page] = self.redirect
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
        self.certify(HOST, STAGING)
        self._servers: list[ThreadingHTTPServer] = []
        self.port = self._serve(secure=True)
        self.http_port = self._serve(secure=False)

    @property
    def main(self) -> VirtualHost:
        """The production host."""
        return self.hosts[HOST]

    def url(self, host: str = HOST) -> str:
        """The HTTPS URL of a host."""
        return f"https://{host}:{self.port}"

    def http_url(self, host: str = HOST) -> str:
        """The plain HTTP URL of a host."""
        return f"http://{host}:{self.http_port}"

    def certify(self, *names: str) -> None:
        """Serve a certificate for these names from now on."""
        self._context.load_cert_chain(self.authority.issue(*names, ADDRESS))

    def redirect(self, request: Request) -> Page:
        """Send a plain HTTP request to HTTPS on the same host."""
        host = request.headers.get("host", HOST).partition(":")[0]
        query = f"?{request.query}" if request.query else ""
        location = f"https://{host}:{self.port}{request.path}{query}"
        return Page(301, "", "text/plain", (("Location", location),))

    def stop(self) -> None:
        """Close both ports."""
        while self._servers:
            server = self._servers.pop()
            server.shutdown()
            server.server_close()

    def over_https(self, request: Request) -> Page:
        """What the addressed host answers, with the headers that it adds to everything."""
        host = self.hosts.get(request.headers.get("host", "").partition(":")[0].lower())
        if host is None:
            return Page(400, html("Bad request"), headers=tuple(self.main.headers.items()))
        too_long = len(request.path) + len(request.query) > MAX_TARGET
        too_large = int(request.headers.get("content-length") or 0) > MAX_BODY
        page = host.error(414) if too_long else host.error(413) if too_large else host.answer(request)
        added = dict(host.headers)
        if page.content_type.startswith("text/html"):
            added |= host.page_headers
        own = {name.lower() for name, _ in page.headers}
        kept = tuple((name, value) for name, value in added.items() if name.lower() not in own)
        return Page(page.status, page.body, page.content_type, kept + page.headers)

    def _serve(self, secure: bool) -> int:
        server = ThreadingHTTPServer((ADDRESS, 0), _handler(self, secure), bind_and_activate=False)
        server.daemon_threads = True
        server.request_queue_size = 128
        server.server_bind()
        server.server_activate()
        if secure:
            server.socket = self._context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._servers.append(server)
        return int(server.server_address[1])


def staging_host() -> VirtualHost:
    """Staging: the same pages behind a login."""
    host = healthy_host(STAGING)
    host.login = STAGING_LOGIN
    host.pages["/media/receipt.txt"] = Page(body="A receipt.", content_type="text/plain")
    return host


def _handler(site: Site, secure: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):
                self.close_connection = True

        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            size = int(headers.get("content-length") or 0)
            body = self.rfile.read(size) if size <= MAX_BODY else b""
            request = Request(self.command, path, query, headers, body)
            self._reply(site.over_https(request) if secure else site.plain(request))
            return False

        def _reply(self, page: Page) -> None:
            body = page.body.encode()
            self.send_response_only(page.status)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in page.headers:
                self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)
            self.wfile.flush()
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    return Handler
