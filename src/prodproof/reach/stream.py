"""One bounded TCP connection: connecting, reading and sending under one deadline, errors as `Unseen`."""

import asyncio
import errno
import ipaddress
import socket
import time

from prodproof.facts import Reason, Unseen
from prodproof.reach.world import Settings

MAX_BYTES = 512 * 1024
"""What one connection may send us before it is given up."""


class LostError(Exception):
    """The connection did not bring what was asked for; `unseen` says why."""

    def __init__(self, why: Reason, detail: str, *, ended: bool = False) -> None:
        super().__init__(detail)
        self.unseen = Unseen(why, detail)
        self.ended = ended
        """True when the other side closed or reset an established connection."""


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def source_for(address: str, settings: Settings) -> str | None:
    """The local address to bind for a target: on loopback the source address stands for the vantage."""
    source = settings.source_address
    if source is None or (":" in source) != (":" in address) or is_loopback(source) != is_loopback(address):
        return None
    return source


def family(address: str) -> socket.AddressFamily:
    """IPv6 for addresses with colons, else IPv4."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def explain(error: OSError) -> Unseen:
    """Why a connection failed, as a reason and a line."""
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return Unseen(Reason.TIMED_OUT, "no answer to the connection attempt")
    if error.errno in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return Unseen(Reason.UNREACHABLE, "this vantage has no route to the address")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unseen(Reason.DENIED, "this machine does not allow the connection")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return Unseen(Reason.INCOMPLETE, "out of file descriptors here")
    return Unseen(Reason.UNREACHABLE, (error.strerror or type(error).__name__).lower())


class Stream:
    """A connection with a deadline for all of it, however slowly the other side drips."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket = sock
        self._deadline = deadline
        self._received = 0

    @classmethod
    async def open(cls, address: str, port: int, settings: Settings) -> "Stream":
        """Connect. Raises LostError with the reason."""
        sock = socket.socket(family(address), socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            if source := source_for(address, settings):
                sock.bind((source, 0))
            async with asyncio.timeout(settings.connect_timeout):
                await asyncio.get_running_loop().sock_connect(sock, (address, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            unseen = explain(error)
            raise LostError(unseen.why, unseen.detail) from error
        except BaseException:
            sock.close()
            raise
        return cls(sock, time.monotonic() + settings.total_timeout)

    async def __aenter__(self) -> "Stream":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    async def send(self, data: bytes) -> None:
        """Send all of it. Raises LostError."""
        try:
            async with asyncio.timeout(self._remaining()):
                await asyncio.get_running_loop().sock_sendall(self._socket, data)
        except TimeoutError as error:
            raise LostError(Reason.TIMED_OUT, "the server does not read what it is sent") from error
        except OSError as error:
            raise LostError(Reason.UNREACHABLE, "the connection was reset", ended=True) from error

    async def receive(self, size: int = 16384, wait: float | None = None) -> bytes:
        """The next bytes; empty when the other side has closed.

        Args:
            size: at most so many.
            wait: seconds, where that is shorter than what is left of the deadline.
        """
        limit = self._remaining() if wait is None else min(wait, self._remaining())
        try:
            async with asyncio.timeout(limit):
                data = await asyncio.get_running_loop().sock_recv(self._socket, size)
        except TimeoutError as error:
            raise LostError(Reason.TIMED_OUT, "connected, but no complete answer came in time") from error
        except OSError as error:
            raise LostError(Reason.UNREACHABLE, "the connection was reset", ended=True) from error
        self._received += len(data)
        if self._received > MAX_BYTES:
            raise LostError(Reason.INCOMPLETE, f"the answer is larger than {MAX_BYTES // 1024} KB")
        return data

    async def line(self, limit: int = 2048) -> bytes:
        """One line without its end, read byte by byte so that nothing after it is taken. Raises LostError."""
        found = bytearray()
        while len(found) < limit:
            byte = await self.receive(1)
            if not byte:
                raise LostError(Reason.UNREACHABLE, "the connection was closed", ended=True)
            if byte == b"\n":
                return bytes(found).rstrip(b"\r")
            found += byte
        raise LostError(Reason.UNREACHABLE, "answered with something that is not a line of text")

    def _remaining(self) -> float:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise LostError(Reason.TIMED_OUT, "connected, but no complete answer came in time")
        return remaining


class Pace:
    """Spaces connections to one host; not on loopback."""

    def __init__(self, address: str, settings: Settings) -> None:
        self._interval = 0.0 if is_loopback(address) or settings.rate <= 0 else 1.0 / settings.rate
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until the next connection may be made."""
        if not self._interval:
            return
        now = time.monotonic()
        at = max(now, self._next)
        self._next = at + self._interval
        await asyncio.sleep(at - now)
