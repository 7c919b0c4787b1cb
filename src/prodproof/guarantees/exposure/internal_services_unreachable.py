"""Databases, queues, caches and other internal services cannot be reached from the internet.

Risk: A database or cache that anybody can talk to is found by scanners within hours; one weak password, or none, and
your data is copied, held to ransom or deleted.
Verified: All 65,535 TCP ports of each declared address, IPv4 and IPv6, and UDP 53, 123, 161 and 11211 are tried from
outside; what is open is identified by what it says. A port that is known to be open and one that is known to be closed
are tried before, during and after; a port that keeps silent counts as closed only if this vantage was shown to get
through on it (somebody answered there, on this or another declared host), else it is unknown. Hosts must opt in
(`allow = ["port-scan"]`). Addresses come from the system file; a cloud's inventory is not read.
Mend: Bind the service to the loopback or private address (Redis `bind 127.0.0.1`, PostgreSQL `listen_addresses`,
Docker `127.0.0.1:6379:6379` instead of `6379:6379`: Docker goes around ufw), and close the port in the security group.
"""

from dataclasses import replace
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Host, Permission, Port
from prodproof.facts.ports import AddressPorts, Control, HostPorts, OpenPort, UdpPort, UdpState
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

STORES = frozenset(
    (
        *("postgresql", "mysql", "mssql", "mongodb", "cassandra", "couchdb", "influxdb", "clickhouse", "neo4j"),
        *("redis", "memcached", "elasticsearch", "solr", "kafka", "zookeeper", "amqp", "rabbitmq-management"),
        *("docker-api", "etcd"),
    )
)
"""Services that hold data or power, and that no stranger has any business with."""

TOOLS = frozenset(["kubernetes-api", "consul", "prometheus", "kibana", "minio", "nats", "rsync", "vnc", "telnet"])
"""Services that are internal unless they are declared as public, with a purpose."""

USUAL_PORTS = {
    1433: "SQL Server",
    2181: "ZooKeeper",
    2375: "Docker",
    2379: "etcd",
    3306: "MySQL",
    5432: "PostgreSQL",
    5672: "RabbitMQ",
    5984: "CouchDB",
    6379: "Redis",
    7000: "Cassandra",
    9042: "Cassandra",
    9092: "Kafka",
    9200: "Elasticsearch",
    9300: "Elasticsearch",
    11211: "memcached",
    15672: "RabbitMQ",
    25672: "RabbitMQ",
    27017: "MongoDB",
}
INTERNAL_UDP = ("snmp", "memcached")


@guarantee("exposure.internal-services-unreachable", seeds="M-N2 H-6", proof="outside", severity="critical")
def judge(fact: HostPorts, declared: Host) -> Verdict:
    findings = [finding for item in fact.addresses for finding in _findings(item, declared)]
    if findings:
        return broken(*findings)
    for item in fact.addresses:
        if doubt := _doubt(item, fact, declared):
            return doubt
    lab = "; a lab: the source address stands for the vantage" if fact.lab else ""
    return holds(f"no internal service answers on {len(fact.addresses)} addresses{lab}")


def _findings(seen: AddressPorts, declared: Host) -> list[Finding]:
    ports = {port.number: port for port in declared.ports}
    believed = not _everything_answers(seen)
    found = []
    for item in seen.open:
        port = ports.get(item.number)
        meant = port is not None and port.public and bool(port.purpose)
        where = f"port {item.number} of {seen.address}"
        if item.service in STORES or (item.service in TOOLS and not meant):
            detail = f" ({item.detail})" if item.detail else ""
            found.append(_finding("internal-service", f"{item.service} answers on {where}{detail}", seen, item.number))
        elif believed and port is not None and not port.public:
            message = f"{where} is declared as internal, but open from outside"
            found.append(_finding("internal-port", message, seen, item.number))
        elif believed and item.service in ("", "tls") and item.number in USUAL_PORTS and not meant:
            message = f"{where} is open, where {USUAL_PORTS[item.number]} usually listens; it does not say what it is"
            found.append(_finding("usual-port", message, seen, item.number))
    for udp in seen.udp:
        if udp.state is UdpState.OPEN and udp.service in INTERNAL_UDP:
            message = f"{udp.service} answers on UDP port {udp.number} of {seen.address}"
            found.append(Finding("internal-udp-service", message, key=f"{seen.address} udp {udp.number}"))
    return found


def _finding(rule: str, message: str, seen: AddressPorts, number: int) -> Finding:
    return Finding(rule, message, key=f"{seen.address} {number}")


