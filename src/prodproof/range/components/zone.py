"""The name server: harbour's zone, and stand-ins for those of the providers that its names lead to."""

import shutil
from collections.abc import Sequence
from typing import ClassVar

import dns.exception
import dns.flags
import dns.message
import dns.query

from prodproof.facts.declared import Zone as DeclaredZone
from prodproof.range.component import SERVERS, Command, Component, program_path
from prodproof.range.places import HOST

FILE = "deploy/harbour.example.zone"
"""In the repository."""

WRITTEN_FOR = {"web": "203.0.113.10", "name_server": "203.0.113.53"}
"""The addresses that stand in the file as the team wrote it."""

APPS = "azurewebsites.net"
_PROVIDERS = {
    # Every bucket's name has an address, whether the bucket exists or not; an app's name goes with the app.
    "amazonaws.com": "*.s3.eu-central-1 IN A {providers}\n",
    APPS: "harbour-status IN A {providers}\n",
}
_HEAD = "$TTL 60\n@ IN SOA ns hostmaster 1 3600 600 86400 60\n@ IN NS ns\nns IN A {name_server}\n"


class NameZone(Component):
    """What both name servers have in common: the zone files, and how they are changed."""

    name: ClassVar[str] = "zone"
    after: ClassVar[tuple[str, ...]] = ("repo",)
    seen_by: ClassVar[frozenset[type]] = frozenset({DeclaredZone})

    def configure(self) -> None:
        places = self.range.places
        self.etc.mkdir(parents=True, exist_ok=True)
        self.var.mkdir(parents=True, exist_ok=True)
        text = self.range.repo.read(FILE)
        text = text.replace(WRITTEN_FOR["web"], places.outside_of)
        text = text.replace(WRITTEN_FOR["name_server"], places.name_server)
        self._publish(text)
        for origin, records in _PROVIDERS.items():
            addresses = {"name_server": places.name_server, "providers": places.providers}
            (self.etc / origin).write_text((_HEAD + records).format(**addresses))

    def trouble(self) -> str | None:
        """Whether it answers for harbour's zone with authority."""
        places = self.range.places
        question = dns.message.make_query(HOST, "SOA")

        def ask() -> str | None:
            try:
                answer = dns.query.udp(question, places.name_server, port=places.dns, timeout=0.5)
            except (OSError, dns.exception.DNSException) as error:
                return f"no answer: {type(error).__name__}"
            return None if answer.flags & dns.flags.AA and answer.answer else "does not serve the zone"

        return self.range.inside(ask)

    def add(self, record: str) -> None:
        """Add a record to the zone, in the repository and at the server."""
        self._publish(f"{self.range.repo.read(FILE)}{record}\n")

    def delete_app(self) -> None:
        """Delete the app to which an alias of ours may still lead: its name is then free at the provider."""
        file = self.etc / APPS
        kept = [line for line in file.read_text().splitlines() if not line.startswith("harbour-status ")]
        file.write_text("\n".join(kept) + "\n")

    def lose_file(self) -> None:
        """Take the zone's file out of the repository; the server goes on."""
        self.range.repo.remove(FILE)
        self.range.touched(self.name)

    @property
    def origins(self) -> Sequence[str]:
        """The zones that it serves; each one's file has the same name."""
        return (HOST, *_PROVIDERS)

    def _publish(self, text: str) -> None:
        self.range.repo.write(FILE, text)
        (self.etc / HOST).write_text(text)


_CONFIGURATION = """\
options {{
  directory "{var}";
  listen-on port {port} {{ {address}; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  recursion no;
  allow-transfer {{ none; }};
  notify no;
  dnssec-validation no;
  version none;
  hostname none;
}};
controls {{ }};
"""
_ZONE = 'zone "{origin}" {{ type primary; file "{file}"; }};\n'


class Bind(NameZone):
    """BIND."""

    forms = SERVERS
    programs = ("named",)
    packages = ("bind9",)

    def configure(self) -> None:
        super().configure()
        places = self.range.places
        text = _CONFIGURATION.format(var=self.var, port=places.dns, address=places.name_server)
        text += "".join(_ZONE.format(origin=origin, file=self.etc / origin) for origin in self.origins)
        (self.etc / "named.conf").write_text(text)
        # AppArmor, where it is on, confines the installed program to the machine's own zones, by the program's path.
        shutil.copy(program_path("named") or "named", self.var / "named")

    def commands(self) -> Sequence[Command]:
        words = (str(self.var / "named"), "-4", "-g", "-n", "1", "-c", str(self.etc / "named.conf"))
        return (Command("named", words),)


COMPONENT = Bind
