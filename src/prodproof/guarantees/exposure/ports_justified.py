"""Every open port on a production server is justified and documented.

Risk: A port that nobody remembers opening runs software that nobody updates; it is how most intruders get in.
Verified: Each port that a full scan from outside finds open is compared with those that the system file declares for
the host, and each declared one must say its purpose. The sockets that listen inside are not read yet, so this version
finds it broken, but cannot say that it holds.
Mend: Close what is not needed (stop the service, security group, nftables); declare the rest under the host in
prodproof.toml with number and purpose.
"""

from dataclasses import replace
from urllib.parse import urlsplit

from prodproof.facts import Reason
from prodproof.facts.declared import DEFAULT_PORTS, Declared, EntryPoint, Environment, Host, Port
from prodproof.facts.ports import AddressPorts, Control, HostPorts, OpenPort, UdpPort, UdpState
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("exposure.ports-justified", seeds="M-N4 L-6", proof="inside+outside", severity="medium", verifiable=False)
def judge(fact: HostPorts, declared: Declared) -> Verdict:
    host = next((item for item in declared.hosts if item.name == fact.host), None)
    if host is None:
        return unknown(Reason.NOT_DECLARED, f"{fact.host} is not declared")
    ports = {port.number: port for port in host.ports}
    entries = _entry_ports(declared, host)
    findings = []
    for item in fact.addresses:
        if any(not control.expected_open and any(control.open) for control in item.controls):
            continue
        for seen in item.open:
            says = f" ({seen.service})" if seen.service else ""
            if seen.number in entries:
                continue
            if seen.number not in ports:
                message = f"port {seen.number}{says} of {item.address} is open and not declared"
                findings.append(Finding("undeclared-port", message, key=f"{item.address} {seen.number}"))
            elif not ports[seen.number].purpose.strip():
                message = f"port {seen.number}{says} is declared without a purpose"
                findings.append(Finding("no-purpose", message, key=f"{seen.number}"))
        for udp in item.udp:
            if udp.state is UdpState.OPEN and udp.number not in ports:
                message = f"UDP port {udp.number} ({udp.service}) of {item.address} is open and not declared"
                findings.append(Finding("undeclared-port", message, key=f"{item.address} udp {udp.number}"))
    if findings:
        return broken(*{(finding.rule, finding.key): finding for finding in findings}.values())
    for item in fact.addresses:
        if item.unseen is not None:
            return unknown(item.unseen.why, item.unseen.detail)
        if not all(control.passed for control in item.controls):
            return unknown(Reason.INCOMPLETE, f"the scan of {item.address} did not prove itself")
        if item.untried or item.silent:
            return unknown(Reason.INCOMPLETE, f"not every port of {item.address} answered")
    return holds("every port that is open from outside is declared with its purpose")


def _entry_ports(declared: Declared, host: Host) -> set[int]:
    """Ports that entry points of this host use; port 80 next to 443 sends visitors there."""
    found = set()
    for entry in declared.entry_points:
        parts = urlsplit(entry.url)
        if (parts.hostname or "") in (host.name.lower(), *host.addresses) and entry.purpose.strip():
            found.add(parts.port or DEFAULT_PORTS.get(parts.scheme, 0))
    return found | ({80} if 443 in found else set())


_ADDRESS = AddressPorts(
    address="203.0.113.7",
    open=(OpenPort(number=80, service="http"), OpenPort(number=443, service="http", tls=True)),
    refused=((1, 79), (81, 442), (444, 65535)),
    controls=(Control(number=443, expected_open=True, open=(True,)),),
)
_SCAN = HostPorts(host="shop.example", addresses=(_ADDRESS,))
_SHOP = Declared(
    system="shop",
    environment=Environment(name="production"),
    entry_points=(EntryPoint(url="https://shop.example", purpose="the shop", owner="ana"),),
    hosts=(Host(name="shop.example", ports=(Port(number=22, purpose="administration"),)),),
)


def _open(number: int, service: str) -> HostPorts:
    more = (*_ADDRESS.open, OpenPort(number=number, service=service))
    return replace(_SCAN, addresses=(replace(_ADDRESS, open=more),))


EXAMPLES = (
    Example("only what is declared", _SCAN, holds, _SHOP),
    Example("SSH, declared", _open(22, "ssh"), holds, _SHOP),
    Example("port 8000 left open", _open(8000, "http"), broken, _SHOP, says="port 8000"),
    Example(
        "declared without a purpose",
        _open(8443, "http"),
        broken,
        replace(_SHOP, hosts=(replace(_SHOP.hosts[0], ports=(Port(number=8443),)),)),
        says="without a purpose",
    ),
    Example(
        "an open name server",
        replace(
            _SCAN,
            addresses=(replace(_ADDRESS, udp=(UdpPort(number=53, service="dns", state=UdpState.OPEN),)),),
        ),
        broken,
        _SHOP,
    ),
    Example(
        "half of it silent", replace(_SCAN, addresses=(replace(_ADDRESS, silent=((1000, 2000),)),)), unknown, _SHOP
    ),
)