def _doubt(seen: AddressPorts, fact: HostPorts, declared: Host) -> Verdict | None:
    """Why this address may have an internal service that was not seen."""
    if seen.unseen is not None:
        return unknown(seen.unseen.why, seen.unseen.detail)
    if _everything_answers(seen):
        return unknown(
            Reason.INCOMPLETE, f"{seen.address} seems to answer on ports that are closed: a proxy is between"
        )
    if not any(control.expected_open for control in seen.controls):
        return unknown(
            Reason.NOT_DECLARED,
            "no port is declared that must be open, so this vantage cannot show that it gets through: set control_open",
        )
    if failed := next((control for control in seen.controls if not control.passed), None):
        return unknown(
            Reason.INCOMPLETE, f"port {failed.number} of {seen.address} must be open, but did not answer all the time"
        )
    purposes = {port.number for port in declared.ports if port.public and port.purpose}
    nameless = [item.number for item in seen.open if not item.service and item.number not in purposes]
    if nameless:
        return unknown(Reason.INCOMPLETE, f"port {nameless[0]} of {seen.address} is open and does not say what it is")
    if seen.untried:
        return unknown(Reason.INCOMPLETE, f"{_count(seen.untried)} ports of {seen.address} could not be tried")
    if hidden := _outside(seen.silent, fact.shown):
        return unknown(
            Reason.INCOMPLETE,
            f"{hidden} ports of {seen.address} kept silent, and this vantage was not shown to get through on them",
        )
    silent = [item for item in seen.udp if item.state is UdpState.SILENT and item.number not in fact.shown_udp]
    if silent:
        return unknown(
            Reason.INCOMPLETE,
            f"UDP port {silent[0].number} of {seen.address} kept silent, and this vantage was not shown to get through",
        )
    return None


def _everything_answers(seen: AddressPorts) -> bool:
    return any(not control.expected_open and any(control.open) for control in seen.controls)


def _count(ranges: tuple[tuple[int, int], ...]) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _outside(silent: tuple[tuple[int, int], ...], shown: tuple[tuple[int, int], ...]) -> int:
    """How many silent ports lie outside the ranges on which the vantage got through."""
    within = sum(max(0, min(last, end) - max(first, start) + 1) for first, last in silent for start, end in shown)
    return _count(silent) - within


_CONTROLS = (
    Control(number=443, expected_open=True, open=(True, True, True)),
    Control(number=64999, expected_open=False, open=(False, False, False)),
)
_ADDRESS = AddressPorts(
    address="203.0.113.7",
    open=(OpenPort(number=443, service="http", detail="nginx", tls=True),),
    refused=((1, 442), (444, 65535)),
    udp=tuple(
        UdpPort(number=number, service=service, state=UdpState.CLOSED)
        for number, service in ((53, "dns"), (123, "ntp"), (161, "snmp"), (11211, "memcached"))
    ),
    controls=_CONTROLS,
)
CLOSED = HostPorts(host="shop.example", addresses=(_ADDRESS,), shown=((1, 65535),), shown_udp=(53, 123, 161, 11211))
SHOP_HOST = Host(
    name="shop.example",
    ports=(Port(number=443, purpose="the shop"), Port(number=5432, purpose="database", public=False)),
    allow=frozenset({Permission.PORT_SCAN}),
)


def _with(**changes: Any) -> HostPorts:
    return replace(CLOSED, addresses=(replace(_ADDRESS, **changes),))


def _open(number: int, service: str) -> HostPorts:
    return _with(open=(*_ADDRESS.open, OpenPort(number=number, service=service)))


_BEHIND_DROP = _with(refused=(), silent=((1, 442), (444, 65535)))

