"""Questions to the name system: bounded, with TCP when an answer is cut, every kind of failure told apart."""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from prodproof.facts import Reason, Unseen
from prodproof.facts.dns import Lookup
from prodproof.reach.stream import explain, is_loopback, source_for
from prodproof.reach.world import Settings

MAX_CHAIN = 12
MAX_RECORDS = 64
TRIES = 2
AT_ONCE = 32
_BY_REASON = {
    Reason.TIMED_OUT: Lookup.TIMED_OUT,
    Reason.UNREACHABLE: Lookup.UNREACHABLE,
    Reason.DENIED: Lookup.NOT_ALLOWED,
    Reason.INCOMPLETE: Lookup.NOT_ASKED,
}
_ANOTHER_MAY_KNOW = {Lookup.SERVER_FAILED, Lookup.REFUSED, *_BY_REASON.values()}


@dataclass(frozen=True)
class Reply:
    """How a question ended."""

    lookup: Lookup
    values: tuple[str, ...] = ()
    """The records' data: addresses, names without the final dot, texts."""

    chain: tuple[str, ...] = ()
    """Names that CNAME records led through."""

    authoritative: bool = False

    @property
    def unseen(self) -> Unseen | None:
        """Why the answer is not known; None where the name system did answer."""
        return failure(self.lookup)


def failure(lookup: Lookup) -> Unseen | None:
    """The reason of unknown that a failed look-up is; None for real answers."""
    if lookup is Lookup.TIMED_OUT:
        return Unseen(Reason.TIMED_OUT, "the name server did not answer")
    if lookup is Lookup.REFUSED:
        return Unseen(Reason.DENIED, "the name server refuses to answer")
    if lookup is Lookup.SERVER_FAILED:
        return Unseen(Reason.UNREACHABLE, "the name server failed to answer (SERVFAIL)")
    if lookup is Lookup.UNREACHABLE:
        return Unseen(Reason.UNREACHABLE, "the name server cannot be reached from here")
    if lookup is Lookup.NOT_ALLOWED:
        return Unseen(Reason.DENIED, "this machine does not allow questions to the name server")
    if lookup is Lookup.NOT_ASKED:
        return Unseen(Reason.INCOMPLETE, "this machine could not ask the name server")
    if lookup is Lookup.BROKEN:
        return Unseen(Reason.INCOMPLETE, "the answer is not valid DNS, or leads in a circle")
    return None


class Resolver:
    """Asks a declared name server, or those that this machine uses.

    Args:
        settings: time limits and source address.
        nameserver: `address:port` (`[address]:port` for IPv6), or None.
    """

    def __init__(self, settings: Settings, nameserver: str | None = None) -> None:
        self._settings = settings
        self._slots: asyncio.Semaphore | None = None
        self.servers = (split_server(nameserver),) if nameserver else _system_servers()

    @property
    def lab(self) -> bool:
        """Whether it asks a server on this machine that was named for it."""
        return all(is_loopback(address) for address, _ in self.servers)

    async def ask(self, name: str, kind: str) -> Reply:
        """Look one type of record up, and follow CNAME records to their end.

        Args:
            name: with or without the final dot.
            kind: `A`, `AAAA`, `MX`, `NS`, `TXT` ...
        """
        chain: list[str] = []
        current = name.rstrip(".").lower()
        while True:
            reply = await self._once(current, kind)
            for target in reply.chain:
                if target in (*chain, name.rstrip(".").lower()):
                    return Reply(Lookup.BROKEN, (), tuple(chain))
                chain.append(target)
            if len(chain) > MAX_CHAIN:
                return Reply(Lookup.BROKEN, (), tuple(chain))
            if reply.lookup is Lookup.NO_DATA and reply.chain:
                # The server followed the chain only part of the way, as those without recursion do.
                current = reply.chain[-1]
                continue
            return Reply(reply.lookup, reply.values, tuple(chain), reply.authoritative)

    async def addresses(self, name: str) -> Reply:
        """A and AAAA records together."""
        four, six = await asyncio.gather(self.ask(name, "A"), self.ask(name, "AAAA"))
        if four.lookup is six.lookup is Lookup.FOUND:
            return Reply(Lookup.FOUND, (*four.values, *six.values), four.chain, four.authoritative)
        for reply in (four, six):
            if reply.lookup is Lookup.FOUND:
                return reply
        return next((reply for reply in (four, six) if reply.unseen), four)

    async def texts(self, name: str) -> Sequence[str] | Unseen:
        """TXT records; none at all is an empty answer."""
        reply = await self.ask(name, "TXT")
        return reply.unseen or reply.values

    async def serves(self, server: str, zone: str, port: int = 53) -> Lookup:
        """Whether a name server answers for a zone with authority."""
        reply = Reply(Lookup.TIMED_OUT)
        for _ in range(TRIES):
            reply = await self._exchange(zone.rstrip("."), "SOA", server, port, recursion=False)
            if reply.lookup not in (Lookup.TIMED_OUT, Lookup.SERVER_FAILED):
                break
        if reply.lookup is Lookup.FOUND and not reply.authoritative:
            return Lookup.REFUSED
        return Lookup.REFUSED if reply.lookup is Lookup.NO_DATA else reply.lookup

    async def _once(self, name: str, kind: str) -> Reply:
        reply = Reply(Lookup.TIMED_OUT)
        for _ in range(TRIES):
            for address, port in self.servers:
                reply = await self._exchange(name, kind, address, port)
                if reply.lookup not in _ANOTHER_MAY_KNOW:
                    return reply
            if reply.lookup is not Lookup.TIMED_OUT:
                return reply
        return reply

    async def _exchange(self, name: str, kind: str, address: str, port: int, recursion: bool = True) -> Reply:
        if self._slots is None:
            self._slots = asyncio.Semaphore(AT_ONCE)
        try:
            question = dns.message.make_query(name + ".", kind, use_edns=0, payload=1232)
        except (dns.exception.DNSException, ValueError, UnicodeError):
            return Reply(Lookup.NO_NAME)
        if not recursion:
            question.flags &= ~dns.flags.RD
        limit = min(self._settings.connect_timeout, 3.0)
        source = source_for(address, self._settings)
        try:
            async with self._slots, asyncio.timeout(2 * limit):
                answer, _ = await dns.asyncquery.udp_with_fallback(
                    question, address, timeout=limit, port=port, source=source, ignore_unexpected=True
                )
        except (TimeoutError, dns.exception.Timeout):
            return Reply(Lookup.TIMED_OUT)
        except OSError as error:
            return Reply(_BY_REASON[explain(error).why])
        except (dns.exception.DNSException, ValueError, EOFError):
            return Reply(Lookup.BROKEN)
        return _whatever_it_is(lambda: answer, name, kind)


