"""Talkrs that mean harm, or are broken: every exchange ends in bounded time and memory, with the true reason."""

import asyncio
import gzip
import resource
import socket
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.range.components.certificates import Authority
from prodproof.reach.http.client import BURST, MAX_BODY, MAX_HOPS, Door, Exchange, HttpClient
from prodproof.reach.world import Settings
from tests.reach.servers import Talk, drips, endless, over_tls, request, says, silent, talking

QUICK = Settings(connect_timeout=1.0, total_timeout=1.5)
OURS = "127.0.0.3"
PATIENCE = 6.0
"""Seconds after which an exchange counts as not bounded; far above what it takes."""


def ask(port: int, path: str = "/", settings: Settings = QUICK, **named: object) -> Exchange | Unseen:
    """One request, with its own client."""

    async def go() -> Exchange | Unseen:
        async with asyncio.timeout(PATIENCE):
            return await HttpClient(settings).ask(f"http://{OURS}:{port}{path}", **named)  # type: ignore[arg-type]

    return asyncio.run(go())


OK = b"HTTP/1.1 200 OK\r\n"
SAYS_OK = says(OK + b"Content-Length: 2\r\n\r\nok")


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        pytest.param(silent, Reason.TIMED_OUT, id="never answers"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\nX: "), Reason.TIMED_OUT, id="drips a header"),
        pytest.param(endless(OK, b"X-A: b\r\n"), Reason.INCOMPLETE, id="endless headers"),
        pytest.param(endless(OK + b"X: ", b"y" * 4096), Reason.INCOMPLETE, id="one endless header"),
        pytest.param(endless(b"", b"HTTP/1.1 103 Hints\r\n\r\n"), Reason.TIMED_OUT, id="endless early hints"),
        pytest.param(says(OK + b"X: y\r\n" * 500 + b"\r\n"), Reason.INCOMPLETE, id="500 headers"),
        pytest.param(says(b"<html>hello</html>\n"), Reason.INCOMPLETE, id="HTTP/0.9"),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.2\r\n"), Reason.INCOMPLETE, id="another protocol"),
        pytest.param(says(b"\x00\xff\x16\x03" * 50), Reason.INCOMPLETE, id="binary"),
        pytest.param(says(OK + b"X: a\x00b\r\n\r\n"), Reason.INCOMPLETE, id="NUL in a header"),
        pytest.param(says(OK + b"X\r: a\n b\r\n\r\n"), Reason.INCOMPLETE, id="header injection"),
        pytest.param(
            says(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"), Reason.INCOMPLETE, id="two lengths"
        ),
        pytest.param(says(b"HTTP/1.1 99999 OK\r\n\r\n"), Reason.INCOMPLETE, id="a status that is none"),
        pytest.param(says(b""), Reason.INCOMPLETE, id="closes without a word"),
    ],
)
def test_no_answer_has_its_true_reason(serve: Talk, reason: Reason) -> None:
    with talking(serve, OURS) as port:
        answer = ask(port)
    assert isinstance(answer, Unseen)
    assert answer.why is reason, answer.detail
    assert answer.detail.isprintable() and len(answer.detail) < 250


