"""What listens on this machine beside a range."""

import socket
from pathlib import Path


def machine_wide() -> tuple[int, ...]:
    """TCP ports on which something listens on every address of this machine (Linux)."""
    found = set()
    for name in ("tcp", "tcp6"):
        path = Path("/proc/net") / name
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            address, _, port = fields[1].partition(":")
            if fields[3] == "0A" and not int(address, 16):
                found.add(int(port, 16))
    return tuple(sorted(found))


def network_free(network: str) -> bool:
    """Whether no TCP socket uses an address of a loopback network (`127.1.2`)."""
    octets = [int(part) for part in network.split(".")]
    backwards = "".join(f"{octet:02X}" for octet in reversed(octets))
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return not any(line.split()[1][2:8] == backwards for line in lines)


def port_free(address: str, port: int) -> bool:
    """Whether nobody listens on a port of an address, over TCP or UDP."""
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as sock:
                sock.bind((address, port))
    except OSError:
        return False
    return True
