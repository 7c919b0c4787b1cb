"""Kafka broker configuration: property files, container variables, Strimzi objects; defaults applied.

Source: https://kafka.apache.org/documentation/#brokerconfigs
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from prodproof.facts import Location
from prodproof.facts.streaming import KafkaBroker, KafkaListener
from prodproof.reach.files.placed import PlacedMap

_LISTENER = re.compile(
    r"\s*(?:(?P<name>[A-Za-z][\w-]*)://)?(?P<host>\[[^\]]*\]|[^:,]*):(?P<port>-?\d+|\$\{[^}]*\}|\S*)\s*"
)
_PROTOCOLS = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}
_BROKER_KEYS = (
    "listeners",
    "advertised.listeners",
    "broker.id",
    "node.id",
    "process.roles",
    "zookeeper.connect",
    "log.dirs",
)


@dataclass(frozen=True)
class Property:
    """A value and its line."""

    value: str
    line: int


def read_properties(text: str) -> dict[str, Property]:
    """A Java property file; later keys win, continued lines are joined."""
    found: dict[str, Property] = {}
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not pending and (not line or line[0] in "#!"):
            continue
        start = start if pending else number
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        match = re.match(r"([^=:\s]+)\s*[=:\s]\s*(.*)", pending)
        if match:
            found[match[1]] = Property(match[2].strip(), start)
        pending = ""
    return found


def is_broker(properties: Mapping[str, Property]) -> bool:
    """Whether properties are a broker's or controller's, not a client's."""
    return sum(key in properties for key in _BROKER_KEYS) >= 2 or bool(
        {"process.roles", "broker.id", "listeners"} & properties.keys()
    )


def from_environment(variables: Mapping[str, Property]) -> dict[str, Property]:
    """`KAFKA_` and `KAFKA_CFG_` variables as property names: `_` is a dot, `__` a hyphen or, in some images, `_`."""
    found: dict[str, Property] = {}
    for name, value in variables.items():
        if not name.startswith("KAFKA_"):
            continue
        key = name.removeprefix("KAFKA_").removeprefix("CFG_").lower()
        found[key.replace("___", "\0").replace("__", "-").replace("_", ".").replace("\0", "_")] = value
    return found


def broker(properties: Mapping[str, Property], path: str, line: int = 1) -> KafkaBroker:
    """A broker from its properties."""

    def said(key: str) -> str:
        return properties[key].value if key in properties else ""

    written = "listeners" if "listeners" in properties else "advertised.listeners"
    mapping = _protocol_map(said("listener.security.protocol.map"))
    inter = said("security.inter.broker.protocol")
    listeners = []
    for part in (said(written) or "PLAINTEXT://:9092").split(","):
        match = _LISTENER.fullmatch(part)
        name = (match["name"] if match else "") or "PLAINTEXT"
        protocol = mapping.get(name.upper(), name.upper())
        own = properties.get(f"listener.name.{name.lower()}.ssl.client.auth")
        at = properties[written].line if written in properties else line
        listeners.append(
            KafkaListener(
                name=name,
                protocol=protocol if protocol in _PROTOCOLS else inter or protocol,
                # An advertised address says where clients go, not where the broker listens.
                host=match["host"].strip("[]") if match and written == "listeners" else "",
                client_certificates=(own.value if own else said("ssl.client.auth") or "none").lower(),
                line=at,
            )
        )
    return KafkaBroker(
        listeners=tuple(listeners),
        authorizer=said("authorizer.class.name"),
        allows_without_list=said("allow.everyone.if.no.acl.found").lower() == "true",
        super_users=tuple(name.strip() for name in said("super.users").split(";") if name.strip()),
        checks_names=not (
            "ssl.endpoint.identification.algorithm" in properties and not said("ssl.endpoint.identification.algorithm")
        ),
        location=Location(path, line),
    )


def _protocol_map(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split(",") if ":" in part)
    return {name.strip().upper(): protocol.strip().upper() for name, _, protocol in pairs}


def strimzi(kafka: PlacedMap, path: str, line: int) -> KafkaBroker:
    """A broker from the `spec.kafka` of a Strimzi `Kafka` object; its internal listeners always use TLS."""
    listeners = []
    for item in kafka.maps("listeners"):
        secure, authentication = item.get("tls") is True, item.map("authentication").text("type")
        listeners.append(
            KafkaListener(
                name=item.text("name") or "(unnamed)",
                protocol=("SASL_SSL" if secure else "SASL_PLAINTEXT")
                if authentication and authentication != "tls"
                else "SSL"
                if secure
                else "PLAINTEXT",
                client_certificates="required" if authentication == "tls" else "none",
                line=item.line,
            )
        )
    settings = kafka.map("config")
    authorization = kafka.map("authorization")
    return KafkaBroker(
        listeners=tuple(listeners),
        authorizer=authorization.text("type") or settings.text("authorizer.class.name") or "",
        allows_without_list=settings.text("allow.everyone.if.no.acl.found") == "true",
        super_users=authorization.texts("superUsers"),
        location=Location(path, line),
    )
