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

from prodproof.facts import Reason, Unseen
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
        "half of it silent",
        replace(_SCAN, addresses=(replace(_ADDRESS, silent=((1000, 2000),)),)),
        unknown,
        _SHOP,
        reason=Reason.INCOMPLETE,
    ),
    Example("another host's ports", replace(_SCAN, host="db.example"), unknown, _SHOP, reason=Reason.NOT_DECLARED),
    Example(
        "two hosts, one scan", _open(22, "ssh"), holds, replace(_SHOP, hosts=(Host(name="a.example"), *_SHOP.hosts))
    ),
    Example(
        "an address before which something answers every port",
        replace(
            _SCAN,
            addresses=(
                replace(
                    _open(8000, "http").addresses[0],
                    controls=(
                        Control(number=443, expected_open=True, open=(True,)),
                        Control(number=9, expected_open=False, open=(True, False)),
                    ),
                ),
            ),
        ),
        unknown,
        _SHOP,
        says="did not prove itself",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "such an address beside an honest one",
        replace(
            _SCAN,
            addresses=(
                replace(_ADDRESS, controls=(Control(number=9, expected_open=False, open=(True,)),)),
                *_open(8000, "http").addresses,
            ),
        ),
        broken,
        _SHOP,
        says="port 8000",
    ),
    Example(
        "a control that stays shut proves the scan",
        replace(
            _SCAN,
            addresses=(
                replace(
                    _open(8000, "http").addresses[0], controls=(Control(number=9, expected_open=False, open=(False,)),)
                ),
            ),
        ),
        broken,
        _SHOP,
        says="port 8000",
    ),
    Example(
        "a declared name server",
        replace(_SCAN, addresses=(replace(_ADDRESS, udp=(UdpPort(number=53, service="dns", state=UdpState.OPEN),)),)),
        holds,
        replace(_SHOP, hosts=(Host(name="shop.example", ports=(Port(number=53, purpose="names"),)),)),
    ),
    Example(
        "a silent name server",
        replace(_SCAN, addresses=(replace(_ADDRESS, udp=(UdpPort(number=53, service="dns", state=UdpState.SILENT),)),)),
        holds,
        _SHOP,
    ),
    Example(
        "an address that was not reached",
        replace(_SCAN, addresses=(replace(_ADDRESS, unseen=Unseen(Reason.UNREACHABLE, "no route")),)),
        unknown,
        _SHOP,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "half of it not tried",
        replace(_SCAN, addresses=(replace(_ADDRESS, untried=((1, 2),)),)),
        unknown,
        _SHOP,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "an entry point of another host",
        _SCAN,
        broken,
        replace(_SHOP, entry_points=(EntryPoint(url="https://other.example", purpose="the shop", owner="ana"),)),
        says="port 80",
    ),
    Example(
        "an entry point without a purpose",
        _SCAN,
        broken,
        replace(_SHOP, entry_points=(EntryPoint(url="https://shop.example"),)),
        says="port 80",
    ),
    Example(
        "an entry point by its address",
        _SCAN,
        holds,
        replace(
            _SHOP,
            entry_points=(EntryPoint(url="https://203.0.113.7", purpose="the shop"),),
            hosts=(replace(_SHOP.hosts[0], addresses=("203.0.113.7",)),),
        ),
    ),
    Example(
        "an entry point on a port of its own",
        _open(8443, "http"),
        holds,
        replace(
            _SHOP,
            entry_points=(
                *_SHOP.entry_points,
                EntryPoint(url="https://shop.example:8443", purpose="the staff", owner="ana"),
            ),
        ),
    ),
    Example(
        "port 80 without 443",
        _SCAN,
        broken,
        replace(
            _SHOP,
            entry_points=(EntryPoint(url="https://shop.example:8443", purpose="the staff"),),
            hosts=(Host(name="shop.example", ports=(Port(number=443, purpose="the shop"),)),),
        ),
        says="port 80",
    ),
)