@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(drips(OK + b"Content-Length: 1000\r\n\r\n"), id="a dripping body"),
        pytest.param(says(OK + b"Content-Length: 1000\r\n\r\nshort"), id="a body cut off"),
        pytest.param(says(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"), id="invalid chunking"),
        pytest.param(
            says(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nhello"), id="a chunk without end"
        ),
        pytest.param(says(OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"), id="gzip that is none"),
    ],
)
def test_a_broken_body_leaves_the_headers(serve: Talk) -> None:
    with talking(serve, OURS) as port:
        answer = ask(port)
    assert isinstance(answer, Exchange)
    assert (answer.status, answer.complete) == (200, False)


def test_a_body_of_5_gb_is_not_read() -> None:
    sent = 0

    def serve(peer: socket.socket) -> None:
        nonlocal sent
        request(peer)
        peer.sendall(OK + b"Content-Length: 5368709120\r\n\r\n")
        while True:
            peer.sendall(b"x" * 65536)
            sent += 65536

    with talking(serve, OURS) as port:
        answer = ask(port)
    assert isinstance(answer, Exchange)
    assert (len(answer.body), answer.complete) == (MAX_BODY, False)
    assert sent < 64 * MAX_BODY


def bomb() -> bytes:
    return gzip.compress(b"\0" * 512 * 1024 * 1024, 1)


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "gzip, gzip, gzip", "deflate", "br"])
def test_a_compression_bomb_stays_small(encoding: str) -> None:
    layer = zlib.compress(b"\0" * 256 * 1024 * 1024) if encoding == "deflate" else bomb()
    for _ in range(encoding.count("gzip") - 1):
        layer = gzip.compress(layer)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with talking(says(OK + f"Content-Encoding: {encoding}\r\n\r\n".encode() + layer), OURS) as port:
        answer = ask(port)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert isinstance(answer, Exchange)
    assert len(answer.body) <= MAX_BODY and not answer.complete
    assert grown < 100 * 1024, f"grew by {grown // 1024} MB"


def test_compressed_bodies_are_read() -> None:
    for name, data in (("gzip", gzip.compress(b"hello")), ("deflate", zlib.compress(b"hello")), ("deflate", raw())):
        with talking(says(OK + f"Content-Encoding: {name}\r\n\r\n".encode() + data), OURS) as port:
            answer = ask(port)
        assert isinstance(answer, Exchange)
        assert (answer.body, answer.complete) == (b"hello", True)


def raw() -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(b"hello") + squeezer.flush()


def test_redirects_are_read_by_hand_and_loops_end() -> None:
    with talking(says(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"), OURS) as port:
        client = HttpClient(QUICK)
        url = f"http://{OURS}:{port}/"
        answer = ask(port)
        chain, stopped = asyncio.run(client.follow(url, frozenset({f"{OURS}:{port}"})))
    assert isinstance(answer, Exchange)
    assert (answer.status, answer.redirect) == (302, f"http://{OURS}:{port}/again")
    assert stopped is not None and stopped.why is Reason.INCOMPLETE
    assert len(chain) == 2


def test_a_redirect_that_changes_every_time_ends() -> None:
    count = 0

    def serve(peer: socket.socket) -> None:
        nonlocal count
        count += 1
        request(peer)
        peer.sendall(f"HTTP/1.1 302 Found\r\nLocation: /{count}\r\nContent-Length: 0\r\n\r\n".encode())

    with talking(serve, OURS) as port:
        chain, stopped = asyncio.run(HttpClient(QUICK).follow(f"http://{OURS}:{port}/", frozenset({f"{OURS}:{port}"})))
    assert len(chain) == MAX_HOPS and stopped is not None


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://localhost/",
        "//127.0.0.1/",
    ],
)
def test_a_redirect_to_a_private_address_is_recorded_not_followed(location: str) -> None:
    with talking(
        says(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()), OURS
    ) as port:
        chain, stopped = asyncio.run(HttpClient(QUICK).follow(f"http://{OURS}:{port}/", frozenset({f"{OURS}:{port}"})))
    assert stopped is None
    assert [item.status for item in chain] == [302]
    assert chain[0].redirect is not None


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "file:///etc/passwd", "http://[", "http://a:b/", "\x7f", "http:///"]
)
def test_a_location_that_is_none(location: str) -> None:
    with talking(
        says(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()), OURS
    ) as port:
        answer = ask(port)
    if isinstance(answer, Exchange):
        assert answer.redirect is None or answer.redirect.startswith(f"http://{OURS}:{port}/")
    else:
        assert answer.why is Reason.INCOMPLETE


