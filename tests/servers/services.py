"""A host on a loopback address of its own, with a public web port and services that belong inside."""

import secrets
import socket
import threading
from collections.abc import Callable

from prodproof.facts.declared import Host, Permission, Port
from prodproof.range.ports import machine_wide

VANTAGE = "127.0.0.9"
"""The source address that stands for the outside."""

Reply = Callable[[bytes], bytes]


def own_address() -> str:
    """A loopback address that nobody else uses, so that tests beside each other do not see one another."""
    first, second, third = (1 + value % 250 for value in secrets.token_bytes(3))
    return f"127.{first}.{second}.{third}"


def web(data: bytes) -> bytes:
    """A small web server."""
    return b"HTTP/1.1 200 OK\r\nServer: harbour\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok" if data else b""


def redis(data: bytes) -> bytes:
    """The few words of a Redis without a password."""
    return b"+PONG\r\n" if data.upper().startswith(b"PING") else b"-ERR unknown command\r\n"


class Services:
    """Small servers that answer one message."""

    def __init__(self) -> None:
        self.address = own_address()
        self.inside = own_address()
        self._sockets: list[socket.socket] = []
        self.web_port = self.open(web)
        self.redis_port = self.open(redis, self.inside)

    def open(self, reply: Reply, address: str | None = None, port: int = 0) -> int:
        """Start a server at the public address, or another one; returns its port."""
        listener = socket.create_server((address or self.address, port), backlog=128)
        self._sockets.append(listener)
        threading.Thread(target=_accept, args=(listener, reply), daemon=True).start()
        return int(listener.getsockname()[1])

    @property
    def host(self) -> Host:
        """How it is declared: its web port, and what listens on every address of this machine anyway."""
        machine = tuple(Port(number=number, purpose="this machine's own") for number in machine_wide())
        return Host(
            name=self.address,
            ports=(Port(number=self.web_port, purpose="the harbour's web site"), *machine),
            control_open=self.web_port,
            allow=frozenset({Permission.PORT_SCAN}),
        )

    def stop(self) -> None:
        """Stop all of them."""
        for listener in self._sockets:
            listener.close()


def _accept(listener: socket.socket, reply: Reply) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, reply), daemon=True).start()


def _serve(connection: socket.socket, reply: Reply) -> None:
    connection.settimeout(5)
    with connection:
        try:
            data = connection.recv(4096)
            if answer := reply(data) if data else b"":
                connection.sendall(answer)
        except OSError:
            pass