EXAMPLES = (
    Example("only the shop answers", CLOSED, holds, SHOP_HOST),
    Example("silent, and shown to get through", _BEHIND_DROP, holds, SHOP_HOST),
    Example("Redis answers", _open(6379, "redis"), broken, SHOP_HOST, says="redis answers on port 6379"),
    Example("Redis on another port", _open(7000, "redis"), broken, SHOP_HOST),
    Example("a port declared as internal", _open(5432, ""), broken, SHOP_HOST, says="declared as internal"),
    Example("something mute on MySQL's port", _open(3306, ""), broken, SHOP_HOST, says="MySQL"),
    Example("SSH on Redis's port", _open(6379, "ssh"), holds, SHOP_HOST),
    Example("a monitoring server", _open(9090, "prometheus"), broken, SHOP_HOST),
    Example(
        "a monitoring server that is meant to be public",
        _open(9090, "prometheus"),
        holds,
        replace(SHOP_HOST, ports=(*SHOP_HOST.ports, Port(number=9090, purpose="public metrics"))),
    ),
    Example(
        "memcached over UDP",
        _with(udp=(UdpPort(number=11211, service="memcached", state=UdpState.OPEN),)),
        broken,
        SHOP_HOST,
    ),
    Example(
        "something mute elsewhere",
        _open(4444, ""),
        unknown,
        SHOP_HOST,
        says="does not say what it is",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "silent, and never shown",
        replace(_BEHIND_DROP, shown=((443, 443),)),
        unknown,
        SHOP_HOST,
        says="65534",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the open control went away",
        _with(controls=(replace(_CONTROLS[0], open=(True, False, True)), _CONTROLS[1])),
        unknown,
        SHOP_HOST,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "no control", _with(controls=_CONTROLS[1:]), unknown, SHOP_HOST, says="control_open", reason=Reason.NOT_DECLARED
    ),
    Example(
        "a proxy answers for every port",
        replace(
            _open(6379, ""),
            addresses=(
                replace(
                    _open(6379, "").addresses[0],
                    controls=(_CONTROLS[0], replace(_CONTROLS[1], open=(True, True, True))),
                ),
            ),
        ),
        unknown,
        SHOP_HOST,
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "not all ports tried",
        _with(untried=((60000, 65535),)),
        unknown,
        SHOP_HOST,
        says="5536",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the IPv6 address was not reached",
        replace(
            CLOSED,
            addresses=(
                _ADDRESS,
                AddressPorts(address="2001:db8::7", unseen=Unseen(Reason.UNREACHABLE, "no route to 2001:db8::7")),
            ),
        ),
        unknown,
        SHOP_HOST,
        reason=Reason.UNREACHABLE,
    ),
    *(
        Example(f"something mute on port {number}", _open(number, ""), broken, SHOP_HOST, says=says)
        for number, says in (
            (1433, "SQL Server"),
            (2181, "ZooKeeper"),
            (2375, "Docker"),
            (2379, "etcd"),
            (5672, "RabbitMQ"),
            (5984, "CouchDB"),
            (6379, "Redis"),
            (7000, "Cassandra"),
            (9042, "Cassandra"),
            (9092, "Kafka"),
            (9200, "Elasticsearch"),
            (9300, "Elasticsearch"),
            (11211, "memcached"),
            (15672, "RabbitMQ"),
            (25672, "RabbitMQ"),
            (27017, "MongoDB"),
        )
    ),
    *(
        Example(f"{service} answers", _open(4444, service), broken, SHOP_HOST)
        for service in ("mongodb", "docker-api", "elasticsearch", "minio", "kubernetes-api")
    ),
    Example("nothing but TLS on Redis's port", _open(6379, "tls"), broken, SHOP_HOST, says="Redis"),
    Example(
        "something mute on PostgreSQL's port, undeclared",
        _open(5432, ""),
        broken,
        replace(SHOP_HOST, ports=SHOP_HOST.ports[:1]),
        says="PostgreSQL",
    ),
    Example(
        "something mute on Redis's port, which is meant",
        _open(6379, ""),
        holds,
        replace(SHOP_HOST, ports=(*SHOP_HOST.ports, Port(number=6379, purpose="a game"))),
    ),
    Example(
        "a public monitoring server without a purpose",
        _open(9090, "prometheus"),
        broken,
        replace(SHOP_HOST, ports=(*SHOP_HOST.ports, Port(number=9090))),
    ),
    Example(
        "a monitoring server that is declared as internal",
        _open(9090, "prometheus"),
        broken,
        replace(SHOP_HOST, ports=(*SHOP_HOST.ports, Port(number=9090, purpose="metrics", public=False))),
        says="prometheus answers",
    ),
    Example(
        "a declared internal port behind a proxy that answers for every port",
        _with(
            open=(*_ADDRESS.open, OpenPort(number=5432, service="")),
            controls=(_CONTROLS[0], replace(_CONTROLS[1], open=(False, True))),
        ),
        unknown,
        SHOP_HOST,
        says="a proxy is between",
        reason=Reason.INCOMPLETE,
    ),
    Example("SNMP", _with(udp=(UdpPort(number=161, service="snmp", state=UdpState.OPEN),)), broken, SHOP_HOST),
    Example(
        "a public name server", _with(udp=(UdpPort(number=53, service="dns", state=UdpState.OPEN),)), holds, SHOP_HOST
    ),
    Example(
        "something mute on a port with a purpose",
        _open(4444, ""),
        holds,
        replace(SHOP_HOST, ports=(*SHOP_HOST.ports, Port(number=4444, purpose="a game"))),
    ),
    Example(
        "something mute on a port without a purpose",
        _open(4444, ""),
        unknown,
        replace(SHOP_HOST, ports=(*SHOP_HOST.ports, Port(number=4444))),
        reason=Reason.INCOMPLETE,
    ),
    Example("a service that says what it is, undeclared", _open(4444, "ssh"), holds, SHOP_HOST),
    Example(
        "SNMP kept silent, and was never shown",
        replace(_with(udp=(UdpPort(number=161, service="snmp", state=UdpState.SILENT),)), shown_udp=(53,)),
        unknown,
        SHOP_HOST,
        says="UDP port 161",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "SNMP kept silent, and was shown",
        _with(udp=(UdpPort(number=161, service="snmp", state=UdpState.SILENT),)),
        holds,
        SHOP_HOST,
    ),
    Example("UDP is refused, and was never shown", replace(CLOSED, shown_udp=()), holds, SHOP_HOST),
)
