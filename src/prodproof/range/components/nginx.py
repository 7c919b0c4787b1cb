"""The front of the full forms: nginx with the shop's own configuration, and certificates by ACME."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prodproof.range.component import SERVERS, Command, program_path
from prodproof.range.components.front import SECURITY_HEADERS, Front
from prodproof.range.components.pebble import Pebble
from prodproof.range.components.repo import replaced
from prodproof.range.namespaces import within
from prodproof.range.places import API, HOST, STAGING, STAGING_PORT, WEB_PORT
from prodproof.system.errors import UserError

RENEWAL_SECONDS = 60
FOLDERS = {HOST: "shop.d", API: "api.d", STAGING: "staging.d"}
"""Where shop.conf includes what the switches add to a host."""

_MAIN = """\
{user}daemon off;
worker_processes 1;
pid {var}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log {log} combined;
  server_tokens off;
  client_body_temp_path {var}/body;
  proxy_temp_path {var}/proxy;
  fastcgi_temp_path {var}/fastcgi;
  uwsgi_temp_path {var}/uwsgi;
  scgi_temp_path {var}/scgi;
  types {{ text/html html; text/css css; text/javascript js; }}
  default_type application/octet-stream;
  geo $dollar {{ default "$"; }}
  include shop.conf;
}}
"""
_SERVED = """\
location = {path} {{
  {asks}error_page 599 ={status} /served/{number};
  return 599;
}}
location = /served/{number} {{
  internal;
  alias {file};
  types {{ }}
  default_type {content_type};
  etag off;
  max_ranges 0;
  if_modified_since off;
  add_header Last-Modified "";
{headers}}}
"""
_REDIRECT = "return 301 https://$host$request_uri;"
_PAGE = "<!doctype html><title>Harbour</title><h1>Harbour</h1>"
_PLAIN = {
    "content": f'default_type text/html;\n        if ($uri = /) {{ return 200 "{_PAGE}"; }}\n        {_REDIRECT}',
    "elsewhere": "return 301 https://www.harbour.example$request_uri;",
    "forms": f'if ($request_method = POST) {{ return 200 "taken"; }}\n        {_REDIRECT}',
    "nothing": "return 444;",
}
_FORWARDED = {False: "$remote_addr", True: "$proxy_add_x_forwarded_for"}


class Nginx(Front):
    """Runs `deploy/nginx/` as it was deployed; addresses and paths are put in, visibly, by `_for_the_range`."""

    forms = SERVERS
    programs = ("nginx", "certbot")
    packages = ("nginx-light", "certbot")

    def configure(self) -> None:
        shutil.copytree(self.range.repo.directory / "deploy" / "nginx", self._deployed)
        self._challenges.mkdir(parents=True)
        super().configure()

    def first_certificate(self) -> tuple[Path, Path]:
        self.range.part(Pebble).be_trusted()
        places = self.range.places
        # Nothing listens there yet.
        return self._certify("harbour", (HOST, API, STAGING), "--standalone", "--http-01-address", places.outside_of)

    def server(self) -> Command:
        configuration = os.fspath(self.etc / "nginx.conf")
        return Command("nginx", (program_path("nginx") or "nginx", "-e", "stderr", "-c", configuration))

    def renew(self) -> None:
        self.range.part(Pebble).be_trusted()
        self._certify("harbour", (HOST, API, STAGING), "--webroot", "--webroot-path", os.fspath(self._webroot))
        self.range.restart(self)

    def answer_to(self, name: str) -> None:
        names = (HOST, API, STAGING, name)
        chain, key = self._certify("more", names, "--webroot", "--webroot-path", os.fspath(self._webroot))
        self._change_host(HOST, "names", lambda known: [*known, name])
        self._change(certificate=os.fspath(chain), key=os.fspath(key))

    # ---- configuration

    def write_configuration(self) -> None:
        description = self.description
        for file in sorted(self._deployed.rglob("*.*")):
            place = self.etc / file.relative_to(self._deployed)
            place.parent.mkdir(exist_ok=True)
            text = file.read_text()
            for old, new in self._for_the_range(description).get(file.name, {}).items():
                text = replaced(text, old, new, file.name)
            place.write_text(text)
        user = "user nobody nogroup;\n" if os.geteuid() == 0 else ""
        log = self.range.var / "log" / "access.log"
        (self.etc / "nginx.conf").write_text(_MAIN.format(user=user, var=self.var, log=log))
        for host, folder in FOLDERS.items():
            (self.etc / "harbour" / folder).mkdir(exist_ok=True)
            (self.etc / "harbour" / folder / "range.conf").write_text(self._of_host(description, host))
        self._write_password_file()

    def _for_the_range(self, description: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
        """What is replaced in each file of `deploy/nginx/`."""
        places = self.range.places
        own_port = "" if places.https == 443 else f":{places.https}"
        hosts = description["hosts"]
        shop = {
            f"server 127.0.0.1:{WEB_PORT};": f"server {places.inside}:{WEB_PORT};",
            f"server 127.0.0.1:{STAGING_PORT};": f"server {places.inside}:{STAGING_PORT};",
            "    listen [::]:80;\n": "",
            "    listen [::]:80 default_server;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "    listen [::]:443 ssl http2 default_server;\n": "",
            "listen 80": f"listen {places.outside_of}:{places.http}",
            "listen 443": f"listen {places.outside_of}:{places.https}",
            "server_name harbour.example;": f"server_name {' '.join((HOST, *hosts[HOST]['names']))};",
            _REDIRECT: _PLAIN.get(description["plain"], _REDIRECT),
            "    /healthz  off;\n": "".join(_open(path) for path in hosts[STAGING]["open"]),
        }
        if own_port and description["plain"] != "nothing":
            shop["$request_uri;"] = f"{own_port}$request_uri;"
        later = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
        protocols = " ".join(later[later.index(description["oldest"]) :])
        return {
            "shop.conf": shop,
            "tls.conf": {
                "/etc/letsencrypt/live/harbour.example/fullchain.pem": description["certificate"],
                "/etc/letsencrypt/live/harbour.example/privkey.pem": description["key"],
                "ssl_protocols TLSv1.2 TLSv1.3;": f"ssl_protocols {protocols};",
                "ECDHE+AESGCM:ECDHE+CHACHA20": description["suites"],
            },
            "proxy.conf": {
                "Host $server_name": f"Host $server_name{own_port}",
                "X-Forwarded-For $remote_addr": f"X-Forwarded-For {_FORWARDED[description['forwards_claims']]}",
            },
            "refused.conf": {"root /etc/nginx/harbour;": f"root {self.etc}/harbour;"},
            "acme.conf": {"root /var/www/acme;": f"root {self._webroot};"},
        }

    def _of_host(self, description: Mapping[str, Any], host: str) -> str:
        """The lines that the switches add to one server block."""
        own = description["hosts"][host]
        lines = ["deny all;\n"] if description["locked_out"] else []
        for name, change in own["headers"].items():
            lines.append(f"proxy_hide_header {name};\n")
            if change["value"] is not None:
                lines.append(f"add_header {name} {_quoted(change['value'])}{' always' if change['always'] else ''};\n")
        for number, (path, served) in enumerate(own["served"].items()):
            file = self.etc / "served" / f"{FOLDERS[host]}-{number}"
            file.parent.mkdir(exist_ok=True)
            file.write_text(served["body"])
            headers = dict(_headers_of(served, own["headers"]))
            lines.append(
                _SERVED.format(
                    path=_literal(path),
                    # What needs a login is decided by the path that was asked for, not by the file's.
                    asks="set $asked $staging_login;\n  " if own["closed"] else "",
                    status=served["status"],
                    number=number,
                    file=_literal(os.fspath(file)),
                    content_type=_literal(served["content_type"]),
                    headers="".join(f"  add_header {name} {_quoted(text)} always;\n" for name, text in headers.items()),
                )
            )
        return "".join(lines)

    def _write_password_file(self) -> None:
        name, _, password = self.login_file.read_text().strip().partition(":")
        salt = b"harbour"
        digest = hashlib.sha1(password.encode() + salt, usedforsecurity=False).digest()
        file = self.etc / "harbour" / "staging.htpasswd"
        file.touch(mode=0o600)
        # The password is random and long; nginx knows no slow hash that every C library has.
        file.write_text(f"{name}:{{SSHA}}{base64.b64encode(digest + salt).decode()}\n")
        if os.geteuid() == 0:
            shutil.chown(file, "nobody", "nogroup")

    # ---- certificates

    def _certify(self, lineage: str, names: Sequence[str], *how: str) -> tuple[Path, Path]:
        """Get a certificate over ACME; returns the files of its chain and its key."""
        places, folder = self.range.places, self.var / "acme"
        # An account of a Pebble that ran before is unknown to this one.
        shutil.rmtree(folder / "accounts", ignore_errors=True)
        command = [
            *within(places.inside_namespace),
            *(program_path("certbot") or "certbot", "certonly", "--non-interactive", "--quiet", "--force-renewal"),
            *("--agree-tos", "--register-unsafely-without-email", "--key-type", "ecdsa"),
            *("--server", self.range.part(Pebble).url, "--http-01-port", str(places.http)),
            *("--config-dir", os.fspath(folder), "--work-dir", os.fspath(folder / "work")),
            *("--logs-dir", os.fspath(self.range.var / "log" / "certbot"), "--cert-name", lineage),
            *(word for name in names for word in ("-d", name)),
            *how,
        ]
        trusted = os.fspath(self.range.var / "authority" / "ca.pem")
        environment = {"PATH": os.environ["PATH"], "REQUESTS_CA_BUNDLE": trusted, "LANG": "C.UTF-8"}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=RENEWAL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise UserError(f"certbot got no certificate in {RENEWAL_SECONDS} s") from None
        if done.returncode != 0:
            raise UserError(f"certbot got no certificate: {' / '.join(done.stderr.split(chr(10)))[:500]}")
        live = folder / "live" / lineage
        return live / "fullchain.pem", live / "privkey.pem"

    @property
    def _deployed(self) -> Path:
        return self.etc / "deployed"

    @property
    def _webroot(self) -> Path:
        return self.var / "www"

    @property
    def _challenges(self) -> Path:
        return self._webroot / ".well-known" / "acme-challenge"


def _headers_of(served: Mapping[str, Any], changes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The headers of an answer that nginx gives in the shop's place, as they leave."""
    touched = {name.lower() for name in changes}
    own = {name.lower() for name in served["headers"]}
    for name, value in (*SECURITY_HEADERS.items(), *served["headers"].items()):
        replaced_here = name in SECURITY_HEADERS and name.lower() in own and name not in served["headers"]
        if name.lower() not in touched and not replaced_here:
            yield name, value
    for name, change in changes.items():
        if change["value"] is not None and (change["always"] or served["status"] < 400):
            yield name, change["value"]


def _open(path: str) -> str:
    """A line of staging's map: no login for this page, or for everything below a path that ends with a slash."""
    return f"    {_literal(f'~^{re.escape(path)}' if path.endswith('/') else path)} off;\n"


def _literal(text: str) -> str:
    """A word of nginx's language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quoted(text: str) -> str:
    """A word in which variables would count; `$` itself is only to be had from one."""
    return _literal(text).replace("$", "${dollar}")


COMPONENT = Nginx
