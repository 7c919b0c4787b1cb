"""What ends TLS before the shop: nginx in the full form, a small server of Python's in the embedded one.

Both are healthy by default and are bent by the same switches, so that a fault is written once. The switches change one
description, `etc/front/front.json`; each form makes its server's configuration from it.
"""

import json
import os
import secrets
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from prodproof.facts.declared import Declared, EntryPoint, Host, Zone
from prodproof.range.component import Command, Component
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.places import API, HOST, STAGING, STAGING_PORT, WEB_PORT
from prodproof.range.servers import program

Plain = Literal["redirect", "content", "elsewhere", "forms", "nothing"]
Oldest = Literal["TLSv1", "TLSv1.1", "TLSv1.2"]

MODERN = "ECDHE+AESGCM:ECDHE+CHACHA20"
OLD = f"{MODERN}:ECDHE+AES:@SECLEVEL=0"
"""TLS 1.0 and 1.1 know neither of the modern kinds, and OpenSSL speaks them at its lowest level only."""

SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""What the shop's own answers carry, and those that the front gives in its place."""

MAX_BODY = 6 * 1024 * 1024
"""A picture of a licence may have 5 MB."""


class Front(Component):
    """The switches of both."""

    name: ClassVar[str] = "front"
    after: ClassVar[tuple[str, ...]] = ("authority", "application", "staging", "zone", "pebble")
    seen_by: ClassVar[frozenset[type]] = frozenset({EntryPoint, Host, Zone, Declared})

    @abstractmethod
    def first_certificate(self) -> tuple[Path, Path]:
        """Files with the certificate chain and the key that are served when all is well."""

    @abstractmethod
    def write_configuration(self) -> None:
        """Make the server's own configuration from what `description` says."""

    @abstractmethod
    def server(self) -> Command:
        """The process that serves."""

    @abstractmethod
    def renew(self) -> None:
        """Renew the certificate the way that the system does it on its own, and serve it at once.

        Raises UserError where nothing renews it.
        """

    @abstractmethod
    def answer_to(self, name: str) -> None:
        """Answer to one more host name, with the shop and a certificate that covers it."""

    # ---- life

    def configure(self) -> None:
        self.etc.mkdir(parents=True, exist_ok=True)
        self.var.mkdir(parents=True, exist_ok=True)
        self.login_file.touch(mode=0o600)
        self.login_file.write_text(f"review:{secrets.token_urlsafe(18)}\n")
        places = self.range.places
        certificate, key = self.first_certificate()
        self._save(
            {
                "https": [places.outside_of, places.https],
                "http": [places.outside_of, places.http],
                "certificate": os.fspath(certificate),
                "key": os.fspath(key),
                "oldest": "TLSv1.2",
                "suites": MODERN,
                "plain": "redirect",
                "forwards_claims": False,
                "silent": False,
                "locked_out": False,
                "max_body": MAX_BODY,
                "own_headers": SECURITY_HEADERS,
                "login_file": os.fspath(self.login_file),
                "hosts": {
                    HOST: self._host(WEB_PORT),
                    API: self._host(WEB_PORT),
                    STAGING: self._host(STAGING_PORT, closed=True, open_paths=["/healthz"]),
                },
            }
        )

    def commands(self) -> Sequence[Command]:
        if self.description["silent"]:
            return (Command("front", program("front", os.fspath(self._file))),)
        return (self.server(),)

    def trouble(self) -> str | None:
        places = self.range.places
        closed = [port for port in (places.http, places.https) if not self.range.listens(places.outside_of, port)]
        return f"does not listen on {', '.join(map(str, closed))}" if closed else None

    @property
    def login_file(self) -> Path:
        """`user:password` of staging, for those who may see it (mode 0600)."""
        return self.etc / "staging-login"

    @property
    def description(self) -> dict[str, Any]:
        """What it serves now; `servers/front.py` explains each key."""
        written: dict[str, Any] = json.loads(self._file.read_text())
        return written

    # ---- switches

    def serve(
        self,
        path: str,
        body: str,
        *,
        host: str = HOST,
        status: int = 200,
        content_type: str = "text/html; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer a path itself from now on, for every method, instead of asking the shop.

        Security headers stand on the answer as they do on the shop's own; `headers` replaces or adds some.
        """
        answer = {"status": status, "body": body, "content_type": content_type, "headers": dict(headers or {})}
        self._change_host(host, "served", lambda served: {**served, path: answer})

    def replace_headers(self, changes: Mapping[str, str | None], *, host: str = HOST, always: bool = True) -> None:
        """Change headers on every answer of a host on its way out: another value, or None to strip it.

        With `always=False` errors lose the header: nginx's `add_header` without the word `always` does that.
        """
        made = {name: {"value": value, "always": always} for name, value in changes.items()}
        self._change_host(host, "headers", lambda headers: {**headers, **made})

    def plain(self, behaviour: Plain) -> None:
        """What the plain HTTP port does: redirect to HTTPS (healthy), serve content at `/`, redirect to another host,
        redirect but take forms (POST), or take a request and hang up without a word ("nothing")."""
        self._change(plain=behaviour)

    def protocols(self, oldest: Oldest = "TLSv1.2", suites: str | None = None) -> None:
        """Accept these protocols and suites (OpenSSL's names) from now on; without suites, those that fit."""
        self._change(oldest=oldest, suites=suites or (MODERN if oldest == "TLSv1.2" else OLD))

    def certify(self, *names: str, days: int, age: int) -> None:
        """Serve another certificate of the private authority: issued `age` days ago, good for `days` more.

        For harbour's names, unless others are given.
        """
        issued = self.range.part(PrivateAuthority).issue(
            *(names or (HOST, API, STAGING)), days=days, age=age, file="front-other.pem"
        )
        self._change(certificate=os.fspath(issued), key=os.fspath(issued))

    def open_staging(self, path: str = "/", host: str = STAGING) -> None:
        """Let strangers see what lies under a path of staging without the login; a path without a slash at its end
        is that page alone."""
        self._change_host(host, "open", lambda paths: [*paths, path])

    def forward_claims(self) -> None:
        """From now on the shop is told the address that a visitor claims (X-Forwarded-For), and the true one last."""
        self._change(forwards_claims=True)

    def lock_out(self) -> None:
        """From now on everybody gets 403, as a vantage that a firewall knows."""
        self._change(locked_out=True)

    def hang(self) -> None:
        """From now on both ports take connections and never say a word."""
        self._change(silent=True)

    def _host(self, port: int, *, closed: bool = False, open_paths: Sequence[str] = ()) -> dict[str, Any]:
        return {
            "backend": [self.range.places.inside, port],
            "names": [],
            "closed": closed,
            "open": list(open_paths),
            "served": {},
            "headers": {},
        }

    @property
    def _file(self) -> Path:
        return self.etc / "front.json"

    def _change_host(self, host: str, key: str, change: Any) -> None:
        description = self.description
        description["hosts"][host][key] = change(description["hosts"][host][key])
        self._save(description)

    def _change(self, **changes: object) -> None:
        self._save(self.description | changes)

    def _save(self, description: dict[str, Any]) -> None:
        self._file.write_text(json.dumps(description, indent=1) + "\n")
        self.write_configuration()
