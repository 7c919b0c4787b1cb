"""Which ports of a host answer from a vantage, what speaks there, and whether that vantage can be believed."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.unseen import Unseen

PortRange = tuple[int, int]
"""First and last port, both included."""


class UdpState(StrEnum):
    """What came back from a UDP port to a request that its usual service answers."""

    OPEN = "open"
    CLOSED = "closed"
    """The host itself said that nobody listens there."""

    SILENT = "silent"


@dataclass(frozen=True, kw_only=True)
class OpenPort:
    """A TCP port that completed a connection."""

    number: int
    service: str
    """What it said it is (`ssh`, `http`, `postgresql`, `redis` ...); empty where it could not be told."""

    detail: str = ""
    """A short, printable part of what it said: product and version."""

    tls: bool = False
    """Whether it speaks TLS at once."""


@dataclass(frozen=True, kw_only=True)
class UdpPort:
    """One of the UDP ports that are asked."""

    number: int
    service: str
    state: UdpState


@dataclass(frozen=True, kw_only=True)
class Control:
    """A port whose state was known beforehand, tried before, during and after the scan."""

    number: int
    expected_open: bool
    open: tuple[bool, ...]
    """What was seen, try by try."""

    @property
    def passed(self) -> bool:
        """Whether every try saw what was expected."""
        return bool(self.open) and all(state == self.expected_open for state in self.open)


@dataclass(frozen=True, kw_only=True)
class AddressPorts:
    """All TCP ports and the usual UDP ones of one address."""

    address: str
    open: tuple[OpenPort, ...] = ()
    refused: tuple[PortRange, ...] = ()
    """Ports that the host refused in so many words."""

    silent: tuple[PortRange, ...] = ()
    """Ports that did not answer."""

    untried: tuple[PortRange, ...] = ()
    """Ports that could not be tried, or not within the time."""

    udp: tuple[UdpPort, ...] = ()
    controls: tuple[Control, ...] = ()
    unseen: Unseen | None = None
    """Set when the address could not be scanned at all."""


@dataclass(frozen=True, kw_only=True)
class HostPorts:
    """A full scan of every address of one host."""

    host: str
    addresses: tuple[AddressPorts, ...]
    shown: tuple[PortRange, ...] = ()
    """TCP ports on which this vantage was shown to get through: somebody answered there, here or on another declared
    host within a day."""

    shown_udp: tuple[int, ...] = ()
    lab: bool = False
    """True when only loopback addresses were scanned; the source address stands for the vantage."""