def parse_reply(wire: bytes, name: str, kind: str) -> Reply:
    """Read an answer from its bytes; whatever they are, the worst outcome is `BROKEN`."""
    return _whatever_it_is(lambda: dns.message.from_wire(wire), name, kind)


def _whatever_it_is(message: Callable[[], dns.message.Message], name: str, kind: str) -> Reply:
    try:
        return read_reply(message(), name, kind)
    except Exception:  # foreign bytes fail in many ways; each means the same here
        return Reply(Lookup.BROKEN)


def read_reply(answer: dns.message.Message, name: str, kind: str) -> Reply:
    """What an answer says about a name: its chain of CNAME records and the data at its end."""
    codes = {
        dns.rcode.NXDOMAIN: Lookup.NO_NAME,
        dns.rcode.SERVFAIL: Lookup.SERVER_FAILED,
        dns.rcode.REFUSED: Lookup.REFUSED,
        dns.rcode.NOTAUTH: Lookup.REFUSED,
    }
    code = answer.rcode()
    if code not in codes and code is not dns.rcode.NOERROR:
        return Reply(Lookup.BROKEN)
    wanted = dns.rdatatype.from_text(kind)
    aliases: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    # A server of the parent zone names the servers of a delegation under "authority", not as an answer.
    referral = [item for item in answer.authority if wanted == item.rdtype == dns.rdatatype.NS]
    for rrset in (*answer.answer[:MAX_RECORDS], *referral[:MAX_RECORDS]):
        owner = _text(rrset.name)
        for record in list(rrset)[:MAX_RECORDS]:
            if rrset.rdtype == dns.rdatatype.CNAME and wanted != dns.rdatatype.CNAME:
                aliases[owner] = _text(record.target)
            elif rrset.rdtype == wanted:
                values.setdefault(owner, []).append(_value(record, kind))
    chain: list[str] = []
    current = name.rstrip(".").lower()
    while current in aliases:
        current = aliases[current]
        if current in chain or len(chain) > MAX_CHAIN:
            return Reply(Lookup.BROKEN, (), tuple(chain))
        chain.append(current)
    authoritative = bool(answer.flags & dns.flags.AA)
    if code in codes:
        return Reply(codes[code], (), tuple(chain), authoritative)
    found = tuple(values.get(current, ()))
    return Reply(Lookup.FOUND if found else Lookup.NO_DATA, found, tuple(chain), authoritative)


def split_server(text: str) -> tuple[str, int]:
    """Read `address`, `address:port` or `[address]:port`. Raises ValueError when it is none of them."""
    address, port = text, "53"
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    return str(ipaddress.ip_address(address)), int(port)


def _system_servers() -> tuple[tuple[str, int], ...]:
    try:
        resolver = dns.resolver.Resolver()
    except (dns.exception.DNSException, OSError):
        return ()
    return tuple((str(server), resolver.port) for server in resolver.nameservers)[:3]


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _value(record: object, kind: str) -> str:
    if kind == "MX":
        return _text(record.exchange)  # type: ignore[attr-defined]  # every MX record has one
    if kind in ("NS", "CNAME"):
        return _text(record.target)  # type: ignore[attr-defined]  # every NS and CNAME record has one
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]  # and TXT these
    return str(record)[:255]
