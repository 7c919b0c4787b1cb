"""What speaks on a port: real servers, recorded first words, and nonsense."""

import asyncio
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.ports import OpenPort, UdpState
from prodproof.reach.dns import udp
from prodproof.reach.ports import services
from prodproof.reach.world import Settings
from tests.reach import servers
from tests.servers.services import own_address
from tests.servers.tls_server import ADDRESS, TlsServer

NOT_ALLOWED = b"\xff\x6a\x04Host '203.0.113.9' is not allowed to connect to this MySQL server"
MYSQL = b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(67)
HTTP = b"HTTP/1.1 200 OK\r\nServer: %s\r\nContent-Type: text/html\r\n\r\n%s"


def told(port: int, address: str = "127.0.0.1") -> OpenPort:
    (found,) = asyncio.run(services.identify(address, (port,), "shop.example", Settings(total_timeout=2)))
    return found


@pytest.mark.parametrize(
    ("greeting", "service"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "ssh"),
        (b"220 mail.example ESMTP Postfix\r\n", "smtp"),
        (b"220 (vsFTPd 3.0.3)\r\n", "ftp"),
        (b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n", "imap"),
        (b"+OK Dovecot ready.\r\n", "pop3"),
        (MYSQL, "mysql"),
        (len(NOT_ALLOWED).to_bytes(3, "little") + b"\0" + NOT_ALLOWED, "mysql"),
        (b"RFB 003.008\n", "vnc"),
        (b"\xff\xfd\x18\xff\xfd\x20", "telnet"),
        (b'INFO {"server_id":"x"}\r\n', "nats"),
        (b"hello there", None),
    ],
)
def test_greetings(greeting: bytes, service: str | None) -> None:
    found = services.read_greeting(greeting)
    assert (found.service if found else None) == service


@pytest.mark.parametrize(
    ("answer", "service"),
    [
        (HTTP % (b"nginx/1.22.1", b"<h1>Hi</h1>"), "http"),
        (HTTP % (b"x", b'{"version":{"lucene_version":"9.7"},"tagline":"You Know, for Search"}'), "elasticsearch"),
        (HTTP % (b"Cowboy", b"<title>RabbitMQ Management</title>"), "rabbitmq-management"),
        (HTTP % (b"Docker/24.0 (linux)", b'{"message":"page not found"}'), "docker-api"),
        (HTTP % (b"x", b"It looks like you are trying to access MongoDB over HTTP"), "mongodb"),
        (b"-ERR unknown command", None),
    ],
)
def test_what_is_inside_http(answer: bytes, service: str | None) -> None:
    found = services.read_http(answer)
    assert (found.service if found else None) == service


def test_redis(tmp_path: Path) -> None:
    port = servers.free_port()
    command = [servers.program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with servers.running(command, "127.0.0.1", port, tmp_path):
        found = told(port)
    assert found == OpenPort(number=port, service="redis", detail="without a password")


def test_redis_with_a_password(tmp_path: Path) -> None:
    port = servers.free_port()
    command = [servers.program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--requirepass", "lab"]
    with servers.running([*command, "--save", ""], "127.0.0.1", port, tmp_path):
        found = told(port)
    assert found.service == "redis"
    assert "NOAUTH" in found.detail


def test_a_web_server_within_tls(tmp_path: Path) -> None:
    server = TlsServer(tmp_path)
    found = told(server.port, ADDRESS)
    server.stop()
    assert (found.service, found.tls) == ("http", True)


def test_services_that_answer_their_own_question() -> None:
    def answers(question: bytes, answer: bytes) -> servers.Talk:
        def talk(connection: socket.socket) -> None:
            if connection.recv(4096).startswith(question):
                connection.sendall(answer)

        return talk

    mongo = bytes.fromhex("30000000010000000700000001000000") + bytes(32)
    cases = {
        "postgresql": answers(bytes.fromhex("0000000804d2162f"), b"N"),
        "memcached": answers(b"version\r\n", b"VERSION 1.6.18\r\n"),
        "amqp": answers(b"AMQP", b"AMQP\x00\x00\x09\x01"),
        "zookeeper": answers(b"ruok", b"imok"),
        "kafka": answers(b"\x00\x00\x00\x0a\x00\x12", b"\x00\x00\x00\x0apprf\x00\x00\x00\x00\x00\x00"),
        "mongodb": answers(mongo[:0], mongo),
    }
    for service, talk in cases.items():
        with servers.talking(talk) as port:
            assert told(port).service == service


@pytest.mark.parametrize("talk", [servers.silent, servers.reset, servers.closing, servers.flooding])
def test_a_port_that_says_nothing_useful(talk: servers.Talk) -> None:
    with servers.talking(talk) as port:
        assert told(port).service in ("", "tls")


def test_what_is_kept_is_short_and_printable() -> None:
    found = services.read_greeting(b"SSH-2.0-\x1b[31m" + b"A" * 500 + b"\r\n")
    assert found is not None
    assert "\x1b" not in found.detail
    assert len(found.detail) <= 80


@given(st.binary(max_size=400))
def test_readers_take_any_bytes(data: bytes) -> None:
    readers = (services.read_greeting, services.read_http, services.read_postgres, services.read_redis)
    for read in (*readers, services.read_mongodb, services.read_tls, services.read_kafka):
        found = read(data)
        assert found is None or found.detail.isprintable()


def test_udp() -> None:
    address = own_address()
    states = asyncio.run(udp.ask_all(address, Settings(), 0.2))
    assert {item.number for item in states} == {53, 123, 161, 11211}
    assert all(item.state in (UdpState.CLOSED, UdpState.OPEN) for item in states)


def test_udp_that_answers() -> None:
    address = own_address()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        try:
            listener.bind((address, 11211))
        except OSError:
            pytest.skip("UDP port 11211 cannot be bound")

        async def both() -> tuple[UdpState, ...]:
            listener.setblocking(False)
            loop = asyncio.get_running_loop()
            asking = asyncio.ensure_future(udp.ask_all(address, Settings(), 1.0))
            data, peer = await loop.sock_recvfrom(listener, 100)
            await loop.sock_sendto(listener, data[:8] + b"VERSION 1.6\r\n", peer)
            return tuple(item.state for item in await asking if item.number == 11211)

        assert asyncio.run(both()) == (UdpState.OPEN,)
