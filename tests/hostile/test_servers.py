"""Servers and name servers that misbehave: claims about them are unknown for the true reason, nothing else suffers."""

import asyncio
import gzip
import os
import socket
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from prodproof.range.components.certificates import Authority
from prodproof.range.components.repo import Repo
from tests.hostile.command import Ran, check_manners, prodproof
from tests.hostile.repositories import HOSTILE_TEXT, MEGABYTE
from tests.reach.servers import (
    Talk,
    dripping,
    drips,
    endless,
    flooding,
    garbage,
    over_tls,
    request,
    reset,
    says,
    silent,
    talking,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
ABOUT_THE_SITE = (
    "exposure.hsts", "exposure.public-behaviour-matches", "exposure.admin-restricted",
    "exposure.tls-modern", "exposure.certificate-renews", "application.security-headers",
    "application.cookies-secure", "application.no-debug-endpoints",
)  # fmt: skip
NEEDS_AN_ANSWER = ("exposure.hsts", "application.security-headers", "exposure.public-behaviour-matches")
HOST = "shop.example"


def visited(port: int, home: Path, *more: object, scheme: str = "https") -> Ran:
    ran = prodproof(
        "verify", f"{scheme}://{HOST}:{port}/", "--resolve", f"{HOST}=127.0.0.1", "--format", "json", *more, home=home
    )
    check_manners(ran)
    assert ran.code in (1, 3)
    return ran


def five_gigabytes(connection: socket.socket) -> None:
    request(connection)
    connection.sendall(OK + b"Content-Length: 5368709120\r\n\r\n")
    for _ in range(5120):
        connection.sendall(bytes(MEGABYTE))


def bomb(encoding: str) -> bytes:
    squeezer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    data = b"".join(squeezer.compress(bytes(MEGABYTE)) for _ in range(300)) + squeezer.flush()
    if encoding == "gzip, gzip":
        data = gzip.compress(data)
    head = f"Content-Encoding: {encoding}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    return OK + head + data


def verdicts(ran: Ran, ids: tuple[str, ...]) -> dict[str, str]:
    return {id: ran.report[id]["verdict"] for id in ids}


@pytest.mark.parametrize(
    ("talk", "reasons"),
    [
        pytest.param(silent, {"timed-out"}, id="never answers"),
        pytest.param(dripping, {"timed-out", "unreachable"}, id="drips a handshake"),
        pytest.param(flooding, {"timed-out", "unreachable", "incomplete"}, id="floods"),
        pytest.param(garbage, {"unreachable", "incomplete"}, id="another protocol"),
        pytest.param(reset, {"unreachable"}, id="resets"),
        pytest.param(lambda peer: peer.sendall(b"HTTP/1.1 400 x\r\n\r\n"), {"unreachable"}, id="plain HTTP"),
        pytest.param(lambda peer: peer.sendall(b"\x15\x03\x01\x00\x02\x02\x28"), {"unreachable"}, id="an alert"),
    ],
)
def test_broken_tls(tmp_path: Path, talk: Talk, reasons: set[str]) -> None:
    with talking(talk) as port:
        ran = visited(port, tmp_path / "home")
    assert "holds" not in verdicts(ran, ABOUT_THE_SITE).values()
    assert {ran.report[id]["reason_code"] for id in NEEDS_AN_ANSWER} <= reasons | {"timed-out"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize(
    ("talk", "reasons"),
    [
        pytest.param(silent, {"timed-out"}, id="never answers"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\nX: "), {"timed-out"}, id="drips"),
        pytest.param(endless(OK, b"X-A: b\r\n"), {"incomplete"}, id="endless headers"),
        pytest.param(endless(OK + b"X: ", b"y" * 4096), {"incomplete"}, id="one endless header"),
        pytest.param(endless(b"", b"HTTP/1.1 103 Hints\r\n\r\n"), {"timed-out"}, id="endless early hints"),
        pytest.param(says(b"<html>hello</html>\n"), {"incomplete"}, id="HTTP/0.9"),
        pytest.param(says(b"\x00\xff\x16\x03" * 50), {"incomplete"}, id="binary"),
    ],
)
def test_no_http_behind_good_tls(tmp_path: Path, authority: Authority, talk: Talk, reasons: set[str]) -> None:
    with over_tls(talk, authority.issue(HOST)) as port:
        ran = visited(port, tmp_path / "home", "--ca-file", authority.ca_file)
    assert "holds" not in verdicts(ran, ABOUT_THE_SITE[:3] + ABOUT_THE_SITE[5:]).values()
    for id in NEEDS_AN_ANSWER:
        item = ran.report[id]
        assert item["verdict"] == "unknown" and item["reason_code"] in reasons | {"timed-out"}, (id, item)
    assert ran.report["exposure.tls-modern"]["verdict"] == "holds", "its handshake is as good as ever"


REDIRECT = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(five_gigabytes, id="5 GB"),
        pytest.param(says(bomb("gzip")), id="gzip bomb"),
        pytest.param(says(bomb("deflate")), id="deflate bomb"),
        pytest.param(says(bomb("gzip, gzip")), id="bomb in a bomb"),
        pytest.param(says(OK + b"Content-Encoding: br\r\n\r\n" + bytes(2000)), id="an unknown encoding"),
        pytest.param(says(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"), id="a chunk without end"),
        pytest.param(says(REDIRECT + b"/\r\n\r\n"), id="redirect loop"),
        pytest.param(says(REDIRECT + b"http://169.254.169.254/latest/\r\n\r\n"), id="redirect to the cloud's metadata"),
        pytest.param(says(REDIRECT + b"https://127.0.0.1:1/\r\n\r\n"), id="redirect to loopback"),
        pytest.param(says(REDIRECT + b"//[::1/%00\r\n\r\n"), id="redirect to nonsense"),
        pytest.param(
            says(OK + b"Server: \x1b]0;owned\x07<script>\r\nSet-Cookie: \x1b[31m=1\r\nStrict-Transport-Security: "
                 b"max-age=" + b"9" * 5000 + b"\r\nContent-Security-Policy: " + b"script-src 'nonce-;" * 2000
                 + b"\r\n\r\n" + HOSTILE_TEXT.encode() + b"<!" * 200_000),
            id="hostile headers and markup",
        ),
        pytest.param(says(OK + b"\r\n" + b"<script src='a'" * 60_000), id="markup that never closes"),
        pytest.param(
            says(b"HTTP/1.1 500 x\r\nServer: " + b"a1." * 20_000 + b"\r\n\r\n" + b"a." * 250_000), id="traces"
        ),
    ],
)  # fmt: skip
def test_answers_made_to_hurt(tmp_path: Path, authority: Authority, talk: Talk) -> None:
    with over_tls(talk, authority.issue(HOST)) as port:
        ran = visited(port, tmp_path / "home", "--ca-file", authority.ca_file)
    assert verdicts(ran, NEEDS_AN_ANSWER[:2]) != dict.fromkeys(NEEDS_AN_ANSWER[:2], "holds")
    assert ran.report["exposure.tls-modern"]["verdict"] == "holds"
    assert {item["reason_code"] for item in ran.report.values()}.isdisjoint({"crashed"})


def test_a_certificate_of_a_megabyte(tmp_path: Path, authority: Authority) -> None:
    names = [HOST, *(f"{'x' * 60}.{'y' * 60}.{number}.example" for number in range(8000))]
    with over_tls(says(OK + b"\r\n"), authority.issue(*names)) as port:
        ran = visited(port, tmp_path / "home", "--ca-file", authority.ca_file)
    found = verdicts(ran, ABOUT_THE_SITE)
    assert found.pop("exposure.tls-modern") == "holds", "versions and suites are seen without a certificate"
    assert "holds" not in found.values()


def test_a_hostile_server_leaves_the_repository_alone(
    healthy: Repo, expected: Ran, authority: Authority, tmp_path: Path
) -> None:
    system = tmp_path / "prodproof.toml"
    with over_tls(endless(OK, b"X-A: b\r\n"), authority.issue(HOST)) as port:
        system.write_text(
            f'version = 1\nname = "harbour"\n[[repository]]\npath = "{os.path.relpath(healthy.directory, tmp_path)}"\n'
            f'name = "harbour"\n[[entry_point]]\nurl = "https://{HOST}:{port}/"\npurpose = "shop"\nowner = "ana"\n'
            '[[person]]\nid = "ana"\n[[owner]]\nof = "*"\nperson = "ana"\n'
        )
        ran = prodproof(
            "verify", system, "--resolve", f"{HOST}=127.0.0.1", "--ca-file", authority.ca_file, "--format", "json",
            home=tmp_path / "home",
        )  # fmt: skip
    check_manners(ran)
    for id, item in expected.report.items():
        if item["verdict"] == "holds" and id != "secrets.env-file-ignored":  # which asks the site too
            assert ran.report[id]["verdict"] == "holds", (id, ran.report[id])


def header(question: bytes, answers: int, flags: int = 0x8400) -> bytes:
    return question[:2] + struct.pack(">HHHHH", flags, 1, answers, 0, 0)


def loops(question: bytes) -> bytes:
    """An alias that leads to itself."""
    return header(question, 1) + question[12:] + b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\x0c"


def points_in_circles(question: bytes) -> bytes:
    """A compressed name that points at itself."""
    return header(question, 1) + question[12:] + struct.pack(">H", 0xC000 | len(question)) + b"\0" * 10


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(loops, id="an alias of itself"),
        pytest.param(points_in_circles, id="a name of itself"),
        pytest.param(lambda question: question[:5], id="cut"),
        pytest.param(lambda question: os.urandom(400), id="garbage"),
        pytest.param(lambda question: header(question, 65535) + question[12:], id="counts that lie"),
        pytest.param(lambda question: header(question, 0, 0x8600) + question[12:], id="cut, and TCP is closed"),
        pytest.param(lambda question: b"", id="empty"),
        pytest.param(None, id="never answers"),
    ],
)
def test_a_hostile_name_server(healthy: Repo, tmp_path: Path, answer: Callable[[bytes], bytes] | None) -> None:
    (tmp_path / "names.txt").write_text("".join(f"{name}.quay.example\n" for name in ("www", "mail", "old")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    question, peer = server.recvfrom(4096)
                except OSError:
                    return
                if not question:
                    return
                if answer is not None:
                    server.sendto(answer(question.split(b"\0\0)", 1)[0]), peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        system = tmp_path / "prodproof.toml"
        port = server.getsockname()[1]
        system.write_text(
            'version = 1\nname = "quay"\n[[zone]]\nname = "quay.example"\nfile = "names.txt"\n'
            f'nameserver = "127.0.0.1:{port}"\n'
        )
        ran = prodproof(
            "verify", system, "--only", "exposure.*", "--format", "json", home=tmp_path / "home", connect=0.3
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"", ("127.0.0.1", port))
        thread.join(5)
    check_manners(ran)
    item = ran.report["exposure.no-stale-dns"]
    assert item["verdict"] == "unknown", item
    assert item["reason_code"] in ("incomplete", "timed-out", "unreachable"), item


def test_the_loop_stays_free() -> None:
    """Reading a page made to be slow must not keep other probes from their answers."""
    from prodproof.facts.http import Situation
    from prodproof.probes._page import answer_of
    from prodproof.probes._traces import traces_in
    from prodproof.reach.http.client import Exchange

    async def ticks() -> int:
        count = 0

        async def tick() -> None:
            nonlocal count
            while True:
                await asyncio.sleep(0)
                count += 1

        ticking = asyncio.create_task(tick())
        for token in (b"<!", b"<a ", b"</", b"&#", b"<script ", b"a.", b"at a.", b"/srv/"):
            await asyncio.sleep(0)
            body = token * (MEGABYTE // len(token))
            exchange = Exchange(
                method="GET", url="https://a.example/", status=200, headers=(("content-type", "text/html"),),
                body=body, complete=True, address="127.0.0.1",
            )  # fmt: skip
            answer_of(exchange, next(iter(Situation)))
            traces_in(exchange.text, (("server", exchange.text[:4096]),))
        ticking.cancel()
        return count

    assert asyncio.run(ticks()) > 0
