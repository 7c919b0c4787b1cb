"""A TLS server on loopback whose protocols, suites and certificate can be changed while it runs."""

import socket
import ssl
import threading
from dataclasses import replace
from pathlib import Path

from prodproof.facts.declared import EntryPoint
from prodproof.range.components.certificates import Authority
from prodproof.reach.world import Settings

ADDRESS = "127.0.0.3"
HOST = "pier.example"
MODERN = "ECDHE+AESGCM:ECDHE+CHACHA20"


class TlsServer:
    """Answers every handshake, and one short HTTP answer within it."""

    def __init__(self, directory: Path) -> None:
        self.authority = Authority(directory)
        self._context = self._made(self.authority.issue(HOST, days=60, age=10), ssl.TLSVersion.TLSv1_2, MODERN)
        self._listener = socket.create_server((ADDRESS, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def entry_point(self) -> EntryPoint:
        """How it is declared."""
        return EntryPoint(url=f"https://{HOST}:{self.port}", purpose="the pier", owner="ana")

    def settings(self, settings: Settings) -> Settings:
        """The run's settings with its name and its authority."""
        return replace(settings, ca_file=self.authority.ca_file, resolve={HOST: ADDRESS})

    def accept(self, oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2, suites: str = MODERN) -> None:
        """Accept these protocols and suites from now on, with the certificate as it is."""
        self._context = self._made(self._pem, oldest, suites)

    def certify(self, *names: str, days: int, age: int) -> None:
        """Serve another certificate from now on: issued `age` days ago, good for `days` more."""
        pem = self.authority.issue(*(names or (HOST,)), days=days, age=age)
        self._context = self._made(pem, ssl.TLSVersion.TLSv1_2, MODERN)

    def stop(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _made(self, pem: Path, oldest: ssl.TLSVersion, suites: str) -> ssl.SSLContext:
        self._pem = pem
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Setting an old version by name is deprecated in Python; the lowest that it was built with is not.
        context.minimum_version = oldest
        context.set_ciphers(suites)
        context.load_cert_chain(pem)
        return context

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, self._context), daemon=True).start()

    @staticmethod
    def _serve(connection: socket.socket, context: ssl.SSLContext) -> None:
        connection.settimeout(5)
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(4096)
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        except (OSError, ValueError):
            connection.close()
