"""Kafka listens only with TLS and authentication, and access lists deny by default.

Risk: Anybody who reaches the port of the message broker reads every event that the company ever sent through it, and
can write orders of their own.
Verified: Broker configuration: property files, KAFKA_* variables of compose files and Kubernetes manifests (Confluent,
Apache and Bitnami images) and Strimzi objects. Every listener must use SASL_SSL, or SSL with required client
certificates; an authorizer must be set and refuse what no list allows. A running broker is not asked yet.
Mend: Set `listeners=SASL_SSL://:9093`, `security.inter.broker.protocol=SASL_SSL`,
`authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer`, and leave
`allow.everyone.if.no.acl.found` out. Strimzi: `tls: true` and `authentication` on every listener, and `authorization:
{type: simple}`.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from prodproof.facts import Location, Reason
from prodproof.facts.streaming import KafkaBroker, KafkaListener
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

_LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}
_PROTOCOLS = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}


@guarantee(
    "platform.kafka-secured",
    seeds="H-guide-DataPipeline",
    proof="inside",
    severity="high",
    when_none="not_applicable",
)
def judge(broker: KafkaBroker) -> Verdict:
    """Listeners, then access lists."""
    findings = [*_listeners(broker), *_access(broker)]
    if findings:
        return broken(*findings)
    strange = next((one for one in broker.listeners if one.protocol not in _PROTOCOLS), None)
    if strange:
        return unknown(Reason.INCOMPLETE, f"which protocol the listener {strange.name} speaks is not said here")
    return holds("every listener encrypts and authenticates; access lists deny by default")


def _listeners(broker: KafkaBroker) -> Iterable[Finding]:
    for one in broker.listeners:
        if one.host.lower() in _LOOPBACK:
            continue
        if one.protocol in ("PLAINTEXT", "SASL_PLAINTEXT"):
            lacks = "without TLS and authentication" if one.protocol == "PLAINTEXT" else "without TLS"
            yield _finding(
                broker, "plain-listener", one.name, f"listener {one.name} accepts {one.protocol}, {lacks}", one.line
            )
        elif one.protocol == "SSL" and one.client_certificates != "required":
            message = f"listener {one.name} encrypts but lets anybody in (ssl.client.auth={one.client_certificates})"
            yield _finding(broker, "unauthenticated-listener", one.name, message, one.line)


def _access(broker: KafkaBroker) -> Iterable[Finding]:
    if not broker.authorizer:
        yield _finding(
            broker, "no-authorizer", "", "no authorizer is set: whoever connects may read and write everything"
        )
    if broker.allows_without_list:
        yield _finding(
            broker, "allows-by-default", "", "allow.everyone.if.no.acl.found=true opens every topic without a list"
        )
    if any(name.upper() == "USER:ANONYMOUS" for name in broker.super_users):
        yield _finding(broker, "anonymous-super-user", "", "super.users makes anonymous connections administrators")
    if not broker.checks_names:
        message = "ssl.endpoint.identification.algorithm is empty: any valid certificate passes for any broker"
        yield _finding(broker, "names-unchecked", "", message)


def _finding(broker: KafkaBroker, rule: str, key: str, message: str, line: int | None = None) -> Finding:
    return Finding(rule, message, Location(broker.location.path, line or broker.location.line), key)


_WHOLE = KafkaBroker(
    listeners=(
        KafkaListener(name="CLIENTS", protocol="SASL_SSL"),
        KafkaListener(name="CONTROLLER", protocol="SASL_SSL"),
    ),
    authorizer="org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    super_users=("User:admin",),
    location=Location("kafka/server.properties", 1),
)


def _listening(**changes: Any) -> KafkaBroker:
    return replace(_WHOLE, listeners=(KafkaListener(**{"name": "CLIENTS", "protocol": "SASL_SSL", **changes}),))


EXAMPLES = (
    Example("SASL over TLS, lists checked", _WHOLE, holds),
    Example("client certificates required", _listening(protocol="SSL", client_certificates="required"), holds),
    Example("a plain listener", _listening(protocol="PLAINTEXT"), broken, says="PLAINTEXT"),
    Example("a plain listener on loopback", _listening(protocol="PLAINTEXT", host="127.0.0.1"), holds),
    Example("passwords without TLS", _listening(protocol="SASL_PLAINTEXT"), broken),
    Example("TLS without authentication", _listening(protocol="SSL"), broken, says="lets anybody in"),
    Example("no authorizer", replace(_WHOLE, authorizer=""), broken, says="no authorizer"),
    Example("open without a list", replace(_WHOLE, allows_without_list=True), broken),
    Example("anonymous administrators", replace(_WHOLE, super_users=("User:ANONYMOUS",)), broken),
    Example("host names unchecked", replace(_WHOLE, checks_names=False), broken),
    Example("a name that nothing maps", _listening(name="EDGE", protocol="EDGE"), unknown, reason=Reason.INCOMPLETE),
    *(
        Example(f"a plain listener on {host}", _listening(protocol="PLAINTEXT", host=host), holds)
        for host in ("localhost", "LOCALHOST", "[::1]", "::1")
    ),
    Example(
        "a plain listener on loopback, then a strange one",
        replace(
            _WHOLE,
            listeners=(
                KafkaListener(name="LOCAL", protocol="PLAINTEXT", host="localhost"),
                KafkaListener(name="OPEN", protocol="PLAINTEXT"),
            ),
        ),
        broken,
        says="listener OPEN",
    ),
    Example("passwords without TLS on loopback", _listening(protocol="SASL_PLAINTEXT", host="localhost"), holds),
    Example(
        "anonymous administrators among others", replace(_WHOLE, super_users=("User:admin", "User:Anonymous")), broken
    ),
)