def https(port: int, settings: Settings, unverified: bool = False) -> Exchange | Unseen:
    async def go() -> Exchange | Unseen:
        async with asyncio.timeout(PATIENCE):
            return await HttpClient(settings).ask(f"https://shop.example:{port}/", unverified=unverified)

    return asyncio.run(go())


NAMED = replace(QUICK, resolve={"shop.example": "127.0.0.3"})


@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), id="plain HTTP on a TLS port"),
        pytest.param(lambda peer: peer.sendall(b"\x16\x03\x01\x40\x00" + b"\x02" * 0x4000), id="garbage records"),
        pytest.param(lambda peer: peer.sendall(b"\x15\x03\x01\x00\x02\x02\x28"), id="a fatal alert"),
        pytest.param(lambda peer: peer.close(), id="closes at once"),
    ],
)
def test_broken_tls_is_unreachable(serve: Talk) -> None:
    with talking(serve, OURS) as port:
        answer = https(port, NAMED, unverified=True)
    assert isinstance(answer, Unseen)
    assert answer.why is Reason.UNREACHABLE, answer.detail


def test_a_handshake_that_never_ends_times_out() -> None:
    def serve(peer: socket.socket) -> None:
        while True:
            peer.sendall(b"\x16")
            time.sleep(0.2)

    with talking(serve, OURS) as port:
        answer = https(port, NAMED)
    assert isinstance(answer, Unseen)
    assert answer.why in (Reason.TIMED_OUT, Reason.UNREACHABLE)


def test_a_handshake_that_is_not_answered_times_out() -> None:
    with talking(silent, OURS) as port:
        answer = https(port, NAMED)
    assert isinstance(answer, Unseen) and answer.why is Reason.TIMED_OUT, answer


