"""The resolver: every way in which a question can end, and any bytes as an answer."""

import asyncio
import errno
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.asyncquery
import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.facts.dns import Lookup
from prodproof.range.servers.name_server import NameServer
from prodproof.reach.dns.resolver import Reply, Resolver, parse_reply, split_server
from prodproof.reach.world import Settings
from tests.reach import servers
from tests.servers.services import own_address

ZONE = """\
$TTL 60
@      IN SOA ns1 hostmaster 1 3600 600 86400 60
@      IN NS ns1
@      IN MX 10 mail
ns1    IN A 127.0.0.1
mail   IN A 192.0.2.25
www    IN CNAME web
web    IN A 192.0.2.1
web    IN AAAA 2001:db8::1
old    IN CNAME gone.other.example.
nowhere IN CNAME missing
round  IN CNAME about
about  IN CNAME round
*.wild IN A 192.0.2.9
big    IN TXT {text}
child  IN NS ns.dead.example.
_prodproof IN TXT "token-1"
""".format(text=" ".join(f'"{"x" * 250}"' for _ in range(12)))
QUICK = Settings(connect_timeout=0.3)


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    made = NameServer(own_address())
    made.load("shop.example", ZONE)
    yield made
    made.stop()


def ask(server: NameServer, name: str, kind: str = "A") -> Reply:
    return asyncio.run(Resolver(QUICK, f"{server.address}:{server.port}").ask(name, kind))


def test_addresses(server: NameServer) -> None:
    reply = asyncio.run(Resolver(QUICK, f"{server.address}:{server.port}").addresses("www.shop.example."))
    assert reply.lookup is Lookup.FOUND
    assert set(reply.values) == {"192.0.2.1", "2001:db8::1"}
    assert reply.chain == ("web.shop.example",)
    assert reply.authoritative


@pytest.mark.parametrize(
    ("name", "kind", "lookup"),
    [
        ("mail.shop.example", "AAAA", Lookup.NO_DATA),
        ("absent.shop.example", "A", Lookup.NO_NAME),
        ("nowhere.shop.example", "A", Lookup.NO_NAME),
        ("old.shop.example", "A", Lookup.REFUSED),
        ("www.elsewhere.example", "A", Lookup.REFUSED),
        ("round.shop.example", "A", Lookup.BROKEN),
        ("anything.wild.shop.example", "A", Lookup.FOUND),
        ("shop.example", "MX", Lookup.FOUND),
        ("child.shop.example", "NS", Lookup.FOUND),
        ("a..b", "A", Lookup.NO_NAME),
        ("x" * 300, "A", Lookup.NO_NAME),
    ],
)
def test_ends(server: NameServer, name: str, kind: str, lookup: Lookup) -> None:
    assert ask(server, name, kind).lookup is lookup


def test_a_large_answer_comes_over_tcp(server: NameServer) -> None:
    reply = ask(server, "big.shop.example", "TXT")
    assert reply.lookup is Lookup.FOUND
    assert len(reply.values[0]) == 3000


def test_authority(server: NameServer) -> None:
    resolver = Resolver(QUICK, f"{server.address}:{server.port}")
    assert asyncio.run(resolver.serves(server.address, "shop.example", server.port)) is Lookup.FOUND
    assert asyncio.run(resolver.serves(server.address, "other.example", server.port)) is Lookup.REFUSED


def test_texts(server: NameServer) -> None:
    resolver = Resolver(QUICK, f"{server.address}:{server.port}")
    assert asyncio.run(resolver.texts("_prodproof.shop.example")) == ("token-1",)
    assert asyncio.run(resolver.texts("shop.example")) == ()
    refused = asyncio.run(resolver.texts("other.example"))
    assert isinstance(refused, Unseen)
    assert refused.why is Reason.DENIED


def test_a_server_that_keeps_silent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        reply = asyncio.run(Resolver(QUICK, f"127.0.0.1:{mute.getsockname()[1]}").ask("shop.example", "A"))
    assert reply.lookup is Lookup.TIMED_OUT
    assert reply.unseen is not None
    assert reply.unseen.why is Reason.TIMED_OUT


