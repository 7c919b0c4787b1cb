"""The TLS enumerator against servers that are modern, old, hostile or gone."""

import asyncio
import base64
import contextlib
import os
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Reason
from prodproof.facts.tls import TlsAddress
from prodproof.range.components.certificates import Authority
from prodproof.reach.ports.services import identify
from prodproof.reach.tls.chain import UnreadableError, read_certificate
from prodproof.reach.tls.endpoint import Target, examine
from prodproof.reach.world import Settings
from tests.reach import servers
from tests.servers import postgres
from tests.servers.tls_server import ADDRESS, HOST, TlsServer

QUICK = Settings(connect_timeout=1.0, total_timeout=0.5)


def look(port: int, settings: Settings = QUICK, starttls: str | None = None, address: str = "127.0.0.1") -> TlsAddress:
    return asyncio.run(examine(Target(address, port, "localhost", starttls), settings))


def accepted(seen: TlsAddress) -> dict[str, tuple[str, ...]]:
    return {offer.version: offer.suites for offer in seen.protocols if offer.accepted}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TlsServer]:
    made = TlsServer(tmp_path)
    yield made
    made.stop()


def test_a_modern_server(server: TlsServer) -> None:
    seen = asyncio.run(examine(Target(ADDRESS, server.port, HOST), server.settings(Settings())))
    assert set(accepted(seen)) == {"TLSv1.2", "TLSv1.3"}
    assert set(accepted(seen)["TLSv1.3"]) == {
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
    }
    assert all(name.startswith("TLS_ECDHE_ECDSA_WITH_") for name in accepted(seen)["TLSv1.2"])
    assert "x25519" in seen.groups
    chain = seen.chains[0]
    assert chain.trust_error is None
    assert chain.certificates[0].names == (HOST,)
    assert (chain.certificates[0].key, chain.certificates[0].key_bits) == ("EC", 256)


def test_an_old_server(server: TlsServer) -> None:
    server.accept(ssl.TLSVersion.MINIMUM_SUPPORTED, "ALL:@SECLEVEL=0")
    seen = asyncio.run(examine(Target(ADDRESS, server.port, HOST), Settings()))
    assert {"TLSv1.0", "TLSv1.1", "TLSv1.2"} <= set(accepted(seen))
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" in accepted(seen)["TLSv1.0"]
    assert seen.chains[0].trust_error is not None


def test_nothing_listens() -> None:
    seen = look(servers.free_port())
    assert seen.unseen is not None
    assert seen.unseen.why is Reason.UNREACHABLE


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (servers.silent, Reason.TIMED_OUT),
        (servers.dripping, Reason.TIMED_OUT),
        (servers.reset, Reason.UNREACHABLE),
        (servers.closing, Reason.UNREACHABLE),
    ],
)
def test_servers_that_misbehave(talk: servers.Talk, reason: Reason) -> None:
    with servers.talking(talk) as port:
        seen = look(port)
    assert seen.unseen is not None
    assert seen.unseen.why is reason


@pytest.mark.parametrize("talk", [servers.garbage, servers.flooding])
def test_what_is_not_tls(talk: servers.Talk) -> None:
    with servers.talking(talk) as port:
        seen = look(port)
    assert not seen.speaks_tls


def test_alert_to_everything() -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02\x70")

    with servers.talking(refuse) as port:
        seen = look(port)
    assert seen.unseen is not None
    assert "unrecognized name" in seen.unseen.detail


