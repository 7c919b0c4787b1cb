"""A name server for a few zones on loopback (UDP and TCP), and the providers that its names point to."""

from pathlib import Path

from prodproof.facts.declared import Zone
from prodproof.range.servers.name_server import NameServer
from tests.servers.services import Services, own_address

ZONE = "quay.example"

_HEALTHY = """\
$TTL 60
@       IN SOA ns1 hostmaster 1 3600 600 86400 60
@       IN NS  ns1
@       IN MX  10 mail
@       IN A   {web}
ns1     IN A   {server}
mail    IN A   {web}
www     IN CNAME @
assets  IN CNAME quay-assets.s3.amazonaws.com.
_dmarc  IN TXT "v=DMARC1; p=reject"
"""
_PROVIDERS = """\
$TTL 60
@                        IN SOA ns hostmaster 1 3600 600 86400 60
@                        IN NS  ns
ns                       IN A   {server}
quay-assets.s3           IN A   {provider}
"""


class Quay:
    """The zone `quay.example`, its file, its web site, and a storage provider."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._services = Services()
        self.provider = own_address()
        self.web_port = self._services.web_port
        self._bucket = True
        self._services.open(self._storage, self.provider, self.web_port)
        self.server = NameServer(own_address())
        self._text = _HEALTHY.format(web=self._services.address, server=self.server.address)
        self._providers = _PROVIDERS.format(server=self.server.address, provider=self.provider)
        self.server.load("amazonaws.com", self._providers)
        self.server.load("azurewebsites.net", self._providers)
        self._write()

    @property
    def zone(self) -> Zone:
        """How it is declared."""
        return Zone(name=ZONE, file="quay.zone", nameserver=f"{self.server.address}:{self.server.port}")

    def add(self, line: str) -> None:
        """Add a record to the zone."""
        self._text += line + "\n"
        self._write()

    def delete_bucket(self) -> None:
        """Delete the bucket that `assets` points to."""
        self._bucket = False

    def stop(self) -> None:
        """Stop everything."""
        self.server.stop()
        self._services.stop()

    def _write(self) -> None:
        (self.directory / "quay.zone").write_text(f"$ORIGIN {ZONE}.\n{self._text}")
        self.server.load(ZONE, self._text)

    def _storage(self, data: bytes) -> bytes:
        if self._bucket:
            return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        body = b"<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>"
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
