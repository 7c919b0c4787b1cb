"""Servers on loopback that misbehave, each in one way, and real ones as plain processes."""

import contextlib
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prodproof.reach.stream import family

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def talking(talk: Talk, address: str = "127.0.0.1") -> Iterator[int]:
    """Run `talk` on every connection; yields the port."""
    listener = socket.create_server((address, 0), family=family(address), backlog=128)
    threads: list[threading.Thread] = []
    open_sockets: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError):
            talk(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            open_sockets.append(connection)
            thread = threading.Thread(target=serve, args=(connection,), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for connection in open_sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


@contextlib.contextmanager
def over_tls(talk: Talk, pem: Path, address: str = "127.0.0.1") -> Iterator[int]:
    """The same within TLS 1.3; a client that refuses the certificate ends the connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(pem)

    def secured(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            talk(secure)

    with talking(secured, address) as port:
        yield port


def request(connection: socket.socket) -> bytes:
    """The head of an HTTP request, or what came of it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def says(answer: bytes) -> Talk:
    """Answers each request with these bytes and hangs up."""

    def talk(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(answer)

    return talk


def endless(before: bytes, part: bytes) -> Talk:
    """Answers with `before`, then with `part` again and again."""

    def talk(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(before)
        while True:
            connection.sendall(part)

    return talk


def drips(before: bytes) -> Talk:
    """Answers with `before` and then a byte at a time."""

    def talk(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(before)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    return talk


def silent(connection: socket.socket) -> None:
    """Reads everything and never answers."""
    while connection.recv(4096):
        pass


def reset(connection: socket.socket) -> None:
    """Resets the connection at the first bytes."""
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closing(connection: socket.socket) -> None:
    """Hangs up at the first bytes."""
    connection.recv(4096)


def dripping(connection: socket.socket) -> None:
    """Sends a TLS record a byte at a time, and never ends."""
    connection.recv(4096)
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    while True:
        connection.sendall(b"\0")
        time.sleep(0.02)


def flooding(connection: socket.socket) -> None:
    """Sends handshake records without an end."""
    connection.recv(4096)
    while True:
        connection.sendall(b"\x16\x03\x03\x40\x00" + b"\x02\x03\xff\xff" + bytes(16380))


def garbage(connection: socket.socket) -> None:
    """Answers with something that is not TLS."""
    connection.recv(4096)
    connection.sendall(b"SSH-2.0-nonsense\r\n" * 10)


def program(name: str) -> str:
    """Path of a program, or the test is skipped."""
    for folder in ("", "/usr/sbin/", "/usr/local/sbin/"):
        if found := shutil.which(folder + name):
            return found
    pytest.skip(f"{name} is not installed")


def free_port(address: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.create_server((address, 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], address: str, port: int, cwd: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A server process, once it accepts connections; stopped by its process id."""
    with (cwd / "server.log").open("wb") as log:
        child = subprocess.Popen(command, cwd=cwd, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 15
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((address, port)) == 0:
                    break
            if child.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((cwd / "server.log").read_text(errors="replace"))
            time.sleep(0.05)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
