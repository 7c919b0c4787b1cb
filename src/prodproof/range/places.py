"""Where a range listens: addresses, ports and network namespaces by form."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

HOST = "harbour.example"
API = "api.harbour.example"
STAGING = "staging.harbour.example"
FORGOTTEN = "old.harbour.example"
"""A name whose record stands in the zone although nothing is meant to answer there."""

WEB_PORT, STAGING_PORT, INTERNAL_PORT = 8000, 8001, 8002
"""Where the shop's own processes listen, on the inside address."""

VAULT_PORT = 8200
"""Where the secret manager listens, on the inside address; reached from the office's networks, too."""

DATABASE_PORT = 5432
"""Where PostgreSQL listens, in the same way."""

TRACKER_PORT = 9000
"""Where the error tracker listens, in the same way."""

PROMETHEUS_PORT, ALERTMANAGER_PORT = 9090, 9093
"""Where Prometheus and Alertmanager listen, in the same way."""


STORE_PORT = 9443
"""Where the object store of another provider listens, on the providers' address."""


class Form(StrEnum):
    """How much of the system runs."""

    EMBEDDED = "embedded"
    """Python alone: no root, no server packages, SQLite."""

    FULL = "full"
    """Every server, on loopback addresses; the source address stands for the vantage."""

    ISOLATED = "isolated"
    """Every server, in a network namespace of its own behind a packet filter; the vantage is in another one (root)."""


@dataclass(frozen=True)
class Places:
    """Addresses and ports of one range. Two ranges never share an address that both listen on."""

    outside_of: str
    """What is reached from outside: the web site's address."""

    inside: str
    """Where the servers listen that belong inside."""

    name_server: str
    """The public address of the zone's name server."""

    providers: str
    """Stands for the third parties that names of the zone point to (an object store, a certificate authority)."""

    office: str
    """Where an administrator's requests come from."""

    vantage: str
    """Where an outsider's requests come from."""

    https: int
    http: int
    ssh: int
    dns: int
    inside_namespace: str | None = None
    outside_namespace: str | None = None

    @property
    def isolated(self) -> bool:
        return self.inside_namespace is not None

    def url(self, host: str = HOST) -> str:
        """The HTTPS origin of a host name."""
        return f"https://{host}" if self.https == 443 else f"https://{host}:{self.https}"

    def http_url(self, host: str = HOST) -> str:
        """The plain HTTP origin of a host name."""
        return f"http://{host}" if self.http == 80 else f"http://{host}:{self.http}"


def choose_places(
    form: Form, identity: str, free: Callable[[str], bool], free_port: Callable[[str, int], bool]
) -> Places:
    """Addresses for a new range.

    Args:
        form: how much of the system runs.
        identity: the range's own name, of which namespaces are named.
        free: whether nobody uses a network of loopback addresses (`127.1.2`) yet.
        free_port: whether nobody listens on a port of an address, over TCP or UDP.
    """
    if form is Form.ISOLATED:
        # Documentation addresses (RFC 5737): behind the namespaces, ranges beside each other may share them. The
        # providers' is a public one, since nobody visits names that lead to others; it belongs to a sink (RFC 7535).
        return Places(
            outside_of="203.0.113.10",
            inside="10.77.0.20",
            name_server="203.0.113.53",
            providers="192.31.196.80",
            office="198.51.100.50",
            vantage="192.0.2.60",
            https=443,
            http=80,
            ssh=22,
            dns=53,
            inside_namespace=f"{identity}-in",
            outside_namespace=f"{identity}-out",
        )
    while True:
        network = f"127.{1 + secrets.randbelow(250)}.{1 + secrets.randbelow(250)}"
        if free(network):
            break
    name_server, dns = f"{network}.53", 5353
    if form is Form.FULL:
        # BIND serves only addresses that an interface has; of the loopback networks that is this one. Two that come
        # up at once must not choose the same port, for the system lets both have it.
        name_server = "127.0.0.1"
        while not free_port(name_server, dns := 20000 + secrets.randbelow(10000)):
            continue
    return Places(
        outside_of=f"{network}.10",
        inside=f"{network}.20",
        name_server=name_server,
        providers=f"{network}.80",
        office=f"{network}.50",
        vantage=f"{network}.60",
        https=8443,
        http=8080,
        ssh=2222,
        dns=dns,
    )
