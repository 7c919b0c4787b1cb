"""An authoritative name server in Python, for machines without BIND (UDP and TCP).

python name_server.py ADDRESS PORT ORIGIN=FILE...
"""

import contextlib
import socket
import struct
import sys
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

MAX_UDP = 1232


class NameServer:
    """Answers with authority for its zones, with wildcards and delegations; refuses everything else.

    Args:
        address: to listen on.
        port: the same for UDP and TCP; 0 for a free one.
    """

    def __init__(self, address: str, port: int = 0) -> None:
        self.address = address
        self._zones: dict[dns.name.Name, dns.zone.Zone] = {}
        self._tcp = socket.create_server((address, port), backlog=64)
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, self.port))
        self._threads = [threading.Thread(target=serve, daemon=True) for serve in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

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

    def wait(self) -> None:
        """Serve until stopped."""
        for thread in self._threads:
            thread.join()

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
            _fill(reply, self._zones[zone], zone, asked.name, asked.rdtype)
        whole = reply.to_wire(max_size=65535)
        if len(whole) <= limit:
            return whole
        cut = dns.message.make_response(question)
        cut.flags |= dns.flags.TC
        return cut.to_wire()

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


def _fill(
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


def main(address: str, port: str, *zones: str) -> None:
    """Serve zones until stopped."""
    server = NameServer(address, int(port))
    for zone in zones:
        origin, _, file = zone.partition("=")
        server.load(origin, Path(file).read_text())
    server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
