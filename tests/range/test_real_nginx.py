"""Claims about headers and redirects, against a real nginx with the mistakes that people make."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.facts.declared import Declared, EntryPoint, Environment
from prodproof.range.components.certificates import Authority
from prodproof.reach.programs import find_program
from prodproof.reach.world import Settings
from prodproof.verdicts import Kind, Result
from tests.judging import judged
from tests.servers.site import POLICY

ADDRESS = "127.0.0.4"
HSTS = "Strict-Transport-Security 'max-age=31536000; includeSubDomains; preload'"
HEADERS = (HSTS, "X-Content-Type-Options nosniff", "Referrer-Policy same-origin", f'Content-Security-Policy "{POLICY}"')
SITE = (
    "exposure.hsts",
    "application.security-headers",
    "application.no-debug-endpoints",
    "exposure.admin-restricted",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


class Nginx:
    """One nginx whose server block a test writes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None
        self.port, self.http_port = free_port(), free_port()
        (directory / "www").mkdir()
        (directory / "www" / "index.html").write_text("<!doctype html><title>Harbour</title><h1>Harbour</h1>")
        authority = Authority(directory / "ca")
        self.certificate = authority.issue("harbour.example")
        self.settings = Settings(ca_file=authority.ca_file, resolve={"harbour.example": ADDRESS})
        points = (
            EntryPoint(url=f"https://harbour.example:{self.port}", purpose="shop", owner="ana", canonical=True),
            EntryPoint(url=f"http://harbour.example:{self.http_port}", purpose="redirect", owner="ana"),
        )
        self.declared = Declared(
            system="harbour",
            environment=Environment(name="production"),
            trusted=True,
            entry_points=points,
            all_entry_points=points,
        )

    def start(self, secure: str, plain: str | None = None) -> None:
        plain = plain or f"return 301 https://$host:{self.port}$request_uri;"
        text = f"""
            {"user root;" if os.getuid() == 0 else ""}
            daemon off; worker_processes 1; error_log stderr crit; pid {self.directory}/pid;
            events {{ worker_connections 64; }}
            http {{
              access_log off; types {{ text/html html; text/css css; }} default_type text/plain;
              client_body_temp_path {self.directory}/body; proxy_temp_path {self.directory}/proxy;
              fastcgi_temp_path {self.directory}/fcgi; uwsgi_temp_path {self.directory}/uwsgi;
              scgi_temp_path {self.directory}/scgi;
              server {{ listen {ADDRESS}:{self.http_port}; server_name harbour.example; {plain} }}
              server {{ listen {ADDRESS}:{self.port} ssl; server_name harbour.example;
                ssl_certificate {self.certificate}; ssl_certificate_key {self.certificate};
                root {self.directory}/www; server_tokens off; {secure} }}
            }}"""
        file = self.directory / "nginx.conf"
        file.write_text(text)
        program = find_program("nginx")
        assert program is not None
        self.process = subprocess.Popen([program, "-c", str(file), "-p", str(self.directory)])
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex((ADDRESS, self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("nginx did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def look(self, guarantee: str) -> Result:
        return judged(self.declared, self.settings, guarantee)[guarantee]


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    if find_program("nginx") is None:
        pytest.skip("nginx is not installed")
    made = Nginx(tmp_path)
    try:
        yield made
    finally:
        made.stop()


def adding(*headers: str, always: bool = True) -> str:
    return " ".join(f"add_header {header}{' always' if always else ''};" for header in headers)


def test_headers_with_always_hold(nginx: Nginx) -> None:
    nginx.start(adding(*HEADERS))
    assert nginx.look("exposure.hsts").kind is Kind.HOLDS
    assert nginx.look("application.security-headers").kind is Kind.HOLDS
    assert nginx.look("exposure.https-only").kind is Kind.HOLDS


def test_headers_without_always_are_missing_on_the_404(nginx: Nginx) -> None:
    nginx.start(adding(*HEADERS, always=False))
    hsts, headers = nginx.look("exposure.hsts"), nginx.look("application.security-headers")
    assert hsts.kind is Kind.BROKEN and "the 404 answer" in hsts.message
    assert headers.kind is Kind.BROKEN and "the 404 answer" in headers.message


def test_a_location_with_its_own_header_loses_the_others(nginx: Nginx) -> None:
    nginx.start(adding(*HEADERS) + " location = / { index index.html; } location = /index.html { add_header X-A b; }")
    result = nginx.look("exposure.hsts")
    assert result.kind is Kind.BROKEN and "the normal answer" in result.message


def test_a_redirect_for_one_path_only_is_seen(nginx: Nginx) -> None:
    plain = f"location = / {{ return 301 https://$host:{nginx.port}/; }} location / {{ root {nginx.directory}/www; }}"
    nginx.start(adding(*HEADERS), plain)
    result = nginx.look("exposure.https-only")
    assert result.kind is Kind.BROKEN and "404" in result.message


def test_a_redirect_that_leaves_forms_alone_is_seen(nginx: Nginx) -> None:
    plain = f"if ($request_method = GET) {{ return 301 https://$host:{nginx.port}$request_uri; }} return 200 ok;"
    nginx.start(adding(*HEADERS), plain)
    result = nginx.look("exposure.https-only")
    assert result.kind is Kind.BROKEN and "plain HTTP" in result.message


def test_a_closed_admin_holds_and_an_open_git_folder_breaks(nginx: Nginx) -> None:
    git = nginx.directory / "www" / ".git"
    git.mkdir()
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    nginx.start(adding(*HEADERS) + " location /admin/ { allow 192.0.2.0/24; deny all; }")
    admin, debug = nginx.look("exposure.admin-restricted"), nginx.look("application.no-debug-endpoints")
    assert admin.kind is Kind.HOLDS and any("/admin/" in row.verdict.message for row in admin.rows)
    assert debug.kind is Kind.BROKEN and "/.git/HEAD" in debug.message


def test_a_forged_address_that_nginx_believes_opens_the_admin(nginx: Nginx) -> None:
    trusting = "set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For;"
    (nginx.directory / "www" / "admin").mkdir()
    (nginx.directory / "www" / "admin" / "index.html").write_text("<!doctype html><title>Bookings</title>")
    nginx.start(adding(*HEADERS) + trusting + " location /admin/ { allow 127.0.0.1; deny all; }")
    nginx.settings = replace(nginx.settings, source_address="127.0.0.9")
    result = nginx.look("exposure.admin-restricted")
    assert result.kind is Kind.BROKEN and "forges X-Forwarded-For" in result.message


def test_a_single_page_application_has_no_debug_endpoints(nginx: Nginx) -> None:
    nginx.start(adding(*HEADERS) + " location / { try_files $uri /index.html; }")
    assert nginx.look("application.no-debug-endpoints").kind is Kind.HOLDS
    assert nginx.look("exposure.admin-restricted").kind is Kind.HOLDS
    contact = nginx.look("monitoring.incident-contact")
    assert contact.kind is Kind.BROKEN and "text/plain" in contact.message


def test_a_maintenance_page_is_not_judged_as_the_site(nginx: Nginx) -> None:
    nginx.start("location / { return 503; }")
    for id in SITE:
        assert nginx.look(id).kind is Kind.UNKNOWN, id


def test_a_vantage_that_is_locked_out_learns_nothing(nginx: Nginx) -> None:
    nginx.start("deny all;")
    for id in SITE:
        assert (nginx.look(id).kind, nginx.look(id).reason) == (Kind.UNKNOWN, Reason.DENIED), id
