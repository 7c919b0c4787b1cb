"""A name server for a few zones on loopback (UDP and TCP), and the providers that its names point to."""

import contextlib
import socket
import struct
import threading
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone

from prodproof.facts.declared import Declared, Host, Vendor, Zone
from tests.servers.services import Services, own_address

ZONE = "quay.example"
MAX_UDP = 1232

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


class NameServer:
    """Answers with authority for its zones, with wildcards and delegations; refuses everything else."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._zones: dict[dns.name.Name, dns.zone.Zone] = {}
        self._tcp = socket.create_server((address, 0), backlog=64)
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, self.port))
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def load(self, origin: str, text: str) -> None:
        """Serve a zone (again)."""
        name = dns.name.from_text(origin)
        self._zones[name] = dns.zone.from_text(text, origin=name, relativize=False, check_origin=False)

    def stop(self) -> None:
        """Stop listening."""
        # A thread that waits in recvfrom holds its socket open; shutting it down wakes the thread.
        with contextlib.suppress(OSError):
            self._udp.shutdown(socket.SHUT_RDWR)
        self._udp.close()
        with contextlib.suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)
        self._tcp.close()

    def answer(self, wire: bytes, limit: int) -> bytes | None:
        """The answer to one question; cut to `limit` bytes with the TC flag."""
        try:
            question = dns.message.from_wire(wire)
            reply = dns.message.make_response(question)
            asked = question.question[0]
        except (dns.exception.DNSException, IndexError, ValueError):
            return None
        zone = max((origin for origin in self._zones if asked.name.is_subdomain(origin)), key=len, default=None)
        if zone is None:
            reply.set_rcode(dns.rcode.REFUSED)
        else:
            self._fill(reply, self._zones[zone], zone, asked.name, asked.rdtype)
        whole = reply.to_wire(max_size=65535)
        if len(whole) <= limit:
            return whole
        cut = dns.message.make_response(question)
        cut.flags |= dns.flags.TC
        return cut.to_wire()

    def _fill(
        self,
        reply: dns.message.Message,
        zone: dns.zone.Zone,
        origin: dns.name.Name,
        name: dns.name.Name,
        kind: dns.rdatatype.RdataType,
    ) -> None:
        cut = name
        while cut != origin:
            if delegation := zone.get_rdataset(cut, dns.rdatatype.NS):
                reply.authority.append(dns.rrset.from_rdata_list(cut, delegation.ttl, list(delegation)))
                return
            cut = cut.parent()
        reply.flags |= dns.flags.AA
        node = zone.get_node(name)
        parent = name
        while node is None and parent != origin:
            if any(other != parent and other.is_subdomain(parent) for other in zone.nodes):
                return
            parent = parent.parent()
            node = zone.get_node(dns.name.Name((b"*", *parent.labels)))
        if node is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
            return
        for rdataset in node.rdatasets:
            if rdataset.rdtype in (kind, dns.rdatatype.CNAME):
                reply.answer.append(dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset)))

    def _serve_udp(self) -> None:
        while True:
            try:
                wire, peer = self._udp.recvfrom(4096)
            except OSError:
                return
            if peer and (reply := self.answer(wire, MAX_UDP)):
                with contextlib.suppress(OSError):
                    self._udp.sendto(reply, peer)
            elif not peer:
                return

    def _serve_tcp(self) -> None:
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, struct.error):
                connection.settimeout(2)
                (size,) = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))
                reply = self.answer(connection.recv(size, socket.MSG_WAITALL), 65535)
                if reply:
                    connection.sendall(struct.pack("!H", len(reply)) + reply)


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

    def declare(self, declared: Declared) -> dict[str, object]:
        """What the system file says about it."""
        return {
            "zones": (*declared.zones, self.zone),
            "hosts": (*declared.hosts, Host(name=ZONE, addresses=(self._services.address,))),
            "vendors": (*declared.vendors, Vendor(name="storage", hosts=("amazonaws.com",))),
        }

    def add(self, line: str) -> None:
        """Add a record to the zone."""
        self._text += line + "\n"
        self._write()

    def delete_bucket(self) -> None:
        """Delete the bucket that `assets` points to."""
        self._bucket = False

    def lose_file(self) -> None:
        """Take the zone file away."""
        (self.directory / "quay.zone").unlink()

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