def test_a_certificate_is_trusted_through_the_private_authority_only(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with over_tls(SAYS_OK, authority.issue("shop.example"), OURS) as port:
        stranger = https(port, NAMED)
        doubted = https(port, NAMED, unverified=True)
        trusted = https(port, replace(NAMED, ca_file=authority.ca_file))
    assert isinstance(stranger, Unseen)
    assert stranger.why is Reason.UNREACHABLE and "certificate is not trusted" in stranger.detail
    assert isinstance(doubted, Exchange) and doubted.certificate_error
    assert isinstance(trusted, Exchange) and trusted.certificate_error is None
    assert trusted.lab and trusted.body == b"ok"


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with over_tls(SAYS_OK, authority.issue("other.example"), OURS) as port:
        answer = https(port, replace(NAMED, ca_file=authority.ca_file))
    assert isinstance(answer, Unseen) and "certificate is not trusted" in answer.detail


def test_a_certificate_of_a_megabyte_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    names = ["shop.example", *(f"{'x' * 60}.{'y' * 60}.{number}.example" for number in range(8000))]
    with over_tls(SAYS_OK, authority.issue(*names), OURS) as port:
        answer = https(port, replace(NAMED, ca_file=authority.ca_file), unverified=True)
    assert isinstance(answer, Unseen)
    assert answer.why in (Reason.UNREACHABLE, Reason.TIMED_OUT)


def test_a_missing_authority_file_is_not_configured(tmp_path: Path) -> None:
    answer = https(1, replace(NAMED, ca_file=tmp_path / "none.pem"))
    assert isinstance(answer, Unseen) and answer.why is Reason.NOT_CONFIGURED


def test_a_closed_port_is_refused_and_said_so() -> None:
    with talking(silent, OURS) as port:
        pass
    answer = ask(port)
    doors = asyncio.run(HttpClient(QUICK).door("127.0.0.3", port))
    assert isinstance(answer, Unseen) and answer.why is Reason.UNREACHABLE
    assert doors == {"127.0.0.3": Door.REFUSED}


def test_a_silent_server_is_given_up_after_three_times() -> None:
    asked = 0

    def serve(peer: socket.socket) -> None:
        nonlocal asked
        asked += 1
        silent(peer)

    async def many(port: int) -> list[Exchange | Unseen]:
        client = HttpClient(replace(QUICK, total_timeout=0.3))
        return [await client.ask(f"http://{OURS}:{port}/{number}") for number in range(10)]

    with talking(serve, OURS) as port:
        answers = asyncio.run(many(port))
    assert asked == 3
    assert {answer.why for answer in answers if isinstance(answer, Unseen)} == {Reason.TIMED_OUT}


def test_a_public_name_at_a_private_address_is_not_contacted() -> None:
    class Rebound(HttpClient):
        async def addresses(self, host: str) -> tuple[str, ...] | Unseen:
            return self._permitted(host, ("10.1.2.3", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"))

    refused = asyncio.run(Rebound(QUICK).ask("http://shop.example/"))
    declared = Rebound(QUICK, {"shop.example": frozenset({"10.1.2.3"})})
    assert isinstance(refused, Unseen) and refused.why is Reason.NOT_PERMITTED
    assert asyncio.run(declared.addresses("shop.example")) == ("10.1.2.3",)
    assert asyncio.run(Rebound(QUICK).addresses("localhost")) == ("127.0.0.1",)


def test_hosts_have_a_rate_and_labs_have_none() -> None:
    client = HttpClient(replace(QUICK, rate=1000.0), clock=lambda: 100.0)

    async def turns(address: str, count: int) -> None:
        for _ in range(count):
            await client._turn(address, "shop.example")

    asyncio.run(turns("127.0.0.9", 50))
    assert client._next == {}
    asyncio.run(turns("192.0.2.1", BURST))
    assert client._next["shop.example"] == pytest.approx(100.001)
    asyncio.run(turns("192.0.2.1", 5))
    assert client._next["shop.example"] == pytest.approx(100.006)


def test_what_is_sent_is_ours() -> None:
    heard: list[bytes] = []

    def serve(peer: socket.socket) -> None:
        heard.append(request(peer))
        peer.sendall(OK + b"Content-Length: 0\r\n\r\n")

    with talking(serve, OURS) as port:
        ask(port, "/a", headers=(("X-Forwarded-For", "10.0.0.1"),), host_header="admin.example")
        ask(port, "/", target=b"/%zz/../x")
        injected = ask(port, "/", headers=(("X", "a\r\nY: b"),))
    assert b"Host: admin.example" in heard[0].replace(b"host:", b"Host:")
    assert b"prodproof/" in heard[0] and b"10.0.0.1" in heard[0]
    assert heard[1].startswith(b"GET /%zz/../x HTTP/1.1")
    assert isinstance(injected, Unseen) and all(b"\r\nY: b" not in item for item in heard)


def test_ipv6_is_asked_too() -> None:
    try:
        with talking(says(OK + b"Content-Length: 0\r\n\r\n"), "::1") as port:
            answer = asyncio.run(HttpClient(QUICK).ask(f"http://[::1]:{port}/"))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    assert isinstance(answer, Exchange) and answer.address == "::1"


def test_a_proxy_is_used_and_its_failures_are_not_the_sites() -> None:
    heard: list[bytes] = []

    def serve(peer: socket.socket) -> None:
        heard.append(request(peer))
        peer.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    with talking(serve, OURS) as port:
        settings = replace(QUICK, proxy=f"http://{OURS}:{port}")
        client = HttpClient(settings)
        plain = asyncio.run(client.ask("http://shop.example/"))
        secure = asyncio.run(client.ask("https://shop.example/"))
    assert isinstance(plain, Unseen) and plain.why is Reason.UNREACHABLE and "proxy" in plain.detail
    assert isinstance(secure, Unseen) and secure.why is Reason.UNREACHABLE and "proxy" in secure.detail
    assert heard[0].startswith(b"GET http://shop.example/") and heard[1].startswith(b"CONNECT shop.example:443")
