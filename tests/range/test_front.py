"""Both fronts, before a shop that tells what it was asked: each switch does what it says."""

import base64
import contextlib
import http.client
import json
import socket
import ssl
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from prodproof.range.component import Command, Component, program_path
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.components.embedded_front import EmbeddedFront
from prodproof.range.components.front import MAX_BODY, SECURITY_HEADERS
from prodproof.range.components.nginx import Nginx
from prodproof.range.components.pebble import Pebble
from prodproof.range.components.repo import Repo
from prodproof.range.components.zone import Bind
from prodproof.range.places import API, FORGOTTEN, HOST, STAGING, STAGING_PORT, WEB_PORT, Form
from prodproof.range.range import Range
from prodproof.system.errors import UserError

ECHO = """
import http.server, json, sys, threading
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def parse_request(self):
        if super().parse_request():
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = {"port": self.server.server_port, "path": self.path, "headers": list(self.headers.items())}
            status = 404 if "missing" in self.path else 200
            self.send_response(status)
            body = json.dumps(said).encode()
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Frame-Options", "DENY")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
        return False
servers = [http.server.ThreadingHTTPServer((sys.argv[1], int(port)), Echo) for port in sys.argv[2:]]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever).start()
servers[0].serve_forever()
"""


class Shop(Component):
    """Stands where the shop and staging do."""

    name = "application"

    def commands(self) -> tuple[Command, ...]:
        ports = (str(WEB_PORT), str(STAGING_PORT))
        return (Command("echo", (sys.executable, "-I", "-c", ECHO, self.range.places.inside, *ports)),)

    def trouble(self) -> str | None:
        inside = self.range.places.inside
        return None if all(self.range.listens(inside, port) for port in (WEB_PORT, STAGING_PORT)) else "closed"


PARTS: Mapping[Form, tuple[type[Component], ...]] = {
    Form.EMBEDDED: (PrivateAuthority, Shop, EmbeddedFront),
    Form.FULL: (PrivateAuthority, Repo, Bind, Shop, Pebble, Nginx),
}