@pytest.mark.parametrize(
    ("code", "lookup", "reason"),
    [
        (errno.ECONNREFUSED, Lookup.UNREACHABLE, Reason.UNREACHABLE),
        (errno.ENETUNREACH, Lookup.UNREACHABLE, Reason.UNREACHABLE),
        (errno.EHOSTUNREACH, Lookup.UNREACHABLE, Reason.UNREACHABLE),
        (errno.EPERM, Lookup.NOT_ALLOWED, Reason.DENIED),
        (errno.EMFILE, Lookup.NOT_ASKED, Reason.INCOMPLETE),
        (errno.ETIMEDOUT, Lookup.TIMED_OUT, Reason.TIMED_OUT),
    ],
)
def test_a_question_that_does_not_leave(
    monkeypatch: pytest.MonkeyPatch, code: int, lookup: Lookup, reason: Reason
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError(code, "no")

    monkeypatch.setattr("dns.asyncquery.udp_with_fallback", fail)
    reply = asyncio.run(Resolver(QUICK, "127.0.0.1:53").ask("shop.example", "A"))
    assert reply.lookup is lookup
    assert reply.unseen is not None
    assert reply.unseen.why is reason


def test_a_cut_answer_and_nothing_that_listens_on_tcp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            # An empty datagram ends it: a socket must not be closed under a thread that reads it.
            while True:
                question, peer = server.recvfrom(4096)
                if not question:
                    return
                server.sendto(question[:2] + b"\x86\x00" + question[4:10] + b"\0\0" + question[12:29], peer)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            reply = asyncio.run(Resolver(QUICK, f"127.0.0.1:{server.getsockname()[1]}").ask("shop.example", "A"))
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", server.getsockname())
            thread.join()
    assert reply.lookup is Lookup.UNREACHABLE


def test_the_next_server_is_asked_where_one_cannot_be_reached(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_it = dns.asyncquery.udp_with_fallback

    async def fail(question: dns.message.Message, where: str, **more: Any) -> tuple[dns.message.Message, bool]:
        if where == "127.0.0.9":
            raise OSError(errno.ENETUNREACH, "no")
        return await ask_it(question, where, **more)

    monkeypatch.setattr("dns.asyncquery.udp_with_fallback", fail)
    resolver = Resolver(QUICK)
    resolver.servers = (("127.0.0.9", 53), (server.address, server.port))
    assert asyncio.run(resolver.ask("mail.shop.example", "A")).values == ("192.0.2.25",)


def test_servers_are_read() -> None:
    assert split_server("127.0.0.1:5353") == ("127.0.0.1", 5353)
    assert split_server("192.0.2.1") == ("192.0.2.1", 53)
    assert split_server("[::1]:5353") == ("::1", 5353)
    assert split_server("2001:db8::1") == ("2001:db8::1", 53)
    with pytest.raises(ValueError):
        split_server("resolver.example:53")


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes(wire: bytes) -> None:
    assert parse_reply(wire, "shop.example", "A").lookup in Lookup


@settings(max_examples=300)
@given(st.binary(max_size=200), st.integers(0, 65535), st.sampled_from(["A", "MX", "NS", "TXT", "CNAME"]))
def test_any_records_behind_a_good_header(body: bytes, count: int, kind: str) -> None:
    question = dns.message.make_query("shop.example.", kind).to_wire()
    wire = question[:2] + b"\x84\x00\x00\x01" + count.to_bytes(2, "big") + bytes(4) + question[12:] + body
    reply = parse_reply(wire, "shop.example", kind)
    assert len(reply.values) <= 64 * 64


def test_bind(tmp_path: Path) -> None:
    named = servers.program("named")
    port, address = servers.free_port(), "127.0.0.1"
    (tmp_path / "zone").write_text(ZONE)
    (tmp_path / "named.conf").write_text(
        f'options {{ directory "{tmp_path}"; listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }}; '
        f'recursion no; pid-file "{tmp_path}/pid"; session-keyfile "{tmp_path}/key"; dnssec-validation no; '
        "allow-query { any; }; }; controls { };\n"
        f'zone "shop.example" {{ type primary; file "{tmp_path}/zone"; check-names ignore; }};\n'
    )
    command = [named, "-g", "-c", str(tmp_path / "named.conf"), "-n", "1"]
    with servers.running(command, address, port, tmp_path):
        resolver = Resolver(Settings(), f"{address}:{port}")
        found = asyncio.run(resolver.ask("www.shop.example", "A"))
        absent = asyncio.run(resolver.ask("absent.shop.example", "A"))
        elsewhere = asyncio.run(resolver.ask("other.example", "A"))
        child = asyncio.run(resolver.ask("child.shop.example", "NS"))
        wild = asyncio.run(resolver.ask("a.b.wild.shop.example", "A"))
    assert (found.lookup, found.values, found.chain) == (Lookup.FOUND, ("192.0.2.1",), ("web.shop.example",))
    assert absent.lookup is Lookup.NO_NAME
    assert elsewhere.lookup is Lookup.REFUSED
    assert child.values == ("ns.dead.example",)
    assert wild.values == ("192.0.2.9",)
