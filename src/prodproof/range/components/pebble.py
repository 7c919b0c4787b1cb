"""The public certificate authority of the full forms: Pebble, which speaks ACME (RFC 8555)."""

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from prodproof.range.component import SERVERS, Command, Component, program_path
from prodproof.range.components.authority import PrivateAuthority

ACME_PORT, MANAGEMENT_PORT = 14000, 15000
VALID = 90 * 24 * 3600
"""Seconds."""


class Pebble(Component):
    """Asks the zone's name server for our names, and our plain HTTP port for the challenge's answer.

    It makes a new root whenever it starts; the vantage then trusts one more.
    """

    name = "pebble"
    after = ("authority", "zone")
    forms = SERVERS
    programs = ("pebble",)
    packages = ("pebble",)

    def configure(self) -> None:
        self.etc.mkdir(parents=True, exist_ok=True)
        places = self.range.places
        own = self.range.part(PrivateAuthority).issue(places.providers, days=365, file="pebble.pem")
        content = {
            "listenAddress": f"{places.providers}:{ACME_PORT}",
            "managementListenAddress": f"{places.providers}:{MANAGEMENT_PORT}",
            "certificate": os.fspath(own),
            "privateKey": os.fspath(own),
            "httpPort": places.http,
            "tlsPort": places.https,
            "certificateValidityPeriod": VALID,
        }
        self._file.write_text(json.dumps({"pebble": content}, indent=1))

    def commands(self) -> Sequence[Command]:
        places = self.range.places
        resolver = f"{places.name_server}:{places.dns}"
        words = (program_path("pebble") or "pebble", "-config", os.fspath(self._file), "-dnsserver", resolver)
        # Its random pauses and refusals test ACME clients; here they would only cost time.
        return (Command("pebble", words, {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}),)

    def trouble(self) -> str | None:
        return None if self._root() else "does not show its root certificate"

    @property
    def url(self) -> str:
        """Of its ACME directory."""
        return f"https://{self.range.places.providers}:{ACME_PORT}/dir"

    def be_trusted(self) -> None:
        """Let the vantage trust what it issues."""
        if root := self._root():
            self.range.part(PrivateAuthority).trust(f"pebble-{self.range.pids(self)[0]}", root)

    @property
    def _file(self) -> Path:
        return self.etc / "pebble.json"

    def _root(self) -> str | None:
        url = f"https://{self.range.places.providers}:{MANAGEMENT_PORT}/roots/0"
        context = ssl.create_default_context(cafile=os.fspath(self.range.part(PrivateAuthority).ca_file))

        def ask() -> str | None:
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
            )
            try:
                with opener.open(url, timeout=2) as answer:
                    return str(answer.read(65536).decode())
            except (urllib.error.URLError, OSError):
                return None

        return self.range.inside(ask)


COMPONENT = Pebble
