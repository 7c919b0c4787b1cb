"""A TCP connect scan: many ports of one address, in flight at the same time, within a rate and a deadline.

A closed port answers a connection attempt at once on a near network, so each attempt is asked about a second time
before it is given to epoll, and a socket that was refused is used again: that is most of the time that a scan of this
machine takes.
"""

import errno
import resource
import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prodproof.reach.stream import explain, family, is_loopback, source_for
from prodproof.reach.world import Settings

MAX_IN_FLIGHT = 1000
_LOCAL_BATCH = 256
_BIND_ADDRESS_NO_PORT = 24
_SELF_CONNECTS = 4
_REUSABLE = 64


@dataclass
class Scanned:
    """What became of each port."""

    open: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)
    untried: set[int] = field(default_factory=set)
    trouble: str = ""
    """Why ports were left untried."""

    def add(self, other: "Scanned") -> None:
        """Take the results for other ports in."""
        self.open |= other.open
        self.refused |= other.refused
        self.silent |= other.silent
        self.untried |= other.untried
        self.trouble = self.trouble or other.trouble


class Scanner:
    """Scans one address; keeps its speed between calls."""

    def __init__(self, address: str, settings: Settings) -> None:
        self.address = address
        self.local = is_loopback(address)
        self.source = source_for(address, settings)
        self.wait = min(settings.connect_timeout, 1.5)
        """Seconds until a port counts as silent."""
        self.rate = settings.scan_rate
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.limit = max(16, min(MAX_IN_FLIGHT, (soft - 64) // 2 if soft > 0 else MAX_IN_FLIGHT))
        self.window = self.limit if self.local else min(64, self.limit)

    def slow_down(self) -> None:
        """Halve the speed: a control that must answer did not."""
        self.window = max(8, self.window // 2)
        self.rate = max(20.0, self.rate / 2)

    def fit_wait(self, round_trip: float, longest: float) -> None:
        """Set the patience for silent ports from a measured round trip (seconds)."""
        self.wait = min(longest, max(0.4, 6 * round_trip + 0.3))

    def scan(self, ports: Iterable[int], deadline: float) -> Scanned:
        """Try each port; silent ones twice.

        Args:
            ports: TCP port numbers.
            deadline: monotonic time after which what is left counts as untried.
        """
        result = self._pass(list(ports), deadline)
        if result.silent and time.monotonic() < deadline:
            again = self._pass(sorted(result.silent), deadline)
            result.open |= again.open
            result.refused |= again.refused
            result.silent = (result.silent & again.untried) | again.silent
            result.trouble = result.trouble or again.trouble
        return result

    def is_open(self, port: int, deadline: float) -> bool:
        """Whether one port completes a connection."""
        return port in self.scan((port,), min(deadline, time.monotonic() + 4 * self.wait)).open

    def round_trip(self, port: int) -> float | None:
        """Seconds that an answer from a port takes, or None without one."""
        start = time.monotonic()
        result = self._pass([port], start + self.wait)
        return None if result.silent or result.untried else time.monotonic() - start

    def _pass(self, ports: Sequence[int], deadline: float) -> Scanned:
        return _Pass(self, ports, deadline).run()


class _Pass:
    def __init__(self, scanner: Scanner, ports: Sequence[int], deadline: float) -> None:
        self.scanner = scanner
        self.queue = deque(ports)
        self.deadline = deadline
        self.result = Scanned()
        self.spare: list[socket.socket] = []
        self.flying: dict[int, tuple[socket.socket, int, float]] = {}
        self.self_connects: dict[int, int] = {}
        self.allowance = 0.0

    def run(self) -> Scanned:
        self.refilled = time.monotonic()
        with select.epoll() as poll:
            try:
                while self.queue or self.flying:
                    if time.monotonic() > self.deadline:
                        self._give_up("not within the time for this scan")
                        break
                    self._launch(poll)
                    if self.flying:
                        self._collect(poll)
            finally:
                for sock, _, _ in self.flying.values():
                    sock.close()
                for sock in self.spare:
                    sock.close()
        return self.result

    def _launch(self, poll: select.epoll) -> None:
        fresh: list[tuple[socket.socket, int]] = []
        room = min(self._room(), _LOCAL_BATCH)
        address = self.scanner.address
        while self.queue and len(fresh) < room:
            try:
                sock = self.spare.pop() if self.spare else self._socket()
            except OSError as error:
                if not fresh and not self.flying:
                    self._give_up(explain(error).detail)
                # Out of descriptors: go on with what is in flight.
                self.scanner.window = max(8, len(self.flying) + len(fresh))
                break
            port = self.queue.popleft()
            sock.connect_ex((address, port))
            fresh.append((sock, port))
        self.allowance -= len(fresh)
        for sock, port in fresh:
            if not self._settled(sock, port, sock.connect_ex((address, port))):
                poll.register(sock.fileno(), select.EPOLLOUT)
                self.flying[sock.fileno()] = (sock, port, time.monotonic())
        if not fresh and not self.flying and self.queue:
            time.sleep(0.01)

    def _room(self) -> int:
        room = self.scanner.window - len(self.flying)
        if self.scanner.local:
            return max(0, room)
        now = time.monotonic()
        self.allowance = min(self.scanner.rate / 10, self.allowance + (now - self.refilled) * self.scanner.rate)
        self.refilled = now
        return max(0, min(room, int(self.allowance)))

    def _collect(self, poll: select.epoll) -> None:
        for number, _ in poll.poll(0 if self.queue and self._room() else 0.02):
            sock, port, _ = self.flying.pop(number)
            poll.unregister(number)
            if not self._settled(sock, port, sock.connect_ex((self.scanner.address, port))):
                self.result.silent.add(port)
                sock.close()
        oldest = time.monotonic() - self.scanner.wait
        # Attempts are kept in the order of their start, so the first one that is young enough ends the search.
        late = []
        for number, (_, _, started) in self.flying.items():
            if started > oldest:
                break
            late.append(number)
        for number in late:
            sock, port, _ = self.flying.pop(number)
            poll.unregister(number)
            sock.close()
            self.result.silent.add(port)

    def _settled(self, sock: socket.socket, port: int, code: int) -> bool:
        """Record what became of an attempt; False while it is still going on."""
        if code == errno.ECONNREFUSED:
            self.result.refused.add(port)
            self._answered(sock)
        elif code in (0, errno.EISCONN):
            self._opened(sock, port)
        elif code in (errno.EALREADY, errno.EINPROGRESS):
            return False
        else:
            sock.close()
            if code in (errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNABORTED):
                self.result.silent.add(port)
            else:
                self.result.untried.add(port)
                self.result.trouble = explain(OSError(code, errno.errorcode.get(code, "error"))).detail
        return True

    def _opened(self, sock: socket.socket, port: int) -> None:
        try:
            itself = sock.getsockname()[:2] == sock.getpeername()[:2]
        except OSError:
            # It was closed again at once, which only a listening port can do.
            itself = False
        sock.close()
        if not itself:
            self.result.open.add(port)
            return
        # The kernel chose the very port as the source and connected the socket with itself: nobody listens there.
        self.self_connects[port] = self.self_connects.get(port, 0) + 1
        if self.self_connects[port] < _SELF_CONNECTS:
            self.queue.append(port)
        else:
            self.result.refused.add(port)

    def _answered(self, sock: socket.socket) -> None:
        if len(self.spare) < max(_REUSABLE, _LOCAL_BATCH):
            self.spare.append(sock)
        else:
            sock.close()
        if self.scanner.window < self.scanner.limit:
            self.scanner.window += 1

    def _socket(self) -> socket.socket:
        sock = socket.socket(family(self.scanner.address), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if self.scanner.source:
            # The port is then chosen at the connection, per target, so that the scan does not use them up.
            sock.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
            sock.bind((self.scanner.source, 0))
        return sock

    def _give_up(self, why: str) -> None:
        self.result.trouble = why
        self.result.untried |= set(self.queue) | {port for _, port, _ in self.flying.values()}
        self.queue.clear()


def ranges(ports: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Port numbers as ranges, both ends included."""
    found: list[tuple[int, int]] = []
    for port in sorted(set(ports)):
        if found and found[-1][1] == port - 1:
            found[-1] = (found[-1][0], port)
        else:
            found.append((port, port))
    return tuple(found)