@pytest.fixture(scope="module", params=[Form.EMBEDDED, Form.FULL])
def running(request: pytest.FixtureRequest) -> Iterator[Range]:
    form: Form = request.param
    missing = [name for part in PARTS[form] for name in part.programs if program_path(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    with tempfile.TemporaryDirectory(prefix="prodproof-front-") as folder, pytest.MonkeyPatch.context() as patch:
        # Servers that give their rights up must get to their files.
        Path(folder).chmod(0o711)
        patch.setattr("prodproof.range.range.components", lambda: PARTS[form])
        patch.setattr("prodproof.range.range.missing_programs", lambda form: {})
        made = Range.up(Path(folder) / "range", form)
        try:
            yield made
        finally:
            made.down()


@pytest.fixture
def harbour(running: Range) -> Iterator[Range]:
    yield running
    running.mend()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, tuple[str, ...]]
    text: str

    @property
    def shop(self) -> Mapping[str, tuple[str, ...]]:
        """The headers that the shop was sent; fails if it was not asked."""
        return _grouped(json.loads(self.text)["headers"])


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        found[name.lower()] = (*found.get(name.lower(), ()), value)
    return found


def ask(
    harbour: Range,
    path: str = "/",
    method: str = "GET",
    *,
    host: str = HOST,
    called: str | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    plain: bool = False,
) -> Answer:
    """One request of a visitor: for a host, or within the connection to one for another that is `called` so."""
    places = harbour.places
    port = places.http if plain else places.https
    link: socket.socket = socket.create_connection(
        (places.outside_of, port), timeout=10, source_address=(places.vantage, 0)
    )
    if not plain:
        context = ssl.create_default_context(cafile=str(harbour.vantage.ca_file))
        link = context.wrap_socket(link, server_hostname=host)
    connection = http.client.HTTPConnection(host, port)
    connection.sock = link
    try:
        connection.request(method, path, body or None, {"Host": called or host, **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, _grouped(answer.getheaders()), answer.read().decode())
    finally:
        connection.close()


def certificate(harbour: Range) -> x509.Certificate:
    """What is served, trusted or not."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((harbour.places.outside_of, harbour.places.https), timeout=10) as link,
        context.wrap_socket(link, server_hostname=HOST) as secure,
    ):
        return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")


def names(found: x509.Certificate) -> set[str]:
    extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return set(extension.value.get_values_for_type(x509.DNSName))


@pytest.mark.parametrize("host", [HOST, API])
def test_the_shop_is_told_what_the_front_saw(harbour: Range, host: str) -> None:
    claims = {"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    seen = ask(harbour, headers={**claims, "X-Real-IP": "10.0.0.1", "Forwarded": "for=10.0.0.1"}, host=host).shop
    assert seen["x-forwarded-for"] == (harbour.places.vantage,)
    assert seen["x-forwarded-proto"] == ("https",)
    assert seen["host"] == (f"{host}:{harbour.places.https}",)
    assert not seen.keys() & {"x-forwarded-host", "x-real-ip", "forwarded"}


def test_the_front_believes_claims(harbour: Range) -> None:
    harbour.front.forward_claims()
    harbour.settle()
    seen = ask(harbour, headers={"X-Forwarded-For": "10.0.0.1"}).shop
    assert seen["x-forwarded-for"] == (f"10.0.0.1, {harbour.places.vantage}",)


def test_names_that_are_not_ours_get_no_shop(harbour: Range) -> None:
    misdirected = ask(harbour, called="nobody.example")
    assert misdirected.status == 421
    with pytest.raises(ssl.SSLError):
        ask(harbour, host=FORGOTTEN)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(harbour, host=FORGOTTEN, plain=True)


def test_its_own_answers_are_as_the_shops(harbour: Range) -> None:
    large = ask(harbour, method="POST", body=b"x" * (MAX_BODY + 1))
    answers = (ask(harbour, called="nobody.example"), ask(harbour, host=STAGING), large)
    assert [answer.status for answer in answers] == [421, 401, 413]
    for answer in answers:
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name.lower()] == (value,)
        assert "/" not in answer.headers["server"][0]
        assert "nginx" not in answer.text and "Python" not in answer.text


@pytest.mark.parametrize("plain", [False, True])
def test_what_is_no_http_is_refused_without_a_version(harbour: Range, plain: bool) -> None:
    answers = [ask(harbour, called="invalid..host", plain=plain)]
    for too_long in ({"headers": {"X-Long": "x" * 40_000}}, {"path": f"/?{'x' * 40_000}"}):
        # Who is still sending when the front hangs up gets no answer at all.
        with contextlib.suppress(http.client.HTTPException, ConnectionError, ssl.SSLError):
            answers.append(ask(harbour, plain=plain, **too_long))
    for answer in answers:
        assert 400 <= answer.status < 500
        assert "nginx" not in answer.text and "Python" not in answer.text
        assert "/" not in answer.headers["server"][0]


def test_a_body_within_the_limit_gets_through(harbour: Range) -> None:
    assert ask(harbour, method="POST", body=b"x" * 100_000).status == 200


def test_a_path_is_served_by_the_front(harbour: Range) -> None:
    text = '<p>"costs" $5 \\ {now}; it\'s</p>\n' * 300
    headers = {"X-Frame-Options": "SAMEORIGIN", "X-Price": '"$5"'}
    harbour.front.serve("/panel/", text, status=202, content_type="text/html; charset=utf-8", headers=headers)
    harbour.front.serve("/away", "", status=302, headers={"Location": "https://elsewhere.example/"})
    harbour.settle()
    for method in ("GET", "POST", "DELETE"):
        answer = ask(harbour, "/panel/", method)
        assert (answer.status, answer.text) == (202, text)
        assert answer.headers["content-type"] == ("text/html; charset=utf-8",)
        assert answer.headers["x-frame-options"] == ("SAMEORIGIN",)
        assert answer.headers["x-price"] == ('"$5"',)
        assert answer.headers["strict-transport-security"] == (SECURITY_HEADERS["Strict-Transport-Security"],)
    away = ask(harbour, "/away")
    assert (away.status, away.headers["location"]) == (302, ("https://elsewhere.example/",))
    assert ask(harbour, "/panel/x").shop and ask(harbour, "/panel/", host=API).shop


def test_headers_are_changed_on_the_way_out(harbour: Range) -> None:
    harbour.front.replace_headers({"X-Frame-Options": None, "X-One": "1"})
    harbour.front.replace_headers({"X-Two": "2"}, always=False)
    harbour.front.serve("/panel/", "a panel")
    harbour.settle()
    for path in ("/", "/panel/"):
        fine = ask(harbour, path)
        assert "x-frame-options" not in fine.headers
        assert (fine.headers["x-one"], fine.headers["x-two"]) == (("1",), ("2",))
    missing = ask(harbour, "/missing")
    assert missing.status == 404
    assert missing.headers["x-one"] == ("1",) and "x-two" not in missing.headers
    assert ask(harbour, host=API).headers["x-frame-options"] == ("DENY",)


def test_plain_http_only_redirects(harbour: Range) -> None:
    for host in (HOST, API, STAGING):
        for method in ("GET", "POST", "DELETE"):
            answer = ask(harbour, "/a/b?c=d", method, host=host, plain=True)
            assert (answer.status, answer.headers["location"]) == (301, (f"{harbour.places.url(host)}/a/b?c=d",))


def test_plain_http_misbehaves(harbour: Range) -> None:
    front = harbour.front
    front.plain("content")
    harbour.settle()
    page = ask(harbour, plain=True)
    assert page.status == 200 and "Harbour" in page.text
    assert ask(harbour, "/other", plain=True).status == 301
    front.plain("elsewhere")
    harbour.settle()
    assert ask(harbour, "/x", plain=True).headers["location"][0].startswith("https://www.harbour.example")
    front.plain("forms")
    harbour.settle()
    assert ask(harbour, "/x", "POST", plain=True).status == 200
    assert ask(harbour, "/x", plain=True).headers["location"] == (f"{harbour.places.url()}/x",)
    front.plain("nothing")
    harbour.settle()
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(harbour, plain=True)


def _speaks(harbour: Range, forbidden: int, suites: str) -> str | None:
    """The protocol that a client comes to, without some protocols; None when it is refused."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.options |= forbidden
    context.set_ciphers(suites)
    try:
        with (
            socket.create_connection((harbour.places.outside_of, harbour.places.https), timeout=10) as link,
            context.wrap_socket(link, server_hostname=HOST) as secure,
        ):
            return secure.version()
    except (ssl.SSLError, ConnectionError):
        return None


def test_old_protocols_and_suites(harbour: Range) -> None:
    modern = ssl.OP_NO_TLSv1_3 | ssl.OP_NO_TLSv1_2
    anything, weak = "ALL:@SECLEVEL=0", "ECDHE-ECDSA-AES256-SHA384"
    assert _speaks(harbour, 0, anything) == "TLSv1.3"
    assert _speaks(harbour, ssl.OP_NO_TLSv1_3, anything) == "TLSv1.2"
    assert _speaks(harbour, modern, anything) is None
    assert _speaks(harbour, ssl.OP_NO_TLSv1_3, weak) is None
    harbour.front.protocols("TLSv1.1")
    harbour.settle()
    assert _speaks(harbour, modern, anything) == "TLSv1.1"
    assert _speaks(harbour, modern | ssl.OP_NO_TLSv1_1, anything) is None
    harbour.front.protocols("TLSv1")
    harbour.settle()
    assert _speaks(harbour, modern | ssl.OP_NO_TLSv1_1, anything) == "TLSv1"
    harbour.front.protocols(suites=weak)
    harbour.settle()
    assert _speaks(harbour, ssl.OP_NO_TLSv1_3, weak) == "TLSv1.2"


def test_another_certificate(harbour: Range) -> None:
    healthy = certificate(harbour)
    assert names(healthy) == {HOST, API, STAGING}
    harbour.front.certify(days=5, age=85)
    harbour.settle()
    found, now = certificate(harbour), datetime.now(UTC)
    assert names(found) == {HOST, API, STAGING}
    assert timedelta(days=4) < found.not_valid_after_utc - now <= timedelta(days=5)
    assert timedelta(days=85) <= now - found.not_valid_before_utc < timedelta(days=86)
    assert ask(harbour).status == 200  # it is trusted
    harbour.front.certify("elsewhere.example", days=60, age=1)
    harbour.settle()
    assert names(certificate(harbour)) == {"elsewhere.example"}
    harbour.mend()
    assert certificate(harbour).serial_number == healthy.serial_number


def test_one_more_name(harbour: Range) -> None:
    before = certificate(harbour)
    harbour.front.answer_to(FORGOTTEN)
    harbour.settle()
    answer = ask(harbour, host=FORGOTTEN)  # with a certificate that is trusted for the name
    assert answer.shop["host"] == (f"{HOST}:{harbour.places.https}",)
    after = certificate(harbour)
    assert names(after) == {HOST, API, STAGING, FORGOTTEN} and after.issuer == before.issuer


def _login(harbour: Range) -> Mapping[str, str]:
    login = harbour.front.login_file.read_bytes().strip()
    return {"Authorization": "Basic " + base64.b64encode(login).decode()}


def test_staging_is_behind_a_login(harbour: Range) -> None:
    stranger = ask(harbour, host=STAGING)
    assert stranger.status == 401 and stranger.headers["www-authenticate"] == ('Basic realm="staging"',)
    wrong = {"Authorization": "Basic " + base64.b64encode(b"review:wrong").decode()}
    assert ask(harbour, host=STAGING, headers=wrong).status == 401
    for path in ("/healthz/../admin/", "/healthz/x", "//", "/%68ealthz/..%2fadmin"):
        assert ask(harbour, path, host=STAGING).status == 401, path
    assert ask(harbour, "/healthz", host=STAGING).shop
    inside = ask(harbour, host=STAGING, headers=_login(harbour))
    assert json.loads(inside.text)["port"] == STAGING_PORT
    assert "authorization" not in inside.shop
    assert harbour.front.login_file.stat().st_mode & 0o777 == 0o600
    # The shop has logins of its own.
    assert ask(harbour, headers={"Authorization": "Bearer x"}).shop["authorization"] == ("Bearer x",)


def test_staging_is_open(harbour: Range) -> None:
    harbour.front.serve("/media/", "receipt.txt", host=STAGING)
    harbour.front.serve("/hidden/", "plans.txt", host=STAGING)
    harbour.front.open_staging("/media/")
    harbour.settle()
    assert ask(harbour, "/media/", host=STAGING).text == "receipt.txt"
    assert ask(harbour, "/media/more", host=STAGING).shop
    assert ask(harbour, host=STAGING).status == 401
    assert ask(harbour, "/hidden/", host=STAGING).status == 401
    assert ask(harbour, "/hidden/", host=STAGING, headers=_login(harbour)).text == "plans.txt"
    harbour.front.open_staging()
    harbour.settle()
    assert ask(harbour, host=STAGING).shop and ask(harbour, "/hidden/", host=STAGING).status == 200


def test_everybody_is_locked_out(harbour: Range) -> None:
    harbour.front.serve("/panel/", "a panel")
    harbour.front.lock_out()
    harbour.settle()
    for path in ("/", "/panel/"):
        answer = ask(harbour, path)
        assert answer.status == 403 and "a panel" not in answer.text


def test_it_hangs_stops_and_is_mended(harbour: Range) -> None:
    harbour.front.hang()
    harbour.settle()
    for port in (harbour.places.http, harbour.places.https):
        with socket.create_connection((harbour.places.outside_of, port), timeout=10) as link:
            link.settimeout(0.3)
            link.sendall(b"GET / HTTP/1.1\r\nHost: harbour.example\r\n\r\n")
            with pytest.raises(TimeoutError):
                link.recv(1)
    harbour.mend()
    assert ask(harbour).status == 200
    harbour.front.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(harbour)
    harbour.mend()
    assert ask(harbour).status == 200


def test_the_certificate_is_renewed(harbour: Range) -> None:
    before = certificate(harbour)
    if harbour.form is Form.EMBEDDED:
        with pytest.raises(UserError, match="full"):
            harbour.front.renew()
        return
    harbour.front.renew()
    after = certificate(harbour)
    assert after.serial_number != before.serial_number
    assert (after.issuer, names(after)) == (before.issuer, names(before))
    assert timedelta(days=89) < after.not_valid_after_utc - datetime.now(UTC) <= timedelta(days=90)
    assert ask(harbour).status == 200
    harbour.mend()
    assert certificate(harbour).serial_number == after.serial_number