def test_a_certificate_of_a_megabyte(tmp_path: Path, server: TlsServer) -> None:
    pem = Authority(tmp_path / "big").issue("localhost", *(f"n{number}.{'x' * 60}.example" for number in range(14000)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(10)

    with servers.talking(serve) as port:
        seen = look(port, Settings(total_timeout=3))
    assert "TLSv1.2" in accepted(seen)
    assert seen.chains == ()
    assert seen.chains_unseen is not None
    assert seen.chains_unseen.why is Reason.INCOMPLETE


def test_a_server_that_goes_away_in_the_middle_has_refused_nothing(server: TlsServer) -> None:
    count = 0

    def few(connection: socket.socket) -> None:
        nonlocal count
        count += 1
        if count > 12:
            servers.reset(connection)
            return
        with socket.create_connection((ADDRESS, server.port), 2) as behind:
            behind.settimeout(1)
            behind.sendall(connection.recv(4096))
            with contextlib.suppress(TimeoutError):
                while data := behind.recv(65536):
                    connection.sendall(data)

    with servers.talking(few) as port:
        seen = look(port, Settings(total_timeout=2))
    assert seen.unseen or all(offer.unseen for offer in seen.protocols)


def test_nginx_with_old_protocols(tmp_path: Path) -> None:
    nginx = servers.program("nginx")
    pem = Authority(tmp_path / "ca").issue("localhost")
    port = servers.free_port()
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}} "
        "http { access_log off; server { "
        f"listen 127.0.0.1:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem}; "
        "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0; } }"
    )
    command = [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    with servers.running(command, "127.0.0.1", port, tmp_path):
        seen = look(port, Settings())
    assert set(accepted(seen)) == {"TLSv1.0", "TLSv1.1"}
    assert seen.chains[0].certificates[0].names == ("localhost",)


def test_redirected_mail_greetings(server: TlsServer) -> None:
    dialogues = {
        "smtp": (
            (b"220 mail ESMTP\r\n", None),
            (b"250-mail\r\n250-PIPELINING\r\n250 STARTTLS\r\n", b"EHLO"),
            (b"220 go\r\n", b"STARTTLS"),
        ),
        "imap": ((b"* OK ready\r\n", None), (b"* CAPABILITY IMAP4\r\na1 OK begin\r\n", b"a1 STARTTLS")),
        "pop3": ((b"+OK ready\r\n", None), (b"+OK begin\r\n", b"STLS")),
        "ftp": ((b"220-hello\r\n220 ready\r\n", None), (b"234 go\r\n", b"AUTH TLS")),
        "postgres": ((b"S", bytes.fromhex("0000000804d2162f")),),
    }
    for protocol, dialogue in dialogues.items():

        def serve(connection: socket.socket, dialogue: object = dialogue) -> None:
            for says, expects in dialogue:  # type: ignore[attr-defined]  # a tuple of pairs
                if expects is not None and not connection.recv(100).startswith(expects):
                    return
                connection.sendall(says)
            with server._context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(10)

        with servers.talking(serve) as port:
            seen = look(port, Settings(total_timeout=3), starttls=protocol)
        assert "TLSv1.2" in accepted(seen), protocol
        assert len(seen.chains) == 1, protocol


def test_mail_without_starttls() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 mail ESMTP\r\n")
        connection.recv(100)
        connection.sendall(b"250 mail\r\n")

    with servers.talking(serve) as port:
        seen = look(port, starttls="smtp")
    assert not seen.speaks_tls
    assert seen.unseen is None


def test_a_real_postgresql(tmp_path: Path) -> None:
    with postgres.running() as database:
        without = look(database.port, starttls="postgres")
        pem = Authority(tmp_path / "ca").issue("localhost")
        mine = database.directory / "server.pem"
        shutil.copyfile(pem, mine)
        mine.chmod(0o600)
        owner = database.directory.stat()
        os.chown(mine, owner.st_uid, owner.st_gid)
        with psycopg.connect(database.url(), autocommit=True) as connection:
            for name in ("ssl_cert_file", "ssl_key_file"):
                connection.execute(f"ALTER SYSTEM SET {name} = '{mine}'".encode())
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 10
        seen = look(database.port, Settings(), "postgres")
        while not seen.speaks_tls and time.monotonic() < deadline:
            time.sleep(0.1)
            seen = look(database.port, Settings(), "postgres")
        (told,) = asyncio.run(identify("127.0.0.1", (database.port,), "localhost", Settings()))
    assert not without.speaks_tls
    assert "TLSv1.3" in accepted(seen)
    assert seen.chains[0].certificates[0].names == ("localhost",)
    assert (told.service, told.detail) == ("postgresql", "with TLS")


def test_a_small_prime(tmp_path: Path) -> None:
    # The Second Oakley Group, 1024 bits (RFC 2409, 6.2).
    prime = bytes.fromhex(
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
        "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
        "49286651ECE65381FFFFFFFFFFFFFFFF"
    )
    # PKCS #3: SEQUENCE { prime INTEGER, base INTEGER }.
    parameters = b"\x30\x81\x87\x02\x81\x81\x00" + prime + b"\x02\x01\x02"
    text = base64.encodebytes(parameters).decode()
    (tmp_path / "dh.pem").write_text(f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n")
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, now - timedelta(days=1), now + timedelta(days=9))
    ).sign(key, hashes.SHA256())
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE+AESGCM:@SECLEVEL=0")
    context.load_dh_params(str(tmp_path / "dh.pem"))
    context.load_cert_chain(pem)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(10)

    with servers.talking(serve) as port:
        seen = look(port, Settings(total_timeout=3))
    assert set(accepted(seen)) == {"TLSv1.2"}
    assert seen.dh_bits == 1024


@given(st.binary(max_size=300))
def test_certificates_of_any_bytes(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_certificate(data)
